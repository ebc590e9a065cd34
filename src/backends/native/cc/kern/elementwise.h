// One number in, one number out; and two in with broadcasting.

constexpr int64_t kGrain = 16384;  // numbers per task: enough to pay for the hand-over

enum Unary {
  kExp, kLog, kSqrt, kRsqrt, kSquare, kNeg, kSigmoid, kTanh, kErf, kReluOp, kAbs, kSin, kCos, kGeluOp, kGeluTanhOp, kSiluOp, kReciprocal,
  kElu, kLeakyRelu, kStep, kClip, kSign, kFloor, kRound, kSoftplus
};

template <class F>
inline void mapAll(float* y, const float* x, int64_t n, F f) {
  parallelRange(n, kGrain, [&](int64_t from, int64_t to) {
    const float* part = x + from;
    mapTo(y + from, to - from, [&](auto at) { return f(at(part)); });
  });
}

inline void scalarAll(float* y, const float* x, int64_t n, float (*f)(float)) {
  parallelRange(n, kGrain, [&](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; i++) y[i] = f(x[i]);
  });
}

// buffers y, x; numbers op, n, and for some ops: slope below 0 (leaky), value up to 0 (step), lowest and highest (clip).
void unaryCall(const Call& call) {
  float* y = call.f32(0);
  const float* x = call.f32(1);
  const int64_t n = call.n(1);
  const vf one = splat(1.0f), zero = splat(0.0f), p = splat(call.numberCount > 2 ? call.f(2) : 0.0f);
  const vf q = splat(call.numberCount > 3 ? call.f(3) : 0.0f);
  switch (static_cast<Unary>(call.n(0))) {
    case kExp: return mapAll(y, x, n, [](vf v) { return expv(v); });
    case kLog: return mapAll(y, x, n, [](vf v) { return logv(v); });
    case kSqrt: return mapAll(y, x, n, [](vf v) { return root(v); });
    case kRsqrt: return mapAll(y, x, n, [=](vf v) { return one / root(v); });
    case kSquare: return mapAll(y, x, n, [](vf v) { return v * v; });
    case kNeg: return mapAll(y, x, n, [](vf v) { return -v; });
    case kSigmoid: return mapAll(y, x, n, [](vf v) { return sigmoidv(v); });
    case kTanh: return mapAll(y, x, n, [](vf v) { return tanhv(v); });
    case kErf: return mapAll(y, x, n, [](vf v) { return erfv(v); });
    case kReluOp: return mapAll(y, x, n, [](vf v) { return atLeast(v, splat(0.0f)); });
    case kAbs: return mapAll(y, x, n, [](vf v) { return absolute(v); });
    case kSin: return scalarAll(y, x, n, [](float v) { return sinf(v); });
    case kCos: return scalarAll(y, x, n, [](float v) { return cosf(v); });
    case kGeluOp: return mapAll(y, x, n, [](vf v) { return geluv(v); });
    case kGeluTanhOp: return mapAll(y, x, n, [](vf v) { return geluTanhv(v); });
    case kSiluOp: return mapAll(y, x, n, [](vf v) { return siluv(v); });
    case kReciprocal: return mapAll(y, x, n, [=](vf v) { return one / v; });
    case kElu: return mapAll(y, x, n, [=](vf v) { return select(v >= zero, v, expv(v) - one); });
    case kLeakyRelu: return mapAll(y, x, n, [=](vf v) { return select(v < zero, p * v, v); });
    case kStep: return mapAll(y, x, n, [=](vf v) { return select(v != v, v, select(v > zero, one, p)); });
    case kClip: return mapAll(y, x, n, [=](vf v) { return select(v > q, q, select(v < p, p, v)); });
    case kSign: return mapAll(y, x, n, [=](vf v) { return select(v > zero, one, select(v < zero, -one, zero)); });
    case kFloor: return scalarAll(y, x, n, [](float v) { return floorf(v); });
    // Half-way cases go to the even neighbour, as tfjs rounds.
    case kRound: return scalarAll(y, x, n, [](float v) { return nearbyintf(v); });
    // max(x, 0) + log(1 + exp(-|x|)).
    case kSoftplus: return scalarAll(y, x, n, [](float v) { return fmaxf(v, 0.0f) + log1pf(expf(-fabsf(v))); });
  }
}

// The slopes of the activations.
inline vf geluSlope(vf x) {
  const vf distribution = splat(0.5f) * (splat(1.0f) + erfv(x * splat(0.70710678f)));
  return distribution + x * expv(x * x * splat(-0.5f)) * splat(0.39894228f);
}
inline vf geluTanhSlope(vf x) {
  const vf square = x * x, one = splat(1.0f);
  const vf t = tanhv((x * square * splat(0.044715f) + x) * splat(0.79788456f));
  const vf inner = (splat(3 * 0.044715f) * square + one) * splat(0.79788456f);
  return splat(0.5f) * (one + t) + splat(0.5f) * x * (one - t * t) * inner;
}
inline vf siluSlope(vf x) {
  const vf s = sigmoidv(x);
  return s + x * s * (splat(1.0f) - s);
}

template <class F>
inline void slopeAll(const Call& call, F slope) {
  float* dx = call.f32(0);
  const float *dy = call.f32(1), *x = call.f32(2);
  parallelRange(call.n(1), kGrain, [&](int64_t from, int64_t to) {
    const float *pull = dy + from, *part = x + from;
    mapTo(dx + from, to - from, [&](auto at) { return at(pull) * slope(at(part)); });
  });
}

// buffers dx, dy, x; numbers op (of Unary: gelu, gelu_tanh, silu), n.
void unaryGradCall(const Call& call) {
  switch (static_cast<Unary>(call.n(0))) {
    case kGeluOp: return slopeAll(call, [](vf x) { return geluSlope(x); });
    case kGeluTanhOp: return slopeAll(call, [](vf x) { return geluTanhSlope(x); });
    default: return slopeAll(call, [](vf x) { return siluSlope(x); });
  }
}

enum Binary { kAdd, kSub, kMul, kDiv, kMax, kMin, kSquaredDifference, kPow, kEluPull };

inline vf maximum(vf a, vf b) { return select((a > b) | (a != a), a, b); }
inline vf minimum(vf a, vf b) { return select((a < b) | (a != a), a, b); }

// As JavaScript's power: where C says 1, a NaN exponent and 1 to the infinity are NaN.
inline float power(float a, float b) {
  if (b == 2.0f) return a * a;
  if (b != b || (b - b != 0 && (a == 1.0f || a == -1.0f))) return __builtin_nanf("");
  return powf(a, b);
}
inline vf powv(vf a, vf b) {
  float u[W], v[W];
  store(u, a);
  store(v, b);
  for (int i = 0; i < W; i++) u[i] = power(u[i], v[i]);
  return load(u);
}

// Four axes with strides of 0 where an input repeats; the last stride of each input is 0 or 1.
struct Spread {
  int64_t size[4], a[4], b[4];

  // The numbers of the call from `first` on: four sizes, four strides of a, four of b.
  Spread(const Call& call, size_t first) {
    for (size_t i = 0; i < 4; i++) {
      size[i] = call.n(first + i);
      a[i] = call.n(first + 4 + i);
      b[i] = call.n(first + 8 + i);
    }
  }
  // Where a row of the first three axes begins.
  int64_t begin(const int64_t* strides, int64_t row) const {
    return row / size[2] / size[1] * strides[0] + row / size[2] % size[1] * strides[1] + row % size[2] * strides[2];
  }
};

// Runs span(row, from, to) over all rows: several short ones a task, or parts of a long one.
template <class F>
inline void forSpans(const Spread& s, F span) {
  const int64_t rows = s.size[0] * s.size[1] * s.size[2], n = s.size[3];
  const int64_t parts = larger(1, n / (2 * kGrain)), group = larger(1, kGrain / larger(1, n));
  if (parts > 1) parallel(rows * parts, [&](int64_t i) { span(i / parts, n * (i % parts) / parts, n * (i % parts + 1) / parts); });
  else
    parallelRange(rows, group, [&](int64_t from, int64_t to) {
      for (int64_t row = from; row < to; row++) span(row, 0, n);
    });
}

template <class F>
inline void combine(float* y, const float* a, const float* b, const Spread& s, F f) {
  const bool repeatA = s.a[3] == 0, repeatB = s.b[3] == 0;
  forSpans(s, [&](int64_t row, int64_t from, int64_t to) {
    const float* pa = a + s.begin(s.a, row) + (repeatA ? 0 : from);
    const float* pb = b + s.begin(s.b, row) + (repeatB ? 0 : from);
    float* target = y + row * s.size[3] + from;
    if (!repeatA && !repeatB) mapTo(target, to - from, [&](auto at) { return f(at(pa), at(pb)); });
    else if (!repeatA) {
      const vf v = splat(*pb);
      mapTo(target, to - from, [&](auto at) { return f(at(pa), v); });
    } else if (!repeatB) {
      const vf v = splat(*pa);
      mapTo(target, to - from, [&](auto at) { return f(v, at(pb)); });
    } else {
      const vf v = f(splat(*pa), splat(*pb));
      mapTo(target, to - from, [&](auto) { return v; });
    }
  });
}

// buffers y, a, b; numbers op, four sizes, four strides of a, four of b.
void binaryCall(const Call& call) {
  const Spread s(call, 1);
  float* y = call.f32(0);
  const float *a = call.f32(1), *b = call.f32(2);
  switch (static_cast<Binary>(call.n(0))) {
    case kAdd: return combine(y, a, b, s, [](vf u, vf v) { return u + v; });
    case kSub: return combine(y, a, b, s, [](vf u, vf v) { return u - v; });
    case kMul: return combine(y, a, b, s, [](vf u, vf v) { return u * v; });
    case kDiv: return combine(y, a, b, s, [](vf u, vf v) { return u / v; });
    case kMax: return combine(y, a, b, s, [](vf u, vf v) { return maximum(u, v); });
    case kMin: return combine(y, a, b, s, [](vf u, vf v) { return minimum(u, v); });
    case kSquaredDifference: return combine(y, a, b, s, [](vf u, vf v) { return (u - v) * (u - v); });
    case kPow: return combine(y, a, b, s, [](vf u, vf v) { return powv(u, v); });
    // The slope of elu by its pull u and its result v.
    case kEluPull: return combine(y, a, b, s, [](vf u, vf v) { return select(v >= splat(0.0f), u, u * (v + splat(1.0f))); });
  }
}

// buffers y, then the inputs; numbers n. y is the sum from the first input to the last.
void addAllCall(const Call& call) {
  parallelRange(call.n(0), kGrain, [&](int64_t from, int64_t to) {
    float* y = call.f32(0) + from;
    const float* first = call.f32(1) + from;
    if (call.bufferCount == 2) mapTo(y, to - from, [&](auto at) { return at(first); });
    for (size_t i = 2; i < call.bufferCount; i++) {
      const float *sum = i == 2 ? first : y, *next = call.f32(i) + from;
      mapTo(y, to - from, [&](auto at) { return at(sum) + at(next); });
    }
  });
}
