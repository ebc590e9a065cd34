// adaLN's modulation and gate, SwiGLU, and the loss. x [B,N,D]; conditions [B,T,D] with T = 1 or N.
#include "common.h"

__device__ __forceinline__ i64 conditionAt(i64 i, int N, int D, int T) {
  if (T != 1) return i;
  const i64 row = i / D;
  return row / N * D + (i - row * D);
}

// Four neighbours of one row, or one number: D says which.
template <class F>
__device__ __forceinline__ void forTokens(i64 n, int D, F f) {
  const i64 step = static_cast<i64>(gridDim.x) * blockDim.x, first = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (D % 4 == 0)
    for (i64 i = first * 4; i < n; i += step * 4) f(i, Count<4>());
  else
    for (i64 i = first; i < n; i += step) f(i, Count<1>());
}

// y = x * (1 + scale) + shift; shift may be null.
KERNEL(modulate, Floats y, Floats x, Floats scale, Floats shift, i64 n, int N, int D, int T) {
  forTokens(n, D, [&](i64 i, auto count) {
    const i64 c = conditionAt(i, N, D, T);
    float v[4], s[4], b[4] = {};
    loadSome(x, i, count, v);
    loadSome(scale, c, count, s);
    if (shift.at) loadSome(shift, c, count, b);
    for (int k = 0; k < count; k++) v[k] = v[k] * (1.0f + s[k]) + b[k];
    storeSome(y, i, count, v);
  });
}

// y = x + gate * z.
KERNEL(gate, Floats y, Floats x, Floats z, Floats gate, i64 n, int N, int D, int T) {
  forTokens(n, D, [&](i64 i, auto count) {
    float v[4], w[4], g[4];
    loadSome(x, i, count, v);
    loadSome(z, i, count, w);
    loadSome(gate, conditionAt(i, N, D, T), count, g);
    for (int k = 0; k < count; k++) v[k] += g[k] * w[k];
    storeSome(y, i, count, v);
  });
}

// Gradients of both: dx = dy * (one + factor), dfactor = dy * x and dshift = dy, the last two added up over the tokens where T is 1.
// `one` is 1 for the modulation and 0 for the gate. Blocks: 32 times `width` columns, a sample. dshift may be null.
template <int W>
__device__ __forceinline__ void gradOfShared(float parts[2][8][132], const Floats& dx, float* dfactor, float* dshift, const Floats& dy, const Floats& x,
                                             const Floats& factor, float one, int N, int D, Count<W> width) {
  const int lane = threadIdx.x % 32, part = threadIdx.x / 32, sample = blockIdx.y;
  const int column = static_cast<int>(blockIdx.x) * 32 * W + lane * W;
  float gains[W] = {}, shifts[W] = {}, f[W], v[W], g[W];
  if (column < D) {
    loadSome(factor, static_cast<i64>(sample) * D + column, width, f);
    for (int token = part; token < N; token += 8) {
      const i64 at = (static_cast<i64>(sample) * N + token) * D + column;
      loadSome(x, at, width, v);
      loadSome(dy, at, width, g);
#pragma unroll
      for (int k = 0; k < W; k++) {
        gains[k] += g[k] * v[k];
        shifts[k] += g[k];
        g[k] *= one + f[k];
      }
      storeSome(dx, at, width, g);
    }
  }
#pragma unroll
  for (int k = 0; k < W; k++) {
    parts[0][part][lane * W + k] = gains[k];
    parts[1][part][lane * W + k] = shifts[k];
  }
  __syncthreads();
  if (part != 0 || column >= D) return;
#pragma unroll
  for (int k = 0; k < W; k++) {
    float gain = 0, shift = 0;
    for (int i = 0; i < 8; i++) {
      gain += parts[0][i][lane * W + k];
      shift += parts[1][i][lane * W + k];
    }
    dfactor[static_cast<i64>(sample) * D + column + k] = gain;
    if (dshift) dshift[static_cast<i64>(sample) * D + column + k] = shift;
  }
}
KERNEL(conditionGrad, Floats dx, float* dfactor, float* dshift, Floats dy, Floats x, Floats factor, float one, int N, int D) {
  __shared__ float parts[2][8][132];
  if (D % 4 == 0) gradOfShared(parts, dx, dfactor, dshift, dy, x, factor, one, N, D, Count<4>());
  else gradOfShared(parts, dx, dfactor, dshift, dy, x, factor, one, N, D, Count<1>());
}
KERNEL(conditionGradEach, Floats dx, float* dfactor, float* dshift, Floats dy, Floats x, Floats factor, float one, i64 n) {
  forFours(n, [&](i64 i, auto count) {
    float f[4], v[4], g[4];
    loadSome(factor, i, count, f);
    loadSome(x, i, count, v);
    loadSome(dy, i, count, g);
    for (int k = 0; k < count; k++) {
      v[k] *= g[k];
      f[k] = g[k] * (one + f[k]);
    }
    storeSome(dx, i, count, f);
    storeSome(dfactor, i, count, v);
    if (dshift) storeSome(dshift, i, count, g);
  });
}

// y [rows,m] = silu(a) * b for u [rows,2m] = a beside b.
KERNEL(swiglu, Floats y, Floats u, i64 n, int m) {
  forTokens(n, m, [&](i64 i, auto count) {
    const i64 row = i / m, at = row * m + i;
    float a[4], b[4];
    loadSome(u, at, count, a);
    loadSome(u, at + m, count, b);
    for (int k = 0; k < count; k++) a[k] *= sigmoid(a[k]) * b[k];
    storeSome(y, i, count, a);
  });
}
KERNEL(swigluGrad, Floats du, Floats dy, Floats u, i64 n, int m) {
  forTokens(n, m, [&](i64 i, auto count) {
    const i64 row = i / m, at = row * m + i;
    float a[4], b[4], g[4];
    loadSome(u, at, count, a);
    loadSome(u, at + m, count, b);
    loadSome(dy, i, count, g);
    for (int k = 0; k < count; k++) {
      const float s = sigmoid(a[k]), wave = a[k] * s;
      a[k] = g[k] * b[k] * (s + wave * (1.0f - s));
      b[k] = g[k] * wave;
    }
    storeSome(du, at, count, a);
    storeSome(du, at + m, count, b);
  });
}

// The mean of (p - t)²: one sum a block, then one block over those.
KERNEL(lossParts, float* parts, Floats p, Floats t, i64 n) {
  float sum = 0;
  forFours(n, [&](i64 i, auto count) {
    float a[4], b[4];
    loadSome(p, i, count, a);
    loadSome(t, i, count, b);
    for (int k = 0; k < count; k++) sum += (a[k] - b[k]) * (a[k] - b[k]);
  });
  sum = blockSum(sum);
  if (threadIdx.x == 0) parts[blockIdx.x] = sum;
}
KERNEL(lossSum, float* loss, const float* parts, int count, float scale) {
  float sum = 0;
  for (int i = threadIdx.x; i < count; i += 256) sum += parts[i];
  sum = blockSum(sum);
  if (threadIdx.x == 0) loss[0] = sum * scale;
}
KERNEL(lossGrad, Floats dp, Floats dt, const float* dy, Floats p, Floats t, i64 n, float scale) {
  const float factor = dy[0] * scale;
  forFours(n, [&](i64 i, auto count) {
    float a[4], b[4];
    loadSome(p, i, count, a);
    loadSome(t, i, count, b);
    for (int k = 0; k < count; k++) {
      a[k] = (a[k] - b[k]) * factor;
      b[k] = -a[k];
    }
    storeSome(dp, i, count, a);
    storeSome(dt, i, count, b);
  });
}
