// The end of a process while other threads are at work in the library.
#pragma once

#include <functional>

// A call that is running, from the construction of this object to its destruction. If the process ends meanwhile, exit() calls
// `stop` of each such call, and waits until all have returned, for at most 5 seconds. Without this, the runtime of CUDA would be
// torn down while a thread uses it.
class RunningCall {
 public:
  explicit RunningCall(std::function<void()> stop);
  RunningCall(const RunningCall&) = delete;
  ~RunningCall();

 private:
  const std::function<void()> stop_;
  friend void end_running_calls();
};
