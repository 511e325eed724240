#include "shared/network.hpp"

#include <algorithm>

namespace {

// Reads operations in order.
class Reader {
 public:
  explicit Reader(const std::vector<Op>& ops) : ops_(ops) {}
  // Returns the next operation, or null without moving on if its type is not T.
  template <class T>
  const T* next() {
    const T* op = at_ < ops_.size() ? std::get_if<T>(&ops_[at_]) : nullptr;
    if (op) at_++;
    return op;
  }
  bool ended() const { return at_ == ops_.size(); }

 private:
  const std::vector<Op>& ops_;
  size_t at_ = 0;
};

// Returns whether each buffer has one role. Else fused operations, which run in another order, could read a buffer too late.
bool has_distinct_buffers(const Network& network) {
  std::vector<int32_t> ids = {network.gather.x, network.gather.target, network.gather.row_weights, network.loss.dz};
  for (const Layer& layer : network.layers) {
    const LinearOp& op = layer.forward;
    ids.insert(ids.end(), {op.weights, op.bias, op.y, op.z, layer.gradient.d_weights, layer.gradient.d_bias});
    if (layer.dropout) ids.push_back(layer.dropout->y);
    if (&layer != &network.layers.front()) ids.push_back(layer.backward.dx);
    for (const UpdateOp* update : {&layer.weights, &layer.bias}) {
      ids.insert(ids.end(), update->states.begin(), update->states.end());
    }
  }
  for (const AverageOp& op : network.averages) ids.push_back(op.average);
  ids.erase(std::remove_if(ids.begin(), ids.end(), [](int32_t id) { return id < 0; }), ids.end());
  std::sort(ids.begin(), ids.end());
  return std::adjacent_find(ids.begin(), ids.end()) == ids.end();
}

}  // namespace

std::string shape_text(const BufferShape& shape) {
  const std::string first = shape.rows == 0 ? "B" : std::to_string(shape.rows);
  return "[" + first + ", " + std::to_string(shape.columns) + "]";
}

bool writes_rows(const Op& op, int32_t id) {
  if (const auto* gather = std::get_if<GatherOp>(&op)) {
    return gather->x == id || gather->target == id || gather->row_weights == id;
  }
  if (const auto* dropout = std::get_if<DropoutOp>(&op)) return dropout->y == id;
  if (const auto* linear = std::get_if<LinearOp>(&op)) return linear->y == id || linear->z == id;
  if (const auto* loss = std::get_if<LossOp>(&op)) return loss->dz == id;
  if (const auto* backward = std::get_if<LinearBackwardInputOp>(&op)) return backward->dx == id;
  return false;
}

std::optional<Network> network_of(const std::vector<Op>& ops) {
  Reader reader(ops);
  Network network;
  const auto* gather = reader.next<GatherOp>();
  if (!gather) return std::nullopt;
  network.gather = *gather;
  int32_t x = gather->x;
  for (;;) {
    Layer layer{};
    if (const auto* dropout = reader.next<DropoutOp>()) {
      if (dropout->x != x) return std::nullopt;
      x = dropout->y;
      layer.dropout = *dropout;
    }
    const auto* op = reader.next<LinearOp>();
    if (!op && !layer.dropout) break;
    if (!op || op->x != x) return std::nullopt;
    x = op->y;
    layer.forward = *op;
    network.layers.push_back(layer);
  }
  if (network.layers.empty()) return std::nullopt;
  const auto* loss = reader.next<LossOp>();
  if (!loss || loss->y != x || loss->target != gather->target || loss->row_weights != gather->row_weights) {
    return std::nullopt;
  }
  network.loss = *loss;

  std::vector<int32_t> dz(network.layers.size());
  dz.back() = loss->dz;
  for (size_t index = network.layers.size() - 1; index > 0; index--) {
    const auto* op = reader.next<LinearBackwardInputOp>();
    Layer& layer = network.layers[index];
    const LinearOp& before = network.layers[index - 1].forward;
    if (!op || op->dz != dz[index] || op->weights != layer.forward.weights || op->x != before.y ||
        op->z != before.z || op->activation != before.activation) {
      return std::nullopt;
    }
    if (layer.dropout ? !(op->dropout == layer.dropout->dropout) : op->dropout.rate != 0) return std::nullopt;
    layer.backward = *op;
    dz[index - 1] = op->dx;
  }
  for (size_t index = network.layers.size(); index-- > 0;) {
    Layer& layer = network.layers[index];
    const auto* op = reader.next<LinearBackwardWeightOp>();
    if (!op || op->x != layer.forward.x || op->dz != dz[index]) return std::nullopt;
    layer.gradient = *op;
  }
  if (const auto* op = reader.next<ClipByNormOp>()) {
    std::vector<int32_t> gradients, clipped = op->gradients;
    for (const Layer& layer : network.layers) {
      gradients.insert(gradients.end(), {layer.gradient.d_weights, layer.gradient.d_bias});
    }
    std::sort(gradients.begin(), gradients.end());
    std::sort(clipped.begin(), clipped.end());
    if (clipped != gradients) return std::nullopt;
    network.clip = *op;
  }
  for (Layer& layer : network.layers) {
    const auto *weights = reader.next<UpdateOp>(), *bias = reader.next<UpdateOp>();
    if (!weights || !bias || weights->parameter != layer.forward.weights || bias->parameter != layer.forward.bias ||
        weights->gradient != layer.gradient.d_weights || bias->gradient != layer.gradient.d_bias) {
      return std::nullopt;
    }
    layer.weights = *weights;
    layer.bias = *bias;
  }
  while (const auto* op = reader.next<AverageOp>()) network.averages.push_back(*op);
  for (size_t index = 0; index < network.averages.size(); index++) {
    if (network.averages.size() != 2 * network.layers.size()) return std::nullopt;
    const LinearOp& layer = network.layers[index / 2].forward;
    if (network.averages[index].parameter != (index % 2 == 0 ? layer.weights : layer.bias)) return std::nullopt;
  }
  if (!reader.ended() || !has_distinct_buffers(network)) return std::nullopt;
  return network;
}
