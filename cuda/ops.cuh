// What the operations of a plan are given, and the function that launches each. Shapes: `B` rows of the batch, `I` input
// and `O` output features of a layer, `C` classes. Every matrix is dense and row-major.
#pragma once

#include "activations.cuh"
#include "dropout.cuh"
#include "matmul.cuh"
#include "step.cuh"
#include "updates.cuh"

// Where and on what every operation works.
struct Site {
  cudaStream_t stream;
  Progress* progress;
  uint32_t batch_size;
  int multiprocessors;
};

// The rows that a layer reads: a buffer of the plan, or rows of the data set in the order of the epoch.
struct InputSource {
  const void* values;     // (B, I) floats, or the set's (N, I) bytes or floats
  const uint32_t* order;  // of the epoch; null where the rows lie in order
  int in_features;
  float scale;
  bool of_set, bytes;

  __device__ __forceinline__ GatheredRows rows(const Batch& batch) const {
    const bool vectors = in_features % 4 == 0;
    return {values, order ? order + batch.first : nullptr, of_set ? batch.first : 0, batch.rows, in_features,
            bytes,  vectors, scale};
  }
};

inline InputSource buffer_source(const float* x, int in_features) { return {x, nullptr, in_features, 1, false, false}; }

// What the rows should have come to: class labels or target values, and how much each row weighs; of the batch or of the
// whole set.
struct Answers {
  const uint32_t* labels;    // (B) or (N); null where there are target values
  const float* targets;      // (B, O) or (N, O); null where there are labels
  const float* row_weights;  // (B) or (N); null if every row weighs 1
  const uint32_t* order;     // of the epoch, where they are those of the whole set

  __device__ __forceinline__ size_t row(const Batch& batch, int row) const {
    return order ? order[batch.first + row] : row;
  }
};

// x (B, I) = rows of the set * scale; labels (B) or targets (B, O) of those rows, and their weights (B).
struct Gather {
  InputSource source;
  Answers answers;
  int target_width;
  float* x;
  uint32_t* labels;
  float* targets;
  float* row_weights;
};
cudaError_t launch_gather(const Site&, const Gather&);

// Success if the library has code for the calling thread's device. Every kernel is compiled for the same architectures, so
// that one answers for all.
cudaError_t find_code_of_kernels();

// y (B, I) = x (B, I) of which the mask drops some values.
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
  float* z;  // or null where nothing needs it
  int out_features;
  Activation activation;
};
cudaError_t launch_linear(const Site&, const Linear&);

// y (B, C) = softmax of its own rows; and dX (B, C) = y (dX - Σ y dX).
cudaError_t launch_softmax(const Site&, float* y, int classes);
cudaError_t launch_softmax_backward(const Site&, const float* y, float* d, int classes);

enum class LossKind : int32_t { softmax_cross_entropy, binary_cross_entropy, mean_squared_error, huber };

// A loss of outputs y (B, O), which gives dZ (B, O) and scores (B).
struct Loss {
  LossKind kind;
  Answers answers;
  RowScore* scores;
  int width;              // O
  Activation activation;  // made y of z; linear if y are logits
  const float* z;         // (B, O), or null where the derivative does not need it
  float smoothing;        // of the softmax cross-entropy
  float delta;            // of Huber's loss
};
cudaError_t launch_loss(const Site&, const Loss&, const float* y, float* dz);

// dX (B, I) = activation'(z) (dZ (B, O) weights (O, I)), where the activation made x of z; before the activation through the
// dropout of x, if there is one.
struct LinearBackwardInput {
  const float* dz;
  const float* weights;
  const float* x;
  const float* z;  // (B, I), or null where the derivative does not need it
  float* dx;
  int in_features, out_features;
  Activation activation;
  bool masked;
  DropoutMask mask;
};
cudaError_t launch_linear_backward_input(const Site&, const LinearBackwardInput&);

// dWeights (O, I) = dZ (B, O)ᵀ x (B, I), dBias (O) = Σ dZ, of one or more layers at once; stored, or used up by the update
// of the parameters.
struct LinearBackwardWeight {
  const float* dz;
  InputSource x;
  float* d_weights;
  float* d_bias;
  Parameter weights, bias;
  UpdateRule rule;
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
// Lays the blocks of a group out: sets `first_block` of each layer, and all of the group but `layers`.
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
  double* squares;  // CLIP_BLOCKS of them
};
constexpr int CLIP_BLOCKS = 128;
cudaError_t launch_clip_by_norm(const Site&, const ClipByNorm&);

// Updates parameters from stored gradients.
struct UpdateItem {
  Parameter parameter;
  const float* gradient;
  uint64_t size;
  UpdateRule rule;
};
struct UpdateGroup {
  const UpdateItem* items;  // device memory
  int count;
  uint64_t largest;  // numbers in the largest parameter
  bool ends_step;
};
cudaError_t launch_updates(const Site&, const UpdateGroup&, const StepEnd&);

// Takes parameters into their averages.
struct AverageItem {
  const float* parameter;
  float* average;
  uint64_t size;
  float decay, rest;  // the rest to 1
};
struct AverageGroup {
  const AverageItem* items;  // device memory
  int count;
  uint64_t largest;  // numbers in the largest parameter
  bool ends_step;
};
cudaError_t launch_averages(const Site&, const AverageGroup&, const StepEnd&);

// The end of a step on its own.
cudaError_t launch_end_step(const Site&, const StepEnd&);
