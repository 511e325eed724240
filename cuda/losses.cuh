// The losses: the loss of one row, its gradient, and whether its prediction is correct,
// computed by one warp. The weight of a row multiplies its gradient, not its loss.
#pragma once

#include "activations.cuh"
#include "shared/losses.hpp"
#include "step.cuh"

// The class labels or target values of rows, and the rows' weights: of the batch (B), or of the complete data set (N).
struct TargetSource {
  const uint32_t* labels;    // (B) or (N); null if there are target values
  const float* targets;      // (B, O) or (N, O); null if there are labels
  const float* row_weights;  // (B) or (N); null if every weight is 1
  const uint32_t* order;     // row numbers of the epoch if the arrays are those of the data set, else null

  // Returns the index of a row of the batch in these arrays.
  __device__ __forceinline__ size_t row(const Batch& batch, int row) const {
    return order ? order[batch.first + row] : row;
  }
};

// A loss of outputs y (B, O).
struct Loss {
  LossKind kind;
  TargetSource target_source;
  RowScore* scores;       // (B)
  int width;              // O
  Activation activation;  // computed y from z; linear if y are logits
  const float* z;         // (B, O), or null if the derivative does not need it
  float settings[MAX_LOSS_SETTINGS];
};

// Returns, in every lane, the first index of the largest number of a row.
__device__ __forceinline__ uint32_t index_of_largest(const float* row, int width, int lane) {
  float best = -INFINITY;
  uint32_t index = 0;
  for (int c = lane; c < width; c += WARP) {
    if (row[c] > best) {
      best = row[c];
      index = c;
    }
  }
  const float largest = warp_max(best);
  // The smallest index among the lanes that hold the largest number; indices are exact as floats up to 2^24.
  const float first = best == largest ? static_cast<float>(index) : INFINITY;
  const float smallest = -warp_max(-first);
  return smallest < INFINITY ? static_cast<uint32_t>(smallest) : 0;
}

// Returns the target of the classes other than the label's: 0, or 1 / C if the row belongs to no class.
__device__ __forceinline__ float target_of_other_classes(uint32_t label, int classes) {
  return label < static_cast<uint32_t>(classes) ? 0.0f : 1.0f / classes;
}

// Returns -Σ target log softmax(z), and writes dZ = weight (softmax(z) - target) / rows. The target of a class is
// (1 - ε) t + ε / C: ε is the label smoothing, and t is that of the probabilities `targets`. Without them, t is 1 for the
// label's class and 0 for the others, or 1 / C for each class if the row belongs to no class.
__device__ __forceinline__ RowScore cross_entropy_of_row(const float* z, float* dz, int classes, const float* targets,
                                                         uint32_t label, float smoothing, float weight, int rows, int lane) {
  float largest = -INFINITY;
  for (int c = lane; c < classes; c += WARP) largest = fmaxf(largest, z[c]);
  largest = warp_max(largest);  // e^(z - largest) cannot overflow
  float sum = 0;
  for (int c = lane; c < classes; c += WARP) sum += expf(z[c] - largest);
  sum = warp_sum(sum);
  const float log_sum = logf(sum), scale = weight / rows, others = target_of_other_classes(label, classes);
  float loss = 0;
  for (int c = lane; c < classes; c += WARP) {
    const float shifted = z[c] - largest;
    const float unsmoothed = targets ? targets[c] : static_cast<uint32_t>(c) == label ? 1.0f : others;
    const float target = (1 - smoothing) * unsmoothed + smoothing / classes;
    if (target != 0) loss += target * (log_sum - shifted);  // 0 times infinity is 0 here, not NaN
    dz[c] = (expf(shifted) / sum - target) * scale;
  }
  if (targets) label = index_of_largest(targets, classes, lane);
  return {warp_sum(loss), index_of_largest(z, classes, lane) == label ? 1u : 0u};
}

// Returns the mean of max(z, 0) - z t + log(1 + e^-|z|) over the outputs, and writes dZ = weight (sigmoid(z) - t) / (O rows).
// Both are computed from q = e^-|z|: it cannot overflow, and q / (1 + q) = 1 - sigmoid(|z|) stays exact when sigmoid(|z|)
// rounds to 1.
__device__ __forceinline__ RowScore binary_cross_entropy_of_row(const float* z, float* dz, int width, const float* targets,
                                                                float weight, int rows, int lane) {
  const float scale = 1.0f / width, slope = weight / (static_cast<float>(width) * rows);
  float loss = 0, wrong = 0;
  for (int o = lane; o < width; o += WARP) {
    const float logit = z[o], target = targets[o], q = expf(-fabsf(logit)), tail = q / (1 + q);
    const bool above = logit > 0;
    loss += ((above ? logit : 0.0f) - logit * target + log1pf(q)) * scale;
    dz[o] = (above ? (1 - target) - tail : tail - target) * slope;
    if (above != (target > 0.5f)) wrong = 1;
  }
  return {warp_sum(loss), warp_max(wrong) == 0 ? 1u : 0u};
}

// Returns the mean of (y - target)² over the outputs, and writes dZ, with y = activation(z). Without target values the target
// is the one-hot row of the label, or 1 / O for each output if the row belongs to no class.
__device__ __forceinline__ RowScore squared_error_of_row(const float* y, const float* z, float* dz, int width,
                                                         const float* targets, uint32_t label, Activation activation,
                                                         float weight, int rows, int lane) {
  const float scale = 1.0f / width, slope = 2 * weight / (static_cast<float>(width) * rows);
  const float others = target_of_other_classes(label, width);
  float loss = 0;
  for (int o = lane; o < width; o += WARP) {
    const float target = targets ? targets[o] : static_cast<uint32_t>(o) == label ? 1.0f : others;
    const float difference = y[o] - target;
    loss += difference * difference * scale;
    dz[o] = activate_backward(y[o], z ? z[o] : 0, slope * difference, activation);
  }
  if (activation == MLP_SOFTMAX) softmax_backward_of_row(y, dz, width, lane);
  const bool correct = !targets && index_of_largest(y, width, lane) == label;
  return {warp_sum(loss), correct ? 1u : 0u};
}

// Returns the mean over the outputs of Huber's loss of d = y - target, which is d² / 2 if |d| ≤ δ, else δ (|d| - δ / 2), and
// writes dZ, with y = activation(z).
__device__ __forceinline__ RowScore huber_of_row(const float* y, const float* z, float* dz, int width, const float* targets,
                                                 Activation activation, float delta, float weight, int rows, int lane) {
  const float scale = 1.0f / width, slope = weight / (static_cast<float>(width) * rows);
  float loss = 0;
  for (int o = lane; o < width; o += WARP) {
    const float difference = y[o] - targets[o], distance = fabsf(difference);
    loss += (distance <= delta ? difference * difference / 2 : delta * (distance - delta / 2)) * scale;
    const float limited = difference > delta ? delta : difference < -delta ? -delta : difference;  // NaN stays NaN
    dz[o] = activate_backward(y[o], z ? z[o] : 0, slope * limited, activation);
  }
  if (activation == MLP_SOFTMAX) softmax_backward_of_row(y, dz, width, lane);
  return {warp_sum(loss), 0};
}

// What the loss of a row is computed with, besides its outputs: its index in the arrays of targets, its label and its weight.
struct RowTarget {
  size_t source;
  uint32_t label;
  float weight;
};
__device__ __forceinline__ RowTarget target_of_row(const Loss& loss, const Batch& batch, int row) {
  const TargetSource& from = loss.target_source;
  const size_t source = from.row(batch, row);
  return {source, from.labels ? from.labels[source] : 0, from.row_weights ? from.row_weights[source] : 1};
}

// Returns the score of row `row` of a batch of `rows`, whose outputs are `y`, and writes its gradient to `dz`.
__device__ __forceinline__ RowScore loss_of_row(const Loss& loss, const RowTarget& target, int rows, int row, const float* y,
                                                float* dz, int lane) {
  const auto& [source, label, weight] = target;
  const float* targets = loss.target_source.targets ? loss.target_source.targets + source * loss.width : nullptr;
  const float* z = loss.z ? loss.z + static_cast<size_t>(row) * loss.width : nullptr;
  switch (loss.kind) {
    case MLP_SOFTMAX_CROSS_ENTROPY:
      return cross_entropy_of_row(y, dz, loss.width, targets, label, loss.settings[0], weight, rows, lane);
    case MLP_MEAN_SQUARED_ERROR:
      return squared_error_of_row(y, z, dz, loss.width, targets, label, loss.activation, weight, rows, lane);
    case MLP_BINARY_CROSS_ENTROPY:
      return binary_cross_entropy_of_row(y, dz, loss.width, targets, weight, rows, lane);
    case MLP_HUBER:
      return huber_of_row(y, z, dz, loss.width, targets, loss.activation, loss.settings[0], weight, rows, lane);
  }
  __builtin_unreachable();
}
