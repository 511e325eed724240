// The last layers of a network for a few rows at a time, by one block: forward, loss and back to the input. For layers so
// small that the launches and waits of the tiled kernels would take longer than the work.
//
// Layout: shared memory holds, for each row, the input and every layer's output, and the gradient of each. Split: a group of
// 8 lanes computes one output for up to 4 rows, each lane every 8th stretch of k; backward a thread computes one input's
// gradient for up to 4 rows. Numerics: float32; each sum has one order, whatever the number of rows or blocks.
#pragma once

#include "losses.cuh"
#include "ops.cuh"

constexpr int TAIL_THREADS = 256, TAIL_CHUNK = 4, TAIL_LANES = 8;

struct TailLayer {
  const float* weights;  // (O, I)
  const float* bias;     // (O)
  float* y;              // (B, O), for the gradient of the next layer's weights
  float* dz;             // (B, O)
  int in_features, out_features;
  Activation activation;
};

struct Tail {
  const TailLayer* layers;  // device memory
  int count;                // may be 0: then the input is the network's output
  int in_features;
  int width;                // in_features and all out_features together
  Activation input_activation;
  float* dx;  // (B, in_features): the gradient before the activation that made the input
  bool cross_entropy;
  Activation output_activation;  // for the mean squared error
  float smoothing;
  Answers answers;
  RowScore* scores;
};

inline size_t tail_floats(const Tail& tail, int rows) { return static_cast<size_t>(2) * rows * tail.width; }

// Whether any of these rows has a loss that is not finite is for the caller to see in `scores`.
__device__ inline void tail_forward(const TailLayer& layer, const float* x, float* y, int width, int first, int rows) {
  const int in = layer.in_features, out = layer.out_features, chunks = divide_up(rows, TAIL_CHUNK);
  const int lane = threadIdx.x % TAIL_LANES, groups = TAIL_THREADS / TAIL_LANES;
  for (int base = 0; base < out * chunks; base += groups) {  // all lanes of a warp take part in the sums
    const int item = base + threadIdx.x / TAIL_LANES, o = item % out, row = item / out * TAIL_CHUNK;
    float sums[TAIL_CHUNK] = {};
    if (item < out * chunks) {
      const float* weights = layer.weights + static_cast<size_t>(o) * in;
      for (int k = lane; k < in; k += TAIL_LANES) {
        const float w = weights[k];
        UNROLL for (int r = 0; r < TAIL_CHUNK; r++) sums[r] += w * x[min(row + r, rows - 1) * width + k];
      }
    }
    UNROLL for (int r = 0; r < TAIL_CHUNK; r++) {
      const float sum = group_sum(sums[r], TAIL_LANES);
      if (lane != 0 || item >= out * chunks || row + r >= rows) continue;
      const float value = activate(sum + layer.bias[o], layer.activation);
      y[(row + r) * width + o] = value;
      if (layer.activation != Activation::softmax) layer.y[static_cast<size_t>(first + row + r) * out + o] = value;
    }
  }
  __syncthreads();
  if (layer.activation != Activation::softmax) return;
  for (int row = threadIdx.x / WARP; row < rows; row += TAIL_THREADS / WARP) {
    float* z = y + row * width;
    const int own = threadIdx.x % WARP;
    float largest = -INFINITY, sum = 0;
    for (int c = own; c < out; c += WARP) largest = fmaxf(largest, z[c]);
    largest = warp_max(largest);
    for (int c = own; c < out; c += WARP) sum += z[c] = expf(z[c] - largest);
    sum = warp_sum(sum);
    for (int c = own; c < out; c += WARP) layer.y[static_cast<size_t>(first + row) * out + c] = z[c] /= sum;
  }
  __syncthreads();
}

// From a layer's dZ to that of what made its input: `activation` made x; `to` (B, I) receives a copy.
__device__ inline void tail_backward(const TailLayer& layer, const float* x, const float* dz, float* dx, Activation activation,
                                     float* to, int width, int first, int rows) {
  const int in = layer.in_features, out = layer.out_features, chunks = divide_up(rows, TAIL_CHUNK);
  const bool softmax = activation == Activation::softmax;
  for (int item = threadIdx.x; item < in * chunks; item += TAIL_THREADS) {
    const int i = item % in, row = item / in * TAIL_CHUNK;
    float sums[TAIL_CHUNK] = {};
    for (int o = 0; o < out; o++) {
      const float w = layer.weights[static_cast<size_t>(o) * in + i];
      UNROLL for (int r = 0; r < TAIL_CHUNK; r++) sums[r] += w * dz[min(row + r, rows - 1) * width + o];
    }
    UNROLL for (int r = 0; r < TAIL_CHUNK; r++) {
      if (row + r >= rows) continue;
      const int at = (row + r) * width + i;
      dx[at] = softmax ? sums[r] : activate_backward(x[at], sums[r], activation);
      if (!softmax) to[static_cast<size_t>(first + row + r) * in + i] = dx[at];
    }
  }
  __syncthreads();
  if (!softmax) return;
  for (int row = threadIdx.x / WARP; row < rows; row += TAIL_THREADS / WARP) {
    const int own = threadIdx.x % WARP;
    float dot = 0;
    for (int i = own; i < in; i += WARP) dot += x[row * width + i] * dx[row * width + i];
    dot = warp_sum(dot);
    for (int i = own; i < in; i += WARP) {
      const int at = row * width + i;
      to[static_cast<size_t>(first + row) * in + i] = dx[at] = x[at] * (dx[at] - dot);
    }
  }
  __syncthreads();
}

// Does rows `first` to `first + rows - 1` of the batch. The input of row r lies at `shared + r * tail.width`, written before
// a __syncthreads().
__device__ inline void tail_rows(const Tail& tail, const Batch& batch, int first, int rows, float* shared) {
  const int width = tail.width;
  float *values = shared, *gradients = shared + rows * width;
  int at = 0;
  for (int l = 0; l < tail.count; l++) {
    const TailLayer& layer = tail.layers[l];
    tail_forward(layer, values + at, values + at + layer.in_features, width, first, rows);
    at += layer.in_features;
  }
  const int outputs = width - at;
  float* to = tail.count ? tail.layers[tail.count - 1].dz : tail.dx;
  for (int row = threadIdx.x / WARP; row < rows; row += TAIL_THREADS / WARP) {
    const int lane = threadIdx.x % WARP;
    const float* y = values + row * width + at;
    float* dz = gradients + row * width + at;
    const size_t source = tail.answers.row(batch, first + row);
    const uint32_t label = tail.answers.labels ? tail.answers.labels[source] : 0;
    const float* targets = tail.answers.targets ? tail.answers.targets + source * outputs : nullptr;
    const RowScore score = tail.cross_entropy
                               ? cross_entropy_of_row(y, dz, outputs, label, tail.smoothing, batch.rows, lane)
                               : squared_error_of_row(y, dz, outputs, targets, label, tail.output_activation, batch.rows, lane);
    if (lane == 0) tail.scores[first + row] = score;
    for (int o = lane; o < outputs; o += WARP) to[static_cast<size_t>(first + row) * outputs + o] = dz[o];
  }
  __syncthreads();
  for (int l = tail.count - 1; l >= 0; l--) {
    const TailLayer& layer = tail.layers[l];
    const int before = at - layer.in_features;
    tail_backward(layer, values + before, gradients + at, gradients + before,
                  l > 0 ? tail.layers[l - 1].activation : tail.input_activation, l > 0 ? tail.layers[l - 1].dz : tail.dx, width,
                  first, rows);
    at = before;
  }
}

// Launches the tail on its own, for inputs x (B, in_features).
cudaError_t launch_tail(const Site&, const Tail&, const float* x);
constexpr int TAIL_ROWS = 4;  // of a block of that launch
