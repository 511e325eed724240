// Streams, graphs and events of the emulated device. Work that is queued on a stream is done as late as on a very slow GPU: when
// something waits for it, or when too much is queued. So a copy from page-locked memory reads what is there then, and a test fails
// if the host has written something else there, freed it, or reads a result before it waits. As on a GPU, a copy from other memory
// has read it when the call returns, a copy to other memory has written it, and freeing memory waits for all streams. Work on the
// null stream is done at once.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

namespace emulate {

using Work = std::function<void()>;
using Launches = std::vector<Work>;

class Stream {
 public:
  std::unique_ptr<Launches> captured;  // present while the stream captures

  void add(Work work) {
    if (captured) {
      captured->push_back(std::move(work));
      return;
    }
    std::unique_lock<std::recursive_mutex> lock(mutex_);
    queued_.push_back(std::move(work));
    if (queued_.size() > MOST_QUEUED) finish();
  }
  // Does the work that is queued.
  void finish() {
    std::unique_lock<std::recursive_mutex> lock(mutex_);
    for (const Work& work : std::exchange(queued_, {})) work();
  }

 private:
  static constexpr size_t MOST_QUEUED = 1000;
  std::recursive_mutex mutex_;  // held while work is done, so that it is done in order
  std::vector<Work> queued_;
};

// The streams of the process.
struct Streams {
  std::mutex mutex;
  std::set<std::shared_ptr<Stream>> all;
};
inline Streams& streams() {
  static auto* instance = new Streams;
  return *instance;
}

// Does the work that is queued on every stream.
inline void finish_all() {
  std::vector<std::shared_ptr<Stream>> all;
  {
    std::lock_guard<std::mutex> lock(streams().mutex);
    all.assign(streams().all.begin(), streams().all.end());
  }
  for (const auto& stream : all) stream->finish();
}

inline void add_to(Stream* stream, Work work) {
  if (stream) return stream->add(std::move(work));
  work();
}
inline void finish(Stream* stream) {
  if (stream) stream->finish();
}

// A graph that can be launched: the work of a capture. Launches that are queued keep it.
struct GraphExec {
  std::shared_ptr<const Launches> launches;
};

// An event: the time at which its place in a stream was reached. Times are made up.
struct Event {
  Stream* stream = nullptr;
  std::shared_ptr<uint64_t> time = std::make_shared<uint64_t>(0);
};

}  // namespace emulate
