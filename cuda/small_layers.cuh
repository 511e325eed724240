// The update of the small last layers in the persistent kernel: each block has at most one patch of the weights of one layer, and
// keeps it with its optimizer state in shared memory for the complete launch. After an update it writes the weights to device
// memory, from where the blocks of the tail copy them.
//
// Formula: dW (O, I) = dZ (B, O)ᵀ x (B, I), dBias (O) = Σ dZ; then the update, see updates.cuh. Split: the numbers of x and dZ
// that the patch needs are copied to shared memory, as many rows at a time as fit; a thread adds every so many rows for four
// weights; then the threads' sums are added in order. Numerics: float32, in an order given by the shapes of patch and batch.
// Cost: 2 B outs ins FLOPs, and B (outs + ins) numbers from the L2.
#pragma once

#include "stationary.cuh"

// The patch of a block: outputs from `out`, inputs from `in` of layer `layer`; layer is -1 if it has none.
struct Patch {
  int layer, out, in;
  int outs, ins;  // within the layer
};

__device__ __forceinline__ Patch find_patch(const Persistent& p) {
  const int patch = static_cast<int>(gridDim.x - 1 - blockIdx.x);
  if (patch >= p.patches) return {-1, 0, 0, 0, 0};
  int index = p.tail.count - 1;
  while (patch < p.small[index].first_patch) index--;
  const SmallLayer& layer = p.small[index];
  const int local = patch - layer.first_patch;
  const int out = (local / layer.across) << layer.out_shift, in = (local % layer.across) << layer.in_shift;
  return {index, out, in, min(1 << layer.out_shift, layer.out_features - out), min(1 << layer.in_shift, layer.in_features - in)};
}

// Copies a patch with its optimizer state from device memory to shared memory, or to device memory if `back`.
__device__ __forceinline__ void move_patch(const Persistent& p, const Patch& patch, float* shared, bool back) {
  if (patch.layer < 0) return;
  const SmallLayer& layer = p.small[patch.layer];
  const int size = 1 << (layer.out_shift + layer.in_shift), in_mask = (1 << layer.in_shift) - 1;
  float* biases = shared + p.state_copies * size;
  for (int copy = 0; copy < p.state_copies; copy++) {
    float* weights = copy == 0 ? layer.weights.values : layer.weights.states[copy - 1];
    float* bias = copy == 0 ? layer.bias.values : layer.bias.states[copy - 1];
    for (int item = threadIdx.x; item < size; item += PERSISTENT_THREADS) {
      const int o = item >> layer.in_shift, i = item & in_mask;
      const bool inside = o < patch.outs && i < patch.ins;
      const size_t at = static_cast<size_t>(patch.out + o) * layer.in_features + patch.in + i;
      if (!back) shared[copy * size + item] = inside ? weights[at] : 0.0f;
      else if (inside) weights[at] = shared[copy * size + item];
    }
    if (patch.in != 0) continue;
    const int outs = 1 << layer.out_shift;
    for (int o = threadIdx.x; o < patch.outs; o += PERSISTENT_THREADS) {
      if (!back) biases[copy * outs + o] = bias[patch.out + o];
      else bias[patch.out + o] = biases[copy * outs + o];
    }
  }
}

// Updates the block's patch, and writes its weights to device memory.
__device__ __forceinline__ void update_patch(const Persistent& p, const Patch& patch, const Batch& batch, float* scratch,
                                             float* shared) {
  const SmallLayer& layer = p.small[patch.layer];
  const int in_shift = layer.in_shift, dz_stride = 1 << layer.out_shift;
  const int size = 1 << (layer.out_shift + in_shift), item_shift = layer.out_shift + in_shift - 2;
  const float4 rates = p.rule.rates[batch.step];
  const bool has_bias = patch.in == 0;
  // Thread t adds rows t / items, and every so many later ones, for the four weights of item t % items.
  const int item = threadIdx.x & ((1 << item_shift) - 1), turn = threadIdx.x >> item_shift;
  const int turns = PERSISTENT_THREADS >> item_shift;
  const int o = item >> (in_shift - 2), i = 4 * (item & ((1 << (in_shift - 2)) - 1));
  float* x = scratch + UNIT_FLOATS;
  float4 sum = make_float4(0, 0, 0, 0);
  float bias = 0;
  for (int first = 0; first < batch.rows; first += layer.chunk_rows) {
    const int rows = min(layer.chunk_rows, batch.rows - first);
    float* dz = x + (layer.chunk_rows << in_shift);
    copy_rectangle<PERSISTENT_THREADS>(layer.x + static_cast<size_t>(first) * layer.in_features + patch.in, layer.in_features, rows,
                                       patch.ins, in_shift, layer.in_features % 4 == 0, x);
    copy_rectangle<PERSISTENT_THREADS>(layer.dz + static_cast<size_t>(first) * layer.out_features + patch.out, layer.out_features,
                                       rows, patch.outs, layer.out_shift, layer.out_features % 4 == 0, dz);
    __syncthreads();
#pragma unroll 4
    for (int row = turn; row < rows; row += turns) {
      const float d = dz[row * dz_stride + o];
      add_product(sum, d, *reinterpret_cast<const float4*>(x + (row << in_shift) + i));
      if (i == 0) bias += d;
    }
    __syncthreads();
  }
  *reinterpret_cast<float4*>(scratch + 4 * threadIdx.x) = sum;
  x[threadIdx.x] = bias;
  __syncthreads();
  if (turn != 0) return;
  for (int other = 1; other < turns; other++) {
    sum += *reinterpret_cast<const float4*>(scratch + 4 * ((other << item_shift) + item));
    bias += x[(other << item_shift) + item];
  }
  if (o >= patch.outs) return;
  const Parameter own = resident(shared, size, p.state_copies);
  update_four(p.rule, rates, sum, own, (o << in_shift) + i, patch.ins - i, /*aligned=*/true);
  store_four(layer.weights.values + static_cast<size_t>(patch.out + o) * layer.in_features + patch.in + i,
             *reinterpret_cast<const float4*>(shared + (o << in_shift) + i), patch.ins - i, layer.in_features % 4 == 0);
  if (!has_bias || i != 0) return;
  const Parameter own_bias = resident(shared + p.state_copies * size, 1 << layer.out_shift, p.state_copies);
  update(p.rule, rates, bias, own_bias, o);
  layer.bias.values[patch.out + o] = own_bias.values[o];
}
