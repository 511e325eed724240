#include "network.hpp"

namespace {

// Goes through operations of which the next must be of a certain kind.
class Reader {
 public:
  explicit Reader(const std::vector<Op>& ops) : ops_(ops) {}
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

}  // namespace

std::optional<Network> network_of(const std::vector<Op>& ops) {
  Reader reader(ops);
  Network network;
  const auto* gather = reader.next<GatherOp>();
  if (!gather) return std::nullopt;
  network.gather = *gather;
  int32_t x = gather->x;
  while (const auto* op = reader.next<LinearOp>()) {
    if (op->x != x) return std::nullopt;
    x = op->y;
    network.layers.push_back({*op, {}, {}, {}, {}});
  }
  if (network.layers.empty()) return std::nullopt;
  const auto* loss = reader.next<LossOp>();
  if (!loss || loss->y != x || loss->target != gather->target) return std::nullopt;
  network.loss = *loss;

  std::vector<int32_t> dz(network.layers.size());
  dz.back() = loss->dz;
  for (size_t index = network.layers.size() - 1; index > 0; index--) {
    const auto* op = reader.next<LinearBackwardInputOp>();
    const LinearOp &layer = network.layers[index].forward, &before = network.layers[index - 1].forward;
    if (!op || op->dz != dz[index] || op->weights != layer.weights || op->x != layer.x ||
        op->z != before.z || op->activation != before.activation) {
      return std::nullopt;
    }
    network.layers[index].backward = *op;
    dz[index - 1] = op->dx;
  }
  for (size_t index = network.layers.size(); index-- > 0;) {
    Layer& layer = network.layers[index];
    const auto* op = reader.next<LinearBackwardWeightOp>();
    if (!op || op->x != layer.forward.x || op->dz != dz[index]) return std::nullopt;
    layer.gradient = *op;
  }
  if (const auto* op = reader.next<ClipByNormOp>()) {
    if (op->gradients.size() != 2 * network.layers.size()) return std::nullopt;
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
  if (!reader.ended()) return std::nullopt;
  return network;
}
