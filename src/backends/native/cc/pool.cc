#include "pool.h"

#include "memory.h"

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

namespace rae {
namespace {

constexpr uint64_t kClosed = 0xffffffffu;

// `state` is the job's number (upper half) and its next free task (lower half). A worker takes a task by compare-and-swap on
// the whole word, so it can never take one of a job that has ended. While a job is being written its next task is kClosed.
std::atomic<uint64_t> state{kClosed};
std::atomic<Task> jobTask{nullptr};
std::atomic<void*> jobContext{nullptr};
std::atomic<int64_t> jobCount{0};
std::atomic<int64_t> finished{0};

std::atomic<int> threads{1};  // read by every environment's thread, whoever changes the workers meanwhile
std::atomic<int> parked{0};
std::atomic<bool> stopping{false};
thread_local bool insideTask = false;
int spins = 20000;

struct Team {
  std::mutex parkMutex;
  std::condition_variable parkSignal;
  std::vector<std::thread> workers;
  std::mutex callerMutex;  // one job at a time, also with several Node environments
};

// Never destroyed: process.exit runs no cleanup hooks, and ending a thread object or a condition that threads still use aborts
// or hangs.
Team& team() {
  static Team* const instance = new Team;
  return *instance;
}

inline void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Takes and runs tasks of job `epoch` until none is left.
void work(uint64_t epoch) {
  insideTask = true;
  for (;;) {
    uint64_t seen = state.load(std::memory_order_acquire);
    const Task task = jobTask.load(std::memory_order_acquire);
    void* context = jobContext.load(std::memory_order_acquire);
    const int64_t count = jobCount.load(std::memory_order_acquire);
    const uint64_t next = seen & kClosed;
    if ((seen >> 32) != epoch || next == kClosed || static_cast<int64_t>(next) >= count) break;
    if (!state.compare_exchange_weak(seen, seen + 1, std::memory_order_acq_rel)) continue;
    task(context, static_cast<int64_t>(next));
    finished.fetch_add(1, std::memory_order_release);
  }
  insideTask = false;
}

// A job is open when its tasks may be taken.
inline bool isNew(uint64_t seen, uint64_t last) { return (seen >> 32) != last && (seen & kClosed) != kClosed; }

void workerLoop() {
  uint64_t last = state.load(std::memory_order_acquire) >> 32;
  for (;;) {
    uint64_t seen = state.load(std::memory_order_acquire);
    for (int i = 0; i < spins && !isNew(seen, last) && !stopping.load(std::memory_order_relaxed); i++) {
      pause();
      seen = state.load(std::memory_order_acquire);
    }
    if (!isNew(seen, last)) {
      std::unique_lock<std::mutex> lock(team().parkMutex);
      parked.fetch_add(1);
      team().parkSignal.wait(lock, [&] { return stopping.load() || isNew(seen = state.load(), last); });
      parked.fetch_sub(1);
    }
    if (stopping.load()) return;
    last = seen >> 32;
    work(last);
  }
}

}  // namespace

void runTasks(int64_t count, Task task, void* context) {
  if (count <= 0) return;
  if (count == 1 || insideTask || threadCount() == 1) {
    for (int64_t i = 0; i < count; i++) task(context, i);
    return;
  }
  std::lock_guard<std::mutex> lock(team().callerMutex);
  const uint64_t epoch = ((state.load(std::memory_order_relaxed) >> 32) + 1) & kClosed;
  state.store((epoch << 32) | kClosed);
  // Released, so that whoever sees a new value also sees the last job closed and cannot take one more of its tasks.
  jobTask.store(task, std::memory_order_release);
  jobContext.store(context, std::memory_order_release);
  jobCount.store(count, std::memory_order_release);
  finished.store(0, std::memory_order_relaxed);
  state.store(epoch << 32);
  if (parked.load() > 0) {
    { std::lock_guard<std::mutex> wake(team().parkMutex); }
    team().parkSignal.notify_all();
  }
  work(epoch);
  for (int i = 0; finished.load(std::memory_order_acquire) != count; i++) {
    if (i < 4000) pause();
    else std::this_thread::yield();
  }
}

int threadCount() { return threads.load(std::memory_order_relaxed); }

void setThreadCount(int wanted) {
  std::lock_guard<std::mutex> lock(team().callerMutex);
  stopping.store(true);
  { std::lock_guard<std::mutex> wake(team().parkMutex); }
  team().parkSignal.notify_all();
  for (std::thread& worker : team().workers) worker.join();
  team().workers.clear();
  stopping.store(false);
  // More threads than processors must not spin in each other's way.
  spins = wanted > static_cast<int>(std::thread::hardware_concurrency()) ? 0 : 20000;
  for (int i = 1; i < wanted; i++) team().workers.emplace_back(workerLoop);
  threads.store(static_cast<int>(team().workers.size()) + 1, std::memory_order_relaxed);
}

void* scratch(int slot, size_t bytes) {
  struct Block {
    void* memory = nullptr;
    size_t bytes = 0;
    ~Block() { release(memory); }
  };
  thread_local Block blocks[16];
  Block& block = blocks[slot];
  if (block.bytes < bytes) {
    release(block.memory);
    block.bytes = bytes + bytes / 4;
    block.memory = allocate(block.bytes);
    if (block.memory == nullptr) std::abort();
  }
  return block.memory;
}

}  // namespace rae
