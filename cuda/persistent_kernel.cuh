// persistent: all steps of an epoch in one kernel, whose blocks keep the weights of the large layers in shared memory.
//
// Formula: each layer, loss and update as in linear.cu, losses.cuh, updates.cuh. Split: the weights of every large layer are
// divided into tiles, at most one for each block. The block keeps its tile with the optimizer state in shared memory for the
// complete launch. In a step, the tiles of the first layer multiply their share of the inputs and write partial sums. The tiles
// of the next layer add the partial sums of their inputs, and so on. The blocks that own rows of the batch then compute the
// small last layers, the loss and their backward pass (tail.cuh), with copies of those weights in their shared memory. The tiles
// of the large layers do the backward pass in the same manner, and each updates its weights. The weights of the small layers
// are divided into patches, at most one for each block (small_layers.cuh).
//
// Waits: with S large layers, a step has S waits in the forward pass (one before each layer but the first, and one before the
// tail), one for the weights of the small layers, and S in the backward pass. Blocks add to a counter (release) when they have
// written their results, and one thread of each waiting block reads it (acquire). All blocks arrive at every counter of the
// forward pass, so that all writes of a step come after all reads of the step before. All blocks must be resident on the GPU at
// once, or the kernel never ends. What only the next step needs - its inputs, the row numbers and weights of the tail - is read
// while a block would wait.
//
// Numerics: float32, sums in an order given by the tiles and the batch; the losses of an epoch are added in double. Cost of a
// step: each block does 2 B tile_in tile_out FLOPs for the forward pass, as many for the input gradient and as many for the
// weight gradient; partial sums are written once and read once by every tile that needs them. Compared with the other paths
// in tests/epochs.hpp.
#pragma once

#include "counters.cuh"
#include "small_layers.cuh"

__device__ __forceinline__ uint32_t* counter(const Persistent& p, int index) { return p.counters + index * COUNTER_STRIDE; }

// Copies a tile with its optimizer state from global memory to shared memory, or to global memory if `back`.
__device__ __forceinline__ void move_weights(const Persistent& p, const StationaryLayer& layer, const Place& place, float* tile,
                                             bool back) {
  const int tile_in = layer.tiles.tile_in, size = tile_in * layer.tiles.tile_out;
  for (int copy = 0; copy < p.state_copies; copy++) {
    float* all = copy == 0 ? layer.weights.values : layer.weights.states[copy - 1];
    for (int item = threadIdx.x; item < size; item += PERSISTENT_THREADS) {
      const int o = item / tile_in, i = item % tile_in;
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

// Computes the small last layers, the loss and their backward pass, for the rows of the batch that this block owns.
template <bool STAGED, class Clock>
__device__ __forceinline__ void do_tail(const Persistent& p, const Batch& batch, int first, int rows, const RowTarget& target,
                                        float* shared, const float* staged, Scores* scores, Clock& clock) {
  tail_inputs<PERSISTENT_CHUNK>(p.tail, nullptr, p.batch_size, first, rows, shared);
  clock.mark(Phase::parts);
  tail_rows<PERSISTENT_CHUNK, STAGED>(p.tail, batch, first, rows, shared, staged, target, [&](int, const RowScore& score) {
    scores->loss += score.loss;
    scores->correct += score.correct;
    if (!isfinite(score.loss)) store_shared_word(p.ended, 2);
  });
}

// Returns the place of the warp's scores in global memory. They go on from launch to launch, so that the steps of an epoch give
// the same sums in one launch and in several.
__device__ __forceinline__ Scores* scores_of_warp(const Persistent& p) {
  return p.scores + blockIdx.x * PERSISTENT_WARPS + threadIdx.x / WARP;
}

template <InputKind KIND, class Clock>
__device__ __forceinline__ void run_persistent(const Persistent& p, Clock& clock) {
  float *shared = shared_memory<float>(), *dz = shared + p.dz_at, *scratch = shared + p.scratch_at;
  float* staged = shared + p.staged_at;
  uint32_t* rows_of_inputs = reinterpret_cast<uint32_t*>(shared + p.rows_at);
  Place* places = reinterpret_cast<Place*>(shared);  // at the start, so that it has a known address
  const int last = p.layer_count - 1;
  uint32_t *tail_done = counter(p, p.layer_count), *patches_done = counter(p, p.layer_count + 1);
  const auto backward_done = [&](int l) { return counter(p, p.layer_count + 2 + l); };
  const uint32_t start = p.progress->step, count = p.progress->count, run = p.progress->run;
  const uint32_t all_steps = p.progress->steps, rest = all_steps > start ? all_steps - start : 0;
  const uint32_t end = start + (p.most_steps > 0 && p.most_steps < rest ? p.most_steps : rest);
  const int owners = divide_up(p.batch_size, p.tail_rows), owned = blockIdx.x * p.tail_rows;
  const bool is_owner = static_cast<int>(blockIdx.x) < owners;
  const Patch patch = find_patch(p);
  for (int l = threadIdx.x; l <= last; l += PERSISTENT_THREADS) places[l] = find_place(p.layers[l]);
  __syncthreads();
  for (int l = 0; l <= last; l++) {
    if (places[l].outs > 0) move_weights(p, p.layers[l], places[l], shared + p.layers[l].weights_at, false);
  }
  move_patch(p, patch, shared + p.patch_at, false);
  const auto batch_at = [&](uint32_t step) -> Batch {
    const uint32_t first = step * p.batch_size;
    return {step, first, static_cast<int>(min(p.batch_size, count - first))};
  };
  const auto inputs_at = [&](uint32_t step) {
    const StationaryLayer& layer = p.layers[0];
    return shared + layer.x_at + (p.prefetch ? step % 2 * p.batch_size * layer.x_stride : 0);
  };
  const auto load_batch = [&](uint32_t step) {
    const Place place = places[0];
    if (place.outs > 0) load_inputs<KIND>(p, place, batch_at(step), inputs_at(step), rows_of_inputs);
  };
  Scores scores{};  // in lane 0
  if (threadIdx.x % WARP == 0) scores = *scores_of_warp(p);
  uint32_t step = start, turn = 0;  // turn: steps of this launch, this one included
  bool more = start < end && p.progress->ended == 0;
  if (p.prefetch && more) load_batch(step);
  clock.start();

  while (more) {
    const Batch batch = batch_at(step);
    turn++;
    for (int l = 0; l <= last; l++) {
      const StationaryLayer& layer = p.layers[l];
      const Place place = places[l];
      if (place.outs > 0) {
        float* x = l == 0 ? inputs_at(step) : shared + layer.x_at;
        if (l > 0) {
          wait_for(counter(p, l - 1), gridDim.x * turn);
          add_inputs(p, p.layers[l - 1], layer, place, batch, x);
        } else if (!p.prefetch) {
          load_batch(step);
        }
        __syncthreads();
        forward(p, layer, place, batch, x, shared + layer.weights_at, scratch);
      }
      arrive(counter(p, l));
    }
    clock.mark(Phase::forward);

    if (is_owner) {
      const int rows = min(p.tail_rows, batch.rows - owned);
      const RowTarget target = first_target(p.tail, batch, owned, rows);
      const uint32_t asked = blockIdx.x == 0 && threadIdx.x == 0 ? load_shared_word(p.stop) : 0;
      if (p.patches > 0) wait_for(patches_done, p.patches * (turn - 1));
      if (p.staged_at >= 0) stage_weights(p.tail, staged);
      wait_for(counter(p, last), gridDim.x * turn);
      clock.mark(Phase::hop_1);
      if (rows > 0) {
        if (p.staged_at >= 0) {
          do_tail<true>(p, batch, owned, rows, target, scratch, staged, &scores, clock);
        } else {
          do_tail<false>(p, batch, owned, rows, target, scratch, staged, &scores, clock);
        }
      }
      if (blockIdx.x == 0 && threadIdx.x == 0) {
        store_shared_word(&p.progress->step, step + 1);
        if (asked == run && load_shared_word(p.ended) == 0) store_shared_word(p.ended, 1);
      }
      arrive(tail_done);
      clock.mark(Phase::tail);
    }
    if (p.prefetch && step + 1 < end) load_batch(step + 1);
    wait_for(tail_done, owners * turn);
    clock.mark(Phase::hop_2);
    // Every thread reads the same value: the next write comes after all blocks have arrived at the next counter.
    more = load_shared_word(p.ended) == 0 && step + 1 < end;

    for (int l = last; l >= 0; l--) {
      const StationaryLayer& layer = p.layers[l];
      const Place place = places[l];
      if (place.outs > 0) {
        float *weights = shared + layer.weights_at, *x = l == 0 ? inputs_at(step) : shared + layer.x_at;
        if (l < last) {
          wait_for(backward_done(l + 1), gridDim.x * turn);
          add_gradient(p, layer, p.layers[l + 1], place, batch, dz);
        } else {
          load_gradient(layer, place, batch, dz);
        }
        if (l > 0) {
          backward_input(p, layer, place, batch, dz, weights, scratch);
          arrive(backward_done(l));
        }
        clock.mark(Phase::backward);
        update_weights(p, layer, place, batch, x, dz, weights, scratch);  // the last read of dz before the next wait
        clock.mark(Phase::weights);
      } else if (l > 0) {
        arrive(backward_done(l));
      }
    }
    if (patch.layer >= 0) {
      update_patch(p, patch, batch, scratch, shared + p.patch_at);
      arrive(patches_done);
    }
    clock.mark(Phase::small);
    step++;
  }

  for (int l = 0; l <= last; l++) {
    if (places[l].outs > 0) move_weights(p, p.layers[l], places[l], shared + p.layers[l].weights_at, true);
  }
  move_patch(p, patch, shared + p.patch_at, true);
  if (threadIdx.x % WARP == 0) *scores_of_warp(p) = scores;
}

template <InputKind KIND>
__global__ void __launch_bounds__(PERSISTENT_THREADS, 1) persistent_kernel(const __grid_constant__ Persistent p) {
  NoClock clock;
  run_persistent<KIND>(p, clock);
}
