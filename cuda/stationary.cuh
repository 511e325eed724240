// The work of a block of the persistent kernel on its tile of a large layer: loading the tile's inputs, its share of the
// layer's sums, its share of the gradient of the inputs, and the update of its weights. persistent_kernel.cuh calls these in
// order. No integer is divided here: a division by a number that is not known when the code is compiled takes 40 instructions.
//
// Numerics: float32. The terms of a sum are split over several warps if there are fewer units of work than warps. The partial
// sums are added in order, so that the result depends only on the shapes of tile and batch.
#pragma once

#include "persistent.cuh"

// The outputs and inputs of a layer that a tile covers; outs is 0 if the block has no tile of the layer.
struct Place {
  int out, in;            // first output and input
  int outs, ins;          // numbers of outputs and inputs
  int out_tile, in_tile;  // indices of the tile along outputs and inputs
};
static_assert(MAX_STATIONARY * sizeof(Place) == PLACES_FLOATS * sizeof(float), "the places have their own memory");

__device__ __forceinline__ Place find_place(const StationaryLayer& layer) {
  const Tiles& tiles = layer.tiles;
  const int tile = blockIdx.x, out_tile = tile / tiles.tiles_in, in_tile = tile % tiles.tiles_in;
  if (tile >= tiles.tiles_in * tiles.tiles_out) return {};
  const int out = out_tile * tiles.tile_out, in = in_tile * tiles.tile_in;
  return {out, in, min(tiles.tile_out, layer.out_features - out), min(tiles.tile_in, layer.in_features - in), out_tile, in_tile};
}

// Where a unit of 8 x 128 sums keeps the sums of one major index and four neighboring minor indices, or, if MAJOR_FOURS, of four
// major indices and one minor index. The second layout exchanges the halves of every other four minor indices, so that neither
// writes nor reads of a warp meet in a bank.
template <bool MAJOR_FOURS>
__device__ __forceinline__ int unit_offset(int major, int minor) {
  if (!MAJOR_FOURS) return major * UNIT_MINOR + minor;
  return minor * UNIT_MAJOR + (major ^ (minor & 4));
}

// Computes a matrix of sums in units of 8 x 128. A warp calls `compute(unit, slice, slices, sums)` for one unit, or for one
// slice of its terms if there are fewer units than warps. Lane l computes sums [8][4]: major indices 0 to 7, and minor indices
// 4 l + j, or l + 32 j if MAJOR_FOURS. Then `epilogue(unit, major, minor, sums)` is called for four sums at a time, neighbors
// along the minor index, or along the major index if MAJOR_FOURS.
template <bool MAJOR_FOURS, class Compute, class Epilogue>
__device__ __forceinline__ void in_units(int units, float* scratch, const Compute& compute, const Epilogue& epilogue) {
  const int slice_shift = units <= 1 ? 3 : units <= 2 ? 2 : units <= 4 ? 1 : 0, slices = 1 << slice_shift;
  static_assert(PERSISTENT_WARPS == 8, "at most 8 slices");
  const int at_once = PERSISTENT_WARPS >> slice_shift, warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
  for (int base = 0; base < units; base += at_once) {
    const int unit = base + (warp >> slice_shift);
    if (unit < units) {
      float sums[UNIT_MAJOR][4] = {};
      compute(unit, warp & (slices - 1), slice_shift, sums);
      float* to = scratch + warp * UNIT_FLOATS;
      if (MAJOR_FOURS) {
        UNROLL for (int j = 0; j < 4; j++) {
          UNROLL for (int major = 0; major < UNIT_MAJOR; major += 4) {
            *reinterpret_cast<float4*>(to + unit_offset<true>(major, lane + 32 * j)) =
                make_float4(sums[major][j], sums[major + 1][j], sums[major + 2][j], sums[major + 3][j]);
          }
        }
      } else {
        UNROLL for (int major = 0; major < UNIT_MAJOR; major++) {
          *reinterpret_cast<float4*>(to + unit_offset<false>(major, 4 * lane)) =
              make_float4(sums[major][0], sums[major][1], sums[major][2], sums[major][3]);
        }
      }
    }
    __syncthreads();
    static_assert(PERSISTENT_THREADS == UNIT_FOURS, "a thread has four sums of each unit");
    const int major = MAJOR_FOURS ? threadIdx.x % 2 * 4 : threadIdx.x / WARP;
    const int minor = MAJOR_FOURS ? threadIdx.x / 2 : threadIdx.x % WARP * 4;
    const int count = min(at_once, units - base);
    for (int local = 0; local < count; local++) {
      const float* from = scratch + (local << slice_shift) * UNIT_FLOATS + unit_offset<MAJOR_FOURS>(major, minor);
      float4 sum = *reinterpret_cast<const float4*>(from);
      for (int slice = 1; slice < slices; slice++) sum += *reinterpret_cast<const float4*>(from + slice * UNIT_FLOATS);
      epilogue(base + local, major, minor, sum);
    }
    __syncthreads();
  }
}

// Returns the share of `count` terms that a slice has, of 2 to the power of `shift`.
__device__ __forceinline__ int share_end(int count, int slice, int shift) {
  const int share = (count + (1 << shift) - 1) >> shift;
  return min(count, (slice + 1) * share);
}
__device__ __forceinline__ int share_start(int count, int slice, int shift) {
  return slice * ((count + (1 << shift) - 1) >> shift);
}

// Copies this tile's share of a batch's inputs to shared memory, for the first layer. A warp copies rows, a lane four numbers.
// `rows` has room for the row numbers.
template <InputKind KIND>
__device__ __forceinline__ void load_inputs(const Persistent& p, const Place& place, const Batch& batch, float* x,
                                            uint32_t* rows) {
  constexpr int AT_ONCE = 8;
  const int tile_in = p.layers[0].tiles.tile_in, stride = p.layers[0].x_stride, in_features = p.layers[0].in_features;
  for (int row = threadIdx.x; row < batch.rows; row += PERSISTENT_THREADS) {
    rows[row] = static_cast<uint32_t>(p.inputs.row_of(batch, row));
  }
  __syncthreads();
  const int warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
  for (int i = 4 * lane; i < tile_in; i += 4 * WARP) {
    const int from = place.in + i;
    for (int base = warp; base < batch.rows; base += AT_ONCE * PERSISTENT_WARPS) {
      uint32_t numbers[AT_ONCE];
      Raw<KIND> held[AT_ONCE];
      UNROLL for (int n = 0; n < AT_ONCE; n++) numbers[n] = rows[min(base + n * PERSISTENT_WARPS, batch.rows - 1)];
      UNROLL for (int n = 0; n < AT_ONCE; n++) {
        // Inputs after the last are read from the start of the row, and then replaced by zeros.
        held[n] = fetch_raw<KIND>(p.inputs, address_of_row<KIND>(p.inputs, numbers[n]), from < in_features ? from : 0, in_features);
      }
      UNROLL for (int n = 0; n < AT_ONCE; n++) {
        const int row = base + n * PERSISTENT_WARPS;
        const float4 v = four_if(from < in_features, convert_raw<KIND>(held[n], p.inputs.scale));
        if (row < batch.rows) *reinterpret_cast<float4*>(x + row * stride + i) = v;
      }
    }
  }
}

// Computes this tile's inputs from the partial sums that the tiles of the layer before have written.
__device__ __forceinline__ void add_inputs(const Persistent& p, const StationaryLayer& before, const StationaryLayer& layer,
                                           const Place& place, const Batch& batch, float* x) {
  const size_t part = static_cast<size_t>(p.batch_size) * before.out_features;
  const bool aligned = before.out_features % 4 == 0;
  for (int row = threadIdx.x / WARP; row < batch.rows; row += PERSISTENT_WARPS) {
    for (int i = threadIdx.x % WARP * 4; i < layer.tiles.tile_in; i += 4 * WARP) {
      const int count = place.ins - i;
      float4 y = make_float4(0, 0, 0, 0);
      if (count > 0) {
        const size_t at = static_cast<size_t>(row) * before.out_features + place.in + i;
        float4 z = load_four(before.bias.values + place.in + i, count, aligned);
        z += four_sums(before.z_parts + at, part, before.tiles.tiles_in, count, aligned);
        y = activate_four(z, before.activation);
        if (count < 4) y.w = 0;  // numbers after the last input are 0, whatever the activation of 0 is
        if (count < 3) y.z = 0;
        if (count < 2) y.y = 0;
        if (place.out_tile == 0) {
          store_four(before.y + at, y, count, aligned);
          if (before.z) store_four(before.z + at, z, count, aligned);
        }
      }
      *reinterpret_cast<float4*>(x + row * layer.x_stride + i) = y;
    }
  }
}

// Computes z_parts[in_tile] (B, O) = x (B, tile_in) weights (tile_out, tile_in)ᵀ, with lanes along the rows of the batch.
__device__ __forceinline__ void forward(const Persistent& p, const StationaryLayer& layer, const Place& place,
                                        const Batch& batch, const float* x, const float* weights, float* scratch) {
  const int tile_in = layer.tiles.tile_in, lane = threadIdx.x % WARP;
  const int unit_shift = layer.out_shift - 3, row_units = divide_up(batch.rows, UNIT_MINOR);
  const bool aligned = layer.out_features % 4 == 0;
  float* to = layer.z_parts + static_cast<size_t>(place.in_tile) * p.batch_size * layer.out_features;
  in_units<true>(
      row_units << unit_shift, scratch,
      [&](int unit, int slice, int slice_shift, float(&sums)[UNIT_MAJOR][4]) {
        const int row = (unit >> unit_shift) * UNIT_MINOR + lane, out = (unit & ((1 << unit_shift) - 1)) * UNIT_MAJOR;
        const int first = 4 * share_start(tile_in / 4, slice, slice_shift), end = 4 * share_end(tile_in / 4, slice, slice_shift);
        const float* inputs[4];
        UNROLL for (int j = 0; j < 4; j++) {
          inputs[j] = x + min(row + 32 * j, batch.rows - 1) * layer.x_stride;  // sums of rows after the last are not used
        }
        const float* own = weights + out * tile_in;
        for (int i = first; i < end; i += 4) {
          float4 v[4];
          UNROLL for (int j = 0; j < 4; j++) v[j] = *reinterpret_cast<const float4*>(inputs[j] + i);
          UNROLL for (int o = 0; o < UNIT_MAJOR; o++) {
            const float4 w = *reinterpret_cast<const float4*>(own + o * tile_in + i);
            UNROLL for (int j = 0; j < 4; j++) {
              sums[o][j] += v[j].x * w.x;
              sums[o][j] += v[j].y * w.y;
              sums[o][j] += v[j].z * w.z;
              sums[o][j] += v[j].w * w.w;
            }
          }
        }
      },
      [&](int unit, int major, int minor, const float4& sum) {
        const int row = (unit >> unit_shift) * UNIT_MINOR + minor, out = (unit & ((1 << unit_shift) - 1)) * UNIT_MAJOR + major;
        if (row >= batch.rows) return;
        store_four(to + static_cast<size_t>(row) * layer.out_features + place.out + out, sum, place.outs - out, aligned);
      });
}

// Copies dZ of this tile's outputs, (B, tile_out), to shared memory, for the last large layer, which gets it from the tail.
__device__ __forceinline__ void load_gradient(const StationaryLayer& layer, const Place& place, const Batch& batch, float* dz) {
  copy_rectangle<PERSISTENT_THREADS>(layer.dz + place.out, layer.out_features, batch.rows, place.outs, layer.out_shift,
                                     layer.out_features % 4 == 0, dz);
  __syncthreads();
}

// Computes dZ of this tile's outputs from the partial sums that the tiles of the next layer have written.
__device__ __forceinline__ void add_gradient(const Persistent& p, const StationaryLayer& layer, const StationaryLayer& next,
                                             const Place& place, const Batch& batch, float* dz) {
  const size_t part = static_cast<size_t>(p.batch_size) * layer.out_features;
  const bool aligned = layer.out_features % 4 == 0;
  const int quad_shift = layer.out_shift - 2;  // fours of a row: 2 to the power of this
  for (int item = threadIdx.x; item < batch.rows << quad_shift; item += PERSISTENT_THREADS) {
    const int row = item >> quad_shift, o = 4 * (item & ((1 << quad_shift) - 1)), count = place.outs - o;
    const size_t at = static_cast<size_t>(row) * layer.out_features + place.out + o;
    float4 sum = make_float4(0, 0, 0, 0);
    if (count > 0) {
      const float4 y = load_four(layer.y + at, count, aligned), z = load_four(layer.z + at, layer.z ? count : 0, aligned);
      const float4 d = four_sums(next.dx_parts + at, part, next.tiles.tiles_out, count, aligned);
      sum = activate_four_backward(y, z, d, layer.activation);
    }
    *reinterpret_cast<float4*>(dz + 4 * item) = sum;
  }
  __syncthreads();
}

// Computes dx_parts[out_tile] (B, I) = dz (B, tile_out) weights (tile_out, tile_in), with lanes along the inputs.
__device__ __forceinline__ void backward_input(const Persistent& p, const StationaryLayer& layer, const Place& place,
                                               const Batch& batch, const float* dz, const float* weights, float* scratch) {
  const int tile_in = layer.tiles.tile_in, tile_out = layer.tiles.tile_out, lane = threadIdx.x % WARP;
  const bool aligned = layer.in_features % 4 == 0;
  float* to = layer.dx_parts + static_cast<size_t>(place.out_tile) * p.batch_size * layer.in_features;
  for (int base = 0; base < tile_in; base += UNIT_MINOR) {
    in_units<false>(
        divide_up(batch.rows, UNIT_MAJOR), scratch,
        [&](int unit, int slice, int slice_shift, float(&sums)[UNIT_MAJOR][4]) {
          const int in = base + 4 * lane;
          if (in >= tile_in) return;
          const float* gradients[UNIT_MAJOR];
          UNROLL for (int r = 0; r < UNIT_MAJOR; r++) gradients[r] = dz + min(unit * UNIT_MAJOR + r, batch.rows - 1) * tile_out;
          const int end = 4 * share_end(tile_out / 4, slice, slice_shift);
          for (int o = 4 * share_start(tile_out / 4, slice, slice_shift); o < end; o += 4) {
            float4 w[4];
            UNROLL for (int j = 0; j < 4; j++) w[j] = *reinterpret_cast<const float4*>(weights + (o + j) * tile_in + in);
            UNROLL for (int r = 0; r < UNIT_MAJOR; r++) {
              const float4 d = *reinterpret_cast<const float4*>(gradients[r] + o);
              const float of_outputs[4] = {d.x, d.y, d.z, d.w};
              UNROLL for (int j = 0; j < 4; j++) {
                sums[r][0] += of_outputs[j] * w[j].x;
                sums[r][1] += of_outputs[j] * w[j].y;
                sums[r][2] += of_outputs[j] * w[j].z;
                sums[r][3] += of_outputs[j] * w[j].w;
              }
            }
          }
        },
        [&](int unit, int major, int minor, const float4& sum) {
          const int in = base + minor, row = unit * UNIT_MAJOR + major;
          if (row >= batch.rows) return;
          store_four(to + static_cast<size_t>(row) * layer.in_features + place.in + in, sum, place.ins - in, aligned);
        });
  }
}

// Returns a Parameter whose numbers are in shared memory: `size` values, then as many of each state.
__device__ __forceinline__ Parameter resident(float* values, int size, int copies) {
  Parameter own = {values, {}};
  UNROLL for (int state = 0; state < MAX_STATES; state++) {
    if (copies > state + 1) own.states[state] = values + (state + 1) * size;
  }
  return own;
}

// Updates the tile's weights in shared memory from their gradient, dz (B, tile_out)ᵀ x (B, tile_in), with lanes along the
// inputs; and the biases of the tile's outputs, if it is the first tile along the inputs: one warp an output.
__device__ __forceinline__ void update_weights(const Persistent& p, const StationaryLayer& layer, const Place& place,
                                               const Batch& batch, const float* x, const float* dz, float* weights,
                                               float* scratch) {
  const int tile_in = layer.tiles.tile_in, tile_out = layer.tiles.tile_out, lane = threadIdx.x % WARP;
  const float4 rates = p.rule.rates[batch.step];
  const Parameter own = resident(weights, tile_in * tile_out, p.state_copies);
  for (int base = 0; base < tile_in; base += UNIT_MINOR) {
    in_units<false>(
        tile_out / UNIT_MAJOR, scratch,
        [&](int unit, int slice, int slice_shift, float(&sums)[UNIT_MAJOR][4]) {
          const int in = base + 4 * lane, end = share_end(batch.rows, slice, slice_shift);
          if (in >= tile_in) return;
          const float* gradients = dz + unit * UNIT_MAJOR;
          for (int row = share_start(batch.rows, slice, slice_shift); row < end; row++) {
            const float4 v = *reinterpret_cast<const float4*>(x + row * layer.x_stride + in);
            UNROLL for (int half = 0; half < 2; half++) {
              const float4 d = *reinterpret_cast<const float4*>(gradients + row * tile_out + 4 * half);
              const float of_outputs[4] = {d.x, d.y, d.z, d.w};
              UNROLL for (int o = 0; o < 4; o++) {
                sums[4 * half + o][0] += of_outputs[o] * v.x;
                sums[4 * half + o][1] += of_outputs[o] * v.y;
                sums[4 * half + o][2] += of_outputs[o] * v.z;
                sums[4 * half + o][3] += of_outputs[o] * v.w;
              }
            }
          }
        },
        [&](int unit, int major, int minor, const float4& sum) {
          const int in = base + minor, out = unit * UNIT_MAJOR + major;
          if (out >= place.outs) return;
          update_four(p.rule, rates, sum, own, out * tile_in + in, place.ins - in, /*aligned=*/true);
        });
  }
  if (place.in_tile != 0) return;
  for (int o = threadIdx.x / WARP; o < place.outs; o += PERSISTENT_WARPS) {
    // Loaded first, so that the sum is computed while they are on their way.
    const Number bias = lane == 0 ? load_number(layer.bias, place.out + o) : Number{};
    float sum = 0;
    for (int row = lane; row < batch.rows; row += WARP) sum += dz[row * tile_out + o];
    sum = warp_sum(sum);
    if (lane == 0) update_and_store(p.rule, rates, sum, bias, layer.bias, place.out + o);
  }
}
