// The processor's own limit: independent multiply-adds in registers, nothing else.

// buffers result (one float, GFLOP/s of all threads together); numbers milliseconds.
void peakCall(const Call& call) {
  const double seconds = call.numbers[0] / 1e3;
  const int threads = threadCount();
  static double rates[1024];
  // One long task per thread: a thread that has one is too busy to take a second.
  parallel(threads, [&](int64_t task) {
    vf sum[12];
    for (int i = 0; i < 12; i++) sum[i] = splat(1.0f + static_cast<float>(i));
    const vf a = splat(0.999f), b = splat(0.001f);
    const auto start = std::chrono::steady_clock::now();
    double elapsed = 0;
    int64_t rounds = 0;
    do {
      for (int r = 0; r < 20000; r++)
#pragma GCC unroll 12
        for (int i = 0; i < 12; i++) sum[i] = sum[i] * a + b;
      rounds += 20000;
      elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    } while (elapsed < seconds);
    vf all = {};
    for (int i = 0; i < 12; i++) all += sum[i];
    volatile float used = sumLanes(all);  // or the compiler drops the loop
    (void)used;
    rates[task % 1024] = static_cast<double>(rounds) * 12 * 2 * W / elapsed / 1e9;
  });
  double total = 0;
  for (int i = 0; i < threads; i++) total += rates[i];
  call.f32(0)[0] = static_cast<float>(total);
}
