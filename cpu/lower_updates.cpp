// Lowering of the second half of a step: gradients of parameters, clipping, updates and averages, divided by the numbers of the
// parameters.
#include <algorithm>
#include <cmath>

#include "plan.hpp"
#include "shares.hpp"

namespace {

// Inputs at which weights are cut: kernels need a multiple of 16.
constexpr int INPUT_STEP = 16;

// Rows of a gradient whose squares are one sum of the norm.
constexpr int CLIP_ROWS = 256;

}  // namespace

size_t mlp_plan::rule_index(const Settings& settings) {
  const auto found = std::find(rules_.begin(), rules_.end(), settings);
  if (found == rules_.end()) {
    rules_.push_back(settings);
    return rules_.size() - 1;
  }
  return static_cast<size_t>(found - rules_.begin());
}

Update mlp_plan::update_of(size_t rule, const Step& step, double decay) const {
  return {rule_of(rules_[rule]), factors_[rule][step.index], static_cast<float>(decay), static_cast<float>(1 - decay)};
}

// Computes a share of a layer's gradients, and stores them or updates the parameters at once.
void mlp_plan::compute_gradients(const LayerGradients& layer, int part, int parts, const Step& step) {
  const auto update_of_layer = [&](const float* stored, size_t rule, double decay) {
    return stored ? Update{} : update_of(rule, step, decay);
  };
  const Update weights = update_of_layer(layer.weights.d_weights, layer.weights_rule, layer.weights_decay);
  const Panels& matrix = layer.weights.weights;
  for_share(matrix, {0, matrix.rows}, INPUT_STEP, part, parts, [&](Range inputs, Range panels) {
    if (layer.sparse) {
      const ColumnLists& lists = lists_of(part, step, step.rows, inputs);
      kernels_->linear_backward_weight_sparse(layer.weights, lists, step.slices, weights, inputs, panels);
    } else {
      kernels_->linear_backward_weight(layer.weights, step.slices, weights, inputs, panels);
    }
  });
  const Update bias = update_of_layer(layer.bias.d_bias, layer.bias_rule, layer.bias_decay);
  const Range panels = share_of(layer.bias.dz.panels(), part, parts);
  if (panels.count() > 0) kernels_->bias_gradient(layer.bias, step.slices, bias, panels);
}

// Returns the gradients of an operation, to be stored.
LayerGradients mlp_plan::stored_gradients(const LinearBackwardWeightOp& op) {
  LayerGradients result{};
  result.sparse = op.x == sparse_x_;
  if (!result.sparse) place_batch(op.x);
  place_batch(op.dz);
  const Panels weights = panels(op.d_weights);
  result.weights = {result.sparse ? Panels{} : panels(op.x), panels(op.dz), weights, weights.data, {}, {}};
  result.bias = {panels(op.dz), panels(op.d_bias).data, {}};
  return result;
}

void mlp_plan::add_op(const LinearBackwardWeightOp& op) {
  add_phase(false, [this, layer = stored_gradients(op)](int part, int parts, const Step& step) {
    compute_gradients(layer, part, parts, step);
  });
  if (!buffers_[static_cast<size_t>(op.d_weights)].by_output.data) return;
  add_phase(false, [this, id = op.d_weights](int part, int parts, const Step&) {
    const Panels weights = panels(id);
    for_share(weights, {0, weights.rows}, INPUT_STEP, part, parts, [&](Range rows, Range panels) { write_copy(id, rows, panels); });
  });
}

// Writes a share of the second copy of weights, if there is one.
void mlp_plan::write_copy(int32_t id, Range rows, Range panels) const {
  const Buffer& buffer = buffers_[static_cast<size_t>(id)];
  if (buffer.by_output.data) kernels_->transpose(buffer.panels, buffer.by_output, rows, panels);
}

void mlp_plan::add_op(const ClipByNormOp& op) {
  const std::vector<int32_t>& ids = op.gradients;
  std::vector<Panels> all;
  for (int32_t id : ids) all.push_back(panels(id));
  // A sum for each panel of each CLIP_ROWS rows, added in their order: the threads do not change it.
  size_t sums = 0;
  for (const Panels& each : all) sums += static_cast<size_t>(each.panels()) * ((each.rows + CLIP_ROWS - 1) / CLIP_ROWS);
  squares_.resize(sums);
  add_phase(false, [this, all](int part, int parts, const Step&) {
    size_t at = 0;
    for (const Panels& each : all) {
      for (int panel = 0; panel < each.panels(); panel++) {
        for (int row = 0; row < each.rows; row += CLIP_ROWS, at++) {
          if (static_cast<int>(at % static_cast<size_t>(parts)) != part) continue;
          squares_[at] = kernels_->sum_of_squares(each, panel, {row, std::min(row + CLIP_ROWS, each.rows)});
        }
      }
    }
  });
  add_phase(false, [this, ids, max_norm = static_cast<float>(op.max_norm)](int part, int parts, const Step&) {
    double sum = 0;
    for (const double square : squares_) sum += square;
    const float factor = static_cast<float>(std::fmin(1.0, max_norm / (std::sqrt(sum) + 1e-6)));
    for (const int32_t id : ids) {
      const Panels each = panels(id);
      for_share(each, {0, each.rows}, INPUT_STEP, part, parts, [&](Range rows, Range panels) {
        const size_t count = static_cast<size_t>(rows.count()) * each.width(panels.first);
        kernels_->scale(each.row(panels.first, rows.first), factor, count);
        write_copy(id, rows, panels);
      });
    }
  });
}

// Updates a share of a parameter from its stored gradient.
void mlp_plan::update(const StoredUpdate& stored, int part, int parts, const Step& step) const {
  const Update factors = update_of(stored.rule, step, stored.decay);
  const Panels matrix = panels(stored.op.parameter);
  const float* gradient = panels(stored.op.gradient).data;
  Parameter all = parameter(stored.op);
  all.average = panels(stored.average).data;
  for_share(matrix, {0, matrix.rows}, INPUT_STEP, part, parts, [&](Range rows, Range panels) {
    const size_t at = static_cast<size_t>(matrix.row(panels.first, rows.first) - matrix.data);
    Parameter share{all.values + at, {}, all.average ? all.average + at : nullptr};
    for (int index = 0; index < MAX_STATES; index++) share.states[index] = all.states[index] ? all.states[index] + at : nullptr;
    const size_t count = static_cast<size_t>(rows.count()) * static_cast<size_t>(matrix.width(panels.first));
    kernels_->update(share, gradient + at, factors, count);
    write_copy(stored.op.parameter, rows, panels);
    for (const int32_t id : stored.op.states) write_copy(id, rows, panels);
    if (stored.average >= 0) write_copy(stored.average, rows, panels);
  });
}

void mlp_plan::add_updates(const std::vector<StoredUpdate>& updates) {
  add_phase(false, [this, updates](int part, int parts, const Step& step) {
    for (const StoredUpdate& each : updates) update(each, part, parts, step);
  });
}

void mlp_plan::add_op(const UpdateOp& op) { add_updates({{op, rule_index(op.settings), -1, 0}}); }

void mlp_plan::add_op(const AverageOp& op) {
  const float decay = static_cast<float>(op.decay), complement = static_cast<float>(1 - op.decay);
  add_phase(false, [this, op, decay, complement](int part, int parts, const Step&) {
    const Panels from = panels(op.parameter);
    float* average = panels(op.average).data;
    for_share(from, {0, from.rows}, INPUT_STEP, part, parts, [&](Range rows, Range panels) {
      const size_t at = static_cast<size_t>(from.row(panels.first, rows.first) - from.data);
      const size_t count = static_cast<size_t>(rows.count()) * from.width(panels.first);
      kernels_->average(from.data + at, average + at, decay, complement, count);
      write_copy(op.average, rows, panels);
    });
  });
}

// Makes a layer update its parameters instead of storing their gradients.
void mlp_plan::fuse(LayerGradients& layer, const StoredUpdate& weights, const StoredUpdate& bias) const {
  layer.weights.d_weights = layer.bias.d_bias = nullptr;
  layer.weights.weights = panels(weights.op.parameter);
  layer.weights.parameter = parameter(weights.op);
  layer.weights.parameter.average = panels(weights.average).data;
  layer.weights.by_output = buffers_[static_cast<size_t>(weights.op.parameter)].by_output;
  layer.bias.parameter = parameter(bias.op);
  layer.bias.parameter.average = panels(bias.average).data;
  layer.weights_rule = weights.rule;
  layer.bias_rule = bias.rule;
  layer.weights_decay = weights.decay;
  layer.bias_decay = bias.decay;
}
