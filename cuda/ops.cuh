// The arguments of each operation of a plan, and the functions that launch the operations. Shapes: `B` rows of the batch,
// `I` input and `O` output features of a layer, `C` classes. Every matrix is dense and row-major.
#pragma once

#include "activations.cuh"
#include "shared/dropout.hpp"
#include "losses.cuh"
#include "matmul.cuh"
#include "step.cuh"
#include "updates.cuh"

// The arguments that every launch needs.
struct Site {
  cudaStream_t stream;
  Progress* progress;
  uint32_t batch_size;
  int multiprocessors;  // of the GPU
};

// The rows that a layer reads: a buffer of the plan, or rows of the data set in the epoch's order.
struct InputSource {
  const void* values;     // (B, I) floats, or (N, I) bytes or floats of the data set
  const uint32_t* order;  // row numbers of the epoch; null if the rows are read in the order of `values`
  int in_features;
  float scale;
  bool from_set;  // true if `values` is the data set
  bool bytes;     // true if `values` are bytes

  __device__ __forceinline__ GatheredRows rows(const Batch& batch) const {
    const bool vectors = in_features % 4 == 0;
    return {values, order ? order + batch.first : nullptr, from_set ? batch.first : 0, batch.rows, in_features,
            bytes,  vectors, scale};
  }
};

inline InputSource buffer_source(const float* x, int in_features) { return {x, nullptr, in_features, 1, false, false}; }

// x (B, I) = rows of the data set * scale, with the labels (B) or targets (B, O) of those rows and their weights (B).
struct Gather {
  InputSource input_source;
  TargetSource target_source;
  int target_width;
  float* x;
  uint32_t* labels;
  float* targets;
  float* row_weights;
};
cudaError_t launch_gather(const Site&, const Gather&);

// Returns cudaSuccess if the library has code for the calling thread's device. Only one kernel is checked, because all are
// compiled for the same architectures.
cudaError_t find_code_of_kernels();

// y (B, I) = x (B, I), with 0 for the values that the mask drops and the others scaled.
struct Dropout {
  InputSource x;
  float* y;
  DropoutMask mask;
};
cudaError_t launch_dropout(const Site&, const Dropout&);

// y (B, O) = activation(z), z (B, O) = x (B, I) weights (O, I)ᵀ + bias (O).
struct Linear {
  InputSource x;
  const float* weights;
  const float* bias;
  float* y;
  float* z;  // or null if no operation needs it
  int out_features;
  Activation activation;
};
cudaError_t launch_linear(const Site&, const Linear&);

// y (B, C) ← softmax of each row; and, with d the gradient of y, d (B, C) ← y (d - Σ y d), the gradient of the sums.
cudaError_t launch_softmax(const Site&, float* y, int classes);
cudaError_t launch_softmax_backward(const Site&, const float* y, float* d, int classes);

// dZ (B, O) and the scores of the rows (B), from the outputs or logits y (B, O).
cudaError_t launch_loss(const Site&, const Loss&, const float* y, float* dz);

// dX (B, I) = activation'(z) (dZ (B, O) weights (O, I)), with x = activation(z). If the layer reads x through a dropout, the
// product is multiplied by the dropout's mask first.
struct LinearBackwardInput {
  const float* dz;
  const float* weights;
  const float* x;
  const float* z;  // (B, I), or null if the derivative does not need it
  float* dx;
  int in_features, out_features;
  Activation activation;
  bool masked;  // true if the layer reads x through a dropout
  DropoutMask mask;
};
cudaError_t launch_linear_backward_input(const Site&, const LinearBackwardInput&);

// dWeights (O, I) = dZ (B, O)ᵀ x (B, I), dBias (O) = Σ dZ, of one or more layers in one launch. The gradients are stored, or
// the parameters are updated with them at once.
struct LinearBackwardWeight {
  const float* dz;
  InputSource x;
  float* d_weights;
  float* d_bias;
  Parameter weights, bias;
  EpochRule rule;
  int out_features;
  int first_block;  // set by prepare_backward_weight
};
struct BackwardWeightGroup {
  const LinearBackwardWeight* layers;  // device memory
  int count, blocks;
  TileSize size;
  bool update;
  bool ends_step;
};
// Assigns the blocks of a launch to the layers: sets `first_block` of each layer, and `count`, `blocks` and `size` of the
// group.
void prepare_backward_weight(const Site&, LinearBackwardWeight* layers, int count, BackwardWeightGroup* group);
cudaError_t launch_linear_backward_weight(const Site&, const BackwardWeightGroup&, const StepEnd&);

// Scales gradients by min(1, max_norm / (norm + 1e-6)).
struct Gradient {
  float* values;
  uint64_t size;
};
struct ClipByNorm {
  const Gradient* gradients;  // device memory
  int count;
  float max_norm;
  double* squares;  // sums of squares, (CLIP_BLOCKS)
};
constexpr int CLIP_BLOCKS = 128;
cudaError_t launch_clip_by_norm(const Site&, const ClipByNorm&);

// Updates parameters from stored gradients.
struct UpdateItem {
  Parameter parameter;
  const float* gradient;
  uint64_t size;
  EpochRule rule;
};
struct UpdateGroup {
  const UpdateItem* items;  // device memory
  int count;
  uint64_t largest;  // numbers in the largest parameter
  bool ends_step;
};
cudaError_t launch_updates(const Site&, const UpdateGroup&, const StepEnd&);

// Updates the moving averages of parameters.
struct AverageItem {
  const float* parameter;
  float* average;
  uint64_t size;
  float decay, complement;  // complement: 1 - decay
};
struct AverageGroup {
  const AverageItem* items;  // device memory
  int count;
  uint64_t largest;  // numbers in the largest parameter
  bool ends_step;
};
cudaError_t launch_averages(const Site&, const AverageGroup&, const StepEnd&);

// Ends a step in a launch of its own.
cudaError_t launch_end_step(const Site&, const StepEnd&);
