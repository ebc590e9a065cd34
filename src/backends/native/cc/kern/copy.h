// Moving 32-bit numbers: every transpose, slice, concat, pad and tile is one strided copy.

constexpr int kMaxAxes = 6;

inline void copyRow(float* to, const float* from, int64_t n, int64_t stepTo, int64_t stepFrom) {
  if (stepTo == 1 && stepFrom == 1) __builtin_memcpy(to, from, static_cast<size_t>(n) * 4);
  else
    for (int64_t i = 0; i < n; i++) to[i * stepTo] = from[i * stepFrom];
}

// Two axes at once where the source runs along the first: small squares stay in L1.
inline void copySquare(float* to, const float* from, int64_t rows, int64_t columns, int64_t rowTo, int64_t rowFrom,
                       int64_t stepTo, int64_t stepFrom) {
  constexpr int64_t side = 32;
  for (int64_t c = 0; c < columns; c += side)
    for (int64_t r = 0; r < rows; r++)
      for (int64_t i = c; i < smaller(columns, c + side); i++)
        to[r * rowTo + i * stepTo] = from[r * rowFrom + i * stepFrom];
}

// buffers target, source; numbers offset in target, offset in source, axes, then sizes, strides of target, strides of source.
void copyCall(const Call& call) {
  const int axes = static_cast<int>(call.n(2));
  int64_t size[kMaxAxes], to[kMaxAxes], from[kMaxAxes], rows = 1;
  for (int i = 0; i < axes; i++) {
    size[i] = call.n(3 + static_cast<size_t>(i));
    to[i] = call.n(3 + static_cast<size_t>(axes + i));
    from[i] = call.n(3 + static_cast<size_t>(2 * axes + i));
  }
  // The last one or two axes run inside; the others are counted.
  const int inside = axes >= 2 && from[axes - 1] != 1 && from[axes - 2] == 1 ? 2 : 1;
  for (int i = 0; i < axes - inside; i++) rows *= size[i];
  const int64_t n = inside == 2 ? size[axes - 1] * size[axes - 2] : size[axes - 1];
  float* target = call.f32(0) + call.n(0);
  const float* source = call.f32(1) + call.n(1);
  parallelRange(rows, larger(1, kGrain / larger(1, n)), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      int64_t rest = row, offsetTo = 0, offsetFrom = 0;
      for (int i = axes - inside - 1; i >= 0; i--) {
        offsetTo += rest % size[i] * to[i];
        offsetFrom += rest % size[i] * from[i];
        rest /= size[i];
      }
      if (inside == 1) copyRow(target + offsetTo, source + offsetFrom, n, to[axes - 1], from[axes - 1]);
      else
        copySquare(target + offsetTo, source + offsetFrom, size[axes - 2], size[axes - 1], to[axes - 2], from[axes - 2],
                   to[axes - 1], from[axes - 1]);
    }
  });
}

// buffers y; numbers value, n, 1 where it is an int32.
void fillCall(const Call& call) {
  const vf value = call.n(2) == 0 ? splat(call.f(0)) : floats(splatInt(static_cast<int32_t>(call.n(0))));
  parallelRange(call.n(1), 4 * kGrain, [&](int64_t from, int64_t to) {
    mapTo(call.f32(0) + from, to - from, [&](auto) { return value; });
  });
}

// buffers y (rows x width), table, index (int32); numbers rows, width, rows of the table. A fault where an index lies outside.
void gatherCall(const Call& call) {
  const int64_t width = call.n(1), limit = call.n(2);
  for (int64_t r = 0; r < call.n(0); r++)
    if (call.i32(2)[r] < 0 || call.i32(2)[r] >= limit) {
      snprintf(call.fault->text, sizeof call.fault->text,
               "GatherV2: the index value %d is not in [0, %lld], the rows of the table; see place %lld of the indices", call.i32(2)[r],
               static_cast<long long>(limit - 1), static_cast<long long>(r));
      return;
    }
  parallelRange(call.n(0), larger(1, kGrain / larger(1, width)), [&](int64_t from, int64_t to) {
    for (int64_t r = from; r < to; r++) copyRow(call.f32(0) + r * width, call.f32(1) + call.i32(2)[r] * width, width, 1, 1);
  });
}

// buffers y (n x depth, 32-bit numbers), index (int32); numbers n, depth, on, off, 1 where y is int32. Rows of an index outside are all off.
void oneHotCall(const Call& call) {
  const int64_t depth = call.n(1);
  const auto bitsOf = [&](size_t i) {
    int32_t whole = static_cast<int32_t>(call.n(i));
    const float real = call.f(i);
    if (call.n(4) == 0) __builtin_memcpy(&whole, &real, 4);
    return whole;
  };
  const int32_t on = bitsOf(2), off = bitsOf(3);
  parallelRange(call.n(0), larger(1, kGrain / larger(1, depth)), [&](int64_t from, int64_t to) {
    for (int64_t r = from; r < to; r++)
      for (int64_t i = 0; i < depth; i++) call.i32(0)[r * depth + i] = i == call.i32(1)[r] ? on : off;
  });
}

// buffers y (segments x width), x (rows x width), index; numbers rows, width, segments. Rows of an index outside are left out.
void segmentSumCall(const Call& call) {
  const int64_t rows = call.n(0), width = call.n(1), segments = call.n(2);
  parallelRange(width, larger(64, kGrain * 4 / larger(1, rows)), [&](int64_t from, int64_t to) {
    float* y = call.f32(0);
    for (int64_t s = 0; s < segments; s++) __builtin_memset(y + s * width + from, 0, static_cast<size_t>(to - from) * 4);
    for (int64_t r = 0; r < rows; r++) {
      const int64_t segment = call.i32(2)[r];
      if (segment < 0 || segment >= segments) continue;
      float* sum = y + segment * width + from;
      const float* row = call.f32(1) + r * width + from;
      mapTo(sum, to - from, [&](auto at) { return at(sum) + at(row); });
    }
  });
}

// As JavaScript converts: towards zero, modulo 2^32, and 0 for NaN and infinity.
inline int32_t toInt32(float v) {
  if (v > -2147483648.0f && v < 2147483648.0f) return static_cast<int32_t>(v);
  if (v - v != 0) return 0;
  return static_cast<int32_t>(static_cast<uint32_t>(static_cast<int64_t>(fmodf(v, 4294967296.0f))));
}

// buffers y, x; numbers kind (0 int32 to float32, 1 float32 to int32, 2 bool to float32, 3 bool to int32), n.
void castCall(const Call& call) {
  const int64_t kind = call.n(0);
  parallelRange(call.n(1), kGrain, [&](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; i++) {
      if (kind == 0) call.f32(0)[i] = static_cast<float>(call.i32(1)[i]);
      else if (kind == 1) call.i32(0)[i] = toInt32(call.f32(1)[i]);
      else if (kind == 2) call.f32(0)[i] = call.u8(1)[i] != 0 ? 1.0f : 0.0f;
      else call.i32(0)[i] = call.u8(1)[i] != 0 ? 1 : 0;
    }
  });
}
