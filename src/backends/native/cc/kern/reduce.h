// Sums and maxima over one run of axes, and softmax. The order of every sum depends on the shape alone.

enum Reduction { kSumOf, kMeanOf, kMaxOf, kMinOf };

inline vf join(Reduction op, vf a, vf b) { return op == kMaxOf ? maximum(a, b) : op == kMinOf ? minimum(a, b) : a + b; }

inline float joinLanes(Reduction op, const float* x, int64_t n) {
  float result = x[0];
  for (int64_t i = 1; i < n; i++) {
    const float v = x[i];
    const bool take = op == kMaxOf ? v > result : v < result;
    if (take || v != v) result = v;
    if (result != result) break;
  }
  return result;
}

inline float reduceRow(Reduction op, const float* x, int64_t n) {
  if (op == kSumOf || op == kMeanOf) return sumOver(n, [&](auto at) { return at(x); });
  if (n < W) return joinLanes(op, x, n);
  vf best = load(x);
  for (int64_t i = W; i + W <= n; i += W) best = join(op, best, load(x + i));
  best = join(op, best, load(x + n - W));
  return foldLanes(best, [op](vf a, vf b) { return join(op, a, b); });
}

inline void scaleAll(float* y, int64_t n, float factor) {
  mapTo(y, n, [&](auto at) { return at(y) * splat(factor); });
}

// y[inner] = rows [from, to) of x joined.
inline void reduceColumns(Reduction op, float* y, const float* x, int64_t from, int64_t to, int64_t inner) {
  const float* first = x + from * inner;
  mapTo(y, inner, [&](auto at) { return at(first); });
  for (int64_t r = from + 1; r < to; r++) {
    const float* row = x + r * inner;
    mapTo(y, inner, [&](auto at) { return join(op, at(y), at(row)); });
  }
}

// buffers y, x; numbers op, outer, count, inner: y[outer, inner] from x[outer, count, inner]. count is at least 1.
void reduceCall(const Call& call) {
  const Reduction op = static_cast<Reduction>(call.n(0));
  const int64_t outer = call.n(1), count = call.n(2), inner = call.n(3);
  float* y = call.f32(0);
  const float* x = call.f32(1);
  const float factor = op == kMeanOf ? 1.0f / static_cast<float>(count) : 1.0f;
  // Few results of many numbers: pieces first, then the pieces.
  const int64_t parts = outer >= 8 ? 1 : larger(1, smaller(32, smaller(count, count * inner / kGrain)));
  if (inner == 1) {
    float* pieces = static_cast<float*>(scratch(kSlotSum, static_cast<size_t>(outer * parts) * 4));
    const int64_t group = parts > 1 ? 1 : larger(1, kGrain / count);
    parallelRange(outer * parts, group, [&](int64_t a, int64_t b) {
      for (int64_t i = a; i < b; i++) {
        const int64_t from = count * (i % parts) / parts, to = count * (i % parts + 1) / parts;
        pieces[i] = reduceRow(op, x + i / parts * count + from, to - from);
      }
    });
    for (int64_t o = 0; o < outer; o++) y[o] = reduceRow(op, pieces + o * parts, parts) * factor;
    return;
  }
  float* pieces = parts > 1 ? static_cast<float*>(scratch(kSlotSum, static_cast<size_t>(outer * parts * inner) * 4)) : y;
  parallelRange(outer * parts, parts > 1 ? 1 : larger(1, kGrain / (count * inner)), [&](int64_t a, int64_t b) {
    for (int64_t i = a; i < b; i++)
      reduceColumns(op, pieces + i * inner, x + i / parts * count * inner, count * (i % parts) / parts,
                    count * (i % parts + 1) / parts, inner);
  });
  for (int64_t o = 0; o < outer && parts > 1; o++) reduceColumns(op, y + o * inner, pieces + o * parts * inner, 0, parts, inner);
  if (factor != 1.0f) scaleAll(y, outer * inner, factor);
}

// buffers y, x; numbers outer, count, inner, exclusive, reverse: running sums over the middle axis.
void cumsumCall(const Call& call) {
  const int64_t count = call.n(1), inner = call.n(2);
  const bool exclusive = call.n(3) != 0, reverse = call.n(4) != 0;
  parallelRange(call.n(0), larger(1, kGrain / larger(1, count * inner)), [&](int64_t from, int64_t to) {
    for (int64_t o = from; o < to; o++) {
      const float* last = nullptr;  // the sums so far
      for (int64_t i = 0; i < count; i++) {
        const int64_t place = (o * count + (reverse ? count - 1 - i : i)) * inner;
        float* y = call.f32(0) + place;
        const float* x = call.f32(1) + (exclusive ? place + (i == 0 ? 0 : reverse ? inner : -inner) : place);
        if (last != nullptr) mapTo(y, inner, [&](auto at) { return at(x) + at(last); });
        else if (exclusive) __builtin_memset(y, 0, static_cast<size_t>(inner) * 4);
        else copyRow(y, x, inner, 1, 1);
        last = y;
      }
    }
  });
}

// y = e^((x - max) * scale) for one row; gives the sum.
template <vf exponential(vf)>
inline float expRow(float* y, const float* x, int64_t n, float scale) {
  const vf top = splat(reduceRow(kMaxOf, x, n)), factor = splat(scale);
  mapTo(y, n, [&](auto at) { return exponential((at(x) - top) * factor); });
  return sumOver(n, [&](auto at) { return at(y); });
}

// buffers y, x; numbers rows, n.
void softmaxCall(const Call& call) {
  const int64_t n = call.n(1);
  parallelRange(call.n(0), larger(1, kGrain / 4 / larger(1, n)), [&](int64_t from, int64_t to) {
    for (int64_t r = from; r < to; r++) {
      float* y = call.f32(0) + r * n;
      scaleAll(y, n, 1.0f / expRow<expv>(y, call.f32(1) + r * n, n, 1.0f));
    }
  });
}
