// The threads of a plan. The calling thread is thread 0. The others wait between two calls of run(): they spin for a short time,
// and then sleep until they are woken.
#pragma once

#include <functional>
#include <memory>

class ThreadPool {
 public:
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  int threads() const;
  // Runs `work(thread)` on every thread, and returns when all have returned. `work` must not throw. Calls must not overlap.
  void run(const std::function<void(int thread)>& work);
  // Waits until all threads have called it; only inside of run(). Everything that a thread wrote before is then visible to all.
  void barrier();

 private:
  void end();
  struct State;
  std::unique_ptr<State> state_;
};
