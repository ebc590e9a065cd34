// AdamW over many tensors at once, in place: the norm of the gradients in two sweeps, then everything else in one.
#include "common.h"

// One tensor: average and the bf16 copies of parameter and average may be null.
struct Tensor {
  float *p, *m, *v, *average;
  bf16 *copy, *averageCopy;
  const float* g;
  i64 length;
};
// A piece of a tensor: which, and from where.
struct Piece {
  i64 tensor, from;
};
constexpr i64 kPiece = 16384;

// Per-step numbers, float64, in the order of shared/kernels/training.ts.
enum Number { kRate, kBeta1, kBeta2, kEpsilon, kDecay, kStep, kClip, kAverageDecay };

// Calls f with the four from i, or with each that there is before the end.
template <class F>
__device__ __forceinline__ void inFours(i64 i, i64 end, F f) {
  if (i + 4 <= end) f(i, Count<4>());
  else
    for (i64 k = i; k < end; k++) f(k, Count<1>());
}

KERNEL(adamwSquares, float* squares, const Tensor* tensors, const Piece* pieces) {
  const Piece piece = pieces[blockIdx.x];
  const Tensor& t = tensors[piece.tensor];
  const i64 n = t.length - piece.from < kPiece ? t.length - piece.from : kPiece;
  float sum = 0;
  for (i64 i = threadIdx.x * 4; i < n; i += 1024) {
    inFours(i, n, [&](i64 k, auto count) {
      float g[4];
      loadSome(t.g + piece.from, k, count, g);
      for (int j = 0; j < count; j++) sum += g[j] * g[j];
    });
  }
  sum = blockSum(sum);
  if (threadIdx.x == 0) squares[blockIdx.x] = sum;
}

KERNEL(adamwNorm, float* norm, const float* squares, int count) {
  // Kahan's sum: there may be very many pieces.
  float sum = 0, lost = 0;
  for (int i = threadIdx.x; i < count; i += 256) {
    const float part = squares[i] - lost, next = sum + part;
    lost = (next - sum) - part;
    sum = next;
  }
  sum = blockSum(sum);
  if (threadIdx.x == 0) norm[0] = sqrtf(sum);
}

KERNEL_OF(256, 2, adamwUpdate, const float* norm, const Tensor* tensors, const Piece* pieces, const double* state) {
  // A gradient that is not finite changes nothing; the norm tells.
  if (norm[0] - norm[0] != 0) return;
  __shared__ float shared[9];
  if (threadIdx.x == 0) {
    const double clip = state[kClip], room = clip / (static_cast<double>(norm[0]) + 1e-6);
    shared[0] = static_cast<float>(clip > 0 && !(room >= 1) ? room : 1.0);
    shared[1] = static_cast<float>(state[kBeta1]);
    shared[2] = static_cast<float>(1 - state[kBeta1]);
    shared[3] = static_cast<float>(state[kBeta2]);
    shared[4] = static_cast<float>(1 - state[kBeta2]);
    shared[5] = static_cast<float>(1 - state[kRate] * state[kDecay]);
    shared[6] = static_cast<float>(state[kRate] / (1 - pow(state[kBeta1], state[kStep])));
    shared[7] = static_cast<float>(1 / sqrt(1 - pow(state[kBeta2], state[kStep])));
    shared[8] = static_cast<float>(state[kAverageDecay]);
  }
  __syncthreads();
  const float shrink = shared[0], b1 = shared[1], c1 = shared[2], b2 = shared[3], c2 = shared[4], keep = shared[5], rate = shared[6],
              root = shared[7], d = shared[8], epsilon = static_cast<float>(state[kEpsilon]);
  const Piece piece = pieces[blockIdx.x];
  const Tensor t = tensors[piece.tensor];
  const i64 end = t.length - piece.from < kPiece ? t.length : piece.from + kPiece;
  for (i64 i = piece.from + threadIdx.x * 4; i < end; i += 1024) {
    inFours(i, end, [&](i64 k, auto count) {
      float p[4], g[4], m[4], v[4], a[4];
      loadSome(t.p, k, count, p);
      loadSome(t.g, k, count, g);
      loadSome(t.m, k, count, m);
      loadSome(t.v, k, count, v);
      if (t.average) loadSome(t.average, k, count, a);
      for (int j = 0; j < count; j++) {
        const float pull = g[j] * shrink;
        m[j] = b1 * m[j] + c1 * pull;
        v[j] = b2 * v[j] + c2 * pull * pull;
        p[j] = keep * p[j] - rate * m[j] / (sqrtf(v[j]) * root + epsilon);
        if (t.average) a[j] = d * a[j] + (1.0f - d) * p[j];
      }
      storeSome(t.p, k, count, p);
      storeSome(t.m, k, count, m);
      storeSome(t.v, k, count, v);
      if (t.average) storeSome(t.average, k, count, a);
      if (t.copy) storeSome(t.copy, k, count, p);
      if (t.averageCopy) storeSome(t.averageCopy, k, count, a);
    });
  }
}
