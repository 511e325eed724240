// Steps as lists of operations, for tests that also compute them otherwise: recorded in a plan, and run.
#pragma once

#include <vector>

#include "network.hpp"
#include "shared/network.hpp"

// A step: shapes of buffers, and operations.
struct StepSpec {
  uint32_t batch = 1;
  std::vector<BufferShape> shapes;
  std::vector<Op> ops;
  int32_t buffer(uint64_t rows, uint64_t columns) {
    shapes.push_back({rows, columns});
    return static_cast<int32_t>(shapes.size()) - 1;
  }
  template <class T>
  void add(T op) {
    ops.push_back(std::move(op));
  }
};

// The place where a plan runs. The group is null for a process alone.
struct Place {
  int32_t device = MLP_BEST;
  uint32_t threads = 1;
  int32_t path = MLP_PATH_GRAPH;
  mlp_group* group = nullptr;
};

// A plan with the recorded operations of a step.
class StepPlan {
 public:
  StepPlan(const StepSpec& spec, const Place& place) : spec_(spec) {
    int32_t status = 0;
    plan = mlp_plan_create(place.device, spec.batch, place.path, &status, error_, sizeof error_);
    must(status, error_);
    call(mlp_plan_set_threads, place.threads);
    if (place.group) call(mlp_plan_set_group, place.group);
    for (const BufferShape& shape : spec.shapes) call(mlp_plan_add_buffer, shape.rows, shape.columns);
    for (const Op& recorded : spec.ops) std::visit([&](const auto& op) { record(op); }, recorded);
  }
  StepPlan(const StepPlan&) = delete;
  ~StepPlan() { mlp_plan_destroy(plan); }

  // Calls a function that needs to succeed.
  template <class Function, class... Arguments>
  void call(Function function, Arguments... arguments) {
    must(function(plan, arguments..., error_, sizeof error_), error_);
  }
  void set_inputs(const std::vector<uint8_t>& bytes, uint64_t columns) {
    call(mlp_plan_set_inputs_u8, bytes.data(), uint64_t(bytes.size()), columns);
  }
  void set_inputs(const std::vector<float>& floats, uint64_t columns) {
    call(mlp_plan_set_inputs_f32, floats.data(), uint64_t(floats.size()), columns);
  }
  void write(int32_t id, const std::vector<float>& values) {
    call(mlp_plan_write_buffer, id, values.data(), uint64_t(values.size()));
  }
  std::vector<float> read(int32_t id) {
    const BufferShape& shape = spec_.shapes[static_cast<size_t>(id)];
    std::vector<float> values(shape.rows * shape.columns);
    call(mlp_plan_read_buffer, id, values.data(), uint64_t(values.size()));
    return values;
  }
  std::vector<double> run(uint32_t number, const std::vector<uint32_t>& order, double rate, uint64_t steps_before) {
    const std::vector<double> rates((order.size() + spec_.batch - 1) / spec_.batch, rate);
    std::vector<double> results(MLP_RESULTS);
    call(mlp_plan_run_epoch, number, order.data(), uint64_t(order.size()), rates.data(), uint64_t(rates.size()), steps_before,
         results.data(), uint64_t(results.size()));
    return results;
  }
  std::vector<float> predict(int32_t id, uint64_t rows) {
    std::vector<float> outputs(rows * spec_.shapes[static_cast<size_t>(id)].columns);
    call(mlp_plan_predict, id, outputs.data(), uint64_t(outputs.size()));
    return outputs;
  }

  mlp_plan* plan = nullptr;

 private:
  const StepSpec spec_;
  char error_[512] = {};

  void record(const GatherOp& op) { call(mlp_plan_gather, op.x, op.target, op.row_weights, double(op.scale)); }
  void record(const DropoutOp& op) {
    call(mlp_plan_dropout, op.x, op.y, op.dropout.rate, op.dropout.seed, op.dropout.layer);
  }
  void record(const LinearOp& op) {
    call(mlp_plan_linear, op.x, op.weights, op.bias, op.y, op.z, int32_t(op.activation));
  }
  void record(const LossOp& op) {
    call(mlp_plan_loss, int32_t(op.kind), op.y, op.z, op.target, int32_t(op.labels), op.row_weights, op.dz,
         int32_t(op.activation), op.settings.data(), uint64_t(op.settings.size()));
  }
  void record(const LinearBackwardInputOp& op) {
    call(mlp_plan_linear_backward_input, op.dz, op.weights, op.x, op.z, op.dx, int32_t(op.activation), op.dropout.rate,
         op.dropout.seed, op.dropout.layer);
  }
  void record(const LinearBackwardWeightOp& op) {
    call(mlp_plan_linear_backward_weight, op.x, op.dz, op.d_weights, op.d_bias);
  }
  void record(const ClipByNormOp& op) {
    call(mlp_plan_clip_by_norm, op.gradients.data(), uint64_t(op.gradients.size()), op.max_norm);
  }
  void record(const UpdateOp& op) {
    const auto& [optimizer, settings] = op.settings;
    call(mlp_plan_update, int32_t(optimizer), op.parameter, op.gradient, op.states.data(), uint64_t(op.states.size()),
         settings.data(), uint64_t(settings.size()));
  }
  void record(const AverageOp& op) { call(mlp_plan_average, op.parameter, op.average, op.decay); }
};
