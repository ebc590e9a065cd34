// Attention in one pass over the keys, on the tensor cores (arXiv 2307.08691): the weights never leave the chip. qkv [B,N,3D] holds q, k, v
// beside each other, each head after head; a head is d wide, at most W, a multiple of 16 and a multiple of 4. Four warps of 16 rows.
#include "mma.h"

struct Heads {
  int B, N, heads, d;
};

constexpr int kRows = 64;
constexpr float kLog2e = 1.4426950408889634f, kLn2 = 0.6931471805599453f;

// Where a head's rows lie: [N] rows, `pitch` numbers apart.
struct Rows {
  i64 base;
  int pitch;
};
__device__ __forceinline__ Rows rowsOf(const Heads& h, int third, int thirds) {
  const int sample = blockIdx.y / h.heads, head = blockIdx.y % h.heads, D = h.heads * h.d;
  return {(static_cast<i64>(sample) * h.N * thirds + third) * D + head * h.d, thirds * D};
}

// Rows from `first` on into a tile of 64 x (W + 8), times `factor`, turned by the tables where they are given; zeros beyond.
template <int W>
__device__ __forceinline__ void loadTile(bf16* tile, const Floats& x, const Rows& rows, int first, const Heads& h, const float* cos, const float* sin, float factor) {
  for (int i = threadIdx.x; i < kRows * (W / 4); i += 128) {
    const int row = i / (W / 4), e = i % (W / 4) * 4, token = first + row;
    float v[4] = {0, 0, 0, 0};
    if (token < h.N && e < h.d) {
      loadSome(x, rows.base + static_cast<i64>(token) * rows.pitch + e, Count<4>(), v);
      if (cos) {
        float c[4], s[4];
        load4(cos + token * h.d + e, c);
        load4(sin + token * h.d + e, s);
        const float a = v[0] * c[0] - v[1] * s[0], b = v[1] * c[1] + v[0] * s[1];
        v[2] = (c[2] = v[2] * c[2] - v[3] * s[2], v[3] = v[3] * c[3] + v[2] * s[3], c[2]);
        v[0] = a, v[1] = b;
      }
    }
    uint2 q;
    q.x = packed(v[0] * factor, v[1] * factor), q.y = packed(v[2] * factor, v[3] * factor);
    *reinterpret_cast<uint2*>(tile + row * (W + 8) + e) = q;
  }
}

__device__ __forceinline__ float quadSum(float x) {
  x += __shfl_xor_sync(0xffffffffu, x, 1);
  return x + __shfl_xor_sync(0xffffffffu, x, 2);
}
__device__ __forceinline__ float quadMax(float x) {
  x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 1));
  return fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 2));
}

// y [B,N,D]; lse [B·K,N], the logarithm to base 2 of each row's sum of weights, or null.
template <int W>
__device__ __forceinline__ void attend(const Floats& y, float* lse, const Floats& qkv, const float* cos, const float* sin, const Heads& h) {
  DYNAMIC_SHARED(shared);
  constexpr int P = W + 8;
  bf16* keys = reinterpret_cast<bf16*>(shared);
  bf16* values = keys + kRows * P;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, first = static_cast<int>(blockIdx.x) * kRows;
  const float scale = kLog2e / sqrtf(static_cast<float>(h.d));
  loadTile<W>(keys, qkv, rowsOf(h, 0, 3), first, h, cos, sin, scale);
  __syncthreads();
  u32 q[W / 16][4];
#pragma unroll
  for (int k = 0; k < W / 16; k++) loadLeft(q[k], keys, P, warp * 16, k * 16);
  float out[W / 8][4] = {}, most[2] = {-3e38f, -3e38f}, sum[2] = {0, 0};
  for (int from = 0; from < h.N; from += kRows) {
    __syncthreads();
    loadTile<W>(keys, qkv, rowsOf(h, 1, 3), from, h, cos, sin, 1.0f);
    loadTile<W>(values, qkv, rowsOf(h, 2, 3), from, h, nullptr, nullptr, 1.0f);
    __syncthreads();
    float s[8][4] = {};
#pragma unroll
    for (int k = 0; k < W / 16; k++)
#pragma unroll
      for (int j = 0; j < 4; j++) {
        u32 b[4];
        loadRightRows(b, keys, P, j * 16, k * 16);
        mmaBf16(s[2 * j], q[k], b);
        mmaBf16(s[2 * j + 1], q[k], b + 2);
      }
    float peak[2] = {most[0], most[1]};
#pragma unroll
    for (int j = 0; j < 8; j++)
#pragma unroll
      for (int e = 0; e < 4; e++) {
        if (from + j * 8 + lane % 4 * 2 + e % 2 >= h.N) s[j][e] = -3e38f;
        peak[e / 2] = fmaxf(peak[e / 2], s[j][e]);
      }
#pragma unroll
    for (int r = 0; r < 2; r++) {
      peak[r] = quadMax(peak[r]);
      const float shrink = exp2f(most[r] - peak[r]);
      most[r] = peak[r];
      sum[r] *= shrink;
#pragma unroll
      for (int j = 0; j < W / 8; j++) {
        out[j][2 * r] *= shrink;
        out[j][2 * r + 1] *= shrink;
      }
    }
#pragma unroll
    for (int j = 0; j < 8; j++)
#pragma unroll
      for (int e = 0; e < 4; e++) {
        s[j][e] = s[j][e] < -1e38f ? 0.0f : exp2f(s[j][e] - most[e / 2]);
        sum[e / 2] += s[j][e];
      }
#pragma unroll
    for (int k = 0; k < 4; k++) {
      const u32 p[4] = {packed(s[2 * k][0], s[2 * k][1]), packed(s[2 * k][2], s[2 * k][3]), packed(s[2 * k + 1][0], s[2 * k + 1][1]),
                        packed(s[2 * k + 1][2], s[2 * k + 1][3])};
#pragma unroll
      for (int j = 0; j < W / 16; j++) {
        u32 b[4];
        loadRightColumns(b, values, P, k * 16, j * 16);
        mmaBf16(out[2 * j], p, b);
        mmaBf16(out[2 * j + 1], p, b + 2);
      }
    }
  }
  const Rows rows = rowsOf(h, 0, 1);
#pragma unroll
  for (int r = 0; r < 2; r++) {
    const float total = quadSum(sum[r]);
    const int token = first + warp * 16 + lane / 4 + 8 * r;
    if (token >= h.N) continue;
    if (lse && lane % 4 == 0) lse[static_cast<i64>(blockIdx.y) * h.N + token] = most[r] + log2f(total);
#pragma unroll
    for (int j = 0; j < W / 8; j++) {
      const int e = j * 8 + lane % 4 * 2;
      if (e >= h.d) continue;
      put(y, rows.base + static_cast<i64>(token) * rows.pitch + e, out[j][2 * r] / total);
      put(y, rows.base + static_cast<i64>(token) * rows.pitch + e + 1, out[j][2 * r + 1] / total);
    }
  }
}

// along [B·K,N]: the sum over a head of dy · y. A warp a row.
KERNEL(flashAlong, float* along, Floats dy, Floats y, Heads h, int rows) {
  const int i = static_cast<int>(blockIdx.x) * 8 + static_cast<int>(threadIdx.x) / 32, lane = threadIdx.x % 32;
  if (i >= rows) return;
  const int token = i % h.N, head = i / h.N % h.heads, sample = i / h.N / h.heads;
  const i64 base = (static_cast<i64>(sample) * h.N + token) * h.heads * h.d + head * h.d;
  float sum = 0;
  for (int e = lane; e < h.d; e += 32) sum += get(dy, base + e) * get(y, base + e);
  sum = warpSum(sum);
  if (lane == 0) along[i] = sum;
}

// A pair of neighbours of one row's pull into dqkv, turned back where there are tables.
__device__ __forceinline__ void putPull(const Floats& dqkv, const Rows& rows, int token, int e, float a, float b, const Heads& h, const float* cos, const float* sin) {
  if (token >= h.N || e >= h.d) return;
  if (cos) {
    const int table = token * h.d + e;
    const float even = a * cos[table] + b * sin[table + 1], odd = b * cos[table + 1] - a * sin[table];
    a = even, b = odd;
  }
  put(dqkv, rows.base + static_cast<i64>(token) * rows.pitch + e, a);
  put(dqkv, rows.base + static_cast<i64>(token) * rows.pitch + e + 1, b);
}

// The pulls on k and v of 64 keys, or (QUERIES) on q of 64 queries: the other side passes by, 64 rows at a time. Everything is done as seen
// from the own rows: s = own · otherᵀ, so for keys the matrices are the transposes of the forward pass's.
template <int W, bool QUERIES>
__device__ __forceinline__ void pullBack(const Floats& dqkv, const float* lse, const float* along, const Floats& dy, const Floats& qkv, const float* cos, const float* sin, const Heads& h) {
  DYNAMIC_SHARED(shared);
  constexpr int P = W + 8, kTile = kRows * P, kStep = W > 80 && !QUERIES ? 16 : 32;
  bf16 *own = reinterpret_cast<bf16*>(shared), *ownPull = own + kTile, *other = ownPull + kTile, *otherPull = other + kTile;
  float *rowLse = reinterpret_cast<float*>(otherPull + kTile), *rowAlong = rowLse + kRows;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, first = static_cast<int>(blockIdx.x) * kRows;
  const float scale = kLog2e / sqrtf(static_cast<float>(h.d));
  const i64 stats = static_cast<i64>(blockIdx.y) * h.N;
  // Beside q stands dy, beside k stands v: p = exp2(q·k − lse), ds = p · (dy·v − along).
  const auto queries = [&](bf16* tile, bf16* pulls, int from) {
    loadTile<W>(tile, qkv, rowsOf(h, 0, 3), from, h, cos, sin, scale);
    loadTile<W>(pulls, dy, rowsOf(h, 0, 1), from, h, nullptr, nullptr, 1.0f);
    for (int i = threadIdx.x; i < kRows; i += 128) {
      rowLse[i] = from + i < h.N ? lse[stats + from + i] : 3e38f;
      rowAlong[i] = from + i < h.N ? along[stats + from + i] : 0.0f;
    }
  };
  const auto keysAndValues = [&](bf16* tile, bf16* pulls, int from) {
    loadTile<W>(tile, qkv, rowsOf(h, 1, 3), from, h, cos, sin, 1.0f);
    loadTile<W>(pulls, qkv, rowsOf(h, 2, 3), from, h, nullptr, nullptr, 1.0f);
  };
  if (QUERIES) queries(own, ownPull, first);
  else keysAndValues(own, ownPull, first);
  float pull[W / 8][4] = {}, valuePull[QUERIES ? 1 : W / 8][4] = {};
  for (int from = 0; from < h.N; from += kRows) {
    __syncthreads();
    if (QUERIES) keysAndValues(other, otherPull, from);
    else queries(other, otherPull, from);
    __syncthreads();
#pragma unroll 1
    for (int part = 0; part < kRows; part += kStep) {
      float s[kStep / 8][4] = {}, dp[kStep / 8][4] = {};
#pragma unroll
      for (int k = 0; k < W / 16; k++) {
        u32 a[4], g[4];
        loadLeft(a, own, P, warp * 16, k * 16);
        loadLeft(g, ownPull, P, warp * 16, k * 16);
#pragma unroll
        for (int j = 0; j < kStep / 16; j++) {
          u32 b[4];
          loadRightRows(b, other, P, part + j * 16, k * 16);
          mmaBf16(s[2 * j], a, b);
          mmaBf16(s[2 * j + 1], a, b + 2);
          loadRightRows(b, otherPull, P, part + j * 16, k * 16);
          mmaBf16(dp[2 * j], g, b);
          mmaBf16(dp[2 * j + 1], g, b + 2);
        }
      }
#pragma unroll
      for (int j = 0; j < kStep / 8; j++)
#pragma unroll
        for (int e = 0; e < 4; e++) {
          const int mine = warp * 16 + lane / 4 + 8 * (e / 2), theirs = part + j * 8 + lane % 4 * 2 + e % 2;
          const int query = QUERIES ? mine : theirs;
          const bool inside = first + mine < h.N && from + theirs < h.N;
          const float p = inside ? exp2f(s[j][e] - rowLse[query]) : 0.0f;
          s[j][e] = p;
          dp[j][e] = p * (dp[j][e] - rowAlong[query]);
        }
#pragma unroll
      for (int k = 0; k < kStep / 16; k++) {
        const u32 ds[4] = {packed(dp[2 * k][0], dp[2 * k][1]), packed(dp[2 * k][2], dp[2 * k][3]), packed(dp[2 * k + 1][0], dp[2 * k + 1][1]),
                           packed(dp[2 * k + 1][2], dp[2 * k + 1][3])};
        const u32 p[4] = {packed(s[2 * k][0], s[2 * k][1]), packed(s[2 * k][2], s[2 * k][3]), packed(s[2 * k + 1][0], s[2 * k + 1][1]),
                          packed(s[2 * k + 1][2], s[2 * k + 1][3])};
#pragma unroll
        for (int j = 0; j < W / 16; j++) {
          u32 b[4];
          loadRightColumns(b, other, P, part + k * 16, j * 16);
          mmaBf16(pull[2 * j], ds, b);
          mmaBf16(pull[2 * j + 1], ds, b + 2);
          if constexpr (!QUERIES) {
            loadRightColumns(b, otherPull, P, part + k * 16, j * 16);
            mmaBf16(valuePull[2 * j], p, b);
            mmaBf16(valuePull[2 * j + 1], p, b + 2);
          }
        }
      }
    }
  }
  // dq = ds·k / √d; dk = dsᵀ·q / √d, and q was loaded times log2(e) / √d.
  const float factor = QUERIES ? scale * kLn2 : kLn2;
#pragma unroll
  for (int j = 0; j < W / 8; j++)
#pragma unroll
    for (int r = 0; r < 2; r++) {
      const int token = first + warp * 16 + lane / 4 + 8 * r, e = j * 8 + lane % 4 * 2;
      putPull(dqkv, rowsOf(h, QUERIES ? 0 : 1, 3), token, e, pull[j][2 * r] * factor, pull[j][2 * r + 1] * factor, h, cos, sin);
      if constexpr (!QUERIES) putPull(dqkv, rowsOf(h, 2, 3), token, e, valuePull[j][2 * r], valuePull[j][2 * r + 1], h, nullptr, nullptr);
    }
}

#define FLASH(W)                                                                                                                        \
  KERNEL_OF(128, 1, flash_##W, Floats y, float* lse, Floats qkv, const float* cos, const float* sin, Heads h) {                         \
    attend<W>(y, lse, qkv, cos, sin, h);                                                                                                \
  }                                                                                                                                     \
  KERNEL_OF(128, 1, flashKeys_##W, Floats dqkv, const float* lse, const float* along, Floats dy, Floats qkv, const float* cos, const float* sin, Heads h) { \
    pullBack<W, false>(dqkv, lse, along, dy, qkv, cos, sin, h);                                                                         \
  }                                                                                                                                     \
  KERNEL_OF(128, 1, flashQueries_##W, Floats dqkv, const float* lse, const float* along, Floats dy, Floats qkv, const float* cos, const float* sin, Heads h) { \
    pullBack<W, true>(dqkv, lse, along, dy, qkv, cos, sin, h);                                                                          \
  }
FLASH(32)
FLASH(64)
FLASH(80)
FLASH(128)
