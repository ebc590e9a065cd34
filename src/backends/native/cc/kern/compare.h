// Comparisons, logic and choices. A truth value is one byte, 0 or 1.

enum Comparison { kEqual, kNotEqual, kGreater, kGreaterEqual, kLess, kLessEqual };

// y = f(a, b) with broadcasting; the numbers from `first` on are the layout.
template <class T, class F>
inline void decide(const Call& call, size_t first, F f) {
  const Spread s(call, first);
  const T *a = static_cast<const T*>(call.buffers[1]), *b = static_cast<const T*>(call.buffers[2]);
  forSpans(s, [&](int64_t row, int64_t from, int64_t to) {
    const int64_t stepA = s.a[3], stepB = s.b[3];
    const T *pa = a + s.begin(s.a, row) + from * stepA, *pb = b + s.begin(s.b, row) + from * stepB;
    uint8_t* y = call.u8(0) + row * s.size[3] + from;
    for (int64_t i = 0; i < to - from; i++) y[i] = f(pa[i * stepA], pb[i * stepB]);
  });
}

template <class T>
inline void compareAs(const Call& call) {
  switch (static_cast<Comparison>(call.n(0))) {
    case kEqual: return decide<T>(call, 2, [](T u, T v) { return u == v; });
    case kNotEqual: return decide<T>(call, 2, [](T u, T v) { return u != v; });
    case kGreater: return decide<T>(call, 2, [](T u, T v) { return u > v; });
    case kGreaterEqual: return decide<T>(call, 2, [](T u, T v) { return u >= v; });
    case kLess: return decide<T>(call, 2, [](T u, T v) { return u < v; });
    case kLessEqual: return decide<T>(call, 2, [](T u, T v) { return u <= v; });
  }
}

// buffers y (bytes), a, b; numbers op, 1 for int32 and 0 for float32 inputs, four sizes, four strides of a, four of b.
void compareCall(const Call& call) {
  if (call.n(1) != 0) compareAs<int32_t>(call);
  else compareAs<float>(call);
}

// buffers y, a, b (bytes); numbers op (0 and, 1 or), four sizes, four strides of a, four of b.
void logicalCall(const Call& call) {
  if (call.n(0) == 0) decide<uint8_t>(call, 1, [](uint8_t u, uint8_t v) { return u != 0 && v != 0; });
  else decide<uint8_t>(call, 1, [](uint8_t u, uint8_t v) { return u != 0 || v != 0; });
}

// buffers y, x (bytes); numbers n.
void logicalNotCall(const Call& call) {
  parallelRange(call.n(0), kGrain, [&](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; i++) call.u8(0)[i] = call.u8(1)[i] == 0;
  });
}

// buffers y, condition (bytes), yes, no (32-bit numbers); numbers n. Only 1 chooses yes, as in tfjs.
void selectCall(const Call& call) {
  int32_t* y = call.i32(0);
  const int32_t *yes = call.i32(2), *no = call.i32(3);
  const uint8_t* condition = call.u8(1);
  parallelRange(call.n(0), kGrain, [&](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; i++) y[i] = condition[i] == 1 ? yes[i] : no[i];
  });
}
