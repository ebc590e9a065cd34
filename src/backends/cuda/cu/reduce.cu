// Sums, means and extremes; softmax; running sums. Every sum has one fixed order.
#include "common.h"

enum Reduction { kSum, kMean, kMax, kMin };

__device__ __forceinline__ float start(int op) {
  return op == kMax ? __uint_as_float(0xff800000u) : op == kMin ? __uint_as_float(0x7f800000u) : 0.0f;
}
// A NaN stays.
__device__ __forceinline__ float join(int op, float a, float b) {
  if (op == kMax) return a > b || a != a ? a : b;
  if (op == kMin) return a < b || a != a ? a : b;
  return a + b;
}
__device__ __forceinline__ float joinBlock(int op, float x) {
  __shared__ float parts[8];
#pragma unroll
  for (int lane = 16; lane > 0; lane /= 2) x = join(op, x, __shfl_xor_sync(0xffffffffu, x, lane));
  __syncthreads();
  if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = x;
  __syncthreads();
  x = parts[0];
  for (int i = 1; i < 8; i++) x = join(op, x, parts[i]);
  return x;
}

// One block for each piece of a row: y[row, piece] of x [rows, count]. `scale` is for means.
#define REDUCE_ROWS(X, suffix)                                                            \
  KERNEL(reduceRows_##suffix, float* y, const X* x, int op, i64 count, int pieces, float scale) { \
    const i64 row = blockIdx.x;                                                           \
    const i64 from = count * blockIdx.y / pieces, to = count * (blockIdx.y + 1) / pieces; \
    float sum = start(op);                                                                \
    for (i64 i = from + threadIdx.x; i < to; i += 256) sum = join(op, sum, get(x, row * count + i)); \
    sum = joinBlock(op, sum);                                                             \
    if (threadIdx.x == 0) y[row * pieces + blockIdx.y] = sum * scale;                     \
  }
REDUCE_ROWS(float, f)
REDUCE_ROWS(bf16, b)

// x [outer, count, inner] to y [outer, pieces, inner]: 32 columns by 8 rows of threads; blockIdx: columns, piece, outer.
#define REDUCE_COLUMNS(X, suffix)                                                         \
  KERNEL(reduceColumns_##suffix, float* y, const X* x, int op, i64 count, i64 inner, int pieces, float scale) { \
    __shared__ float parts[8][33];                                                        \
    const int lane = threadIdx.x % 32, row = threadIdx.x / 32;                            \
    const i64 column = static_cast<i64>(blockIdx.x) * 32 + lane;                          \
    const i64 from = count * blockIdx.y / pieces, to = count * (blockIdx.y + 1) / pieces; \
    float sum = start(op);                                                                \
    if (column < inner)                                                                   \
      for (i64 i = from + row; i < to; i += 8) sum = join(op, sum, get(x, (blockIdx.z * count + i) * inner + column)); \
    parts[row][lane] = sum;                                                               \
    __syncthreads();                                                                      \
    if (row == 0 && column < inner) {                                                     \
      for (int i = 1; i < 8; i++) sum = join(op, sum, parts[i][lane]);                    \
      y[(blockIdx.z * static_cast<i64>(pieces) + blockIdx.y) * inner + column] = sum * scale; \
    }                                                                                     \
  }
REDUCE_COLUMNS(float, f)
REDUCE_COLUMNS(bf16, b)

// One block a row.
KERNEL(softmax, float* y, const float* x, i64 n, float scale) {
  const i64 row = static_cast<i64>(blockIdx.x) * n;
  float most = start(kMax);
  for (i64 i = threadIdx.x; i < n; i += 256) most = join(kMax, most, x[row + i]);
  most = joinBlock(kMax, most);
  float sum = 0;
  for (i64 i = threadIdx.x; i < n; i += 256) sum += expf((x[row + i] - most) * scale);
  sum = joinBlock(kSum, sum);
  for (i64 i = threadIdx.x; i < n; i += 256) y[row + i] = expf((x[row + i] - most) * scale) / sum;
}

// ds = p · (dp − Σ dp·p) · scale, a row a block; ds may be dp.
KERNEL(softmaxGrad, float* ds, const float* p, const float* dp, i64 n, float scale) {
  const i64 row = static_cast<i64>(blockIdx.x) * n;
  float sum = 0;
  for (i64 i = threadIdx.x; i < n; i += 256) sum += p[row + i] * dp[row + i];
  sum = joinBlock(kSum, sum);
  for (i64 i = threadIdx.x; i < n; i += 256) ds[row + i] = p[row + i] * (dp[row + i] - sum) * scale;
}

// Running sums over the middle axis of [outer, count, inner], a thread a column.
KERNEL(cumsum, float* y, const float* x, i64 outer, i64 count, i64 inner, int exclusive, int reverse) {
  const i64 step = static_cast<i64>(gridDim.x) * blockDim.x;
  for (i64 c = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x; c < outer * inner; c += step) {
    const i64 base = c / inner * count * inner + c % inner;
    float sum = 0;
    for (i64 i = 0; i < count; i++) {
      const i64 at = base + (reverse ? count - 1 - i : i) * inner;
      const float value = x[at];
      y[at] = exclusive ? sum : sum + value;
      sum += value;
    }
  }
}
