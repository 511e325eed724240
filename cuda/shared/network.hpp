// A plan as it was recorded: buffers and operations, and the network that the operations form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "shared/activations.hpp"
#include "shared/dropout.hpp"
#include "shared/losses.hpp"
#include "shared/updates.hpp"

// The shape of a buffer; rows is 0 for (B, columns).
struct BufferShape {
  uint64_t rows, columns;
};
// Returns a shape for a message, such as [B, 3].
std::string shape_text(const BufferShape& shape);

// The recorded operations. int32_t members are numbers of buffers, -1 for none. See mlp.h and src/plan/ops.ts.
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
  int32_t y, z, target;  // y: outputs or logits
  bool labels;  // true if target holds labels, false if it holds target values
  int32_t row_weights, dz;
  Activation activation;
  std::vector<double> settings;
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
// Returns whether an operation writes rows (B, columns) to a buffer.
bool writes_rows(const Op& op, int32_t id);

// A layer of a network, with all operations that belong to it.
struct Layer {
  std::optional<DropoutOp> dropout;  // of its inputs
  LinearOp forward;
  LinearBackwardInputOp backward;  // not used for the first layer
  LinearBackwardWeightOp gradient;
  UpdateOp weights, bias;
};
// A step in the usual form, whose operations can be fused: layers one after the other, some with a dropout of their inputs; a
// loss; the backward pass through all layers; then all weight gradients, updates and averages.
struct Network {
  GatherOp gather;
  std::vector<Layer> layers;
  LossOp loss;
  std::optional<ClipByNormOp> clip;
  std::vector<AverageOp> averages;  // none, or those of all parameters
};
// Returns the network that the operations of a step form, or nothing if the step does not have the usual form.
std::optional<Network> network_of(const std::vector<Op>& ops);
