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

int32_t gradient_of_loss(const Network& network, int32_t output) {
  if (const auto* op = std::get_if<SoftmaxCrossEntropyOp>(&network.loss)) {
    return op->logits == output && op->target == network.gather.target ? op->dz : -1;
  }
  const auto& op = std::get<MeanSquaredErrorOp>(network.loss);
  return op.y == output && op.target == network.gather.target ? op.dz : -1;
}

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
    network.layers.push_back({*op, {}, {}, {}});
  }
  if (network.layers.empty()) return std::nullopt;
  if (const auto* op = reader.next<SoftmaxCrossEntropyOp>()) {
    network.loss = *op;
  } else if (const auto* other = reader.next<MeanSquaredErrorOp>()) {
    network.loss = *other;
  } else {
    return std::nullopt;
  }

  std::vector<int32_t> dz(network.layers.size());
  dz.back() = gradient_of_loss(network, x);
  if (dz.back() < 0) return std::nullopt;
  for (size_t index = network.layers.size() - 1; index > 0; index--) {
    const auto* op = reader.next<LinearBackwardInputOp>();
    const LinearOp &layer = network.layers[index].forward, &before = network.layers[index - 1].forward;
    if (!op || op->dz != dz[index] || op->weights != layer.weights || op->x != layer.x ||
        op->activation != before.activation) {
      return std::nullopt;
    }
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
