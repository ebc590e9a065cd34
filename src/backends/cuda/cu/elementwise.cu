// One number in, one number out; and two in with broadcasting.
#include "common.h"

// The order of shared/kernels/elementwise.ts.
enum Unary {
  kExp, kLog, kSqrt, kRsqrt, kSquare, kNeg, kSigmoid, kTanh, kErf, kRelu, kAbs, kSin, kCos, kGelu, kGeluTanh, kSilu, kReciprocal,
  kElu, kLeakyRelu, kStep, kClip, kSign, kFloor, kRound, kSoftplus
};

// p and q are the settings of the op: the slope below 0 (leaky), the value up to 0 (step), the bounds (clip).
__device__ __forceinline__ float unary(int op, float v, float p, float q) {
  switch (op) {
    case kExp: return expf(v);
    case kLog: return logf(v);
    case kSqrt: return sqrtf(v);
    case kRsqrt: return 1.0f / sqrtf(v);
    case kSquare: return v * v;
    case kNeg: return -v;
    case kSigmoid: return sigmoid(v);
    case kTanh: return tanhf(v);
    case kErf: return erff(v);
    case kRelu: return v > 0 || v != v ? v : 0.0f;
    case kAbs: return fabsf(v);
    case kSin: return sinf(v);
    case kCos: return cosf(v);
    case kGelu: return 0.5f * v * (1.0f + erff(v * 0.70710678f));
    case kGeluTanh: return 0.5f * v * (1.0f + tanhf((v * v * v * 0.044715f + v) * 0.79788456f));
    case kSilu: return v * sigmoid(v);
    case kReciprocal: return 1.0f / v;
    case kElu: return v >= 0 ? v : expf(v) - 1.0f;
    case kLeakyRelu: return v < 0 ? p * v : v;
    case kStep: return v != v ? v : v > 0 ? 1.0f : p;
    case kClip: return v > q ? q : v < p ? p : v;
    case kSign: return v > 0 ? 1.0f : v < 0 ? -1.0f : 0.0f;
    case kFloor: return floorf(v);
    case kRound: return rintf(v);
    case kSoftplus: return fmaxf(v, 0.0f) + log1pf(expf(-fabsf(v)));
    default: return v;
  }
}

__device__ __forceinline__ float slope(int op, float x) {
  if (op == kGelu) return 0.5f * (1.0f + erff(x * 0.70710678f)) + x * expf(x * x * -0.5f) * 0.39894228f;
  if (op == kGeluTanh) {
    const float square = x * x, t = tanhf((x * square * 0.044715f + x) * 0.79788456f);
    return 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * (3 * 0.044715f * square + 1.0f) * 0.79788456f;
  }
  const float s = sigmoid(x);
  return s + x * s * (1.0f - s);
}

#define UNARY(Y, X, suffix)                                                               \
  KERNEL(unary_##suffix, Y* y, const X* x, int op, i64 n, float p, float q) {             \
    forFours(n, [=](i64 i, auto count) {                                                   \
      float v[4];                                                                         \
      loadSome(x, i, count, v);                                                           \
      for (int k = 0; k < count; k++) v[k] = unary(op, v[k], p, q);                       \
      storeSome(y, i, count, v);                                                          \
    });                                                                                   \
  }
FOR_PAIRS(UNARY)

// dx and dy are of one type, or dy is float.
#define UNARY_GRAD(Y, X, G, suffix)                                                       \
  KERNEL(unaryGrad_##suffix, Y* dx, const G* dy, const X* x, int op, i64 n) {             \
    forFours(n, [=](i64 i, auto count) {                                                   \
      float v[4], pull[4];                                                                \
      loadSome(x, i, count, v);                                                           \
      loadSome(dy, i, count, pull);                                                       \
      for (int k = 0; k < count; k++) v[k] = pull[k] * slope(op, v[k]);                   \
      storeSome(dx, i, count, v);                                                         \
    });                                                                                   \
  }
UNARY_GRAD(float, float, float, fff)
UNARY_GRAD(bf16, float, float, bff)
UNARY_GRAD(bf16, bf16, float, bbf)
UNARY_GRAD(bf16, float, bf16, bfb)
UNARY_GRAD(bf16, bf16, bf16, bbb)

enum Binary { kAdd, kSub, kMul, kDiv, kMax, kMin, kSquaredDifference, kPow, kEluPull };

// As JavaScript's power: where C says 1, a NaN exponent and 1 to the infinity are NaN.
__device__ __forceinline__ float power(float a, float b) {
  if (b == 2.0f) return a * a;
  if (b != b || (b - b != 0 && (a == 1.0f || a == -1.0f))) return __uint_as_float(0x7fc00000u);
  return powf(a, b);
}
__device__ __forceinline__ float binary(int op, float a, float b) {
  switch (op) {
    case kAdd: return a + b;
    case kSub: return a - b;
    case kMul: return a * b;
    case kDiv: return a / b;
    case kMax: return a > b || a != a ? a : b;
    case kMin: return a < b || a != a ? a : b;
    case kSquaredDifference: return (a - b) * (a - b);
    case kPow: return power(a, b);
    // The slope of elu by its pull a and its result b.
    default: return b >= 0 ? a : a * (b + 1.0f);
  }
}

// Four axes; a stride is 0 where an input repeats.
struct Spread {
  int size[4];
  i64 a[4], b[4];
};

__device__ __forceinline__ void places(const Spread& s, i64 i, i64* a, i64* b) {
  *a = *b = 0;
#pragma unroll
  for (int axis = 3; axis >= 0; axis--) {
    const i64 at = i % s.size[axis];
    i /= s.size[axis];
    *a += at * s.a[axis];
    *b += at * s.b[axis];
  }
}

#define BINARY(A, B, suffix)                                                              \
  KERNEL(binary_##suffix, float* y, const A* a, const B* b, int op, i64 n) {              \
    forFours(n, [=](i64 i, auto count) {                                                   \
      float u[4], v[4];                                                                   \
      loadSome(a, i, count, u);                                                           \
      loadSome(b, i, count, v);                                                           \
      for (int k = 0; k < count; k++) u[k] = binary(op, u[k], v[k]);                      \
      storeSome(y, i, count, u);                                                          \
    });                                                                                   \
  }                                                                                       \
  KERNEL(binarySpread_##suffix, float* y, const A* a, const B* b, int op, i64 n, Spread spread) { \
    const i64 step = static_cast<i64>(gridDim.x) * blockDim.x;                            \
    for (i64 i = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) { \
      i64 pa, pb;                                                                         \
      places(spread, i, &pa, &pb);                                                        \
      y[i] = binary(op, get(a, pa), get(b, pb));                                          \
    }                                                                                     \
  }
FOR_PAIRS(BINARY)

// The order of shared/kernels/compare.ts.
template <class T>
__device__ __forceinline__ bool holds(int op, T a, T b) {
  switch (op) {
    case 0: return a == b;
    case 1: return a != b;
    case 2: return a > b;
    case 3: return a >= b;
    case 4: return a < b;
    case 5: return a <= b;
    case 6: return a != 0 && b != 0;
    default: return a != 0 || b != 0;
  }
}

#define COMPARE(T, name)                                                                  \
  KERNEL(name, u8* y, const T* a, const T* b, int op, i64 n, Spread spread) {             \
    const i64 step = static_cast<i64>(gridDim.x) * blockDim.x;                            \
    for (i64 i = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) { \
      i64 pa, pb;                                                                         \
      places(spread, i, &pa, &pb);                                                        \
      y[i] = holds(op, a[pa], b[pb]);                                                     \
    }                                                                                     \
  }
COMPARE(float, compareFloat)
COMPARE(int, compareInt)
COMPARE(u8, logical)

KERNEL(logicalNot, u8* y, const u8* x, i64 n) {
  const i64 step = static_cast<i64>(gridDim.x) * blockDim.x;
  for (i64 i = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) y[i] = x[i] == 0;
}

// Only 1 chooses yes, as in tfjs.
KERNEL(choose, u32* y, const u8* condition, const u32* yes, const u32* no, i64 n) {
  const i64 step = static_cast<i64>(gridDim.x) * blockDim.x;
  for (i64 i = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step)
    y[i] = condition[i] == 1 ? yes[i] : no[i];
}

// kind: 0 int32 to float32, 1 float32 to int32, 2 bool to float32, 3 bool to int32.
KERNEL(cast, void* y, const void* x, int kind, i64 n) {
  const i64 step = static_cast<i64>(gridDim.x) * blockDim.x;
  for (i64 i = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) {
    if (kind == 0) static_cast<float*>(y)[i] = static_cast<float>(static_cast<const int*>(x)[i]);
    else if (kind == 2) static_cast<float*>(y)[i] = static_cast<const u8*>(x)[i];
    else if (kind == 3) static_cast<int*>(y)[i] = static_cast<const u8*>(x)[i];
    else {
      // As JavaScript's array of int32: what is no number is 0, and large ones wrap around.
      const float v = static_cast<const float*>(x)[i];
      static_cast<int*>(y)[i] = v - v != 0 ? 0 : fabsf(v) < 2147483648.0f ? static_cast<int>(v) : static_cast<int>(static_cast<u32>(static_cast<i64>(fmodf(v, 4294967296.0f))));
    }
  }
}

// Between float and bf16.
KERNEL(narrow, bf16* y, const float* x, i64 n) {
  forFours(n, [=](i64 i, auto count) {
    float v[4];
    loadSome(x, i, count, v);
    storeSome(y, i, count, v);
  });
}
KERNEL(widen, float* y, const bf16* x, i64 n) {
  forFours(n, [=](i64 i, auto count) {
    float v[4];
    loadSome(x, i, count, v);
    storeSome(y, i, count, v);
  });
}
