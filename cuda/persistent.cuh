// The arguments of the persistent kernel; see persistent.cu.
#pragma once

#include "tail.cuh"

constexpr int PERSISTENT_THREADS = 256, PERSISTENT_WARPS = PERSISTENT_THREADS / WARP;
constexpr int MICRO_MAJOR = 8, MICRO_MINOR = 128;  // a warp computes 8 × 128 sums at a time
constexpr int MICRO_STRIDE = MICRO_MINOR + 4;      // avoids bank conflicts in both orders of reading
constexpr int SCRATCH_FLOATS = PERSISTENT_WARPS * MICRO_MAJOR * MICRO_STRIDE;

// A layer whose weights stay in shared memory, divided into tiles of `tile_out` × `tile_in` weights, at most one for each
// block. Tile t covers the outputs from t / tiles_in * tile_out on and the inputs from t % tiles_in * tile_in on.
struct StationaryLayer {
  Parameter weights, bias;
  EpochRule weights_rule, bias_rule;
  float* y;         // (B, O)
  float* z;         // (B, O), or null if the derivative does not need it
  float* dz;        // (B, O); used for the last such layer, whose dZ the tail computes
  float* z_parts;   // (tiles_in, B, O): partial sums of Z, over the inputs of each tile
  float* dx_parts;  // (tiles_out, B, I): partial sums of dX, over the outputs of each tile; null for the first layer
  int in_features, out_features;
  int tile_in, tile_out, tiles_in, tiles_out;
  int x_stride;  // floats between rows of the inputs in shared memory
  Activation activation;
  int weights_at, x_at;  // offsets in shared memory, in floats: of weights with optimizer state, of inputs of the batch
};

// The update of a parameter (rows, columns) of the tail.
struct TailUpdate {
  Parameter parameter;
  EpochRule rule;
  const float* x;   // (B, columns), or null for a bias
  const float* dz;  // (B, rows)
  int rows, columns;
};

// Words between the counters on which blocks wait, so that each has its own cache line.
constexpr int COUNTER_STRIDE = 32;

struct Persistent {
  const StationaryLayer* layers;  // device memory
  int layer_count;
  InputSource inputs;
  Tail tail;
  const TailUpdate* updates;  // device memory
  int update_count;
  Progress* progress;
  const uint32_t* stop;
  uint32_t batch_size;
  int tail_rows;            // rows of the tail that a block computes
  int prefetch;             // 1 if shared memory has room for the inputs of two batches, else 0
  uint32_t* counters;       // layer_count for the forward pass, one for the tail, layer_count for the backward pass
  uint32_t* ended;          // not 0: this step is the last; 1 if the host has asked for it, 2 if a loss is not finite
  double* block_losses;     // sum of the losses of each block's rows
  uint32_t* block_correct;  // number of correct rows of each block
  int state_copies;         // numbers kept for each weight: the weight and its optimizer states
  int dz_at, scratch_at;    // offsets in shared memory, in floats
  size_t shared_floats;
};

cudaError_t launch_persistent(const Site&, const Persistent&, int blocks);
// Writes whether `blocks` blocks of the kernel fit on the GPU at once.
cudaError_t persistent_fits(const Site&, size_t shared_bytes, int blocks, bool* fits);
