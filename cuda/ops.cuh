// The arguments of each operation of a plan, and the functions that launch the operations. Shapes: `B` rows of the batch,
// `I` input and `O` output features of a layer, `C` classes. Every matrix is dense and row-major.
#pragma once

#include "activations.cuh"
#include "inputs.cuh"
#include "losses.cuh"
#include "matmul.cuh"
#include "shared/dropout.hpp"
#include "step.cuh"
#include "updates.cuh"

// The arguments that every launch needs.
struct Site {
  cudaStream_t stream;
  Progress* progress;
  uint32_t batch_size;
  int multiprocessors;  // of the GPU
};

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

// y (B, O) = activation(z), z (B, O) = x (B, I) weights (O, I)ᵀ + bias (O). If `splits` is more than 1, only the sums over shares of
// I are computed, without the bias.
struct Linear {
  InputSource x;
  const float* weights;
  const float* bias;
  float* y;
  float* z;  // or null if no operation needs it
  int out_features;
  Activation activation;
  float* parts;    // (splits, B, O)
  int splits = 1;  // shares of I
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
  int first_block;  // set by backward_weight_group()
};
constexpr int MAX_GROUP = 16;
struct BackwardWeightGroup {
  LinearBackwardWeight layers[MAX_GROUP];
  int count, blocks;
  TileSize size;
  InputKind kind;  // of the layer that reads the data set, if there is one
  bool update;
  bool ends_step;
};
static_assert(sizeof(BackwardWeightGroup) + sizeof(StepEnd) <= 4000, "the arguments of a kernel have at most 4 KB");
// Returns the group of at most MAX_GROUP layers, with the blocks of a launch assigned to them.
BackwardWeightGroup backward_weight_group(const Site& site, const LinearBackwardWeight* layers, int count);
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
