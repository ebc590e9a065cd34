// Conditioning of tokens [B,N,D] by [B,T,D], T = 1 or N: adaLN's modulation and gate, and SwiGLU.

constexpr int64_t kColumnsPerTask = 256;

// Runs body(sample, first column, columns) for each sample and run of columns. A task has all rows of its columns, because they
// add into one row of the condition's gradient where T = 1.
template <class F>
inline void forSamples(int64_t B, int64_t N, int64_t D, F body) {
  const int64_t runs = (D + kColumnsPerTask - 1) / kColumnsPerTask;
  const int64_t group = larger(1, kGrain / larger(1, N * smaller(D, kColumnsPerTask)));
  parallelRange(B * runs, group, [&](int64_t a, int64_t b) {
    for (int64_t i = a; i < b; i++) {
      const int64_t from = i % runs * kColumnsPerTask;
      body(i / runs, from, smaller(D - from, kColumnsPerTask));
    }
  });
}

// buffers y, x, scale, shift?; numbers B, N, D, T.
void modulateCall(const Call& call) {
  const int64_t B = call.n(0), N = call.n(1), D = call.n(2), step = call.n(3) == 1 ? 0 : D;
  forSamples(B, N, D, [&](int64_t b, int64_t from, int64_t n) {
    const int64_t condition = b * (step == 0 ? 1 : N) * D + from;
    for (int64_t row = 0; row < N; row++) {
      const float* x = call.f32(1) + (b * N + row) * D + from;
      const float* scale = call.f32(2) + condition + row * step;
      const float* shift = call.f32(3) == nullptr ? nullptr : call.f32(3) + condition + row * step;
      mapTo(call.f32(0) + (b * N + row) * D + from, n, [&](auto at) {
        const vf v = at(x) * (at(scale) + splat(1.0f));
        return shift != nullptr ? v + at(shift) : v;
      });
    }
  });
}

// buffers dx, dscale, dshift?, dy, x, scale; numbers B, N, D, T.
void modulateGradCall(const Call& call) {
  const int64_t B = call.n(0), N = call.n(1), D = call.n(2), step = call.n(3) == 1 ? 0 : D;
  forSamples(B, N, D, [&](int64_t b, int64_t from, int64_t n) {
    const int64_t condition = b * (step == 0 ? 1 : N) * D + from;
    for (int64_t row = 0; row < N; row++) {
      const float *dy = call.f32(3) + (b * N + row) * D + from, *x = call.f32(4) + (b * N + row) * D + from;
      const float* scale = call.f32(5) + condition + row * step;
      float* dscale = call.f32(1) + condition + row * step;
      float* dshift = call.f32(2) == nullptr ? nullptr : call.f32(2) + condition + row * step;
      const bool first = row == 0 || step != 0;
      mapTo(call.f32(0) + (b * N + row) * D + from, n, [&](auto at) { return at(dy) * (at(scale) + splat(1.0f)); });
      mapTo(dscale, n, [&](auto at) { return first ? at(dy) * at(x) : at(dscale) + at(dy) * at(x); });
      if (dshift != nullptr) mapTo(dshift, n, [&](auto at) { return first ? at(dy) : at(dshift) + at(dy); });
    }
  });
}

// buffers out, x, y, gate; numbers B, N, D, T. out = x + gate * y.
void gateCall(const Call& call) {
  const int64_t B = call.n(0), N = call.n(1), D = call.n(2), step = call.n(3) == 1 ? 0 : D;
  forSamples(B, N, D, [&](int64_t b, int64_t from, int64_t n) {
    for (int64_t row = 0; row < N; row++) {
      const int64_t place = (b * N + row) * D + from;
      const float *x = call.f32(1) + place, *y = call.f32(2) + place;
      const float* gate = call.f32(3) + b * (step == 0 ? 1 : N) * D + from + row * step;
      mapTo(call.f32(0) + place, n, [&](auto at) { return at(x) + at(gate) * at(y); });
    }
  });
}

// buffers dy of y, dgate, dout, y, gate; numbers B, N, D, T.
void gateGradCall(const Call& call) {
  const int64_t B = call.n(0), N = call.n(1), D = call.n(2), step = call.n(3) == 1 ? 0 : D;
  forSamples(B, N, D, [&](int64_t b, int64_t from, int64_t n) {
    for (int64_t row = 0; row < N; row++) {
      const int64_t place = (b * N + row) * D + from, condition = b * (step == 0 ? 1 : N) * D + from + row * step;
      const float *dout = call.f32(2) + place, *y = call.f32(3) + place, *gate = call.f32(4) + condition;
      float* dgate = call.f32(1) + condition;
      const bool first = row == 0 || step != 0;
      mapTo(call.f32(0) + place, n, [&](auto at) { return at(dout) * at(gate); });
      mapTo(dgate, n, [&](auto at) { return first ? at(dout) * at(y) : at(dgate) + at(dout) * at(y); });
    }
  });
}

// buffers y [rows,m], u [rows,2m]; numbers rows, m. y = silu(a) * b.
void swigluCall(const Call& call) {
  const int64_t m = call.n(1);
  parallelRange(call.n(0), rowGroup(m), [&](int64_t from, int64_t to) {
    for (int64_t r = from; r < to; r++) {
      const float *a = call.f32(1) + r * 2 * m, *b = a + m;
      mapTo(call.f32(0) + r * m, m, [&](auto at) { return siluv(at(a)) * at(b); });
    }
  });
}

// buffers du [rows,2m], dy [rows,m], u; numbers rows, m.
void swigluGradCall(const Call& call) {
  const int64_t m = call.n(1);
  parallelRange(call.n(0), rowGroup(m), [&](int64_t from, int64_t to) {
    for (int64_t r = from; r < to; r++) {
      const float *dy = call.f32(1) + r * m, *a = call.f32(2) + r * 2 * m, *b = a + m;
      float *da = call.f32(0) + r * 2 * m, *db = da + m;
      auto both = [&](auto at, int64_t i, int64_t n) {
        const vf x = at(a), s = sigmoidv(x), pull = at(dy), silu = x * s;
        storePart(da + i, pull * at(b) * (s + silu * (splat(1.0f) - s)), n);
        storePart(db + i, pull * silu, n);
      };
      int64_t i = 0;
      for (; i + W <= m; i += W) both([i](const float* p) { return load(p + i); }, i, W);
      const int64_t rest = m - i;
      if (rest > 0) both([i, rest](const float* p) { return loadPart(p + i, rest); }, i, rest);
    }
  });
}
