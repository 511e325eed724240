// What the persistent kernel is given; see persistent.cu.
#pragma once

#include "tail.cuh"

constexpr int PERSISTENT_THREADS = 256, PERSISTENT_WARPS = PERSISTENT_THREADS / WARP;
constexpr int MICRO_MAJOR = 8, MICRO_MINOR = 128;  // sums of a warp at a time
constexpr int MICRO_STRIDE = MICRO_MINOR + 4;      // keeps a warp off its own banks whichever way it reads
constexpr int SCRATCH_FLOATS = PERSISTENT_WARPS * MICRO_MAJOR * MICRO_STRIDE;

// A layer whose weights stay on the chip, cut into tiles of `tile_out` × `tile_in` weights, at most one for each block.
// Tile t covers outputs from t / tiles_in * tile_out and inputs from t % tiles_in * tile_in.
struct StationaryLayer {
  Parameter weights, bias;
  UpdateRule weights_rule, bias_rule;
  float* y;         // (B, O)
  float* z;         // (B, O), or null where the way back does not need it
  float* dz;        // (B, O); the last such layer's, from the tail
  float* z_parts;   // (tiles_in, B, O): what each tile's inputs add to Z
  float* dx_parts;  // (tiles_out, B, I): what each tile's outputs add to the gradient of the inputs; none for the first layer
  int in_features, out_features;
  int tile_in, tile_out, tiles_in, tiles_out;
  int x_stride;  // floats between rows of the inputs in shared memory
  Activation activation;
  int weights_at, x_at;  // where in shared memory, in floats: weights with their optimizer state; inputs of the batch
};

// The gradient of a tail's parameter, and its update.
struct TailUpdate {
  Parameter parameter;
  UpdateRule rule;
  const float* x;  // (B, columns), or null for a bias
  const float* dz;  // (B, rows)
  int rows, columns;
};

// Counters on which blocks wait for each other, each on a line of its own.
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
  int tail_rows;           // of a block
  int prefetch;            // whether there is room for the inputs of two batches
  uint32_t* counters;      // layer_count for the way there, one for the tail, layer_count for the way back
  uint32_t* ended;         // the tail's word to all
  double* block_losses;    // one for each block
  uint32_t* block_rights;  // likewise
  int state_copies;        // numbers kept of each weight: itself and the optimizer's states
  int dz_at, scratch_at;   // where in shared memory, in floats
  size_t shared_floats;
};

cudaError_t launch_persistent(const Site&, const Persistent&, int blocks);
// Whether `blocks` blocks of the kernel fit on the device at once.
cudaError_t persistent_fits(const Site&, size_t shared_bytes, int blocks, bool* fits);
