// persistent: all steps of an epoch in one kernel, whose blocks keep the weights of the large layers in shared memory.
//
// Formula: each layer, loss and update as in linear.cu, losses.cuh, updates.cuh. Split: the weights of every large layer are
// divided into tiles, at most one for each block. The block keeps its tile with the optimizer state in shared memory for the
// complete epoch. In a step, the tiles of the first layer multiply their share of the inputs and write partial sums. The tiles
// of the next layer add the partial sums of their inputs, and so on. The blocks that own rows of the batch then compute the
// small last layers, the loss and their backward pass (tail.cuh). The tiles of the large layers do the backward pass in the
// same manner, and each updates its weights. The weights of the small layers are updated in global memory, divided over all
// blocks.
//
// Waits: with S large layers, a step has S waits in the forward pass (one before each layer but the first, and one before the
// tail) and S in the backward pass. Blocks add to a counter (release) when they have written their results, and one thread of
// each waiting block reads it (acquire). All blocks arrive at every counter of the forward pass, so that all writes of a step
// come after all reads of the step before. All blocks must be resident on the GPU at once, or the kernel never ends.
//
// Numerics: float32, sums in an order given by the tiles and the batch; the losses of an epoch are added in double. Cost of a
// step: each block does 2 B tile_in tile_out FLOPs for the forward pass, as many for the input gradient and as many for the
// weight gradient; partial sums are written once and read once by every tile that needs them. Compared with the other paths
// in tests/epochs.hpp.
#include "counters.cuh"
#include "stationary.cuh"

namespace {

// The small layers are updated in tiles of 64 numbers; TAIL_PARTS threads share the rows of the batch for each number.
constexpr int TAIL_TILE = 64, TAIL_PARTS = PERSISTENT_THREADS / TAIL_TILE;

__device__ __forceinline__ uint32_t* counter(const Persistent& p, int index) { return p.counters + index * COUNTER_STRIDE; }

// Computes the small last layers, the loss and their backward pass, for the rows of the batch that this block owns.
__device__ void do_tail(const Persistent& p, const StationaryLayer& last, const Batch& batch, int first, int rows,
                        float* shared, double* loss, uint32_t* correct) {
  const size_t part = static_cast<size_t>(p.batch_size) * last.out_features;
  for (int item = threadIdx.x; item < rows * last.out_features; item += PERSISTENT_THREADS) {
    const int row = item / last.out_features, o = item % last.out_features;
    const size_t at = static_cast<size_t>(first + row) * last.out_features + o;
    float z = load_exchanged(last.bias.values + o);
    for (int tile = 0; tile < last.tiles_in; tile++) z += load_exchanged(last.z_parts + tile * part + at);
    if (last.z) last.z[at] = z;
    shared[row * p.tail.width + o] = last.y[at] = activate(z, last.activation);
  }
  __syncthreads();
  tail_rows(p.tail, batch, first, rows, shared);  // ends with a barrier
  if (threadIdx.x != 0) return;
  bool finite = true;
  for (int row = first; row < first + rows; row++) {
    const RowScore& score = p.tail.loss.scores[row];
    *loss += score.loss;
    *correct += score.correct;
    finite = finite && isfinite(score.loss);
  }
  if (!finite) store_shared_word(p.ended, 2);
}

// Updates the parameters of the small layers. A block updates 64 numbers at a time; for the gradient of each number, 4 threads
// add every 4th row.
__device__ void update_tail(const Persistent& p, const Batch& batch, float* scratch) {
  const int part = threadIdx.x / TAIL_TILE, column = threadIdx.x % TAIL_TILE;
  int tiles_before = 0;
  for (int index = 0; index < p.update_count; index++) {
    const TailUpdate& u = p.updates[index];
    const int size = u.rows * u.columns, tiles = divide_up(size, TAIL_TILE);
    // The tiles of all parameters go to the blocks in turn, from the last block down, because the first blocks own rows.
    const int turn = (gridDim.x - 1 - blockIdx.x + gridDim.x - tiles_before % gridDim.x) % gridDim.x;
    for (int tile = turn; tile < tiles; tile += gridDim.x) {
      const int at = tile * TAIL_TILE + column, o = at / u.columns, i = at % u.columns;
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
        for (int other = 1; other < TAIL_PARTS; other++) sum += scratch[other * TAIL_TILE + column];
        update(u.rule, u.rule.rates[batch.step], sum, u.parameter, at);
      }
      __syncthreads();
    }
    tiles_before += tiles;
  }
}

// Copies a tile with its optimizer state from global memory to shared memory, or to global memory if `back`.
__device__ void move_weights(const Persistent& p, const StationaryLayer& layer, const Place& place, float* tile, bool back) {
  const int size = layer.tile_in * layer.tile_out;
  for (int copy = 0; copy < p.state_copies; copy++) {
    float* all = copy == 0 ? layer.weights.values : layer.weights.states[copy - 1];
    for (int item = threadIdx.x; item < size; item += PERSISTENT_THREADS) {
      const int o = item / layer.tile_in, i = item % layer.tile_in;
      const bool inside = o < place.outs && i < place.ins;
      float* at = all + static_cast<size_t>(place.out + o) * layer.in_features + place.in + i;
      if (!back) {
        tile[copy * size + item] = inside ? *at : 0.0f;
      } else if (inside) {
        *at = tile[copy * size + item];
      }
    }
  }
}

__global__ void __launch_bounds__(PERSISTENT_THREADS, 1) persistent_kernel(Persistent p) {
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
  uint32_t correct = 0, step = 0;
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
        do_tail(p, p.layers[last], batch, owned, min(p.tail_rows, batch.rows - owned), scratch, &loss, &correct);
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
    // Every thread reads the same value: the next write comes after all blocks have arrived at the next counter.
    more = load_exchanged(p.ended) == 0 && step + 1 < steps;

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
        update_weights(p, layer, place, batch, x, dz, weights, scratch);  // the last read of dz before the next wait
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
    p.block_correct[blockIdx.x] = correct;
  }
}

// Adds the sums of the blocks in order, and writes the results of the epoch.
__global__ void finish_kernel(Persistent p, int blocks) {
  Progress* progress = p.progress;
  for (int block = 0; block < blocks; block++) {
    progress->loss_sum += p.block_losses[block];
    progress->correct += p.block_correct[block];
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
  error = launch_together(site.stream, Grid{static_cast<unsigned>(blocks), PERSISTENT_THREADS, bytes}, persistent_kernel, p);
  if (error != cudaSuccess) return error;
  return launch(site.stream, Grid{1, 1, 0}, finish_kernel, p, blocks);
}

cudaError_t persistent_fits(const Site& site, size_t shared_bytes, int blocks, bool* fits) {
  *fits = false;
  cudaError_t error = allow_shared_memory(persistent_kernel, shared_bytes);
  if (error != cudaSuccess) return error;
  int each = 0;
  error = blocks_per_multiprocessor(&each, persistent_kernel, PERSISTENT_THREADS, shared_bytes);
  if (error == cudaSuccess) *fits = each * site.multiprocessors >= blocks;
  return error;
}
