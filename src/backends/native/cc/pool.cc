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

// A thread's own part of the tasks. `state` is the job's number (upper half) and the part's next free task (lower half). A task is
// taken by compare-and-swap on the whole word, so nobody can ever take one of a job that has ended. While a job is being written its
// next tasks are kClosed.
struct alignas(64) Part {
  std::atomic<uint64_t> state{kClosed};
};

std::atomic<uint64_t> opened{0};  // the number of the last job whose tasks may be taken
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
  std::vector<Part> parts = std::vector<Part>(1);  // the caller's, then each worker's
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

// Takes and runs tasks of job `job`, first those of thread `own`, then what others have left. One job after another the same rows so
// tend to go to the same thread, whose cache still holds them.
void work(uint64_t job, size_t own) {
  insideTask = true;
  std::vector<Part>& parts = team().parts;
  const int64_t size = static_cast<int64_t>(parts.size());
  int64_t done = 0;
  for (size_t i = 0; i < parts.size(); i++) {
    const size_t at = (own + i) % parts.size();
    std::atomic<uint64_t>& state = parts[at].state;
    for (;;) {
      uint64_t seen = state.load(std::memory_order_acquire);
      const Task task = jobTask.load(std::memory_order_acquire);
      void* context = jobContext.load(std::memory_order_acquire);
      const int64_t end = jobCount.load(std::memory_order_acquire) * (static_cast<int64_t>(at) + 1) / size;
      const uint64_t next = seen & kClosed;
      if ((seen >> 32) != job || next == kClosed || static_cast<int64_t>(next) >= end) break;
      if (!state.compare_exchange_weak(seen, seen + 1, std::memory_order_acq_rel)) continue;
      task(context, static_cast<int64_t>(next));
      done++;
    }
  }
  if (done > 0) finished.fetch_add(done, std::memory_order_release);
  insideTask = false;
}

void workerLoop(size_t own) {
  uint64_t last = opened.load(std::memory_order_acquire);
  for (;;) {
    uint64_t seen = opened.load(std::memory_order_acquire);
    for (int i = 0; i < spins && seen == last && !stopping.load(std::memory_order_relaxed); i++) {
      pause();
      seen = opened.load(std::memory_order_acquire);
    }
    if (seen == last) {
      std::unique_lock<std::mutex> lock(team().parkMutex);
      parked.fetch_add(1);
      team().parkSignal.wait(lock, [&] { return stopping.load() || (seen = opened.load()) != last; });
      parked.fetch_sub(1);
    }
    if (stopping.load()) return;
    last = seen;
    work(last, own);
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
  const uint64_t job = (opened.load(std::memory_order_relaxed) + 1) & kClosed;
  std::vector<Part>& parts = team().parts;
  const int64_t size = static_cast<int64_t>(parts.size());
  for (Part& part : parts) part.state.store((job << 32) | kClosed);
  // Released, so that whoever sees a new value also sees the last job closed and cannot take one more of its tasks.
  jobTask.store(task, std::memory_order_release);
  jobContext.store(context, std::memory_order_release);
  jobCount.store(count, std::memory_order_release);
  finished.store(0, std::memory_order_relaxed);
  for (int64_t i = 0; i < size; i++)
    parts[static_cast<size_t>(i)].state.store((job << 32) | static_cast<uint64_t>(count * i / size), std::memory_order_release);
  opened.store(job);
  if (parked.load() > 0) {
    { std::lock_guard<std::mutex> wake(team().parkMutex); }
    team().parkSignal.notify_all();
  }
  work(job, 0);
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
  team().parts = std::vector<Part>(static_cast<size_t>(wanted));
  for (int i = 1; i < wanted; i++) team().workers.emplace_back(workerLoop, static_cast<size_t>(i));
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
