// The matrix product without a library: a tile of 64 x 64 a block, 4 x 4 a thread, float32 arithmetic. c [m,n] = op(a)·op(b) + bias,
// then the activation; strides between batch items in numbers, 0 repeats one.
#include "common.h"

// The order of shared/kernels/mat-mul.ts.
__device__ __forceinline__ float activate(int activation, float v) {
  switch (activation) {
    case 1: return 0.5f * v * (1.0f + erff(v * 0.70710678f));
    case 2: return 0.5f * v * (1.0f + tanhf((v * v * v * 0.044715f + v) * 0.79788456f));
    case 3: return v * sigmoid(v);
    case 4: return v > 0 || v != v ? v : 0.0f;
    default: return v;
  }
}

KERNEL_OF(256, 2, gemm, Floats c, Floats a, Floats b, Floats bias, int m, int n, int k, int transposeA, int transposeB, i64 strideA, i64 strideB, int activation) {
  __shared__ float ta[16][68], tb[16][68];
  const int row0 = static_cast<int>(blockIdx.y) * 64, column0 = static_cast<int>(blockIdx.x) * 64;
  const i64 baseA = blockIdx.z * strideA, baseB = blockIdx.z * strideB;
  const int x = threadIdx.x % 16, y = threadIdx.x / 16;
  float sum[4][4] = {};
  for (int k0 = 0; k0 < k; k0 += 16) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
      // Neighbouring threads read neighbouring numbers.
      const int e = static_cast<int>(threadIdx.x) + 256 * i;
      const int ka = transposeA ? e / 64 : e % 16, ra = transposeA ? e % 64 : e / 16;
      const int kb = transposeB ? e % 16 : e / 64, cb = transposeB ? e / 16 : e % 64;
      const bool insideA = k0 + ka < k && row0 + ra < m, insideB = k0 + kb < k && column0 + cb < n;
      const i64 atA = transposeA ? static_cast<i64>(k0 + ka) * m + row0 + ra : static_cast<i64>(row0 + ra) * k + k0 + ka;
      const i64 atB = transposeB ? static_cast<i64>(column0 + cb) * k + k0 + kb : static_cast<i64>(k0 + kb) * n + column0 + cb;
      ta[ka][ra] = insideA ? get(a, baseA + atA) : 0.0f;
      tb[kb][cb] = insideB ? get(b, baseB + atB) : 0.0f;
    }
    __syncthreads();
#pragma unroll
    for (int kk = 0; kk < 16; kk++) {
      float u[4], v[4];
      for (int i = 0; i < 4; i++) {
        u[i] = ta[kk][y * 4 + i];
        v[i] = tb[kk][x * 4 + i];
      }
      for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) sum[i][j] += u[i] * v[j];
    }
    __syncthreads();
  }
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < 4; j++) {
      const int row = row0 + y * 4 + i, column = column0 + x * 4 + j;
      if (row >= m || column >= n) continue;
      const float v = sum[i][j] + (bias.at ? get(bias, column) : 0.0f);
      put(c, (static_cast<i64>(blockIdx.z) * m + row) * n + column, activate(activation, v));
    }
}

// y = activation(y), after a product whose library does not know it.
KERNEL(activateAll, Floats y, i64 n, int activation) {
  forFours(n, [&](i64 i, auto count) {
    float v[4];
    loadSome(y, i, count, v);
    for (int k = 0; k < count; k++) v[k] = activate(activation, v[k]);
    storeSome(y, i, count, v);
  });
}
