// Philox 4x32-10 with the counter (block, stream, step, 0), as core/philox.ts: the same integers.
#include "common.h"

struct Words {
  u32 w[4];
};

__device__ __forceinline__ Words philox(u32 block, u32 stream, u32 step, u32 k0, u32 k1) {
  u32 c0 = block, c1 = stream, c2 = step, c3 = 0;
#pragma unroll
  for (int round = 0; round < 10; round++, k0 += 0x9e3779b9u, k1 += 0xbb67ae85u) {
    const u32 highA = __umulhi(0xd2511f53u, c0), lowA = 0xd2511f53u * c0;
    const u32 highB = __umulhi(0xcd9e8d57u, c2), lowB = 0xcd9e8d57u * c2;
    c0 = highB ^ c1 ^ k0;
    c1 = lowB;
    c2 = highA ^ c3 ^ k1;
    c3 = lowA;
  }
  return {{c0, c1, c2, c3}};
}
// The middle of one of 2^23 equal parts of (0,1), exact.
__device__ __forceinline__ float unit(u32 word) { return (static_cast<float>(word >> 9) + 0.5f) * (1.0f / 8388608.0f); }

// state[0] is the step, a float64. Normal numbers come by Box and Muller from pairs.
KERNEL(philoxDraw, float* y, u32 k0, u32 k1, u32 stream, const double* state, i64 n, int normal) {
  const u32 step = static_cast<u32>(static_cast<i64>(state[0]));
  const i64 block = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (block * 4 >= n) return;
  const Words words = philox(static_cast<u32>(block), stream, step, k0, k1);
  float v[4];
  for (int i = 0; i < 4; i++) v[i] = unit(words.w[i]);
  if (normal)
    for (int i = 0; i < 4; i += 2) {
      const float radius = sqrtf(-2.0f * logf(v[i]));
      float sine, cosine;
      sincospif(2.0f * v[i + 1], &sine, &cosine);
      v[i] = radius * cosine;
      v[i + 1] = radius * sine;
    }
  for (int i = 0; i < 4; i++)
    if (block * 4 + i < n) y[block * 4 + i] = v[i];
}
