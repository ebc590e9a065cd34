// Attention by products: what stands around them. qkv [B,N,3D] holds q, k, v beside each other, each head after head; a head is d wide.
#include "common.h"

struct Heads {
  int B, N, heads, d;
};

// Head-major [B,K,N,d] of one third of qkv, or of y [B,N,D] (thirds 1); turned by the tables where they are given. The number i of the result.
__device__ __forceinline__ float fromTokens(const Floats& x, const float* cos, const float* sin, const Heads& h, int third, int thirds, i64 i) {
  const int e = static_cast<int>(i % h.d), token = static_cast<int>(i / h.d % h.N), head = static_cast<int>(i / h.d / h.N % h.heads);
  const i64 sample = i / h.d / h.N / h.heads;
  const int D = h.heads * h.d;
  const i64 at = ((sample * h.N + token) * thirds + third) * D + head * h.d + e;
  if (!cos) return get(x, at);
  const int table = token * h.d + e;
  const float other = e % 2 == 0 ? -get(x, at + 1) : get(x, at - 1);
  return get(x, at) * cos[table] + other * sin[table];
}

KERNEL(splitHeads, float* q, float* k, float* v, Floats qkv, const float* cos, const float* sin, Heads h, i64 n) {
  const i64 step = static_cast<i64>(gridDim.x) * blockDim.x;
  for (i64 i = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) {
    q[i] = fromTokens(qkv, cos, sin, h, 0, 3, i);
    k[i] = fromTokens(qkv, cos, sin, h, 1, 3, i);
    v[i] = fromTokens(qkv, nullptr, nullptr, h, 2, 3, i);
  }
}
KERNEL(splitTokens, float* x, Floats y, Heads h, i64 n) {
  const i64 step = static_cast<i64>(gridDim.x) * blockDim.x;
  for (i64 i = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) x[i] = fromTokens(y, nullptr, nullptr, h, 0, 1, i);
}

// [B,K,N,d] to one third of [B,N,thirds·D]; turned back by the tables where they are given.
KERNEL(joinHeads, Floats y, const float* x, const float* cos, const float* sin, Heads h, int third, int thirds, i64 n) {
  const i64 step = static_cast<i64>(gridDim.x) * blockDim.x;
  for (i64 i = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) {
    const int e = static_cast<int>(i % h.d), token = static_cast<int>(i / h.d % h.N), head = static_cast<int>(i / h.d / h.N % h.heads);
    const i64 sample = i / h.d / h.N / h.heads;
    const int D = h.heads * h.d;
    float value = x[i];
    if (cos) {
      const int table = token * h.d + e;
      const float other = e % 2 == 0 ? x[i + 1] * sin[table + 1] : -x[i - 1] * sin[table - 1];
      value = value * cos[table] + other;
    }
    put(y, ((sample * h.N + token) * thirds + third) * D + head * h.d + e, value);
  }
}

// qkv [B,N,3D] with q and k turned by the tables, or turned back, where they are given; v as it is. d is a multiple of 4, n of all numbers.
KERNEL(turnHeads, Floats to, Floats from, const float* cos, const float* sin, Heads h, int back, i64 n) {
  const int D = h.heads * h.d;
  forFours(n, [&](i64 i, auto count) {
    float v[4];
    loadSome(from, i, count, v);
    const int c = static_cast<int>(i % (3 * D));
    if constexpr (count == 4)
      if (cos && c < 2 * D) {
        const int at = static_cast<int>(i / (3 * D) % h.N) * h.d + c % D % h.d;
#pragma unroll
        for (int e = 0; e < 4; e += 2) {
          const float x = v[e], y = v[e + 1];
          v[e] = back ? x * cos[at + e] + y * sin[at + e + 1] : x * cos[at + e] - y * sin[at + e];
          v[e + 1] = back ? y * cos[at + e + 1] - x * sin[at + e] : y * cos[at + e + 1] + x * sin[at + e + 1];
        }
      }
    storeSome(to, i, count, v);
  });
}
