// What all kernels share. No header of CUDA's is needed, so NVRTC compiles these sources as they are; the tests compile the same sources
// as C++ for the host. float32 is `float`; an activation may be kept as `bf16`, arithmetic is float32 throughout.
#pragma once

#ifndef EMULATED
#define KERNEL_OF(threads, blocks, name, ...) extern "C" __global__ void __launch_bounds__(threads, blocks) name(__VA_ARGS__)
#define KERNEL(name, ...) KERNEL_OF(256, 4, name, __VA_ARGS__)
#define DYNAMIC_SHARED(name) extern __shared__ __align__(16) unsigned char name[]
#endif

typedef long long i64;
typedef unsigned u32;
typedef unsigned short u16;
typedef unsigned char u8;

struct bf16 {
  u16 bits;
};

__device__ __forceinline__ float get(const float* x, i64 i) { return x[i]; }
__device__ __forceinline__ float get(const bf16* x, i64 i) { return __uint_as_float(static_cast<u32>(x[i].bits) << 16); }

// Rounds to nearest, halves to even; NaN stays NaN.
__device__ __forceinline__ u16 roundedBits(float x) {
#ifdef EMULATED
  u32 bits = __float_as_uint(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<u16>((bits >> 16) | 0x40u);
  return static_cast<u16>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
#else
  u16 bits;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(x));
  return bits;
#endif
}
// Two numbers as one word, the first in its lower half.
__device__ __forceinline__ u32 packed(float low, float high) {
#ifdef EMULATED
  return static_cast<u32>(roundedBits(low)) | static_cast<u32>(roundedBits(high)) << 16;
#else
  u32 word;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(high), "f"(low));
  return word;
#endif
}
__device__ __forceinline__ float lowOf(u32 word) { return __uint_as_float(word << 16); }
__device__ __forceinline__ float highOf(u32 word) { return __uint_as_float(word & 0xffff0000u); }

__device__ __forceinline__ void put(float* y, i64 i, float value) { y[i] = value; }
__device__ __forceinline__ void put(bf16* y, i64 i, float value) { y[i].bits = roundedBits(value); }

// Four neighbours, the first at a multiple of four.
__device__ __forceinline__ void load4(const float* x, float* v) {
  const float4 q = *reinterpret_cast<const float4*>(x);
  v[0] = q.x, v[1] = q.y, v[2] = q.z, v[3] = q.w;
}
__device__ __forceinline__ void load4(const bf16* x, float* v) {
  const uint2 q = *reinterpret_cast<const uint2*>(x);
  v[0] = lowOf(q.x), v[1] = highOf(q.x), v[2] = lowOf(q.y), v[3] = highOf(q.y);
}
__device__ __forceinline__ void store4(float* y, const float* v) {
  float4 q;
  q.x = v[0], q.y = v[1], q.z = v[2], q.w = v[3];
  *reinterpret_cast<float4*>(y) = q;
}
__device__ __forceinline__ void store4(bf16* y, const float* v) {
  uint2 q;
  q.x = packed(v[0], v[1]), q.y = packed(v[2], v[3]);
  *reinterpret_cast<uint2*>(y) = q;
}

// How many neighbours are worked on together, known to the compiler: an array that is indexed by the unknown would leave the registers.
template <int N>
struct Count {
  __device__ __forceinline__ constexpr operator int() const { return N; }
};

// Calls f with the index and the count (4 or, at the end, 1) of neighbours, for all of 0..n-1 over the whole grid.
template <class F>
__device__ __forceinline__ void forFours(i64 n, F f) {
  const i64 step = static_cast<i64>(gridDim.x) * blockDim.x * 4;
  for (i64 i = (static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x) * 4; i < n; i += step) {
    if (i + 4 <= n) f(i, Count<4>());
    else
      for (i64 k = i; k < n; k++) f(k, Count<1>());
  }
}
template <class T, int N>
__device__ __forceinline__ void loadSome(const T* x, i64 i, Count<N>, float* v) {
  if constexpr (N == 4) load4(x + i, v);
  else v[0] = get(x, i);
}
template <class T, int N>
__device__ __forceinline__ void storeSome(T* y, i64 i, Count<N>, const float* v) {
  if constexpr (N == 4) store4(y + i, v);
  else put(y, i, v[0]);
}

// Numbers of either type; which one is the same for the whole launch.
struct Floats {
  void* at;
  i64 half;
};
__device__ __forceinline__ float get(const Floats& x, i64 i) {
  return x.half ? get(static_cast<const bf16*>(x.at), i) : static_cast<const float*>(x.at)[i];
}
__device__ __forceinline__ void put(const Floats& y, i64 i, float value) {
  if (y.half) put(static_cast<bf16*>(y.at), i, value);
  else static_cast<float*>(y.at)[i] = value;
}
template <int N>
__device__ __forceinline__ void loadSome(const Floats& x, i64 i, Count<N> count, float* v) {
  if (x.half) loadSome(static_cast<const bf16*>(x.at), i, count, v);
  else loadSome(static_cast<const float*>(x.at), i, count, v);
}
template <int N>
__device__ __forceinline__ void storeSome(const Floats& y, i64 i, Count<N> count, const float* v) {
  if (y.half) storeSome(static_cast<bf16*>(y.at), i, count, v);
  else storeSome(static_cast<float*>(y.at), i, count, v);
}

// Calls f with a column and the count of neighbours from it, for all columns of a row over `lanes` threads.
template <class F>
__device__ __forceinline__ void forRow(int width, int lane, int lanes, F f) {
  if (width % 4 == 0)
    for (int c = lane * 4; c < width; c += lanes * 4) f(c, Count<4>());
  else
    for (int c = lane; c < width; c += lanes) f(c, Count<1>());
}

__device__ __forceinline__ float warpSum(float x) {
#pragma unroll
  for (int lane = 16; lane > 0; lane /= 2) x += __shfl_xor_sync(0xffffffffu, x, lane);
  return x;
}
__device__ __forceinline__ float warpMax(float x) {
#pragma unroll
  for (int lane = 16; lane > 0; lane /= 2) x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, lane));
  return x;
}
// Over a block of 256 threads; every thread gets the result.
__device__ __forceinline__ float blockSum(float x) {
  __shared__ float parts[8];
  x = warpSum(x);
  __syncthreads();
  if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = x;
  __syncthreads();
  float sum = 0;
#pragma unroll
  for (int i = 0; i < 8; i++) sum += parts[i];
  return sum;
}

__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

// One kernel of two types, for each pair of float and bf16; K is a macro of two types and a suffix.
#define FOR_PAIRS(K) K(float, float, ff) K(float, bf16, fb) K(bf16, float, bf) K(bf16, bf16, bb)
