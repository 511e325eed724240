// Checks each operation when it is recorded.
#include <algorithm>

#include "shared/recording.hpp"

namespace {

void need_rate(const DropoutSettings& dropout) {
  need(dropout.rate >= 0 && dropout.rate < 1, "A dropout needs a rate from 0 to below 1, found %g", dropout.rate);
}

}  // namespace

void Recording::need_shape(int32_t id, const char* role, uint64_t rows, uint64_t columns) const {
  const BufferShape& found = shape(id);
  need(found.rows == rows && found.columns == columns, "Buffer %d has shape %s, needs %s as %s", id,
       shape_text(found).c_str(), shape_text({rows, columns}).c_str(), role);
}

void Recording::check_op(const GatherOp& op) const {
  need(shape(op.x).rows == 0, "Buffer %d needs a batch dimension to receive inputs", op.x);
  need(op.target < 0 || shape(op.target).rows == 0, "Buffer %d needs a batch dimension to receive targets", op.target);
  if (op.row_weights >= 0) need_shape(op.row_weights, "row weights", 0, 1);
  need(op.x != op.target && op.x != op.row_weights && (op.target < 0 || op.target != op.row_weights),
       "A gather cannot write two results to one buffer, found x %d, target %d and row weights %d", op.x, op.target,
       op.row_weights);
}

void Recording::check_op(const DropoutOp& op) const {
  const uint64_t columns = shape(op.x).columns;
  need_shape(op.x, "input of a dropout", 0, columns);
  need_shape(op.y, "output of a dropout", 0, columns);
  need(op.x != op.y, "A dropout cannot write its output over its input, buffer %d", op.x);
  need_rate(op.dropout);
}

void Recording::check_op(const LinearOp& op) const {
  const uint64_t in_features = shape(op.x).columns, out_features = shape(op.y).columns;
  need_shape(op.x, "input of a layer", 0, in_features);
  need_shape(op.y, "output of a layer", 0, out_features);
  need_shape(op.weights, "weights", out_features, in_features);
  need_shape(op.bias, "bias", 1, out_features);
  if (op.z >= 0) need_shape(op.z, "sums of a layer", 0, out_features);
  need(op.x != op.y && op.x != op.z, "A layer cannot write its output over its input, buffer %d", op.x);
  need(op.y != op.z, "A layer cannot write its output over its sums, buffer %d", op.y);
}

// Checks that `z` is the buffer to which the layer with output `y` writes its sums; -1 is allowed if the derivative does not
// need them.
void Recording::need_sums(int32_t z, int32_t y, Activation activation) const {
  need(z >= 0 || !needs_z(activation), "The derivative of activation %d needs its sums, found no buffer for them",
       static_cast<int>(activation));
  bool found = z < 0;
  for (const Op& op : ops_) {
    const auto* layer = std::get_if<LinearOp>(&op);
    found = found || (layer && layer->y == y && layer->z == z);
  }
  need(found, "Buffer %d does not hold the sums of the layer whose output is buffer %d", z, y);
}

void Recording::check_op(const LossOp& op) const {
  const LossNeeds needs = needs_of(op.kind);
  const uint64_t out_features = shape(op.y).columns, settings = op.settings.size();
  const int number = static_cast<int>(op.kind);
  const bool logits = needs.input == LossInput::logits;
  need(settings == needs.setting_count(), "Loss %d needs %llu settings, found %llu", number, needs.setting_count(), settings);
  for (uint64_t index = 0; index < settings; index++) {
    const auto& [range, accepts] = needs.settings[index];
    need(accepts(op.settings[index]), "%s, found %g", range, op.settings[index]);
  }
  need(!logits || op.activation == MLP_LINEAR, "Loss %d is computed from logits and needs activation 0, found %d", number,
       static_cast<int>(op.activation));
  need(needs.target != (op.labels ? LossTarget::values : LossTarget::labels), "Loss %d needs %s, found %s", number,
       op.labels ? "target values" : "labels", op.labels ? "labels" : "target values");
  need_shape(op.y, logits ? "logits" : "output", 0, out_features);
  need_shape(op.target, op.labels ? "labels" : "targets", 0, op.labels ? 1 : out_features);
  if (op.row_weights >= 0) need_shape(op.row_weights, "row weights", 0, 1);
  need_shape(op.dz, "gradient", 0, out_features);
  need(op.dz != op.y && op.dz != op.z && op.dz != op.target && op.dz != op.row_weights,
       "A gradient cannot be written over an input of its computation, buffer %d", op.dz);
  need_sums(op.z, op.y, op.activation);
}

void Recording::check_op(const LinearBackwardInputOp& op) const {
  const uint64_t out_features = shape(op.dz).columns, in_features = shape(op.x).columns;
  need_shape(op.dz, "gradient", 0, out_features);
  need_shape(op.weights, "weights", out_features, in_features);
  need_shape(op.x, "input of a layer", 0, in_features);
  need_shape(op.dx, "gradient of an input", 0, in_features);
  need(op.dx != op.dz && op.dx != op.x && op.dx != op.z,
       "A gradient cannot be written over an input of its computation, buffer %d", op.dx);
  need_sums(op.z, op.x, op.activation);
  need_rate(op.dropout);
}

void Recording::check_op(const LinearBackwardWeightOp& op) const {
  const uint64_t out_features = shape(op.dz).columns, in_features = shape(op.x).columns;
  need_shape(op.x, "input of a layer", 0, in_features);
  need_shape(op.dz, "gradient", 0, out_features);
  need_shape(op.d_weights, "gradient of weights", out_features, in_features);
  need_shape(op.d_bias, "gradient of a bias", 1, out_features);
  need(op.d_weights != op.d_bias, "The gradients of weights and bias need different buffers, found %d for both", op.d_bias);
}

void Recording::check_op(const ClipByNormOp& op) const {
  for (int32_t id : op.gradients) need(shape(id).rows != 0, "Buffer %d has a batch dimension and cannot be clipped", id);
  need(!op.gradients.empty() && op.max_norm > 0, "Clipping needs gradients and a norm above 0, found %g", op.max_norm);
}

void Recording::check_op(const UpdateOp& op) const {
  const BufferShape& parameter = shape(op.parameter);
  need(parameter.rows != 0, "Buffer %d has a batch dimension and is not a parameter", op.parameter);
  need_shape(op.gradient, "gradient", parameter.rows, parameter.columns);
  const int number = static_cast<int>(op.settings.first);
  const uint64_t settings = op.settings.second.size(), states = op.states.size();
  const UpdateNeeds needs = needs_of(op.settings);
  need(settings == needs.settings, "Optimizer %d needs %llu settings, found %llu", number, needs.settings, settings);
  need(states == needs.states, "Optimizer %d with these settings needs %llu buffers of state, found %llu", number,
       needs.states, states);
  for (int32_t state : op.states) need_shape(state, "optimizer state", parameter.rows, parameter.columns);
  std::vector<int32_t> ids = op.states;
  ids.insert(ids.end(), {op.parameter, op.gradient});
  std::sort(ids.begin(), ids.end());
  const auto twice = std::adjacent_find(ids.begin(), ids.end());
  need(twice == ids.end(), "An update needs different buffers for parameter, gradient and states, found buffer %d twice",
       twice == ids.end() ? -1 : *twice);
}

void Recording::check_op(const AverageOp& op) const {
  const BufferShape& parameter = shape(op.parameter);
  need(parameter.rows != 0, "Buffer %d has a batch dimension and is not a parameter", op.parameter);
  need_shape(op.average, "average", parameter.rows, parameter.columns);
  need(op.average != op.parameter, "An average cannot be written over its parameter, buffer %d", op.parameter);
  need(op.decay >= 0 && op.decay < 1, "An average needs a decay from 0 to below 1, found %g", op.decay);
}
