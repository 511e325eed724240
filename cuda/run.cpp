// Runs epochs and predictions.
#include <chrono>
#include <cmath>
#include <cstring>

#include "persistent_layout.hpp"
#include "plan.hpp"

namespace {

// The largest number of steps in one graph; a longer epoch launches the graph several times.
constexpr uint64_t MAX_GRAPH_STEPS = 1024;

// Returns whether so many numbers are copied through staging memory.
bool is_staged(uint64_t count) { return count <= Staging::MOST_LOCKED / sizeof(float); }

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

// Waits for the work of the plan.
void mlp_plan::wait() { check(cudaStreamSynchronize(stream_)); }

void mlp_plan::write_buffers(const int32_t* ids, uint64_t id_count, const float* values, uint64_t count) {
  check_write(ids, id_count, count);
  for (uint64_t index = 0; index < id_count; index++) buffer(ids[index]);
  if (is_staged(count)) {
    float* room = reinterpret_cast<float*>(staging_.room(count * sizeof(float)));
    if (count > 0) memcpy(room, values, count * sizeof(float));
    values = room;
  }
  for (uint64_t index = 0; index < id_count; index++) {
    const uint64_t size = numbers(ids[index]);
    buffers_[ids[index]].write(values, size, stream_);
    values += size;
  }
  wait();
}

void mlp_plan::read_buffers(const int32_t* ids, uint64_t id_count, float* values, uint64_t count) {
  check_read(ids, id_count, count);
  for (uint64_t index = 0; index < id_count; index++) buffer(ids[index]);
  float* const first = is_staged(count) ? reinterpret_cast<float*>(staging_.room(count * sizeof(float))) : values;
  float* to = first;
  for (uint64_t index = 0; index < id_count; index++) {
    const uint64_t size = numbers(ids[index]);
    buffers_[ids[index]].read(to, size, stream_);
    to += size;
  }
  wait();
  if (first != values && count > 0) memcpy(values, first, count * sizeof(float));
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

// Starts an epoch, or a prediction. The progress is at the start of the staging memory, both when it is written and when it is read.
void mlp_plan::start_progress(uint32_t run, uint64_t steps, uint64_t steps_before, uint64_t count) {
  Progress& start = *reinterpret_cast<Progress*>(staging_.room(sizeof(Progress)));
  start = {};
  start.run = run;
  start.steps = static_cast<uint32_t>(steps);
  start.steps_before = static_cast<uint32_t>(steps_before);  // masks use its low 32 bits
  start.count = static_cast<uint32_t>(count);
  progress_.write(&start, 1, stream_);
}

// Waits for the work of the plan, and returns how far it is.
Progress mlp_plan::read_progress() {
  Progress* now = reinterpret_cast<Progress*>(staging_.room(sizeof(Progress)));
  progress_.read(now, 1, stream_);
  wait();
  return *now;
}

// Returns the bytes of staging memory that an epoch needs: for the progress, the factors of each step, and the order.
uint64_t mlp_plan::epoch_bytes(uint64_t rows, uint64_t steps) const {
  return sizeof(Progress) + rates_.size() * steps * sizeof(float4) + rows * sizeof(uint32_t);
}

void mlp_plan::write_epoch(const uint32_t* order, uint64_t rows, const double* rates, uint64_t steps, uint64_t steps_before) {
  static_assert(sizeof(Progress) % alignof(float4) == 0, "the factors come after the progress");
  uint8_t* at = staging_.room(epoch_bytes(rows, steps)) + sizeof(Progress);
  for (auto& [settings, memory] : rates_) {
    float4* factors = reinterpret_cast<float4*>(at);
    for (uint64_t index = 0; index < steps; index++) {
      factors[index] = rates_of_step(settings, rates[index], steps_before + index + 1);
    }
    memory.write(factors, steps, stream_);
    at += steps * sizeof(float4);
  }
  if (rows > 0) memcpy(at, order, rows * sizeof(uint32_t));
  order_.write(reinterpret_cast<const uint32_t*>(at), rows, stream_);
}

// Runs the rest of the epoch in one launch of the persistent kernel, or in pieces if the system limits the time of a kernel.
// Returns the error of a launch that failed; the epoch can then go on by another path, from its progress.
cudaError_t mlp_plan::run_persistent(uint64_t steps) {
  PersistentLayout& layout = *persistent_;
  layout.scores.fill_with_zeros(stream_);
  for (uint64_t done = 0; done < steps;) {
    layout.kernel.most_steps = has_time_limit_ ? pieces_.steps() : 0;
    layout.words.fill_with_zeros(stream_);
    const auto start = std::chrono::steady_clock::now();
    const cudaError_t error = launch_persistent(site_, layout.kernel, layout.blocks);
    if (error != cudaSuccess) return error;
    check(launch_finish(site_, layout.kernel, layout.blocks));
    if (!has_time_limit_) break;
    const Progress now = read_progress();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    pieces_.took(static_cast<uint32_t>(now.step - done), seconds.count());
    done = now.ended ? steps : now.step;
  }
  return cudaSuccess;
}

// Lowers the plan to the graph, because a launch of the persistent kernel has failed. Throws if the GPU can do no more work:
// such an error is returned by every later call, too.
void mlp_plan::leave_persistent(cudaError_t error) {
  cudaGetLastError();  // clears the error, so that no later launch reports it
  wait();
  launch_fault_ = fault_of(error).message;
  lower();
}

void mlp_plan::run_steps(uint64_t steps) {
  if (path_ == MLP_PATH_PERSISTENT) {
    const cudaError_t error = run_persistent(steps);
    if (error == cudaSuccess) return;
    leave_persistent(error);
  }
  const auto step = [&] {
    for (const Launch& launch : launches_) check(launch());
  };
  // What would be launched after a stop does nothing on the GPU. At least one step is done, as on the other paths.
  const auto goes_on = [&](uint64_t launched) { return launched == 0 || stopped_run_.load() != run_; };
  if (path_ != MLP_PATH_GRAPH) {
    for (uint64_t index = 0; index < steps && goes_on(index); index++) step();
    return;
  }
  // Parts of equal length, so that one graph is enough; steps after the last one of the epoch do nothing. A limit of the time of
  // kernels does not matter here: a graph is many short ones.
  const uint64_t parts = (steps + MAX_GRAPH_STEPS - 1) / MAX_GRAPH_STEPS, part = (steps + parts - 1) / parts;
  if (graph_.steps() != part) graph_.capture(stream_, part, step);
  for (uint64_t index = 0; index < parts && goes_on(index); index++) graph_.launch(stream_);
}

void mlp_plan::run_epoch(uint32_t run, const uint32_t* order, uint64_t rows, const double* rates, uint64_t steps,
                         uint64_t steps_before, double* results) {
  check_epoch(run, order, rows, steps);
  run_ = run;
  reserve(rows, steps);
  if (!lowered_) lower();
  write_epoch(order, rows, rates, steps, steps_before);
  start_progress(run, steps, steps_before, rows);
  if (steps > 0) run_steps(steps);
  const Progress end = read_progress();  // the only wait, unless the epoch goes in pieces
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
  const uint64_t bytes = is_staged(count) ? count * sizeof(float) : 0;
  uint8_t* room = staging_.room(std::max<uint64_t>(bytes, sizeof(Progress)));
  float* to = bytes > 0 ? reinterpret_cast<float*>(room) : outputs;
  run_ = NO_RUN;
  start_progress(NO_RUN, steps_of(set_.rows), 0, set_.rows);
  for (uint64_t row = 0; row < set_.rows; row += batch_size()) {
    run_steps(1);
    const uint64_t rows = std::min<uint64_t>(batch_size(), set_.rows - row);
    buffers_[y].read(to + row * columns, rows * columns, stream_);
  }
  wait();
  if (bytes > 0) memcpy(outputs, to, bytes);
}

void mlp_plan::stop(uint32_t run) {
  stopped_run_.store(run);
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
