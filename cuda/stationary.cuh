// The work of a block of the persistent kernel on its tile of a large layer: loading the tile's inputs, its share of the
// layer's sums, its share of the gradient of the inputs, and the update of its weights. persistent.cu calls these in order.
//
// Numerics: float32. The terms of a sum are split over several warps if there are fewer units of work than warps. The partial
// sums are added in order, so that the result depends only on the shapes of tile and batch.
#pragma once

#include "persistent.cuh"

// The outputs and inputs of a layer that a tile covers.
struct Place {
  int out, in;            // first output and input
  int outs, ins;          // numbers of outputs and inputs
  int out_tile, in_tile;  // indices of the tile along outputs and inputs
};

// Writes the place of this block's tile, and returns whether the block has a tile of this layer.
__device__ __forceinline__ bool find_place(const StationaryLayer& layer, Place* place) {
  const int tile = blockIdx.x;
  if (tile >= layer.tiles_in * layer.tiles_out) return false;
  place->out_tile = tile / layer.tiles_in;
  place->in_tile = tile % layer.tiles_in;
  place->out = place->out_tile * layer.tile_out;
  place->in = place->in_tile * layer.tile_in;
  place->outs = min(layer.tile_out, layer.out_features - place->out);
  place->ins = min(layer.tile_in, layer.in_features - place->in);
  return true;
}

// Computes a matrix of sums in units of 8 × 128. A warp calls `compute(unit, slice, slices, sums)` for one unit, or for one
// slice of its terms if there are fewer units than warps. Lane l computes sums [8][4]: major indices 0 to 7, and minor indices
// l + 32 j, or 4 l + j if FOURS. Then `epilogue(unit, major, minor, sum)` is called once for each sum. Neighboring threads get
// neighboring minor indices, or neighboring major indices if MAJOR_FIRST.
template <bool FOURS, bool MAJOR_FIRST, class Compute, class Epilogue>
__device__ __forceinline__ void in_units(int units, float* scratch, const Compute& compute, const Epilogue& epilogue) {
  const int slices = units >= PERSISTENT_WARPS ? 1 : PERSISTENT_WARPS / units, at_once = PERSISTENT_WARPS / slices;
  const int warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
  for (int base = 0; base < units; base += at_once) {
    const int unit = base + warp / slices;
    if (warp < at_once * slices && unit < units) {
      float sums[MICRO_MAJOR][4] = {};
      compute(unit, warp % slices, slices, sums);
      float* to = scratch + warp * MICRO_MAJOR * MICRO_STRIDE;
      UNROLL for (int major = 0; major < MICRO_MAJOR; major++) {
        UNROLL for (int j = 0; j < 4; j++) to[major * MICRO_STRIDE + (FOURS ? 4 * lane + j : lane + 32 * j)] = sums[major][j];
      }
    }
    __syncthreads();
    const int count = min(at_once, units - base) * MICRO_MAJOR * MICRO_MINOR;
    for (int item = threadIdx.x; item < count; item += PERSISTENT_THREADS) {
      const int local = item / (MICRO_MAJOR * MICRO_MINOR), element = item % (MICRO_MAJOR * MICRO_MINOR);
      const int major = MAJOR_FIRST ? element % MICRO_MAJOR : element / MICRO_MINOR;
      const int minor = MAJOR_FIRST ? element / MICRO_MAJOR : element % MICRO_MINOR;
      float sum = 0;
      for (int slice = 0; slice < slices; slice++) {
        sum += scratch[((local * slices + slice) * MICRO_MAJOR + major) * MICRO_STRIDE + minor];
      }
      epilogue(base + local, major, minor, sum);
    }
    __syncthreads();
  }
}

// Copies this tile's share of a batch's inputs to shared memory, for the first layer.
__device__ inline void load_inputs(const Persistent& p, const StationaryLayer& layer, const Place& place, const Batch& batch,
                            float* x) {
  const GatheredRows rows = p.inputs.rows(batch);
  const int quads = layer.tile_in / 4;
  for (int item = threadIdx.x; item < batch.rows * quads; item += PERSISTENT_THREADS) {
    const int row = item / quads, i = item % quads * 4;
    // tile_in is a multiple of 4, so that four numbers never cross the end of the tile
    *reinterpret_cast<float4*>(x + row * layer.x_stride + i) = rows.fetch(row, place.in + i);
  }
}

// Computes this tile's inputs from the partial sums that the tiles of the layer before have written.
__device__ inline void add_inputs(const Persistent& p, const StationaryLayer& before, const StationaryLayer& layer,
                           const Place& place, const Batch& batch, float* x) {
  const size_t part = static_cast<size_t>(p.batch_size) * before.out_features;
  for (int item = threadIdx.x; item < batch.rows * layer.tile_in; item += PERSISTENT_THREADS) {
    const int row = item / layer.tile_in, i = item % layer.tile_in;
    float value = 0;
    if (i < place.ins) {
      const size_t at = static_cast<size_t>(row) * before.out_features + place.in + i;
      for (int tile = 0; tile < before.tiles_in; tile++) value += load_exchanged(before.z_parts + tile * part + at);
      const float z = value + load_exchanged(before.bias.values + place.in + i);
      value = activate(z, before.activation);
      if (place.out_tile == 0) {
        before.y[at] = value;
        if (before.z) before.z[at] = z;
      }
    }
    x[row * layer.x_stride + i] = value;
  }
}

// Computes z_parts[in_tile] (B, O) = x (B, tile_in) weights (tile_out, tile_in)ᵀ, with lanes along the rows of the batch.
__device__ inline void forward(const Persistent& p, const StationaryLayer& layer, const Place& place, const Batch& batch,
                        const float* x, const float* weights, float* scratch) {
  const int row_units = divide_up(batch.rows, MICRO_MINOR), units = row_units * (layer.tile_out / MICRO_MAJOR);
  const int quads = layer.tile_in / 4, lane = threadIdx.x % WARP;
  float* to = layer.z_parts + static_cast<size_t>(place.in_tile) * p.batch_size * layer.out_features;
  in_units<false, true>(
      units, scratch,
      [&](int unit, int slice, int slices, float(&sums)[MICRO_MAJOR][4]) {
        const int row = unit % row_units * MICRO_MINOR + lane, out = unit / row_units * MICRO_MAJOR;
        const int share = divide_up(quads, slices), end = min(quads, (slice + 1) * share);
        for (int quad = slice * share; quad < end; quad++) {
          float4 inputs[4];
          UNROLL for (int j = 0; j < 4; j++) {
            const int clamped = min(row + 32 * j, batch.rows - 1);  // sums of rows after the last are not used
            inputs[j] = *reinterpret_cast<const float4*>(x + clamped * layer.x_stride + quad * 4);
          }
          UNROLL for (int o = 0; o < MICRO_MAJOR; o++) {
            const float4 w = *reinterpret_cast<const float4*>(weights + (out + o) * layer.tile_in + quad * 4);
            UNROLL for (int j = 0; j < 4; j++) {
              sums[o][j] += inputs[j].x * w.x;
              sums[o][j] += inputs[j].y * w.y;
              sums[o][j] += inputs[j].z * w.z;
              sums[o][j] += inputs[j].w * w.w;
            }
          }
        }
      },
      [&](int unit, int major, int minor, float sum) {
        const int row = unit % row_units * MICRO_MINOR + minor, out = unit / row_units * MICRO_MAJOR + major;
        if (row < batch.rows && out < place.outs) to[static_cast<size_t>(row) * layer.out_features + place.out + out] = sum;
      });
}

// Loads dZ of this tile's outputs, (B, tile_out), to shared memory. The last large layer gets it from the tail; the others
// compute it from the partial sums that the tiles of the next layer have written.
__device__ inline void load_gradient(const Persistent& p, const StationaryLayer& layer, const StationaryLayer* next,
                              const Place& place, const Batch& batch, float* dz) {
  const size_t part = static_cast<size_t>(p.batch_size) * layer.out_features;
  for (int item = threadIdx.x; item < batch.rows * layer.tile_out; item += PERSISTENT_THREADS) {
    const int row = item / layer.tile_out, o = item % layer.tile_out;
    float value = 0;
    if (o < place.outs) {
      const size_t at = static_cast<size_t>(row) * layer.out_features + place.out + o;
      if (next) {
        for (int tile = 0; tile < next->tiles_out; tile++) value += load_exchanged(next->dx_parts + tile * part + at);
        const float z = layer.z ? load_exchanged(layer.z + at) : 0;
        value = activate_backward(load_exchanged(layer.y + at), z, value, layer.activation);
      } else {
        value = load_exchanged(layer.dz + at);
      }
    }
    dz[item] = value;
  }
  __syncthreads();
}

// Computes dx_parts[out_tile] (B, I) = dz (B, tile_out) weights (tile_out, tile_in), with lanes along the inputs.
__device__ inline void backward_input(const Persistent& p, const StationaryLayer& layer, const Place& place, const Batch& batch,
                               const float* dz, const float* weights, float* scratch) {
  const int in_units_count = divide_up(layer.tile_in, MICRO_MINOR), row_units = divide_up(batch.rows, MICRO_MAJOR);
  const int lane = threadIdx.x % WARP;
  float* to = layer.dx_parts + static_cast<size_t>(place.out_tile) * p.batch_size * layer.in_features;
  in_units<true, false>(
      in_units_count * row_units, scratch,
      [&](int unit, int slice, int slices, float(&sums)[MICRO_MAJOR][4]) {
        const int in = unit % in_units_count * MICRO_MINOR + 4 * lane, row = unit / in_units_count * MICRO_MAJOR;
        if (in >= layer.tile_in) return;
        const int share = divide_up(layer.tile_out, slices), end = min(layer.tile_out, (slice + 1) * share);
        for (int o = slice * share; o < end; o++) {
          const float4 w = *reinterpret_cast<const float4*>(weights + o * layer.tile_in + in);
          UNROLL for (int r = 0; r < MICRO_MAJOR; r++) {
            const float d = dz[min(row + r, batch.rows - 1) * layer.tile_out + o];
            sums[r][0] += d * w.x;
            sums[r][1] += d * w.y;
            sums[r][2] += d * w.z;
            sums[r][3] += d * w.w;
          }
        }
      },
      [&](int unit, int major, int minor, float sum) {
        const int in = unit % in_units_count * MICRO_MINOR + minor, row = unit / in_units_count * MICRO_MAJOR + major;
        if (row < batch.rows && in < place.ins) to[static_cast<size_t>(row) * layer.in_features + place.in + in] = sum;
      });
}

// Updates the tile's weights in shared memory from their gradient, dz (B, tile_out)ᵀ x (B, tile_in), with lanes along the
// inputs; and the biases of the tile's outputs, if it is the first tile along the inputs.
__device__ inline void update_weights(const Persistent& p, const StationaryLayer& layer, const Place& place, const Batch& batch,
                               const float* x, const float* dz, float* weights, float* scratch) {
  const int in_units_count = divide_up(layer.tile_in, MICRO_MINOR), size = layer.tile_in * layer.tile_out;
  const int lane = threadIdx.x % WARP;
  const float4 rates = layer.weights_rule.rates[batch.step];
  Parameter own = {weights, {}};
  UNROLL for (int state = 0; state < MAX_STATES; state++) {
    if (p.state_copies > state + 1) own.states[state] = weights + (state + 1) * size;
  }
  in_units<true, false>(
      in_units_count * (layer.tile_out / MICRO_MAJOR), scratch,
      [&](int unit, int slice, int slices, float(&sums)[MICRO_MAJOR][4]) {
        const int in = unit % in_units_count * MICRO_MINOR + 4 * lane, out = unit / in_units_count * MICRO_MAJOR;
        if (in >= layer.tile_in) return;
        const int share = divide_up(batch.rows, slices), end = min(batch.rows, (slice + 1) * share);
        for (int row = slice * share; row < end; row++) {
          const float4 inputs = *reinterpret_cast<const float4*>(x + row * layer.x_stride + in);
          UNROLL for (int o = 0; o < MICRO_MAJOR; o++) {
            const float d = dz[row * layer.tile_out + out + o];
            sums[o][0] += d * inputs.x;
            sums[o][1] += d * inputs.y;
            sums[o][2] += d * inputs.z;
            sums[o][3] += d * inputs.w;
          }
        }
      },
      [&](int unit, int major, int minor, float sum) {
        const int in = unit % in_units_count * MICRO_MINOR + minor, out = unit / in_units_count * MICRO_MAJOR + major;
        if (out < place.outs && in < place.ins) update(layer.weights_rule, rates, sum, own, out * layer.tile_in + in);
      });
  if (place.in_tile != 0) return;
  const float4 bias_rates = layer.bias_rule.rates[batch.step];
  for (int o = threadIdx.x; o < place.outs; o += PERSISTENT_THREADS) {
    float sum = 0;
    for (int row = 0; row < batch.rows; row++) sum += dz[row * layer.tile_out + o];
    update(layer.bias_rule, bias_rates, sum, layer.bias, place.out + o);
  }
}
