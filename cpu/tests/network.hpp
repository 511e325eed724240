// Records networks through the C interface, for tests and benchmarks: dense layers, a loss, an optimizer.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "mlp.h"

// Random numbers that are the same on every machine.
struct Numbers {
  uint64_t state;
  uint32_t next() {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state >> 33);
  }
  // Returns a number from -1 to below 1.
  float real() { return static_cast<float>(next() >> 7) / 8388608.0f - 1; }
};

struct LayerSpec {
  int outputs;
  mlp_activation activation;
  double dropout = 0;  // of its inputs
};

struct NetworkSpec {
  int inputs;
  std::vector<LayerSpec> layers;
  mlp_loss loss = MLP_SOFTMAX_CROSS_ENTROPY;
  mlp_optimizer optimizer = MLP_ADAM;
  std::vector<double> settings = {0.9, 0.999, 1e-8, 0, 0};
  int states = 2;
  double max_norm = 0;       // 0 for no clipping
  double average_decay = 0;  // 0 for no averages
  uint32_t batch = 128;
  float scale = 1 / 255.0f;
};

// Ends the program with the library's message if a call failed.
inline void must(int32_t status, const char* error) {
  if (status == MLP_OK) return;
  fprintf(stderr, "error %d: %s\n", status, error);
  exit(1);
}

// A recorded network.
class Recorded {
 public:
  Recorded(const NetworkSpec& spec, int32_t device, uint32_t threads, int32_t path = MLP_PATH_AUTO) : spec_(spec) {
    int32_t status = 0;
    plan = mlp_plan_create(device, spec.batch, path, &status, error, sizeof error);
    must(status, error);
    call(mlp_plan_set_threads, threads);
  }
  Recorded(const Recorded&) = delete;
  ~Recorded() { mlp_plan_destroy(plan); }

  template <class Function, class... Arguments>
  void call(Function function, Arguments... arguments) {
    must(function(plan, arguments..., error, sizeof error), error);
  }

  // Records a training step, or only the forward pass.
  void record(bool training) {
    const int count = static_cast<int>(spec_.layers.size());
    const bool labels = spec_.loss == MLP_SOFTMAX_CROSS_ENTROPY;
    const int outputs = spec_.layers.back().outputs;
    int32_t x = buffer(0, spec_.inputs);
    const int32_t target = training ? buffer(0, labels ? 1 : outputs) : -1;
    call(mlp_plan_gather, x, target, int32_t(-1), double(spec_.scale));
    std::vector<Layer> layers;
    for (int index = 0; index < count; index++) {
      const LayerSpec& layer = spec_.layers[static_cast<size_t>(index)];
      const int inputs = index == 0 ? spec_.inputs : spec_.layers[static_cast<size_t>(index) - 1].outputs;
      Layer made{};
      made.before = x;
      if (layer.dropout > 0 && training) {
        made.x = buffer(0, inputs);
        call(mlp_plan_dropout, x, made.x, layer.dropout, 7u, uint32_t(index));
      } else {
        made.x = x;
      }
      made.weights = buffer(layer.outputs, inputs);
      made.bias = buffer(1, layer.outputs);
      made.y = buffer(0, layer.outputs);
      const bool needs_z = layer.activation == MLP_SILU || layer.activation == MLP_MISH || layer.activation == MLP_GELU;
      made.z = needs_z ? buffer(0, layer.outputs) : -1;
      call(mlp_plan_linear, made.x, made.weights, made.bias, made.y, made.z, int32_t(layer.activation));
      x = made.y;
      parameters.push_back({made.weights, layer.outputs * inputs, inputs});
      parameters.push_back({made.bias, layer.outputs, inputs});
      layers.push_back(made);
    }
    output = x;
    if (!training) return;
    const double huber[] = {1.0}, smoothing[] = {0.0};
    const double* settings = spec_.loss == MLP_HUBER ? huber : smoothing;
    const uint64_t setting_count = spec_.loss == MLP_HUBER || labels ? 1 : 0;
    for (int index = count - 1; index >= 0; index--) layers[static_cast<size_t>(index)].dz = buffer(0, spec_.layers[static_cast<size_t>(index)].outputs);
    call(mlp_plan_loss, int32_t(spec_.loss), x, layers.back().z, target, int32_t(labels), int32_t(-1), layers.back().dz,
         int32_t(spec_.layers.back().activation), settings, setting_count);
    for (int index = count - 1; index > 0; index--) {
      const Layer &layer = layers[static_cast<size_t>(index)], &below = layers[static_cast<size_t>(index) - 1];
      call(mlp_plan_linear_backward_input, layer.dz, layer.weights, below.y, below.z, below.dz,
           int32_t(spec_.layers[static_cast<size_t>(index) - 1].activation), spec_.layers[static_cast<size_t>(index)].dropout, 7u,
           uint32_t(index));
    }
    std::vector<int32_t> gradients(2 * layers.size());
    for (int index = count - 1; index >= 0; index--) {
      const auto at = static_cast<size_t>(index);
      const int inputs = index == 0 ? spec_.inputs : spec_.layers[at - 1].outputs;
      gradients[2 * at] = buffer(spec_.layers[at].outputs, inputs);
      gradients[2 * at + 1] = buffer(1, spec_.layers[at].outputs);
      call(mlp_plan_linear_backward_weight, layers[at].x, layers[at].dz, gradients[2 * at], gradients[2 * at + 1]);
    }
    if (spec_.max_norm > 0) call(mlp_plan_clip_by_norm, gradients.data(), uint64_t(gradients.size()), spec_.max_norm);
    for (size_t index = 0; index < parameters.size(); index++) {
      const auto [rows, columns] = shape(index);
      std::vector<int32_t> states;
      for (int state = 0; state < spec_.states; state++) states.push_back(buffer(rows, columns));
      call(mlp_plan_update, int32_t(spec_.optimizer), parameters[index].buffer, gradients[index], states.data(),
           uint64_t(states.size()), spec_.settings.data(), uint64_t(spec_.settings.size()));
    }
    if (spec_.average_decay == 0) return;
    for (size_t index = 0; index < parameters.size(); index++) {
      const auto [rows, columns] = shape(index);
      call(mlp_plan_average, parameters[index].buffer, buffer(rows, columns), spec_.average_decay);
    }
  }

  // Draws the parameters: He's uniform distribution for weights, 0 for biases.
  void draw(uint64_t seed) {
    Numbers numbers{seed};
    for (size_t index = 0; index < parameters.size(); index++) {
      const Buffer& parameter = parameters[index];
      std::vector<float> values(static_cast<size_t>(parameter.size));
      const float width = std::sqrt(6.0f / static_cast<float>(parameter.inputs));
      for (float& value : values) value = index % 2 == 0 ? width * numbers.real() : 0;
      call(mlp_plan_write_buffer, parameter.buffer, static_cast<const float*>(values.data()), uint64_t(values.size()));
    }
  }

  // Returns all parameters, one after the other.
  std::vector<float> read() {
    std::vector<float> all;
    for (const Buffer& parameter : parameters) {
      const size_t at = all.size();
      all.resize(at + static_cast<size_t>(parameter.size));
      call(mlp_plan_read_buffer, parameter.buffer, all.data() + at, uint64_t(parameter.size));
    }
    return all;
  }

  // Runs an epoch and returns its results.
  std::vector<double> run(uint32_t number, const std::vector<uint32_t>& order, double rate, uint64_t steps_before) {
    const uint64_t steps = (order.size() + spec_.batch - 1) / spec_.batch;
    const std::vector<double> rates(steps, rate);
    std::vector<double> results(MLP_RESULTS);
    call(mlp_plan_run_epoch, number, order.data(), uint64_t(order.size()), rates.data(), steps, steps_before, results.data(),
         uint64_t(results.size()));
    return results;
  }

  struct Buffer {
    int32_t buffer;
    int size, inputs;
  };
  mlp_plan* plan = nullptr;
  int32_t output = -1;
  std::vector<Buffer> parameters;  // weights and bias of each layer

 private:
  struct Layer {
    int32_t before, x, weights, bias, y, z, dz;
  };
  int32_t buffer(int rows, int columns) {
    call(mlp_plan_add_buffer, uint64_t(rows), uint64_t(columns));
    return next_++;
  }
  std::pair<int, int> shape(size_t index) const {
    const Buffer& parameter = parameters[index];
    if (index % 2 == 1) return {1, parameter.size};
    return {parameter.size / parameter.inputs, parameter.inputs};
  }
  const NetworkSpec spec_;
  int32_t next_ = 0;
  char error[512] = {};
};

// Returns a digest of numbers (FNV-1a of their bytes).
inline uint64_t digest(const void* values, size_t bytes, uint64_t hash = 14695981039346656037u) {
  for (size_t index = 0; index < bytes; index++) hash = (hash ^ static_cast<const uint8_t*>(values)[index]) * 1099511628211u;
  return hash;
}
