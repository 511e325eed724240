#include "shared/running_call.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <vector>

#include "shared/fault.hpp"

namespace {

constexpr std::chrono::seconds LONGEST_WAIT{5};

struct Calls {
  std::mutex mutex;
  std::condition_variable one_ended;
  std::vector<const RunningCall*> running;
};

// Never destroyed, because calls may still end after the destructors of the process have run.
Calls& calls() {
  static auto* instance = new Calls;
  return *instance;
}

}  // namespace

void end_running_calls() {
  std::unique_lock<std::mutex> lock(calls().mutex);
  for (const RunningCall* call : calls().running) {
    try {
      call->stop_();
    } catch (const Fault&) {  // then the call fails, too, and ends
    }
  }
  calls().one_ended.wait_for(lock, LONGEST_WAIT, [] { return calls().running.empty(); });
}

RunningCall::RunningCall(std::function<void()> stop) : stop_(std::move(stop)) {
  // Registered at the first call, and so after what the runtime of CUDA has registered, which exit() then calls later.
  static const int registered = std::atexit(end_running_calls);
  static_cast<void>(registered);
  std::lock_guard<std::mutex> lock(calls().mutex);
  calls().running.push_back(this);
}

RunningCall::~RunningCall() {
  std::lock_guard<std::mutex> lock(calls().mutex);
  auto& running = calls().running;
  running.erase(std::find(running.begin(), running.end(), this));
  calls().one_ended.notify_all();
}
