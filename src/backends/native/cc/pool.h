// The process's worker threads: they spin for a moment after each job, then sleep.
#pragma once
#include <cstddef>
#include <cstdint>

namespace rae {

using Task = void (*)(void* context, int64_t index);

// Runs task(context, 0..count-1) on all threads and returns when every one has ended. Which thread runs a task is not fixed, so
// a task must not depend on it. A call from inside a task runs inline.
void runTasks(int64_t count, Task task, void* context);

int threadCount();
// Stops the workers and starts `threads - 1` new ones; 1 leaves the caller alone.
void setThreadCount(int threads);

// Memory of the calling thread, 64-byte aligned, kept and grown per slot. Its contents are undefined.
void* scratch(int slot, size_t bytes);

template <class F>
inline void parallel(int64_t count, F body) {
  runTasks(
      count, [](void* context, int64_t index) { (*static_cast<F*>(context))(index); }, &body);
}

// Cuts 0..total into pieces of `grain` and runs body(begin, end) on each. The cut depends on the sizes alone.
template <class F>
inline void parallelRange(int64_t total, int64_t grain, F body) {
  if (grain < 1) grain = 1;
  const int64_t pieces = (total + grain - 1) / grain;
  parallel(pieces, [&](int64_t i) {
    const int64_t begin = i * grain;
    const int64_t end = begin + grain < total ? begin + grain : total;
    body(begin, end);
  });
}

}  // namespace rae
