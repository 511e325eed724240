// The operands of the kernels of a network, in device memory, for programs that run kernels alone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../shared/dropout.hpp"
#include "../tail.cuh"
#include "timing.cuh"

constexpr int FILL_THREADS = 256, MOST_FILL_BLOCKS = 1024;

// Fills memory with numbers from `low` to `high` that look random.
__global__ void fill_kernel(float* to, uint64_t count, float low, float high, uint32_t seed) {
  for (uint64_t at = blockIdx.x * FILL_THREADS + threadIdx.x; at < count; at += static_cast<uint64_t>(gridDim.x) * FILL_THREADS) {
    const float share = static_cast<float>(mix32(static_cast<uint32_t>(at) + seed) >> 8) / 16777216.0f;
    to[at] = low + (high - low) * share;
  }
}

// Sets the progress of an epoch to its first step.
__global__ void start_kernel(Progress* progress, Progress start) { *progress = start; }

// The shape of a network: its inputs and the outputs of each layer, the rows of a batch, and the first layer of the tail (the
// number of layers if there is no tail).
struct NetworkShape {
  std::vector<int> widths;
  uint32_t batch;
  int tail_from;
  int layers() const { return static_cast<int>(widths.size()) - 1; }
  int in(int layer) const { return widths[layer]; }
  int out(int layer) const { return widths[layer + 1]; }
};

class Operands {
 public:
  Operands(const NetworkShape& shape, cudaStream_t stream, int multiprocessors)
      : shape_(shape), stream_(stream), multiprocessors_(multiprocessors) {
    start_.run = 1;
    start_.steps = STEPS;
    start_.count = STEPS * shape.batch;
    const std::vector<uint8_t> bytes = some<uint8_t>(uint64_t(shape.batch) * shape.in(0), 256);
    set_ = DeviceMemory<uint8_t>(bytes.size());
    set_.write(bytes.data(), bytes.size(), stream);
    labels_ = words(some<uint32_t>(shape.batch, shape.widths.back()));
    order_ = words(some<uint32_t>(uint64_t(STEPS) * shape.batch, shape.batch));
    batch_labels_ = DeviceMemory<uint32_t>(shape.batch);
    scores_ = DeviceMemory<RowScore>(shape.batch);
    scores_.fill_with_zeros(stream);
    stop_.fill_with_zeros(stream);
    const std::vector<float4> rates(STEPS, rates_of_step(adam(), 1e-5, 1));
    rates_ = DeviceMemory<float4>(STEPS);
    rates_.write(rates.data(), STEPS, stream);
    check(cudaStreamSynchronize(stream));
    rows_.push_back(floats(uint64_t(shape.batch) * shape.in(0), 0, 1));
    for (int l = 0; l < shape.layers(); l++) {
      const uint64_t size = uint64_t(shape.in(l)) * shape.out(l), out = shape.out(l);
      const float reach = 1.0f / static_cast<float>(shape.in(l));
      layers_.push_back({parameter(size, reach), parameter(out, reach), floats(size, -1e-3f, 1e-3f), floats(out, -1e-3f, 1e-3f),
                         floats(size, -reach, reach), floats(uint64_t(shape.batch) * out, -1e-2f, 1e-2f)});
      rows_.push_back(floats(uint64_t(shape.batch) * out, 0, 1));
    }
  }

  // The arguments of launches. Those of tiles are chosen as for a GPU with `multiprocessors`.
  Site site(int multiprocessors) const { return {stream_, progress_.get(), shape_.batch, multiprocessors}; }
  Site site() const { return site(multiprocessors_); }
  // Starts the epoch again.
  void start() const { check(launch(stream_, Grid{1, 1, 0}, start_kernel, progress_.get(), start_)); }
  // Returns whether the epoch goes on. If it does not, launches do nothing, and their times mean nothing.
  bool goes_on() const {
    Progress now{};
    progress_.read(&now, 1, stream_);
    check(cudaStreamSynchronize(stream_));
    return now.ended == 0 && now.step < now.steps;
  }
  StepEnd step_end() const { return {progress_.get(), stop_.get(), scores_.get(), shape_.batch}; }

  InputSource set() const { return {set_.get(), order_.get(), shape_.in(0), 1 / 255.0f, true, true}; }
  // The inputs of a layer: those of the first layer are the bytes of the data set.
  InputSource input(int layer) const { return layer == 0 ? set() : buffer_source(rows_[layer], shape_.in(layer)); }
  float* x(int layer) const { return rows_[layer]; }  // (B, I)
  float* y(int layer) const { return rows_[layer + 1]; }
  float* dz(int layer) const { return layers_[layer].dz; }
  const Parameter& weights(int layer) const { return layers_[layer].weights; }
  const Parameter& bias(int layer) const { return layers_[layer].bias; }
  float* d_weights(int layer) const { return layers_[layer].d_weights; }
  float* d_bias(int layer) const { return layers_[layer].d_bias; }
  float* average(int layer) const { return layers_[layer].average; }
  uint32_t* batch_labels() const { return batch_labels_.get(); }
  EpochRule rule() const { return {rule_of(adam()), rates_.get()}; }
  Activation activation(int layer) const { return layer == shape_.layers() - 1 ? MLP_LINEAR : MLP_RELU; }
  Loss loss() const {
    return {MLP_SOFTMAX_CROSS_ENTROPY, {labels_.get(), nullptr, nullptr, order_.get()}, scores_.get(), shape_.widths.back(),
            MLP_LINEAR, nullptr, {0}};
  }
  // Returns memory for `count` numbers, which are filled.
  float* floats(uint64_t count, float low, float high) {
    memory_.emplace_back(count);
    float* memory = memory_.back().get();
    const uint64_t blocks = std::clamp<uint64_t>(count / FILL_THREADS, 1, MOST_FILL_BLOCKS);
    const Grid grid = {static_cast<unsigned>(blocks), FILL_THREADS, 0};
    check(launch(stream_, grid, fill_kernel, memory, count, low, high, seed_ += 0x9e3779b9u));
    return memory;
  }

 private:
  static constexpr uint32_t STEPS = Timer::MOST_CALLS + 1;
  struct Layer {
    Parameter weights, bias;
    float *d_weights, *d_bias, *average, *dz;
  };
  static Settings adam() { return {MLP_ADAM, {0.9, 0.999, 1e-8, 0, 0}}; }

  template <class T>
  static std::vector<T> some(uint64_t count, uint32_t below) {
    std::vector<T> values(count);
    for (uint64_t at = 0; at < count; at++) values[at] = static_cast<T>(mix32(static_cast<uint32_t>(at)) % below);
    return values;
  }
  DeviceMemory<uint32_t> words(const std::vector<uint32_t>& values) {
    DeviceMemory<uint32_t> memory(values.size());
    memory.write(values.data(), values.size(), stream_);
    check(cudaStreamSynchronize(stream_));
    return memory;
  }
  Parameter parameter(uint64_t size, float reach) {
    return {floats(size, -reach, reach), {floats(size, -1e-3f, 1e-3f), floats(size, 0, 1e-3f)}};
  }

  const NetworkShape shape_;
  cudaStream_t stream_;
  const int multiprocessors_;
  uint32_t seed_ = 0;
  Progress start_{};
  DeviceMemory<Progress> progress_{1};
  DeviceMemory<uint32_t> stop_{1}, labels_, order_, batch_labels_;
  DeviceMemory<uint8_t> set_;
  DeviceMemory<RowScore> scores_;
  DeviceMemory<float4> rates_;
  std::vector<DeviceMemory<float>> memory_;
  std::vector<float*> rows_;  // the inputs of the network, then the outputs of each layer
  std::vector<Layer> layers_;
};
