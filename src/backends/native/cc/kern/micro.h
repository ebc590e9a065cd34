// The matrix kernel: an MR x NR tile of C in registers, one broadcast of A times NV vectors of B per step.

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

// The rows of A that a tile needs: packed side by side; where they lie in a row-major matrix; or where they lie as neighbours in the
// rows of its transpose.
enum Layout { kPackedRows, kRowByRow, kSideBySide };
struct Rows {
  const float* p;
  int64_t ld;  // floats from one line of the matrix to the next; not where they are packed
  Layout layout;
};

// The columns of B that a tile needs, vectors of them for one k after another: packed, or where they lie.
struct Columns {
  const float* p;
  int64_t ld;  // floats from k to k
};

// Lines of a transposed A that are asked for ahead: each is new to the cache, and too far from the one before it to be foreseen.
constexpr int64_t kLinesAhead = 16;

// Where a tile's sums start: at what C holds, at one number per column, or at zero.
struct Start {
  bool accumulate;
  const float* row;  // of a tile's columns, or null
};

// c = start + a * b over `steps` rows of B, for the first V vectors of a tile's columns.
template <Mode mode, int V, Layout layout>
void micro(int64_t steps, Rows a, Columns columns, float* __restrict c, int64_t ldc, Start start) {
  vf sum[MR][V];
#pragma GCC unroll 8
  for (int j = 0; j < V; j++) {
    const vf first = start.row == nullptr ? vf{} : load(start.row + j * W);
#pragma GCC unroll 16
    for (int i = 0; i < MR; i++) sum[i][j] = first;
  }
  const float *__restrict from = a.p, *__restrict b = columns.p;
  const int64_t lane = layout == kRowByRow ? a.ld : 1, forward = layout == kRowByRow ? 1 : layout == kSideBySide ? a.ld : MR;
  const auto step = [&]() __attribute__((always_inline)) {
    if (layout == kSideBySide) {
      __builtin_prefetch(from + kLinesAhead * forward);
#pragma GCC unroll 8
      for (int j = 0; j < V * W; j += 16) __builtin_prefetch(b + kLinesAhead * columns.ld + j);
    }
    vf row[V];
#pragma GCC unroll 8
    for (int j = 0; j < V; j++) row[j] = load(b + j * W);
#pragma GCC unroll 16
    for (int i = 0; i < MR; i++) {
#pragma GCC unroll 8
      for (int j = 0; j < V; j++) sum[i][j] = multiplyAdd<mode>(sum[i][j], from[i * lane], row[j]);
    }
    from += forward;
    b += columns.ld;
  };
  // C comes while the sums are made, a line at each step: asked for at once its lines would hold up those of A and B.
  constexpr int64_t lines = V * W / 16 + 1;
  int64_t k = 0;
  for (const int64_t asked = smaller(steps, MR * lines); k < asked; k++) {
    __builtin_prefetch(c + k / lines * ldc + smaller(k % lines * 16, V * W - 1), 1);
    step();
  }
#pragma GCC unroll 4
  for (; k < steps; k++) step();
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
template <Mode mode, Layout layout>
inline void microOver(int64_t columns, int64_t steps, Rows a, Columns b, float* c, int64_t ldc, Start start) {
  if (NV > 1 && columns <= W) micro<mode, 1, layout>(steps, a, b, c, ldc, start);
  else if (NV > 2 && columns <= 2 * W) micro<mode, smaller(NV, 2), layout>(steps, a, b, c, ldc, start);
  else if (NV > 3 && columns <= 3 * W) micro<mode, smaller(NV, 3), layout>(steps, a, b, c, ldc, start);
  else micro<mode, NV, layout>(steps, a, b, c, ldc, start);
}

template <Mode mode>
inline void microOver(int64_t columns, int64_t steps, Rows a, Columns b, float* c, int64_t ldc, Start start) {
  if (mode == kFloat && a.layout == kRowByRow) microOver<mode, kRowByRow>(columns, steps, a, b, c, ldc, start);
  else if (mode == kFloat && a.layout == kSideBySide) microOver<mode, kSideBySide>(columns, steps, a, b, c, ldc, start);
  else microOver<mode, kPackedRows>(columns, steps, a, b, c, ldc, start);
}

// What follows a tile's last sum.
void activateTile(float* c, int64_t ldc, int64_t rows, int64_t columns, int activation) {
  for (int64_t i = 0; i < rows; i++, c += ldc) mapTo(c, columns, [&](auto at) { return activate(at(c), activation); });
}
