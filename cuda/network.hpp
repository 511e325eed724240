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
  int32_t x, target;
  float scale;
};
struct LinearOp {
  int32_t x, weights, bias, y, z;
  Activation activation;
};
struct LossOp {
  LossKind kind;
  int32_t y, z, target;  // y: logits of a cross-entropy
  bool labels;
  int32_t dz;
  Activation activation;
  float smoothing;
};
struct LinearBackwardInputOp {
  int32_t dz, weights, x, z, dx;
  Activation activation;
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
using Op = std::variant<GatherOp, LinearOp, LossOp, LinearBackwardInputOp, LinearBackwardWeightOp, ClipByNormOp, UpdateOp>;

// A step in the usual form: layers one after the other, a loss, back through all of them, then all weight gradients and
// updates. What has this form can be fused; `network_of` is empty for what has not.
struct Layer {
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
};
std::optional<Network> network_of(const std::vector<Op>& ops);
