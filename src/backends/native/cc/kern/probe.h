// The processor's own limit: independent multiply-adds in registers, nothing else.

// Floating-point operations of `rounds` times all sums of one instruction set and mode.
template <Mode mode>
double spin(int rounds) {
  vf sum[12];
  for (int i = 0; i < 12; i++) sum[i] = splat(1.0f + static_cast<float>(i));
  const float a = 0.999f;
  const vf b = splat(0.001f);
  for (int r = 0; r < rounds; r++) {
#pragma GCC unroll 12
    for (int i = 0; i < 12; i++) sum[i] = multiplyAdd<mode>(sum[i], a, b);
  }
  vf all = {};
  for (int i = 0; i < 12; i++) all += sum[i];
  volatile float used = sumLanes(all);  // or the compiler drops the loop
  (void)used;
  return rounds * 12.0 * 2 * W * (mode == kPaired ? 2 : 1);
}

#if defined(__AMX_BF16__)
template <>
double spin<kTiled>(int rounds) {
  const TileUse use;
  _tile_zero(4);
  _tile_zero(5);
  for (int r = 0; r < rounds; r++) {
    _tile_dpbf16ps(0, 4, 5);
    _tile_dpbf16ps(1, 4, 5);
    _tile_dpbf16ps(2, 4, 5);
    _tile_dpbf16ps(3, 4, 5);
  }
  return rounds * 4.0 * 2 * kTile * kTile * kTileDepth;
}
#endif

template <Mode mode>
float peakOf(double seconds) {
  const auto now = [] { return std::chrono::steady_clock::now(); };
  const auto since = [&](auto start) { return std::chrono::duration<double>(now() - start).count(); };
  const int64_t threads = threadCount();
  double* work = static_cast<double*>(scratch(kSlotSum, static_cast<size_t>(threads) * sizeof(double)));
  const auto begin = now();
  parallel(threads, [&](int64_t task) {
    work[task] = 0;
    const auto start = now();
    do work[task] += spin<mode>(20000);
    while (since(start) < seconds);
  });
  // By the time of the whole: where one thread had to run two tasks, the sum of their rates would be twice the truth.
  const double elapsed = since(begin);
  double total = 0;
  for (int64_t i = 0; i < threads; i++) total += work[i];
  return static_cast<float>(total / elapsed / 1e9);
}

// buffers result (one float, GFLOP/s of all threads together); numbers milliseconds, bf16.
void peakCall(const Call& call) {
  const double seconds = call.numbers[0] / 1e3;
  call.f32(0)[0] = call.n(1) != 0 ? peakOf<kBf16Mode>(seconds) : peakOf<kFloat>(seconds);
}
