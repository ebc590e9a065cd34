// RMS and layer norm over the last axis D, and their gradients in two sweeps over each row.

// Runs body(row, sums) over all rows in fixed parts; each part adds into its own `width` sums, which are then added up in order.
template <class F>
inline void sumRows(int64_t rows, int64_t width, float* total, F body) {
  const int64_t parts = larger(1, smaller(32, rows * larger(1, width) / kGrain));
  float* sums = static_cast<float*>(scratch(kSlotSum, static_cast<size_t>(parts * width + 1) * 4));
  parallel(parts, [&](int64_t part) {
    float* own = sums + part * width;
    __builtin_memset(own, 0, static_cast<size_t>(width) * 4);
    for (int64_t row = rows * part / parts; row < rows * (part + 1) / parts; row++) body(row, own);
  });
  if (width > 0) reduceColumns(kSumOf, total, sums, 0, parts, width);
}

inline int64_t rowGroup(int64_t width) { return larger(1, kGrain / 2 / larger(1, width)); }

inline float rmsInverse(const float* x, int64_t D, float epsilon) {
  const float squares = sumOver(D, [&](auto at) { return at(x) * at(x); });
  return 1.0f / __builtin_sqrtf(squares / static_cast<float>(D) + epsilon);
}

// buffers y, x, weight; numbers rows, D, epsilon.
void rmsNormCall(const Call& call) {
  const int64_t D = call.n(1);
  const float* weight = call.f32(2);
  parallelRange(call.n(0), rowGroup(D), [&](int64_t from, int64_t to) {
    for (int64_t r = from; r < to; r++) {
      const float* x = call.f32(1) + r * D;
      const vf inverse = splat(rmsInverse(x, D, call.f(2)));
      mapTo(call.f32(0) + r * D, D, [&](auto at) { return at(x) * inverse * at(weight); });
    }
  });
}

// buffers dx, dweight, dy, x, weight; numbers rows, D, epsilon.
void rmsNormGradCall(const Call& call) {
  const int64_t D = call.n(1);
  const float* weight = call.f32(4);
  sumRows(call.n(0), D, call.f32(1), [&](int64_t r, float* sums) {
    const float *dy = call.f32(2) + r * D, *x = call.f32(3) + r * D;
    const float inverse = rmsInverse(x, D, call.f(2));
    const float along = sumOver(D, [&](auto at) { return at(dy) * at(weight) * at(x); }) / static_cast<float>(D);
    const vf scale = splat(inverse), back = splat(inverse * inverse * along);
    mapTo(call.f32(0) + r * D, D, [&](auto at) { return scale * (at(dy) * at(weight) - at(x) * back); });
    mapTo(sums, D, [&](auto at) { return at(sums) + at(dy) * at(x) * scale; });
  });
}

struct Moments {
  float mean, inverse;
};

inline Moments moments(const float* x, int64_t D, float epsilon) {
  const float n = static_cast<float>(D), mean = sumOver(D, [&](auto at) { return at(x); }) / n;
  const vf centre = splat(mean);
  const float squares = sumOver(D, [&](auto at) {
    const vf c = at(x) - centre;
    return c * c;
  });
  return {mean, 1.0f / __builtin_sqrtf(squares / n + epsilon)};
}

// buffers y, x, weight?, bias?; numbers rows, D, epsilon.
void layerNormCall(const Call& call) {
  const int64_t D = call.n(1);
  const float *weight = call.f32(2), *bias = call.f32(3);
  parallelRange(call.n(0), rowGroup(D), [&](int64_t from, int64_t to) {
    for (int64_t r = from; r < to; r++) {
      const float* x = call.f32(1) + r * D;
      const Moments m = moments(x, D, call.f(2));
      const vf mean = splat(m.mean), inverse = splat(m.inverse);
      mapTo(call.f32(0) + r * D, D, [&](auto at) {
        vf v = (at(x) - mean) * inverse;
        if (weight != nullptr) v = v * at(weight);
        return bias != nullptr ? v + at(bias) : v;
      });
    }
  });
}

// buffers dx, dweight?, dbias?, dy, x, weight?; numbers rows, D, epsilon.
void layerNormGradCall(const Call& call) {
  const int64_t D = call.n(1);
  const float* weight = call.f32(5);
  float* total = static_cast<float*>(scratch(kSlotWork, static_cast<size_t>(2 * D + 1) * 4));
  sumRows(call.n(0), 2 * D, total, [&](int64_t r, float* sums) {
    const float *dy = call.f32(3) + r * D, *x = call.f32(4) + r * D;
    const Moments m = moments(x, D, call.f(2));
    const vf mean = splat(m.mean), inverse = splat(m.inverse);
    auto pull = [&](auto at) { return weight != nullptr ? at(dy) * at(weight) : at(dy); };
    const vf even = splat(sumOver(D, pull) / static_cast<float>(D));
    const vf along = splat(sumOver(D, [&](auto at) { return pull(at) * (at(x) - mean) * inverse; }) / static_cast<float>(D));
    mapTo(call.f32(0) + r * D, D, [&](auto at) { return inverse * (pull(at) - even - (at(x) - mean) * inverse * along); });
    mapTo(sums, D, [&](auto at) { return at(sums) + at(dy) * (at(x) - mean) * inverse; });
    float* biases = sums + D;
    mapTo(biases, D, [&](auto at) { return at(biases) + at(dy); });
  });
  for (size_t part = 0; part < 2; part++)
    if (float* target = call.f32(1 + part))
      __builtin_memcpy(target, total + static_cast<int64_t>(part) * D, static_cast<size_t>(D) * 4);
}
