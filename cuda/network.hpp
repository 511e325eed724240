// What a plan holds before it is on a GPU: buffers and operations as they were recorded, and the network that they make.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "activations.cuh"
#include "updates.cuh"

// rows is 0 for a buffer (B, columns).
struct BufferShape {
  uint64_t rows, columns;
};

// Numbers of buffers; -1 for none. See mlp.h and src/plan/plan.ts.
struct GatherOp {
  int32_t x, target;
  float scale;
};
struct LinearOp {
  int32_t x, weights, bias, y;
  Activation activation;
};
struct SoftmaxCrossEntropyOp {
  int32_t logits, target, dz;
  float smoothing;
};
struct MeanSquaredErrorOp {
  int32_t y, target;
  bool labels;
  int32_t dz;
  Activation activation;
};
struct LinearBackwardInputOp {
  int32_t dz, weights, x, dx;
  Activation activation;
};
struct LinearBackwardWeightOp {
  int32_t x, dz, d_weights, d_bias;
};
struct ClipByNormOp {
  std::vector<int32_t> gradients;
  double max_norm;
};
// Velocity in `first`, or m in `first` and v in `second`.
struct UpdateOp {
  Optimizer optimizer;
  int32_t parameter, gradient, first, second;
  double decay1, decay2, epsilon, weight_decay;  // momentum, or β₁ and β₂
  bool nesterov, decoupled;
};
using Op = std::variant<GatherOp, LinearOp, SoftmaxCrossEntropyOp, MeanSquaredErrorOp, LinearBackwardInputOp,
                        LinearBackwardWeightOp, ClipByNormOp, UpdateOp>;

// A step in the usual form: layers one after the other, a loss, back through all of them, then all weight gradients and
// updates. What has this form can be fused; `network_of` is empty for what has not.
struct Layer {
  LinearOp forward;
  LinearBackwardWeightOp gradient;
  UpdateOp weights, bias;
};
struct Network {
  GatherOp gather;
  std::vector<Layer> layers;
  std::variant<SoftmaxCrossEntropyOp, MeanSquaredErrorOp> loss;
  std::optional<ClipByNormOp> clip;
};
std::optional<Network> network_of(const std::vector<Op>& ops);
