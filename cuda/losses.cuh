// What one row's loss is, its gradient, and whether the row is right; for one warp.
#pragma once

#include "ops.cuh"

// The first index of the largest of a row, in every lane.
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
  // The smallest index of those lanes that hold it; indices are exact as floats up to 2^24.
  const float first = best == largest ? static_cast<float>(index) : INFINITY;
  const float smallest = -warp_max(-first);
  return smallest < INFINITY ? static_cast<uint32_t>(smallest) : 0;
}

// -Σ target log softmax(z) with target = (1 - ε) onehot + ε / C, and dZ = (softmax(z) - target) / rows.
__device__ __forceinline__ RowScore cross_entropy_of_row(const float* z, float* dz, int classes, uint32_t label,
                                                         float smoothing, int rows, int lane) {
  float largest = -INFINITY;
  for (int c = lane; c < classes; c += WARP) largest = fmaxf(largest, z[c]);
  largest = warp_max(largest);  // e^(z - largest) cannot overflow
  float sum = 0;
  for (int c = lane; c < classes; c += WARP) sum += expf(z[c] - largest);
  sum = warp_sum(sum);
  const float log_sum = logf(sum), scale = 1.0f / rows;
  float loss = 0;
  for (int c = lane; c < classes; c += WARP) {
    const float shifted = z[c] - largest;
    const float target = (static_cast<uint32_t>(c) == label ? 1 - smoothing : 0.0f) + smoothing / classes;
    if (target != 0) loss += target * (log_sum - shifted);  // 0 ∞ is 0 here
    dz[c] = (expf(shifted) / sum - target) * scale;
  }
  return {warp_sum(loss), index_of_largest(z, classes, lane) == label ? 1u : 0u};
}

// Mean of (y - target)² over the outputs, and its gradient before the activation that made y of z. Without target values the
// targets are the label's one-hot row.
__device__ __forceinline__ RowScore squared_error_of_row(const float* y, const float* z, float* dz, int width,
                                                         const float* targets, uint32_t label, Activation activation, int rows,
                                                         int lane) {
  const float scale = 1.0f / width, slope = 2.0f / (static_cast<float>(width) * rows);
  float loss = 0;
  for (int o = lane; o < width; o += WARP) {
    const float target = targets ? targets[o] : static_cast<uint32_t>(o) == label ? 1.0f : 0.0f;
    const float difference = y[o] - target;
    loss += difference * difference * scale;
    dz[o] = activate_backward(y[o], z ? z[o] : 0, slope * difference, activation);
  }
  if (activation == MLP_SOFTMAX) softmax_backward_of_row(y, dz, width, lane);
  const bool right = !targets && index_of_largest(y, width, lane) == label;
  return {warp_sum(loss), right ? 1u : 0u};
}

// The loss of row `row` of the batch, whose outputs are `y` and whose gradient goes to `dz`.
__device__ __forceinline__ RowScore loss_of_row(const Loss& loss, const Batch& batch, int row, const float* y, float* dz,
                                                int lane) {
  const size_t source = loss.answers.row(batch, row);
  const uint32_t label = loss.answers.labels ? loss.answers.labels[source] : 0;
  switch (loss.kind) {
    case LossKind::softmax_cross_entropy:
      return cross_entropy_of_row(y, dz, loss.width, label, loss.smoothing, batch.rows, lane);
    case LossKind::mean_squared_error: {
      const float* z = loss.z ? loss.z + static_cast<size_t>(row) * loss.width : nullptr;
      const float* targets = loss.answers.targets ? loss.answers.targets + source * loss.width : nullptr;
      return squared_error_of_row(y, z, dz, loss.width, targets, label, loss.activation, batch.rows, lane);
    }
  }
  __builtin_unreachable();
}
