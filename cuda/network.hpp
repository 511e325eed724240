// What a plan holds before it is on a GPU: buffers and operations as they were recorded, and the network that they make.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "ops.cuh"

// rows is 0 for a buffer (B, columns).
struct BufferShape {
  uint64_t rows, columns;
};

// Numbers of buffers; -1 for none. See mlp.h and src/plan/plan.ts.
struct GatherOp {
  int32_t x, target, row_weights;
  float scale;
};
struct DropoutOp {
  int32_t x, y;
  DropoutSettings dropout;
};
struct LinearOp {
  int32_t x, weights, bias, y, z;
  Activation activation;
};
struct LossOp {
  LossKind kind;
  int32_t y, z, target;  // y: logits of a cross-entropy
  bool labels;
  int32_t row_weights, dz;
  Activation activation;
  double smoothing = 0;  // ε of the softmax cross-entropy
  double delta = 1;      // δ of Huber's loss
};
struct LinearBackwardInputOp {
  int32_t dz, weights, x, z, dx;
  Activation activation;
  DropoutSettings dropout;  // of x; its rate is 0 if there is none
};
struct LinearBackwardWeightOp {
  int32_t x, dz, d_weights, d_bias;
};
struct ClipByNormOp {
  std::vector<int32_t> gradients;
  double max_norm;
};
struct UpdateOp {
  Settings settings;
  int32_t parameter, gradient;
  std::vector<int32_t> states;
};
struct AverageOp {
  int32_t parameter, average;
  double decay;
};
using Op = std::variant<GatherOp, DropoutOp, LinearOp, LossOp, LinearBackwardInputOp, LinearBackwardWeightOp, ClipByNormOp,
                        UpdateOp, AverageOp>;

// A step in the usual form: layers one after the other, some with a dropout of their inputs, a loss, back through all of
// them, then all weight gradients, updates and averages. What has this form can be fused; `network_of` is empty for what has
// not.
struct Layer {
  std::optional<DropoutOp> dropout;  // of its inputs
  LinearOp forward;
  LinearBackwardInputOp backward;  // none of the first layer
  LinearBackwardWeightOp gradient;
  UpdateOp weights, bias;
};
struct Network {
  GatherOp gather;
  std::vector<Layer> layers;
  LossOp loss;
  std::optional<ClipByNormOp> clip;
  std::vector<AverageOp> averages;  // none, or those of all parameters
};
std::optional<Network> network_of(const std::vector<Op>& ops);
