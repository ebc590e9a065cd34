// The matrix kernel: an MR x NR tile of C in registers, one broadcast of A times NV vectors of B per step.

constexpr int MR = RAE_MR;
constexpr int NV = RAE_NV;
constexpr int NR = NV * W;

// What is done to C besides the product.
enum Activation { kNone, kGelu, kGeluTanh, kSilu, kRelu };
struct Epilogue {
  const float* bias = nullptr;  // one per column, or null; not where C is added to
  int activation = kNone;
};

inline vf geluv(vf x) { return splat(0.5f) * x * (splat(1.0f) + erfv(x * splat(0.70710678f))); }
inline vf geluTanhv(vf x) {
  return splat(0.5f) * x * (splat(1.0f) + tanhv((x * x * x * splat(0.044715f) + x) * splat(0.79788456f)));
}
inline vf siluv(vf x) { return x * sigmoidv(x); }

inline vf activate(vf x, int activation) {
  switch (activation) {
    case kGelu: return geluv(x);
    case kGeluTanh: return geluTanhv(x);
    case kSilu: return siluv(x);
    case kRelu: return atLeast(x, splat(0.0f));
    default: return x;
  }
}

template <Mode mode>
inline vf multiplyAdd(vf sum, float a, vf b) {
#if defined(__AVX512BF16__)
  if (mode == kPaired) return _mm512_dpbf16_ps(sum, (__m512bh)splat(a), (__m512bh)b);
#else
  if (mode == kPaired) {  // the same arithmetic in two steps, for tests on other processors
    const vi pa = bits(splat(a));
    sum += floats(pa << 16) * floats(bits(b) << 16);
    return sum + floats(pa & splatInt(-65536)) * floats(bits(b) & splatInt(-65536));
  }
#endif
  return sum + splat(a) * b;
}

// The rows of A that a tile needs: packed side by side, or where they lie in a row-major matrix.
struct Rows {
  const float* p;
  int64_t ld;  // floats from row to row; 0 where they are packed
};

// Where a tile's sums start: at what C holds, at one number per column, or at zero.
struct Start {
  bool accumulate;
  const float* row;  // of a tile's columns, or null
};

// c = start + a * b over `steps` packed rows of B, for the first V vectors of a tile's columns.
template <Mode mode, int V, bool packed>
void micro(int64_t steps, Rows a, const float* __restrict b, float* __restrict c, int64_t ldc, Start start) {
  vf sum[MR][V];
#pragma GCC unroll 8
  for (int j = 0; j < V; j++) {
    const vf first = start.row == nullptr ? vf{} : load(start.row + j * W);
#pragma GCC unroll 16
    for (int i = 0; i < MR; i++) sum[i][j] = first;
  }
  const float* __restrict from = a.p;
  const int64_t ld = packed ? 1 : a.ld;
#pragma GCC unroll 16
  for (int i = 0; i < MR; i++)  // C comes while the sums are made
#pragma GCC unroll 8
    for (int j = 0; j < V * W; j += 16) __builtin_prefetch(c + i * ldc + j, 1);
#pragma GCC unroll 4
  for (int64_t k = 0; k < steps; k++, from += packed ? MR : 1, b += NR) {
    vf row[V];
#pragma GCC unroll 8
    for (int j = 0; j < V; j++) row[j] = load(b + j * W);
#pragma GCC unroll 16
    for (int i = 0; i < MR; i++) {
#pragma GCC unroll 8
      for (int j = 0; j < V; j++) sum[i][j] = multiplyAdd<mode>(sum[i][j], from[i * ld], row[j]);
    }
  }
  if (start.accumulate) {
#pragma GCC unroll 16
    for (int i = 0; i < MR; i++) {
#pragma GCC unroll 8
      for (int j = 0; j < V; j++) store(c + i * ldc + j * W, sum[i][j] + load(c + i * ldc + j * W));
    }
  } else {
#pragma GCC unroll 16
    for (int i = 0; i < MR; i++) {
#pragma GCC unroll 8
      for (int j = 0; j < V; j++) store(c + i * ldc + j * W, sum[i][j]);
    }
  }
}

// The narrowest kernel that reaches `columns`. What lies right of them in the tile's last vector is written too.
template <Mode mode, bool packed>
inline void microOver(int64_t columns, int64_t steps, Rows a, const float* b, float* c, int64_t ldc, Start start) {
  if (NV > 1 && columns <= W) micro<mode, 1, packed>(steps, a, b, c, ldc, start);
  else if (NV > 2 && columns <= 2 * W) micro<mode, smaller(NV, 2), packed>(steps, a, b, c, ldc, start);
  else if (NV > 3 && columns <= 3 * W) micro<mode, smaller(NV, 3), packed>(steps, a, b, c, ldc, start);
  else micro<mode, NV, packed>(steps, a, b, c, ldc, start);
}

template <Mode mode>
inline void microOver(int64_t columns, int64_t steps, Rows a, const float* b, float* c, int64_t ldc, Start start) {
  if (mode == kFloat && a.ld != 0) microOver<mode, false>(columns, steps, a, b, c, ldc, start);
  else microOver<mode, true>(columns, steps, a, b, c, ldc, start);
}

// A tile of C: whole vectors go straight there, anything else by way of a tile of its own.
template <Mode mode>
void microTile(int64_t steps, Rows a, const float* b, float* c, int64_t ldc, int64_t rows, int64_t columns, Start start) {
  if (rows == MR && columns % W == 0) return microOver<mode>(columns, steps, a, b, c, ldc, start);
  alignas(64) float tile[MR * NR], first[NR] = {};
  if (start.row != nullptr) {
    __builtin_memcpy(first, start.row, static_cast<size_t>(columns) * 4);
    start.row = first;
  }
  microOver<mode>(columns, steps, a, b, tile, NR, Start{false, start.row});
  for (int64_t i = 0; i < rows; i++) {
    float* target = c + i * ldc;
    const float* from = tile + i * NR;
    mapTo(target, columns, [&](auto at) { return start.accumulate ? at(target) + at(from) : at(from); });
  }
}

// What follows a tile's last sum.
void activateTile(float* c, int64_t ldc, int64_t rows, int64_t columns, int activation) {
  for (int64_t i = 0; i < rows; i++, c += ldc) mapTo(c, columns, [&](auto at) { return activate(at(c), activation); });
}
