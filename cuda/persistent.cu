// persistent: all steps of an epoch in one kernel whose blocks keep the weights of the large layers on the chip.
//
// Formula: each layer, loss and update as in linear.cu, losses.cuh, updates.cuh. Split: every large layer is cut into tiles
// of weights, at most one for each block, which holds it with its optimizer state in shared memory for the whole epoch. A
// step goes: the tiles of the first layer multiply their share of the inputs and leave partial sums; those of the next layer
// add the partial sums of their inputs up, and so on; blocks that own rows of the batch do the small last layers, the loss
// and the way back (tail.cuh); then the tiles go back in the same manner, and each updates its weights. The weights of the
// small layers are updated in global memory, dealt out to all blocks.
//
// Waits: with S large layers a step has 2 S of them: one for the tail and one for each layer but the last on the way there,
// and likewise back. A wait is on a counter that blocks add to (release) when they have written what is waited for, and that
// one thread of a waiting block reads (acquire). All blocks arrive at every counter of the way there, which orders everything
// that a step writes after everything that the step before read. All blocks must be on the chip at once, or this never ends.
//
// Numerics: float32, sums in an order given by the tiles and the batch, losses of an epoch in double. Cost of a step: per
// block 2 B tile_in tile_out FLOPs each for forward, input gradient and weight gradient; partial sums are written once and
// read once by every tile that needs them. Compared with the other paths in tests/epochs.hpp.
#include "persistent.cuh"

namespace {

constexpr int THREADS = PERSISTENT_THREADS;
constexpr int TAIL_TILE = 64, TAIL_PARTS = THREADS / TAIL_TILE;  // numbers of a parameter at a time; shares of the rows

__device__ __forceinline__ uint32_t* counter(const Persistent& p, int index) { return p.counters + index * COUNTER_STRIDE; }

// What the block wrote before is there for those who wait. Most callers have a barrier behind their last write already; this
// one makes it true for all.
__device__ __forceinline__ void arrive(uint32_t* counter) {
  __syncthreads();
  if (threadIdx.x == 0) add_release(counter, 1);
}

__device__ __forceinline__ void wait_for(const uint32_t* counter, uint32_t value) {
  if (threadIdx.x == 0) {
    while (static_cast<int32_t>(load_acquire(counter) - value) < 0) pause();
  }
  __syncthreads();
}

// A tile's place.
struct Place {
  int out, in;            // first output and input
  int outs, ins;          // how many there are
  int out_tile, in_tile;  // which tile along each
};

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

// Computes a matrix of sums in units of 8 × 128. `compute(unit, slice, slices, sums)` is called by a warp for one unit, or,
// where there are fewer units than warps, for one share of its terms; lane l holds sums [8][4] of minor indices l + 32 j, or
// 4 l + j where FOURS. `take(unit, major, minor, sum)` is called once for each sum, by neighbouring threads for neighbouring
// minor indices, or major ones where MAJOR_FIRST.
template <bool FOURS, bool MAJOR_FIRST, class Compute, class Take>
__device__ __forceinline__ void in_units(int units, float* scratch, const Compute& compute, const Take& take) {
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
    for (int item = threadIdx.x; item < count; item += THREADS) {
      const int local = item / (MICRO_MAJOR * MICRO_MINOR), element = item % (MICRO_MAJOR * MICRO_MINOR);
      const int major = MAJOR_FIRST ? element % MICRO_MAJOR : element / MICRO_MINOR;
      const int minor = MAJOR_FIRST ? element / MICRO_MAJOR : element % MICRO_MINOR;
      float sum = 0;
      for (int slice = 0; slice < slices; slice++) {
        sum += scratch[((local * slices + slice) * MICRO_MAJOR + major) * MICRO_STRIDE + minor];
      }
      take(base + local, major, minor, sum);
    }
    __syncthreads();
  }
}

// Copies the first layer's share of a batch's inputs to shared memory.
__device__ void load_inputs(const Persistent& p, const StationaryLayer& layer, const Place& place, const Batch& batch,
                            float* x) {
  const GatheredRows rows = p.inputs.rows(batch);
  const int quads = layer.tile_in / 4;
  for (int item = threadIdx.x; item < batch.rows * quads; item += THREADS) {
    const int row = item / quads, i = item % quads * 4;
    // tile_in is a multiple of 4: a row of four ends where the tile or the row does
    *reinterpret_cast<float4*>(x + row * layer.x_stride + i) = rows.fetch(row, place.in + i);
  }
}

// Adds up what the tiles of the layer before left of this tile's inputs.
__device__ void add_inputs(const Persistent& p, const StationaryLayer& before, const StationaryLayer& layer,
                           const Place& place, const Batch& batch, float* x) {
  const size_t part = static_cast<size_t>(p.batch_size) * before.out_features;
  for (int item = threadIdx.x; item < batch.rows * layer.tile_in; item += THREADS) {
    const int row = item / layer.tile_in, i = item % layer.tile_in;
    float value = 0;
    if (i < place.ins) {
      const size_t at = static_cast<size_t>(row) * before.out_features + place.in + i;
      for (int tile = 0; tile < before.tiles_in; tile++) value += load_exchanged(before.z_parts + tile * part + at);
      value = activate(value + load_exchanged(before.bias.values + place.in + i), before.activation);
      if (place.out_tile == 0) before.y[at] = value;
    }
    x[row * layer.x_stride + i] = value;
  }
}

// z_parts[in_tile] (B, O) = x (B, tile_in) weights (tile_out, tile_in)ᵀ: lanes along the rows of the batch.
__device__ void forward(const Persistent& p, const StationaryLayer& layer, const Place& place, const Batch& batch,
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
            const int own = min(row + 32 * j, batch.rows - 1);  // rows beyond the batch repeat its last; nobody takes them
            inputs[j] = *reinterpret_cast<const float4*>(x + own * layer.x_stride + quad * 4);
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

// The gradient of this tile's outputs, (B, tile_out) in shared memory: from the tail, or added up from what the tiles of the
// next layer left and taken back through the activation.
__device__ void load_gradient(const Persistent& p, const StationaryLayer& layer, const StationaryLayer* next,
                              const Place& place, const Batch& batch, float* dz) {
  const size_t part = static_cast<size_t>(p.batch_size) * layer.out_features;
  for (int item = threadIdx.x; item < batch.rows * layer.tile_out; item += THREADS) {
    const int row = item / layer.tile_out, o = item % layer.tile_out;
    float value = 0;
    if (o < place.outs) {
      const size_t at = static_cast<size_t>(row) * layer.out_features + place.out + o;
      if (next) {
        for (int tile = 0; tile < next->tiles_out; tile++) value += load_exchanged(next->dx_parts + tile * part + at);
        value = activate_backward(load_exchanged(layer.y + at), value, layer.activation);
      } else {
        value = load_exchanged(layer.dz + at);
      }
    }
    dz[item] = value;
  }
  __syncthreads();
}

// dx_parts[out_tile] (B, I) = dz (B, tile_out) weights (tile_out, tile_in): lanes along the inputs.
__device__ void backward_input(const Persistent& p, const StationaryLayer& layer, const Place& place, const Batch& batch,
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

// weights -= the optimizer's step for dz (B, tile_out)ᵀ x (B, tile_in), in shared memory: lanes along the inputs.
__device__ void update_weights(const Persistent& p, const StationaryLayer& layer, const Place& place, const Batch& batch,
                               const float* x, const float* dz, float* weights, float* scratch) {
  const int in_units_count = divide_up(layer.tile_in, MICRO_MINOR), size = layer.tile_in * layer.tile_out;
  const int lane = threadIdx.x % WARP;
  const float4 rates = layer.weights_rule.rates[batch.step];
  const Parameter own = {weights, p.state_copies > 1 ? weights + size : nullptr,
                         p.state_copies > 2 ? weights + 2 * size : nullptr};
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
  for (int o = threadIdx.x; o < place.outs; o += THREADS) {
    float sum = 0;
    for (int row = 0; row < batch.rows; row++) sum += dz[row * layer.tile_out + o];
    update(layer.bias_rule, bias_rates, sum, layer.bias, place.out + o);
  }
}

// The rows of the batch that this block takes through the small last layers.
__device__ void do_tail(const Persistent& p, const StationaryLayer& last, const Batch& batch, int first, int rows,
                        float* shared, double* loss, uint32_t* rights) {
  const size_t part = static_cast<size_t>(p.batch_size) * last.out_features;
  for (int item = threadIdx.x; item < rows * last.out_features; item += THREADS) {
    const int row = item / last.out_features, o = item % last.out_features;
    const size_t at = static_cast<size_t>(first + row) * last.out_features + o;
    float value = load_exchanged(last.bias.values + o);
    for (int tile = 0; tile < last.tiles_in; tile++) value += load_exchanged(last.z_parts + tile * part + at);
    value = activate(value, last.activation);
    shared[row * p.tail.width + o] = value;
    last.y[at] = value;
  }
  __syncthreads();
  tail_rows(p.tail, batch, first, rows, shared);  // ends with a barrier
  if (threadIdx.x != 0) return;
  bool finite = true;
  for (int row = first; row < first + rows; row++) {
    *loss += p.tail.scores[row].loss;
    *rights += p.tail.scores[row].right;
    finite = finite && isfinite(p.tail.scores[row].loss);
  }
  if (!finite) store_shared_word(p.ended, 2);
}

// Updates the parameters of the small layers, 64 numbers by a block at a time; a thread adds every 4th row of one of them.
__device__ void update_tail(const Persistent& p, const Batch& batch, float* scratch) {
  const int part = threadIdx.x / TAIL_TILE, own = threadIdx.x % TAIL_TILE;
  int tiles_before = 0;
  for (int index = 0; index < p.update_count; index++) {
    const TailUpdate& u = p.updates[index];
    const int size = u.rows * u.columns, tiles = divide_up(size, TAIL_TILE);
    // The tiles of all parameters are dealt out in turn, from the last block on: the first ones own rows of the batch.
    const int turn = (gridDim.x - 1 - blockIdx.x + gridDim.x - tiles_before % gridDim.x) % gridDim.x;
    for (int tile = turn; tile < tiles; tile += gridDim.x) {
      const int at = tile * TAIL_TILE + own, o = at / u.columns, i = at % u.columns;
      float sum = 0;
      if (at < size) {
        for (int row = part; row < batch.rows; row += TAIL_PARTS) {
          const float d = load_exchanged(u.dz + static_cast<size_t>(row) * u.rows + o);
          sum += u.x ? d * load_exchanged(u.x + static_cast<size_t>(row) * u.columns + i) : d;
        }
      }
      scratch[threadIdx.x] = sum;
      __syncthreads();
      if (part == 0 && at < size) {
        for (int other = 1; other < TAIL_PARTS; other++) sum += scratch[other * TAIL_TILE + own];
        update(u.rule, u.rule.rates[batch.step], sum, u.parameter, at);
      }
      __syncthreads();
    }
    tiles_before += tiles;
  }
}

// Copies a tile with its optimizer state from global memory to shared memory, or back.
__device__ void move_weights(const Persistent& p, const StationaryLayer& layer, const Place& place, float* tile, bool back) {
  const int size = layer.tile_in * layer.tile_out;
  for (int copy = 0; copy < p.state_copies; copy++) {
    float* all = copy == 0 ? layer.weights.values : copy == 1 ? layer.weights.first : layer.weights.second;
    for (int item = threadIdx.x; item < size; item += THREADS) {
      const int o = item / layer.tile_in, i = item % layer.tile_in;
      const bool there = o < place.outs && i < place.ins;
      float* at = all + static_cast<size_t>(place.out + o) * layer.in_features + place.in + i;
      if (!back) {
        tile[copy * size + item] = there ? *at : 0.0f;
      } else if (there) {
        *at = tile[copy * size + item];
      }
    }
  }
}

__global__ void __launch_bounds__(THREADS, 1) persistent_kernel(Persistent p) {
  float *shared = shared_memory<float>(), *dz = shared + p.dz_at, *scratch = shared + p.scratch_at;
  const int last = p.layer_count - 1;
  uint32_t* tail_done = counter(p, p.layer_count);
  const uint32_t steps = p.progress->steps, count = p.progress->count, run = p.progress->run;
  const int owners = divide_up(p.batch_size, p.tail_rows);
  const int owned = blockIdx.x * p.tail_rows;
  Place place;
  for (int l = 0; l <= last; l++) {
    if (find_place(p.layers[l], &place)) move_weights(p, p.layers[l], place, shared + p.layers[l].weights_at, false);
  }
  const auto batch_at = [&](uint32_t step) -> Batch {
    const uint32_t first = step * p.batch_size;
    return {step, first, static_cast<int>(min(p.batch_size, count - first))};
  };
  const auto inputs_at = [&](uint32_t step) {
    const StationaryLayer& layer = p.layers[0];
    return shared + layer.x_at + (p.prefetch ? step % 2 * p.batch_size * layer.x_stride : 0);
  };
  double loss = 0;
  uint32_t rights = 0, step = 0;
  if (p.prefetch && find_place(p.layers[0], &place)) load_inputs(p, p.layers[0], place, batch_at(0), inputs_at(0));

  bool more = steps > 0;
  while (more) {
    const Batch batch = batch_at(step);
    for (int l = 0; l <= last; l++) {
      const StationaryLayer& layer = p.layers[l];
      if (find_place(layer, &place)) {
        float* x = l == 0 ? inputs_at(step) : shared + layer.x_at;
        if (l > 0) {
          wait_for(counter(p, l - 1), gridDim.x * (step + 1));
          add_inputs(p, p.layers[l - 1], layer, place, batch, x);
        } else if (!p.prefetch) {
          load_inputs(p, layer, place, batch, x);
        }
        __syncthreads();
        forward(p, layer, place, batch, x, shared + layer.weights_at, scratch);
      }
      arrive(counter(p, l));
    }

    if (static_cast<int>(blockIdx.x) < owners) {
      wait_for(counter(p, last), gridDim.x * (step + 1));
      if (owned < batch.rows) {
        do_tail(p, p.layers[last], batch, owned, min(p.tail_rows, batch.rows - owned), scratch, &loss, &rights);
      }
      if (blockIdx.x == 0 && threadIdx.x == 0) {
        store_shared_word(&p.progress->step, step + 1);
        if (load_shared_word(p.stop) == run && load_shared_word(p.ended) == 0) store_shared_word(p.ended, 1);
      }
      arrive(tail_done);
    }
    if (p.prefetch && step + 1 < steps && find_place(p.layers[0], &place)) {
      load_inputs(p, p.layers[0], place, batch_at(step + 1), inputs_at(step + 1));
    }
    wait_for(tail_done, owners * (step + 1));
    // Every block reads the same: the next to write the word waits for all blocks' next arrivals first.
    more = load_shared_word(p.ended) == 0 && step + 1 < steps;

    for (int l = last; l >= 0; l--) {
      const StationaryLayer& layer = p.layers[l];
      if (find_place(layer, &place)) {
        const StationaryLayer* next = l < last ? &p.layers[l + 1] : nullptr;
        float *weights = shared + layer.weights_at, *x = l == 0 ? inputs_at(step) : shared + layer.x_at;
        if (next) wait_for(counter(p, p.layer_count + 1 + l + 1), gridDim.x * (step + 1));
        load_gradient(p, layer, next, place, batch, dz);
        if (l > 0) {
          backward_input(p, layer, place, batch, dz, weights, scratch);
          arrive(counter(p, p.layer_count + 1 + l));
        }
        update_weights(p, layer, place, batch, x, dz, weights, scratch);
        __syncthreads();
      } else if (l > 0) {
        arrive(counter(p, p.layer_count + 1 + l));
      }
    }
    update_tail(p, batch, scratch);
    step++;
  }

  for (int l = 0; l <= last; l++) {
    if (find_place(p.layers[l], &place)) move_weights(p, p.layers[l], place, shared + p.layers[l].weights_at, true);
  }
  if (threadIdx.x == 0) {
    p.block_losses[blockIdx.x] = loss;
    p.block_rights[blockIdx.x] = rights;
  }
}

// Adds the blocks' sums up in their order and writes what the epoch came to.
__global__ void finish_kernel(Persistent p, int blocks) {
  Progress* progress = p.progress;
  for (int block = 0; block < blocks; block++) {
    progress->loss_sum += p.block_losses[block];
    progress->correct += p.block_rights[block];
  }
  const uint64_t rows = static_cast<uint64_t>(progress->step) * p.batch_size;
  progress->rows = rows < progress->count ? static_cast<uint32_t>(rows) : progress->count;
  progress->diverged = isfinite(progress->loss_sum) ? 0 : 1;
}

}  // namespace

cudaError_t launch_persistent(const Site& site, const Persistent& p, int blocks) {
  const size_t bytes = p.shared_floats * sizeof(float);
  cudaError_t error = allow_shared_memory(persistent_kernel, bytes);
  if (error != cudaSuccess) return error;
  error = launch_together(site.stream, Grid{static_cast<unsigned>(blocks), THREADS, bytes}, persistent_kernel, p);
  if (error != cudaSuccess) return error;
  return launch(site.stream, Grid{1, 1, 0}, finish_kernel, p, blocks);
}

cudaError_t persistent_fits(const Site& site, size_t shared_bytes, int blocks, bool* fits) {
  *fits = false;
  cudaError_t error = allow_shared_memory(persistent_kernel, shared_bytes);
  if (error != cudaSuccess) return error;
  int each = 0;
  error = blocks_per_multiprocessor(&each, persistent_kernel, THREADS, shared_bytes);
  if (error == cudaSuccess) *fits = each * site.multiprocessors >= blocks;
  return error;
}
