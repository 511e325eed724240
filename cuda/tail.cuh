// The last layers of a network, computed by one block for a few rows at a time: forward pass, loss, and backward pass to
// their input. For layers so small that the launches and waits of the tiled kernels would take longer than the arithmetic.
//
// Layout: shared memory holds, for each row, the input, the output of every layer, and the gradient of each of these. Split:
// forward, a group of 8 lanes computes one output for up to 4 rows, and a lane adds every 8th term of the sum; backward, a
// thread computes the gradient of one input for up to 4 rows. Numerics: float32; the order of each sum does not depend on the
// number of rows or blocks.
#pragma once

#include "losses.cuh"
#include "ops.cuh"

constexpr int TAIL_THREADS = 256, TAIL_CHUNK = 4, TAIL_LANES = 8;

struct TailLayer {
  const float* weights;  // (O, I)
  const float* bias;     // (O)
  float* y;              // (B, O), for the gradient of the next layer's weights
  float* z;              // (B, O), or null if the derivative does not need it
  float* dz;             // (B, O)
  int in_features, out_features;
  Activation activation;
};

struct Tail {
  const TailLayer* layers;  // device memory: the layer before the tail, then those of the tail
  int count;                // layers of the tail; if 0, the tail's input is the network's output
  int in_features;
  int width;                // sum of in_features and all out_features
  Loss loss;
};

// Returns the floats of shared memory that a block needs for some rows.
inline size_t tail_floats(const Tail& tail, int rows) { return static_cast<size_t>(2) * rows * tail.width; }

// Computes the outputs y of a layer from its inputs x, for rows `first` to `first + rows - 1` of the batch. x and y are in
// shared memory, with `width` numbers a row; y and z also go to device memory.
__device__ inline void tail_forward(const TailLayer& layer, const float* x, float* y, int width, int first, int rows) {
  const int in = layer.in_features, out = layer.out_features, chunks = divide_up(rows, TAIL_CHUNK);
  const int lane = threadIdx.x % TAIL_LANES, groups = TAIL_THREADS / TAIL_LANES;
  for (int base = 0; base < out * chunks; base += groups) {  // group_sum() needs all lanes of a warp
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
      const size_t at = static_cast<size_t>(first + row + r) * out + o;
      const float z = sum + layer.bias[o], value = activate(z, layer.activation);
      y[(row + r) * width + o] = value;
      if (layer.z) layer.z[at] = z;
      if (layer.activation != MLP_SOFTMAX) layer.y[at] = value;
    }
  }
  __syncthreads();
  if (layer.activation != MLP_SOFTMAX) return;
  for (int row = threadIdx.x / WARP; row < rows; row += TAIL_THREADS / WARP) {
    const int column = threadIdx.x % WARP;
    softmax_of_row(y + row * width, out, column);
    for (int c = column; c < out; c += WARP) layer.y[static_cast<size_t>(first + row) * out + c] = y[row * width + c];
  }
  __syncthreads();
}

// Computes dX of a layer from its dZ, in shared memory: the dZ of the layer before, whose output is x. Also copies it to
// `before.dz`.
__device__ inline void tail_backward(const TailLayer& layer, const TailLayer& before, const float* x, const float* dz,
                                     float* dx, int width, int first, int rows) {
  const int in = layer.in_features, out = layer.out_features, chunks = divide_up(rows, TAIL_CHUNK);
  const bool softmax = before.activation == MLP_SOFTMAX;
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
      const size_t to = static_cast<size_t>(first + row + r) * in + i;
      dx[at] = activate_backward(x[at], before.z ? before.z[to] : 0, sums[r], before.activation);
      if (!softmax) before.dz[to] = dx[at];
    }
  }
  __syncthreads();
  if (!softmax) return;
  for (int row = threadIdx.x / WARP; row < rows; row += TAIL_THREADS / WARP) {
    const int column = threadIdx.x % WARP;
    softmax_backward_of_row(x + row * width, dx + row * width, in, column);
    for (int i = column; i < in; i += WARP) before.dz[static_cast<size_t>(first + row) * in + i] = dx[row * width + i];
  }
  __syncthreads();
}

// Computes forward pass, loss and backward pass of rows `first` to `first + rows - 1` of the batch. The caller has written the
// input of row `first + r` to `shared + r * tail.width` and passed a __syncthreads().
__device__ inline void tail_rows(const Tail& tail, const Batch& batch, int first, int rows, float* shared) {
  const int width = tail.width;
  float *values = shared, *gradients = shared + rows * width;
  int at = 0;
  for (int l = 1; l <= tail.count; l++) {
    const TailLayer& layer = tail.layers[l];
    tail_forward(layer, values + at, values + at + layer.in_features, width, first, rows);
    at += layer.in_features;
  }
  const int outputs = width - at;
  float* to = tail.layers[tail.count].dz;
  for (int row = threadIdx.x / WARP; row < rows; row += TAIL_THREADS / WARP) {
    const int lane = threadIdx.x % WARP;
    const float* y = values + row * width + at;
    float* dz = gradients + row * width + at;
    const RowScore score = loss_of_row(tail.loss, batch, first + row, y, dz, lane);
    if (lane == 0) tail.loss.scores[first + row] = score;
    for (int o = lane; o < outputs; o += WARP) to[static_cast<size_t>(first + row) * outputs + o] = dz[o];
  }
  __syncthreads();
  for (int l = tail.count; l > 0; l--) {
    const int before = at - tail.layers[l].in_features;
    tail_backward(tail.layers[l], tail.layers[l - 1], values + before, gradients + at, gradients + before, width, first, rows);
    at = before;
  }
}

// Launches the tail in a kernel of its own, for inputs x (B, in_features).
cudaError_t launch_tail(const Site&, const Tail&, const float* x);
constexpr int TAIL_ROWS = 4;  // rows of a block in that kernel
