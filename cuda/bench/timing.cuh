// Times of launches, between two events of CUDA.
//
// The launches of a sample are captured into one graph, so that the host's time for a launch does not count. The graph is
// queued twice: while it runs for the first time, the host queues the event, the timed run and the second event, so that the GPU
// does not wait for the host between them. An idle GPU runs at a lower clock, so the graph runs for some time before it is timed.
#pragma once

#include "../plan.hpp"
#include "report.hpp"

// An event of CUDA, destroyed with its owner.
class Event {
 public:
  Event() { check(cudaEventCreate(&event_)); }
  ~Event() { cudaEventDestroy(event_); }
  Event(const Event&) = delete;
  void record(cudaStream_t stream) { check(cudaEventRecord(event_, stream)); }
  // Returns the microseconds from this event to another, after waiting for that one.
  double microseconds_to(const Event& end) const {
    check(cudaEventSynchronize(end.event_));
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, event_, end.event_));
    return milliseconds * 1000.0;
  }

 private:
  cudaEvent_t event_ = nullptr;
};

class Timer {
 public:
  explicit Timer(const Request& request)
      : quick_(request.quick), samples_(quick_ ? 2 : 21), warm_up_microseconds_(quick_ ? 0 : 20'000) {}

  cudaStream_t stream() const { return stream_; }
  int samples() const { return samples_; }

  // Returns the microseconds of `run`, which queues work on the stream.
  template <class Run>
  double time(const Run& run) {
    begin_.record(stream_);
    run();
    end_.record(stream_);
    return begin_.microseconds_to(end_);
  }

  // Returns a sample of the microseconds of `run`.
  template <class Run>
  Sample sample(const Run& run) {
    for (double spent = 0; spent <= warm_up_microseconds_;) spent += time(run);
    std::vector<double> each;
    for (int index = 0; index < samples_; index++) each.push_back(time(run));
    return sample_of(each);
  }

  // Returns a sample of the microseconds of one call of `record`, which launches kernels on the stream. Each graph calls `start`
  // once, and then `record` up to MOST_CALLS times.
  template <class Start, class Record>
  Sample sample_in_graph(const Start& start, const Record& record) {
    capture(1, start, record);
    replay();  // loads the code of the kernels
    const double once = replay();
    const double wanted = quick_ ? 2 : std::clamp(std::floor(SAMPLE_MICROSECONDS / once), 1.0, double(MOST_CALLS));
    const int calls = static_cast<int>(wanted);
    capture(calls, start, record);
    for (double spent = 0; spent <= warm_up_microseconds_;) spent += replay();
    std::vector<double> each;
    for (int index = 0; index < samples_; index++) each.push_back(replay() / calls);
    return sample_of(each);
  }

  static constexpr int MOST_CALLS = 200;

 private:
  static constexpr double SAMPLE_MICROSECONDS = 2000;

  template <class Start, class Record>
  void capture(int calls, const Start& start, const Record& record) {
    uint64_t step = 0;
    graph_.capture(stream_, calls, [&] {
      if (step++ == 0) start();
      record();
    });
  }
  // Runs the graph twice, and returns the microseconds of the second time.
  double replay() {
    graph_.launch(stream_);
    return time([&] { graph_.launch(stream_); });
  }

  const bool quick_;
  const int samples_;
  const double warm_up_microseconds_;
  Stream stream_;
  Event begin_, end_;
  EpochGraph graph_;
};
