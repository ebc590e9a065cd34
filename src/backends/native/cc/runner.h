// The thread that an environment's programs run on: always the same one, so that the system leaves it and the pool's workers on processors
// of their own, and its scratch memory is made once.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace rae {

class Runner {
 public:
  Runner() = default;
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  ~Runner() {
    {
      std::lock_guard<std::mutex> lock(mutex);
      ending = true;
    }
    changed.notify_one();
    if (thread.joinable()) thread.join();
  }

  // Has the thread, which the first call starts, run `job` once those before it have ended.
  void post(std::function<void()> job) {
    {
      std::lock_guard<std::mutex> lock(mutex);
      if (!thread.joinable()) thread = std::thread([this] { loop(); });
      jobs.push_back(std::move(job));
      unfinished++;
    }
    changed.notify_one();
  }

  // Returns once every job has ended.
  void wait() {
    std::unique_lock<std::mutex> lock(mutex);
    idle.wait(lock, [this] { return unfinished == 0; });
  }

 private:
  void loop() {
    std::unique_lock<std::mutex> lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return ending || !jobs.empty(); });
      if (jobs.empty()) return;
      const std::function<void()> job = std::move(jobs.front());
      jobs.pop_front();
      lock.unlock();
      job();
      lock.lock();
      if (--unfinished == 0) idle.notify_all();
    }
  }

  std::mutex mutex;
  std::condition_variable changed, idle;
  std::deque<std::function<void()>> jobs;
  size_t unfinished = 0;  // waiting jobs and the one that runs
  bool ending = false;
  std::thread thread;
};

}  // namespace rae
