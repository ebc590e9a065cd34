// The thread that an environment's programs run on: always the same one, so that the system leaves it and the pool's workers on processors
// of their own, and its scratch memory is made once.
#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace rae {

class Runner {
 public:
  Runner() = default;
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  ~Runner() {
    if (!thread.joinable()) return;
    {
      std::lock_guard<std::mutex> lock(mutex);
      ending = true;
    }
    changed.notify_all();
    thread.join();
  }

  // Runs `body` on the thread, which the first call starts, and returns at its end. Calls from several threads take turns.
  void call(std::function<void()> body) {
    std::lock_guard<std::mutex> turn(callers);
    std::unique_lock<std::mutex> lock(mutex);
    if (!thread.joinable()) thread = std::thread([this] { loop(); });
    job = std::move(body);
    changed.notify_all();
    changed.wait(lock, [this] { return !job; });
  }

 private:
  void loop() {
    std::unique_lock<std::mutex> lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return ending || job; });
      if (ending) return;
      lock.unlock();
      job();
      lock.lock();
      job = nullptr;
      changed.notify_all();
    }
  }

  std::mutex callers;  // held by the one whose turn it is
  std::mutex mutex;    // guards what follows
  std::condition_variable changed;
  std::function<void()> job;
  bool ending = false;
  std::thread thread;
};

}  // namespace rae
