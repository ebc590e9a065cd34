// The flow-matching loss: the mean of (prediction - target) squared.

// buffers loss (1), prediction, target; numbers n.
void velocityLossCall(const Call& call) {
  const int64_t n = call.n(0), pieces = (n + kGrain - 1) / kGrain;
  float* sums = static_cast<float*>(scratch(kSlotSum, static_cast<size_t>(pieces + 1) * 4));
  parallel(pieces, [&](int64_t i) {
    const int64_t from = i * kGrain;
    const float *p = call.f32(1) + from, *t = call.f32(2) + from;
    sums[i] = sumOver(smaller(kGrain, n - from), [&](auto at) {
      const vf d = at(p) - at(t);
      return d * d;
    });
  });
  double total = 0;
  for (int64_t i = 0; i < pieces; i++) total += sums[i];
  call.f32(0)[0] = static_cast<float>(total / static_cast<double>(n));
}

// buffers dprediction, dtarget, dy (1), prediction, target; numbers n.
void velocityLossGradCall(const Call& call) {
  const int64_t n = call.n(0);
  const vf factor = splat(call.f32(2)[0] * 2.0f / static_cast<float>(n));
  parallelRange(n, kGrain, [&](int64_t from, int64_t to) {
    const float *p = call.f32(3) + from, *t = call.f32(4) + from, *d = call.f32(0) + from;
    mapTo(call.f32(0) + from, to - from, [&](auto at) { return (at(p) - at(t)) * factor; });
    mapTo(call.f32(1) + from, to - from, [&](auto at) { return -at(d); });
  });
}
