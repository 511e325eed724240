// Runs epochs and predictions.
#include <cmath>

#include "plan.hpp"

namespace {

// The largest number of steps in one graph; a longer epoch launches the graph several times.
constexpr uint64_t MAX_GRAPH_STEPS = 1024;
}  // namespace

void EpochGraph::clear() {
  if (exec_) cudaGraphExecDestroy(exec_);
  exec_ = nullptr;
  steps_ = 0;
}

void EpochGraph::capture(cudaStream_t stream, uint64_t steps, const std::function<void()>& record) {
  clear();
  cudaGraph_t graph = nullptr;
  // Relaxed mode, because the first launch of a kernel may load its code during the capture.
  check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed));
  try {
    for (uint64_t step = 0; step < steps; step++) record();
  } catch (...) {
    cudaStreamEndCapture(stream, &graph);
    if (graph) cudaGraphDestroy(graph);
    cudaGetLastError();  // clears the error of the capture; the first error is thrown
    throw;
  }
  check(cudaStreamEndCapture(stream, &graph));
  const cudaError_t error = cudaGraphInstantiate(&exec_, graph, 0);
  cudaGraphDestroy(graph);
  check(error);
  steps_ = steps;
}

void mlp_plan::write_buffer(int32_t id, const float* values, uint64_t count) {
  check_write(id, count);
  buffer(id);
  buffers_[id].write(values, count, stream_);
  check(cudaStreamSynchronize(stream_));
}

void mlp_plan::read_buffer(int32_t id, float* values, uint64_t count) {
  check_read(id, count);
  buffer(id);
  buffers_[id].read(values, count, stream_);
  check(cudaStreamSynchronize(stream_));
}

// Reserves memory for an epoch. If memory moves, the plan is lowered again, because its launches hold the old addresses.
void mlp_plan::reserve(uint64_t rows, uint64_t steps) {
  if (order_.count() < rows) {
    order_ = {};
    order_ = DeviceMemory<uint32_t>(rows);
    lowered_ = false;
  }
  if (rates_capacity_ < steps) {
    rates_.clear();
    rates_capacity_ = steps;
    lowered_ = false;
  }
}

void mlp_plan::start_progress(uint32_t run, uint64_t steps, uint64_t steps_before, uint64_t count) {
  Progress start{};
  start.run = run;
  start.steps = static_cast<uint32_t>(steps);
  start.steps_before = static_cast<uint32_t>(steps_before);  // masks use its low 32 bits
  start.count = static_cast<uint32_t>(count);
  progress_.write(&start, 1, stream_);
  check(cudaStreamSynchronize(stream_));  // `start` must outlive the copy
}

void mlp_plan::write_rates(const double* rates, uint64_t steps, uint64_t steps_before) {
  std::vector<float4> rows(steps);
  for (auto& [settings, memory] : rates_) {
    for (uint64_t index = 0; index < steps; index++) {
      rows[index] = rates_of_step(settings, rates[index], steps_before + index + 1);
    }
    memory.write(rows.data(), steps, stream_);
    check(cudaStreamSynchronize(stream_));  // the copy must end before `rows` is written again
  }
}

void mlp_plan::run_steps(uint64_t steps) {
  if (path_ == MLP_PATH_PERSISTENT) return run_persistent();
  const auto step = [&] {
    for (const Launch& launch : launches_) check(launch());
  };
  if (path_ != MLP_PATH_GRAPH) {
    for (uint64_t index = 0; index < steps; index++) step();
    return;
  }
  // Parts of equal length, so that one graph is enough; steps after the last one of the epoch do nothing.
  const uint64_t parts = (steps + MAX_GRAPH_STEPS - 1) / MAX_GRAPH_STEPS, part = (steps + parts - 1) / parts;
  if (graph_.steps() != part) graph_.capture(stream_, part, step);
  for (uint64_t index = 0; index < parts; index++) graph_.launch(stream_);
}

void mlp_plan::run_epoch(uint32_t run, const uint32_t* order, uint64_t rows, const double* rates, uint64_t steps,
                         uint64_t steps_before, double* results) {
  check_epoch(run, order, rows, steps);
  reserve(rows, steps);
  if (!lowered_) lower();
  order_.write(order, rows, stream_);
  write_rates(rates, steps, steps_before);
  start_progress(run, steps, steps_before, rows);
  if (steps > 0) run_steps(steps);
  Progress end{};
  progress_.read(&end, 1, stream_);
  check(cudaStreamSynchronize(stream_));
  results[MLP_RESULT_LOSS_SUM] = end.loss_sum;
  results[MLP_RESULT_CORRECT] = end.correct;
  results[MLP_RESULT_ROWS] = end.rows;
  results[MLP_RESULT_STEPS] = end.step;
  results[MLP_RESULT_DIVERGED] = end.diverged;
}

void mlp_plan::predict(int32_t y, float* outputs, uint64_t count) {
  check_prediction(y, count);
  const uint64_t columns = shape(y).columns;
  if (!lowered_) lower();
  start_progress(NO_RUN, steps_of(set_.rows), 0, set_.rows);
  for (uint64_t row = 0; row < set_.rows; row += batch_size()) {
    run_steps(1);
    const uint64_t rows = std::min<uint64_t>(batch_size(), set_.rows - row);
    buffers_[y].read(outputs + row * columns, rows * columns, stream_);
  }
  check(cudaStreamSynchronize(stream_));
}

void mlp_plan::stop(uint32_t run) {
  stop_.write(&run, 1, side_stream_);
  check(cudaStreamSynchronize(side_stream_));
}

int64_t mlp_plan::steps_done(uint32_t run) {
  uint32_t now[2];  // `run` and `step` of Progress
  static_assert(offsetof(Progress, run) == 0 && offsetof(Progress, step) == sizeof(uint32_t), "read as two words");
  for (int word = 0; word < 2; word++) {
    check(cudaMemcpyAsync(&now[word], reinterpret_cast<uint32_t*>(progress_.get()) + word, sizeof(uint32_t),
                          cudaMemcpyDeviceToHost, side_stream_));
  }
  check(cudaStreamSynchronize(side_stream_));
  return now[0] == run ? now[1] : 0;
}
