// A vector of W floats in the compiler's own vector types, so one source serves every instruction set.

constexpr int W = RAE_LANES;
typedef float vf __attribute__((vector_size(RAE_LANES * 4)));
typedef int32_t vi __attribute__((vector_size(RAE_LANES * 4)));
typedef uint32_t vu __attribute__((vector_size(RAE_LANES * 4)));

#if RAE_LANES == 16
#define RAE_SPLAT(x) {x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}
#elif RAE_LANES == 8
#define RAE_SPLAT(x) {x, x, x, x, x, x, x, x}
#else
#define RAE_SPLAT(x) {x, x, x, x}
#endif

inline vf splat(float x) { return vf RAE_SPLAT(x); }
inline vi splatInt(int32_t x) { return vi RAE_SPLAT(x); }

inline vf load(const float* p) {
  vf v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
inline void store(float* p, vf v) { __builtin_memcpy(p, &v, sizeof v); }

// The first n lanes, the rest zero.
inline vf loadPart(const float* p, int64_t n) {
  vf v = {};
  __builtin_memcpy(&v, p, static_cast<size_t>(n) * 4);
  return v;
}
inline void storePart(float* p, vf v, int64_t n) { __builtin_memcpy(p, &v, static_cast<size_t>(n) * 4); }

inline vi bits(vf v) { return reinterpret_cast<vi>(v); }
inline vf floats(vi v) { return reinterpret_cast<vf>(v); }

// a where the mask is set, else b.
inline vf select(vi mask, vf a, vf b) { return mask ? a : b; }
inline vf absolute(vf x) { return floats(bits(x) & splatInt(0x7fffffff)); }

// The greater of x and a bound, the lesser, and the square root. A NaN in x stays: the instructions give their second argument then.
#if defined(__AVX512F__)
inline vf atLeast(vf x, vf low) { return (vf)_mm512_max_ps((__m512)low, (__m512)x); }
inline vf atMost(vf x, vf high) { return (vf)_mm512_min_ps((__m512)high, (__m512)x); }
inline vf root(vf x) { return (vf)_mm512_sqrt_ps((__m512)x); }
#elif defined(__AVX2__) && RAE_LANES == 8
inline vf atLeast(vf x, vf low) { return (vf)_mm256_max_ps((__m256)low, (__m256)x); }
inline vf atMost(vf x, vf high) { return (vf)_mm256_min_ps((__m256)high, (__m256)x); }
inline vf root(vf x) { return (vf)_mm256_sqrt_ps((__m256)x); }
#elif defined(__SSE2__) && RAE_LANES == 4
inline vf atLeast(vf x, vf low) { return (vf)_mm_max_ps((__m128)low, (__m128)x); }
inline vf atMost(vf x, vf high) { return (vf)_mm_min_ps((__m128)high, (__m128)x); }
inline vf root(vf x) { return (vf)_mm_sqrt_ps((__m128)x); }
#else
inline vf atLeast(vf x, vf low) { return select(x < low, low, x); }
inline vf atMost(vf x, vf high) { return select(x > high, high, x); }
inline vf root(vf x) {
  float t[W];
  __builtin_memcpy(t, &x, sizeof x);
#pragma GCC unroll 16
  for (int i = 0; i < W; i++) t[i] = __builtin_sqrtf(t[i]);
  return load(t);
}
#endif

// One number of all lanes: each half is joined with the other, then quarters, always in the same order.
template <class F>
inline float foldLanes(vf v, F join) {
#if RAE_LANES == 16
  v = join(v, __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  v = join(v, __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));
  v = join(v, __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
  v = join(v, __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
#elif RAE_LANES == 8
  v = join(v, __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3));
  v = join(v, __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5));
  v = join(v, __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6));
#else
  v = join(v, __builtin_shufflevector(v, v, 2, 3, 0, 1));
  v = join(v, __builtin_shufflevector(v, v, 1, 0, 3, 2));
#endif
  return v[0];
}
inline float sumLanes(vf v) {
  return foldLanes(v, [](vf a, vf b) { return a + b; });
}

constexpr int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
inline int64_t upTo(int64_t n, int64_t step) { return (n + step - 1) / step * step; }

// y[0..n) = f(at): whole vectors, then the rest with zeros behind it. `at(p)` loads from an array that runs along with y.
template <class F>
inline void mapTo(float* y, int64_t n, F f) {
  int64_t i = 0;
  for (; i + W <= n; i += W) store(y + i, f([i](const float* p) { return load(p + i); }));
  if (i < n) {
    const int64_t rest = n - i;
    storePart(y + i, f([i, rest](const float* p) { return loadPart(p + i, rest); }), rest);
  }
}

// Sum over 0..n of f(at), with four running sums; lanes past the end are cut off.
template <class F>
inline float sumOver(int64_t n, F f) {
  vf s0 = {}, s1 = {}, s2 = {}, s3 = {};
  int64_t i = 0;
  for (; i + 4 * W <= n; i += 4 * W) {
    s0 += f([i](const float* p) { return load(p + i); });
    s1 += f([i](const float* p) { return load(p + i + W); });
    s2 += f([i](const float* p) { return load(p + i + 2 * W); });
    s3 += f([i](const float* p) { return load(p + i + 3 * W); });
  }
  for (; i + W <= n; i += W) s0 += f([i](const float* p) { return load(p + i); });
  if (i < n) {
    const int64_t rest = n - i;
    const vf last = f([i, rest](const float* p) { return loadPart(p + i, rest); });
    float t[W];
    __builtin_memcpy(t, &last, sizeof last);
    s1 += loadPart(t, rest);
  }
  return sumLanes((s0 + s1) + (s2 + s3));
}
