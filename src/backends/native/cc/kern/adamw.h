// AdamW over many tensors at once, in place: one sweep for the norm of the gradients, one for everything else.

// buffers norm (1), then `count` each of p, g, m, v and, if kept, averages; numbers count, lr, beta1, beta2, epsilon,
// weight decay, step, clip (0 is off), decay of the averages.
void adamwCall(const Call& call) {
  struct Piece {
    size_t tensor;
    int64_t from, to;
  };
  const size_t count = static_cast<size_t>(call.n(0));
  const bool averages = call.bufferCount == 1 + 5 * count;
  size_t pieceCount = 0;
  for (size_t t = 0; t < count; t++) pieceCount += (call.lengths[1 + t] + kGrain - 1) / kGrain;
  Piece* pieces = static_cast<Piece*>(scratch(kSlotWork, (pieceCount + 1) * sizeof(Piece)));
  size_t next = 0;
  for (size_t t = 0; t < count; t++) {
    const int64_t length = static_cast<int64_t>(call.lengths[1 + t]);
    for (int64_t from = 0; from < length; from += kGrain) pieces[next++] = {t, from, smaller(length, from + kGrain)};
  }
  double* squares = static_cast<double*>(scratch(kSlotSum, (pieceCount + 1) * sizeof(double)));
  parallelRange(static_cast<int64_t>(pieceCount), 4, [&](int64_t a, int64_t b) {
    for (int64_t i = a; i < b; i++) {
      const float* g = call.f32(1 + count + pieces[i].tensor) + pieces[i].from;
      squares[i] = sumOver(pieces[i].to - pieces[i].from, [&](auto at) { return at(g) * at(g); });
    }
  });
  double total = 0;
  for (size_t i = 0; i < pieceCount; i++) total += squares[i];
  const double norm = __builtin_sqrt(total);
  call.f32(0)[0] = static_cast<float>(norm);
  if (!__builtin_isfinite(call.f32(0)[0])) return;

  const double lr = call.numbers[1], beta1 = call.numbers[2], beta2 = call.numbers[3], step = call.numbers[6];
  const double clip = call.numbers[7], room = clip / (norm + 1e-6);
  const double shrink = clip > 0 && room < 1 ? room : 1;
  const vf b1 = splat(static_cast<float>(beta1)), c1 = splat(static_cast<float>(1 - beta1));
  const vf b2 = splat(static_cast<float>(beta2)), c2 = splat(static_cast<float>(1 - beta2));
  const vf pullScale = splat(static_cast<float>(shrink)), epsilon = splat(call.f(4));
  const vf keep = splat(static_cast<float>(1 - lr * call.numbers[5]));
  const vf rate = splat(static_cast<float>(lr / (1 - pow(beta1, step))));
  const vf rootScale = splat(static_cast<float>(1 / __builtin_sqrt(1 - pow(beta2, step))));
  const vf d = splat(call.f(8)), fresh = splat(static_cast<float>(1 - call.numbers[8]));
  parallelRange(static_cast<int64_t>(pieceCount), 4, [&](int64_t a, int64_t b) {
    for (int64_t i = a; i < b; i++) {
      const auto part = [&](size_t group) { return call.f32(1 + group * count + pieces[i].tensor) + pieces[i].from; };
      float *p = part(0), *m = part(2), *v = part(3), *average = averages ? part(4) : nullptr;
      const float* g = part(1);
      auto update = [&](auto at, int64_t k, int64_t n) {
        const vf pull = at(g) * pullScale;
        const vf mean = b1 * at(m) + c1 * pull, square = b2 * at(v) + c2 * pull * pull;
        const vf next = keep * at(p) - rate * mean / (root(square) * rootScale + epsilon);
        storePart(m + k, mean, n);
        storePart(v + k, square, n);
        storePart(p + k, next, n);
        if (average != nullptr) storePart(average + k, d * at(average) + fresh * next, n);
      };
      const int64_t n = pieces[i].to - pieces[i].from;
      int64_t k = 0;
      for (; k + W <= n; k += W) update([k](const float* q) { return load(q + k); }, k, W);
      const int64_t rest = n - k;
      if (rest > 0) update([k, rest](const float* q) { return loadPart(q + k, rest); }, k, rest);
    }
  });
}
