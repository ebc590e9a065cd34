// Comparisons and choices: results are bytes, 1 or 0, as tfjs keeps booleans.

enum Compare { kLess, kLessEqual, kGreater, kGreaterEqual, kEqual, kNotEqual, kAnd, kOr };

template <class T>
inline bool compared(int64_t op, T a, T b) {
  switch (op) {
    case kLess: return a < b;
    case kLessEqual: return a <= b;
    case kGreater: return a > b;
    case kGreaterEqual: return a >= b;
    case kEqual: return a == b;
    case kNotEqual: return a != b;
    case kAnd: return a != 0 && b != 0;
    default: return a != 0 || b != 0;
  }
}

template <class T>
void compareAll(const Call& call) {
  const int64_t op = call.n(0), n = call.n(5);
  const T* a = static_cast<const T*>(call.buffers[1]);
  const T* b = static_cast<const T*>(call.buffers[2]);
  uint8_t* y = call.u8(0);
  parallelRange(call.n(2) * call.n(3) * call.n(4), larger(1, kGrain / larger(1, n)), [&](int64_t from, int64_t to) {
    for (int64_t row = from; row < to; row++) {
      const int64_t k = row % call.n(4), j = row / call.n(4) % call.n(3), i = row / call.n(4) / call.n(3);
      const T* pa = a + i * call.n(6) + j * call.n(7) + k * call.n(8);
      const T* pb = b + i * call.n(10) + j * call.n(11) + k * call.n(12);
      for (int64_t l = 0; l < n; l++) y[row * n + l] = compared(op, pa[l * call.n(9)], pb[l * call.n(13)]);
    }
  });
}

// buffers y (bytes), a, b; numbers op, type (0 float32, 1 int32, 2 bool), four sizes, four strides of a, four of b.
void compareCall(const Call& call) {
  if (call.n(1) == 0) compareAll<float>(call);
  else if (call.n(1) == 1) compareAll<int32_t>(call);
  else compareAll<uint8_t>(call);
}

// buffers y, condition (bytes), a, b (of 32 bits an element); numbers n. A condition that is not 1 takes b.
void selectCall(const Call& call) {
  parallelRange(call.n(0), kGrain, [&](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; i++) call.i32(0)[i] = call.u8(1)[i] == 1 ? call.i32(2)[i] : call.i32(3)[i];
  });
}

// buffers y, x (bytes); numbers n.
void notCall(const Call& call) {
  for (int64_t i = 0; i < call.n(0); i++) call.u8(0)[i] = call.u8(1)[i] == 0;
}
