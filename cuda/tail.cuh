// The last layers of a network, computed by one block for a few rows at a time: forward pass, loss, and backward pass to
// their input. For layers so small that the launches and waits of the tiled kernels would take longer than the arithmetic.
//
// Layout: shared memory holds, for each row, the input, the output of every layer, and the gradient of each of these; then
// partial sums of the backward pass. Split: forward, a group of 8 lanes computes one output for CHUNK rows, and a lane adds
// every 8th four terms of the sum; backward, a lane computes the gradients of four inputs for CHUNK rows, and each of the 8
// warps adds every 8th output. Numerics: float32; the order of each sum does not depend on the number of rows or blocks.
#pragma once

#include "ops.cuh"
#include "vectors.cuh"

constexpr int TAIL_THREADS = 256, TAIL_WARPS = TAIL_THREADS / WARP, TAIL_LANES = 8, TAIL_GROUPS = TAIL_THREADS / TAIL_LANES;
constexpr int TAIL_PIECE = 4 * WARP;  // inputs whose gradients a warp computes at a time
constexpr int MAX_TAIL_LAYERS = 8;

struct TailLayer {
  const float* weights;  // (O, I)
  const float* bias;     // (O)
  float* y;              // (B, O), for the gradient of the next layer's weights
  float* z;              // (B, O), or null if the derivative does not need it
  float* dz;             // (B, O)
  int in_features, out_features;
  Activation activation;
  int at;         // of y in a row of shared memory, a multiple of 4
  int staged_at;  // of the weights, followed by the bias, in the memory of stage_weights()
};

struct Tail {
  TailLayer layers[1 + MAX_TAIL_LAYERS];  // the layer before the tail, then those of the tail
  int count;           // layers of the tail; if 0, the tail's input is the network's output
  int width;           // floats of a row in shared memory, a multiple of 4
  const float* parts;  // (part_count, B, I): partial sums of z of the layer before; the tail adds them and computes y
  int part_count;      // 0 if y is computed already
  Loss loss;
};

inline int padded(int count) { return divide_up(count, 4) * 4; }

// Returns the floats of shared memory that a block needs for some rows, in chunks of `chunk`.
inline size_t tail_floats(int width, int rows, int chunk) {
  return static_cast<size_t>(2) * rows * width + static_cast<size_t>(TAIL_WARPS) * chunk * TAIL_PIECE;
}
// Returns the floats of the copies of all weights and biases of the tail, and writes the place of each.
inline size_t place_staged(Tail* tail) {
  int floats = 0;
  for (int l = 1; l <= tail->count; l++) {
    TailLayer& layer = tail->layers[l];
    layer.staged_at = floats;
    floats += padded(layer.out_features * layer.in_features) + padded(layer.out_features);
  }
  return floats;
}

// Copies the weights and biases of the tail to shared memory.
__device__ __forceinline__ void stage_weights(const Tail& tail, float* staged) {
  for (int l = 1; l <= tail.count; l++) {
    const TailLayer& layer = tail.layers[l];
    const int size = layer.out_features * layer.in_features, out = layer.out_features;
    float *weights = staged + layer.staged_at, *bias = weights + divide_up(size, 4) * 4;
    move_items<TAIL_THREADS, 8>(
        size / 4, [&](int item) { return *reinterpret_cast<const float4*>(layer.weights + 4 * item); },
        [&](int item, const float4& v) { *reinterpret_cast<float4*>(weights + 4 * item) = v; });
    for (int at = size / 4 * 4 + threadIdx.x; at < size; at += TAIL_THREADS) weights[at] = layer.weights[at];
    for (int o = threadIdx.x; o < out; o += TAIL_THREADS) bias[o] = layer.bias[o];
  }
}

// Writes the input of the tail for rows `first` to `first + rows - 1` of the batch to shared memory: copies of `x`, or, if the
// layer before has left partial sums, their sum with its bias and activation, which is written to that layer's y and z, too.
template <int CHUNK>
__device__ __forceinline__ void tail_inputs(const Tail& tail, const float* x, uint32_t batch_size, int first, int rows,
                                            float* shared) {
  constexpr int ACROSS = TAIL_THREADS / CHUNK;
  const TailLayer& before = tail.layers[0];
  const int width = before.out_features, across = threadIdx.x % ACROSS;
  const size_t part = static_cast<size_t>(batch_size) * width;
  const bool aligned = width % 4 == 0;
  for (int row = threadIdx.x / ACROSS; row < rows; row += CHUNK) {
    for (int o = 4 * across; o < width; o += 4 * ACROSS) {
      const size_t at = static_cast<size_t>(first + row) * width + o;
      float4 v;
      if (tail.part_count == 0) {
        v = load_four(x + at, width - o, aligned);
      } else {
        float4 z = load_four(before.bias + o, width - o, aligned);
        z += four_sums(tail.parts + at, part, tail.part_count, width - o, aligned);
        v = activate_four(z, before.activation);
        store_four(before.y + at, v, width - o, aligned);
        if (before.z) store_four(before.z + at, z, width - o, aligned);
      }
      *reinterpret_cast<float4*>(shared + row * tail.width + o) = v;
    }
  }
  __syncthreads();
}

// Computes the outputs y of a layer from its inputs x, for rows `first` to `first + rows - 1` of the batch. x and y are in
// shared memory, with `width` numbers a row; y and z also go to device memory.
template <int CHUNK>
__device__ __forceinline__ void tail_forward(const TailLayer& layer, const float* weights, const float* biases, const float* x,
                                             float* y, int width, int first, int rows) {
  constexpr int AT_ONCE = 4;
  const int in = layer.in_features, out = layer.out_features, lane = threadIdx.x % TAIL_LANES;
  for (int row = 0; row < rows; row += CHUNK) {
    for (int base = 0; base < out; base += TAIL_GROUPS) {  // group_sum() needs all lanes of a warp
      const int o = base + threadIdx.x / TAIL_LANES;
      const bool inside = o < out;
      const float bias = inside ? biases[o] : 0;
      float sums[CHUNK] = {};
      const float* of_output = weights + min(o, out - 1) * in;
      const auto add = [&](int k, const float4& w) {
        UNROLL for (int r = 0; r < CHUNK; r++) {
          const float4 v = *reinterpret_cast<const float4*>(x + min(row + r, rows - 1) * width + k);
          sums[r] += w.x * v.x;
          sums[r] += w.y * v.y;
          sums[r] += w.z * v.z;
          sums[r] += w.w * v.w;
        }
      };
      if (in % 4 == 0) {
        for (int first_k = 4 * lane; first_k < in; first_k += AT_ONCE * 4 * TAIL_LANES) {
          float4 w[AT_ONCE];
          UNROLL for (int n = 0; n < AT_ONCE; n++) {
            w[n] = *reinterpret_cast<const float4*>(of_output + min(first_k + n * 4 * TAIL_LANES, in - 4));
          }
          UNROLL for (int n = 0; n < AT_ONCE; n++) {
            if (first_k + n * 4 * TAIL_LANES < in) add(first_k + n * 4 * TAIL_LANES, w[n]);
          }
        }
      } else {
        for (int k = 4 * lane; k < in; k += 4 * TAIL_LANES) add(k, load_four(of_output + k, in - k, false));
      }
      float z = 0;  // of row `lane` of the chunk
      UNROLL for (int r = 0; r < CHUNK; r++) {
        const float sum = group_sum(sums[r], TAIL_LANES);
        if (lane == r) z = sum + bias;
      }
      if (lane >= CHUNK || row + lane >= rows) continue;
      if (!inside) {
        if (o % 4 != 0 && o - o % 4 < out) y[(row + lane) * width + o] = 0;  // the last four of a row are read together
        continue;
      }
      const size_t at = static_cast<size_t>(first + row + lane) * out + o;
      const float value = activate(z, layer.activation);
      y[(row + lane) * width + o] = value;
      if (layer.z) layer.z[at] = z;
      if (layer.activation != MLP_SOFTMAX) layer.y[at] = value;
    }
  }
  __syncthreads();
  if (layer.activation != MLP_SOFTMAX) return;
  for (int row = threadIdx.x / WARP; row < rows; row += TAIL_WARPS) {
    const int column = threadIdx.x % WARP;
    softmax_of_row(y + row * width, out, column);
    for (int c = column; c < out; c += WARP) layer.y[static_cast<size_t>(first + row) * out + c] = y[row * width + c];
  }
  __syncthreads();
}

// Computes dX of a layer from its dZ, in shared memory: the dZ of the layer before, whose output is x. Also copies it to
// `before.dz`. `scratch` has room for TAIL_WARPS x CHUNK x TAIL_PIECE partial sums.
template <int CHUNK>
__device__ __forceinline__ void tail_backward(const TailLayer& layer, const TailLayer& before, const float* weights,
                                              const float* x, const float* dz, float* dx, float* scratch, int width, int first,
                                              int rows) {
  constexpr int AT_ONCE = 4;
  const int in = layer.in_features, out = layer.out_features, warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
  const int share = divide_up(out, AT_ONCE * TAIL_WARPS) * AT_ONCE;  // outputs of a warp
  const bool softmax = before.activation == MLP_SOFTMAX;
  for (int row = 0; row < rows; row += CHUNK) {
    for (int base = 0; base < in; base += TAIL_PIECE) {
      const int i = base + 4 * lane;
      float4 sums[CHUNK] = {};
      if (in % 4 == 0) {
        const float* from = weights + min(i, in - 4);
        for (int first_o = warp * share; first_o < min(out, (warp + 1) * share); first_o += AT_ONCE) {
          float4 w[AT_ONCE];
          UNROLL for (int n = 0; n < AT_ONCE; n++) {
            w[n] = *reinterpret_cast<const float4*>(from + min(first_o + n, out - 1) * in);
          }
          UNROLL for (int r = 0; r < CHUNK; r++) {
            const float4 d = *reinterpret_cast<const float4*>(dz + min(row + r, rows - 1) * width + first_o);
            add_product(sums[r], d.x, w[0]);
            if (first_o + 1 < out) add_product(sums[r], d.y, w[1]);
            if (first_o + 2 < out) add_product(sums[r], d.z, w[2]);
            if (first_o + 3 < out) add_product(sums[r], d.w, w[3]);
          }
        }
      } else {
        for (int o = warp * share; o < min(out, (warp + 1) * share); o++) {
          const float4 w = load_four(weights + o * in + i, in - i, false);
          UNROLL for (int r = 0; r < CHUNK; r++) add_product(sums[r], dz[min(row + r, rows - 1) * width + o], w);
        }
      }
      UNROLL for (int r = 0; r < CHUNK; r++) {
        *reinterpret_cast<float4*>(scratch + (warp * CHUNK + r) * TAIL_PIECE + 4 * lane) = sums[r];
      }
      __syncthreads();
      for (int item = threadIdx.x; item < CHUNK * TAIL_PIECE; item += TAIL_THREADS) {
        const int r = row + item / TAIL_PIECE, column = base + item % TAIL_PIECE;
        if (r >= rows || column >= in) continue;
        float sum = 0;
        UNROLL for (int w = 0; w < TAIL_WARPS; w++) sum += scratch[w * CHUNK * TAIL_PIECE + item];
        const int at = r * width + column;
        const size_t to = static_cast<size_t>(first + r) * in + column;
        dx[at] = activate_backward(x[at], before.z ? before.z[to] : 0, sum, before.activation);
        if (!softmax) before.dz[to] = dx[at];
      }
      __syncthreads();
    }
  }
  if (!softmax) return;
  for (int row = warp; row < rows; row += TAIL_WARPS) {
    softmax_backward_of_row(x + row * width, dx + row * width, in, lane);
    for (int i = lane; i < in; i += WARP) before.dz[static_cast<size_t>(first + row) * in + i] = dx[row * width + i];
  }
  __syncthreads();
}

// Computes forward pass, loss and backward pass of rows `first` to `first + rows - 1` of the batch, whose inputs
// tail_inputs() has written. If STAGED, `staged` has the copies of stage_weights(). Lane 0 of a warp calls
// `on_score(row, score)` for each row. `target` is that of row `first` + the number of the warp, if there is such a row: it is
// read before the inputs are there.
template <int CHUNK, bool STAGED, class OnScore>
__device__ __forceinline__ void tail_rows(const Tail& tail, const Batch& batch, int first, int rows, float* shared,
                                          const float* staged, const RowTarget& target, const OnScore& on_score) {
  const int width = tail.width, warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
  float *values = shared, *gradients = shared + rows * width, *scratch = gradients + rows * width;
  const auto weights_of = [&](const TailLayer& layer) { return STAGED ? staged + layer.staged_at : layer.weights; };
  for (int l = 1; l <= tail.count; l++) {
    const TailLayer& layer = tail.layers[l];
    const float* weights = weights_of(layer);
    const float* biases = STAGED ? weights + divide_up(layer.out_features * layer.in_features, 4) * 4 : layer.bias;
    tail_forward<CHUNK>(layer, weights, biases, values + tail.layers[l - 1].at, values + layer.at, width, first, rows);
  }
  const TailLayer& last = tail.layers[tail.count];
  for (int row = warp; row < rows; row += TAIL_WARPS) {
    const float* y = values + row * width + last.at;
    float* dz = gradients + row * width + last.at;
    const RowTarget own = row == warp ? target : target_of_row(tail.loss, batch, first + row);
    const RowScore score = loss_of_row(tail.loss, own, batch.rows, first + row, y, dz, lane);
    if (lane == 0) on_score(first + row, score);
    for (int o = lane; o < last.out_features; o += WARP) {
      last.dz[static_cast<size_t>(first + row) * last.out_features + o] = dz[o];
    }
  }
  __syncthreads();
  for (int l = tail.count; l > 0; l--) {
    const TailLayer &layer = tail.layers[l], &before = tail.layers[l - 1];
    tail_backward<CHUNK>(layer, before, weights_of(layer), values + before.at, gradients + layer.at, gradients + before.at,
                         scratch, width, first, rows);
  }
}

// Returns the target of the row whose loss the calling warp computes first, for tail_rows().
__device__ __forceinline__ RowTarget first_target(const Tail& tail, const Batch& batch, int first, int rows) {
  const int warp = threadIdx.x / WARP;
  return warp < rows ? target_of_row(tail.loss, batch, first + warp) : RowTarget{};
}

// Launches the tail in a kernel of its own, for inputs x (B, I), which is not read if there are partial sums.
cudaError_t launch_tail(const Site&, const Tail&, const float* x);
constexpr int TAIL_ROWS = 4;  // rows of a block in that kernel
