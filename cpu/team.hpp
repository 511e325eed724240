// The threads of a plan. The calling thread is thread 0; the others wait between epochs, first spinning, then parked.
#pragma once

#include <functional>
#include <memory>

class Team {
 public:
  explicit Team(int threads);
  ~Team();
  Team(const Team&) = delete;
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
