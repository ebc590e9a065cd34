// Multi-head self-attention of qkv [B,N,3D]. One task per sample and head; scores live in a block of rows that fits the
// cache, and the backward pass computes the probabilities again.

struct Head {
  int64_t N, D, d;
  const float *q, *k, *v;  // turned q and k; ldq numbers from row to row
  int64_t ldq, ldv;
  float scale;
  bool bf16;
};

// Each adjacent pair of lanes changed for the other.
inline vf swapPairs(vf v) {
#if RAE_LANES == 16
  return __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
#elif RAE_LANES == 8
  return __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6);
#else
  return __builtin_shufflevector(v, v, 1, 0, 3, 2);
#endif
}

// -1 in even lanes, 1 in odd ones.
inline vf pairSigns() {
  vf v;
  for (int i = 0; i < W; i++) v[i] = i % 2 == 0 ? -1.0f : 1.0f;
  return v;
}

// A head's rows are short and far apart, which the processor does not foresee: they are asked for this many rows before their use.
constexpr int64_t kRowsAhead = 8;
inline void fetchRow(const float* p, int64_t n) {
  for (int64_t i = 0; i < n; i += 16) __builtin_prefetch(p + i);
}

// y = x*cos + R(x)*sin with R(a,b) = (-b,a); `back` is its transpose. Rows of d numbers.
inline void turnRows(float* y, int64_t ldy, const float* x, int64_t ldx, const float* cos, const float* sin, int64_t rows,
                     int64_t d, bool back) {
  const vf signs = back ? -pairSigns() : pairSigns();
  for (int64_t r = 0; r < rows; r++, x += ldx, y += ldy, cos += d, sin += d) {
    fetchRow(x + kRowsAhead * ldx, d);
    if (back) mapTo(y, d, [&](auto at) { return at(x) * at(cos) + signs * swapPairs(at(x) * at(sin)); });
    else mapTo(y, d, [&](auto at) { return at(x) * at(cos) + signs * swapPairs(at(x)) * at(sin); });
  }
}

// Rows of scores at a time: about 384 KB of them.
inline int64_t scoreRows(int64_t N) { return smaller(N, larger(4 * MR, 98304 / N / MR * MR)); }

inline Product product(int64_t m, int64_t n, int64_t k, Operand a, Operand b, float* c, int64_t ldc, bool accumulate = false) {
  return {m, n, k, a, b, c, ldc, accumulate, {}};
}

// Points at the head's q, k and v; turned copies go to `copies` (2*N*d) where there are tables.
inline Head headOf(const float* qkv, const float* cos, const float* sin, float* copies, int64_t N, int64_t D, int64_t heads,
                   bool bf16) {
  const int64_t d = D / heads;
  Head h{N, D, d, qkv, qkv + D, qkv + 2 * D, 3 * D, 3 * D, 1.0f / __builtin_sqrtf(static_cast<float>(d)), bf16};
  if (cos == nullptr) return h;
  turnRows(copies, d, h.q, h.ldq, cos, sin, N, d, false);
  turnRows(copies + N * d, d, h.k, h.ldq, cos, sin, N, d, false);
  h.q = copies;
  h.k = copies + N * d;
  h.ldq = d;
  return h;
}

inline void scores(const Head& h, int64_t row, int64_t rows, float* s) {
  multiply(product(rows, h.N, h.d, left(h.q + row * h.ldq, h.ldq, false), right(h.k, h.ldq, true), s, h.N), true, h.bf16);
}

// buffers y [B,N,D], qkv, cos?, sin? [N,d]; numbers B, N, D, heads, bf16.
void attentionCall(const Call& call) {
  const int64_t B = call.n(0), N = call.n(1), D = call.n(2), heads = call.n(3), d = D / heads, block = scoreRows(N);
  const bool bf16 = call.n(4) != 0;
  parallel(B * heads, [&](int64_t task) {
    const int64_t b = task / heads, head = task % heads;
    float* s = static_cast<float*>(scratch(kSlotWork, static_cast<size_t>(block * N) * 4));
    float* copies = static_cast<float*>(scratch(kSlotWork2, static_cast<size_t>(2 * N * d) * 4));
    const Head h = headOf(call.f32(1) + b * N * 3 * D + head * d, call.f32(2), call.f32(3), copies, N, D, heads, bf16);
    float* y = call.f32(0) + b * N * D + head * d;
    for (int64_t row = 0; row < N; row += block) {
      const int64_t rows = smaller(block, N - row);
      scores(h, row, rows, s);
      float* sums = static_cast<float*>(scratch(kSlotWork3, static_cast<size_t>(block) * 4));
      for (int64_t i = 0; i < rows; i++) sums[i] = expRow<expNearv>(s + i * N, s + i * N, N, h.scale);
      multiply(product(rows, d, N, left(s, N, false), right(h.v, h.ldv, false), y + row * D, D), true, bf16);
      for (int64_t i = 0; i < rows; i++) scaleAll(y + (row + i) * D, d, 1.0f / sums[i]);
    }
  });
}

// Turns dp into the gradient of the scores, given the probabilities.
inline void scoreGradient(float* dp, const float* p, int64_t N, float scale) {
  const vf along = splat(sumOver(N, [&](auto at) { return at(dp) * at(p); })), factor = splat(scale);
  mapTo(dp, N, [&](auto at) { return at(p) * (at(dp) - along) * factor; });
}

// buffers dqkv, dy, qkv, cos?, sin?; numbers B, N, D, heads, bf16.
void attentionGradCall(const Call& call) {
  const int64_t B = call.n(0), N = call.n(1), D = call.n(2), heads = call.n(3), d = D / heads, block = scoreRows(N);
  const bool bf16 = call.n(4) != 0;
  const float *cos = call.f32(3), *sin = call.f32(4);
  parallel(B * heads, [&](int64_t task) {
    const int64_t b = task / heads, head = task % heads;
    float* p = static_cast<float*>(scratch(kSlotWork, static_cast<size_t>(2 * block * N) * 4));
    float* ds = p + block * N;
    float* copies = static_cast<float*>(scratch(kSlotWork2, static_cast<size_t>(4 * N * d) * 4));
    const Head h = headOf(call.f32(2) + b * N * 3 * D + head * d, cos, sin, copies, N, D, heads, bf16);
    const float* dy = call.f32(1) + b * N * D + head * d;
    float* out = call.f32(0) + b * N * 3 * D + head * d;
    float *dq = cos == nullptr ? out : copies + 2 * N * d, *dk = cos == nullptr ? out + D : copies + 3 * N * d, *dv = out + 2 * D;
    const int64_t ld = cos == nullptr ? 3 * D : d;
    for (int64_t row = 0; row < N; row += block) {
      const int64_t rows = smaller(block, N - row);
      const float* pull = dy + row * D;
      scores(h, row, rows, p);
      for (int64_t i = 0; i < rows; i++) scaleAll(p + i * N, N, 1.0f / expRow<expNearv>(p + i * N, p + i * N, N, h.scale));
      multiply(product(N, d, rows, left(p, N, true), right(pull, D, false), dv, 3 * D, row > 0), true, bf16);
      multiply(product(rows, N, d, left(pull, D, false), right(h.v, h.ldv, true), ds, N), true, bf16);
      for (int64_t i = 0; i < rows; i++) scoreGradient(ds + i * N, p + i * N, N, h.scale);
      multiply(product(rows, d, N, left(ds, N, false), right(h.k, h.ldq, false), dq + row * ld, ld), true, bf16);
      multiply(product(N, d, rows, left(ds, N, true), right(h.q + row * h.ldq, h.ldq, false), dk, ld, row > 0), true, bf16);
    }
    if (cos == nullptr) return;
    turnRows(out, 3 * D, dq, d, cos, sin, N, d, true);
    turnRows(out + D, 3 * D, dk, d, cos, sin, N, d, true);
  });
}
