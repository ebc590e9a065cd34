// The processor's own limit: independent multiply-adds in registers, nothing else.

// buffers result (one float, GFLOP/s of all threads together); numbers milliseconds.
void peakCall(const Call& call) {
  const auto now = [] { return std::chrono::steady_clock::now(); };
  const double seconds = call.numbers[0] / 1e3;
  const int64_t threads = threadCount();
  double* work = static_cast<double*>(scratch(kSlotSum, static_cast<size_t>(threads) * sizeof(double)));
  const auto begin = now();
  const auto since = [&](auto start) { return std::chrono::duration<double>(now() - start).count(); };
  parallel(threads, [&](int64_t task) {
    vf sum[12];
    for (int i = 0; i < 12; i++) sum[i] = splat(1.0f + static_cast<float>(i));
    const vf a = splat(0.999f), b = splat(0.001f);
    const auto start = now();
    double rounds = 0;
    do {
      for (int r = 0; r < 20000; r++)
#pragma GCC unroll 12
        for (int i = 0; i < 12; i++) sum[i] = sum[i] * a + b;
      rounds += 20000;
    } while (since(start) < seconds);
    vf all = {};
    for (int i = 0; i < 12; i++) all += sum[i];
    volatile float used = sumLanes(all);  // or the compiler drops the loop
    (void)used;
    work[task] = rounds * 12 * 2 * W;
  });
  // By the time of the whole: where one thread had to run two tasks, the sum of their rates would be twice the truth.
  const double elapsed = since(begin);
  double total = 0;
  for (int64_t i = 0; i < threads; i++) total += work[i];
  call.f32(0)[0] = static_cast<float>(total / elapsed / 1e9);
}
