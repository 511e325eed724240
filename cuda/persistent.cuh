// The arguments of the persistent kernel; see persistent_kernel.cuh.
#pragma once

#include "tail.cuh"
#include "tiles.hpp"

constexpr int PERSISTENT_THREADS = TAIL_THREADS, PERSISTENT_WARPS = PERSISTENT_THREADS / WARP;
constexpr int UNIT_MAJOR = 8, UNIT_MINOR = 128;  // a warp computes 8 x 128 sums at a time
constexpr int UNIT_FLOATS = UNIT_MAJOR * UNIT_MINOR, UNIT_FOURS = UNIT_FLOATS / 4;
constexpr int SCRATCH_FLOATS = PERSISTENT_WARPS * UNIT_FLOATS;
constexpr int MAX_STATIONARY = 8;
constexpr int PERSISTENT_CHUNK = 2;  // rows of the tail that are computed at once
constexpr int PLACES_FLOATS = 6 * MAX_STATIONARY;  // of shared memory, for the block's places in the large layers

// A layer whose weights stay in shared memory, divided into tiles, at most one for each block. Tile t covers the outputs from
// t / tiles_in * tile_out on and the inputs from t % tiles_in * tile_in on.
struct StationaryLayer {
  Parameter weights, bias;
  float* y;         // (B, O)
  float* z;         // (B, O), or null if the derivative does not need it
  float* dz;        // (B, O); used for the last such layer, whose dZ the tail computes
  float* z_parts;   // (tiles_in, B, O): partial sums of Z, over the inputs of each tile
  float* dx_parts;  // (tiles_out, B, I): partial sums of dX, over the outputs of each tile; null for the first layer
  int in_features, out_features;
  Tiles tiles;
  int out_shift;  // tile_out is 2 to the power of this
  int x_stride;   // floats between rows of the inputs in shared memory
  Activation activation;
  int weights_at, x_at;  // offsets in shared memory, in floats: of weights with optimizer state, of inputs of the batch
};

// A layer of the tail as its parameters are updated: in patches of `outs` x `ins` weights, powers of two, at most one patch for
// each block. The patches at input 0 have the biases, too.
struct SmallLayer {
  Parameter weights, bias;
  const float* x;   // (B, I)
  const float* dz;  // (B, O)
  int in_features, out_features;
  int out_shift, in_shift;   // outs is 2 to the power of out_shift, ins of in_shift
  int first_patch, across;   // number of the first patch, and patches along the inputs
  int chunk_rows;            // rows of x and dz that fit in the scratch memory at once
};

// Returns the floats of a patch of 2^(out_shift + in_shift) weights and 2^out_shift biases with its optimizer state.
inline int patch_floats(int out_shift, int in_shift, int copies) {
  return copies * ((1 << (out_shift + in_shift)) + (1 << out_shift));
}

// Words between the counters on which blocks wait, so that each has its own cache line.
constexpr int COUNTER_STRIDE = 32;

// The sums of a warp's rows.
struct Scores {
  double loss;
  uint32_t correct;
};

struct Persistent {
  StationaryLayer layers[MAX_STATIONARY];
  SmallLayer small[MAX_TAIL_LAYERS];
  Tail tail;
  EpochRule rule;  // of all parameters
  InputSource inputs;
  int layer_count;
  Progress* progress;
  const uint32_t* stop;
  uint32_t batch_size;
  uint32_t most_steps;      // steps of a launch; 0 for all that are left
  int tail_rows;            // rows of the tail that a block computes
  int patches;              // of all small layers; block gridDim.x - 1 - p has patch p
  int prefetch;             // 1 if shared memory has room for the inputs of two batches, else 0
  uint32_t* counters;       // layer_count for the forward pass, the tail, the small layers, layer_count for the backward pass
  uint32_t* ended;          // not 0: this step is the last; 1 if the host has asked for it, 2 if a loss is not finite
  Scores* scores;           // of each warp of each block, over the steps of the epoch
  int state_copies;         // numbers kept for each weight: the weight and its optimizer states
  // Offsets in shared memory, in floats: gradients of a tile's outputs, scratch memory, the block's patch with its optimizer
  // state, copies of the tail's weights (-1 if there is no room), row numbers of the inputs.
  int dz_at, scratch_at, patch_at, staged_at, rows_at;
  size_t shared_floats;
};
// More than 4 KB would need a driver and a toolkit that allow it.
static_assert(sizeof(Persistent) <= 4096, "the arguments of a kernel have at most 4 KB");

// The phases of a step, in order. Each ends when the block has done its part of it.
enum class Phase {
  forward,   // the large layers
  hop_1,     // until all blocks have written their partial sums; the weights of the tail are copied meanwhile
  parts,     // the sums of the partial sums
  tail,      // the small layers, the loss, and their backward pass
  hop_2,     // until all blocks have written the gradients of their rows
  backward,  // the gradients of the large layers' inputs
  weights,   // the gradients and updates of the large layers' weights
  small      // those of the small layers
};
constexpr int PHASES = static_cast<int>(Phase::small) + 1;

// A clock that is not there. One that is has the same functions, see bench/.
struct NoClock {
  __device__ __forceinline__ void start() const {}
  __device__ __forceinline__ void mark(Phase) const {}
};

cudaError_t launch_persistent(const Site&, const Persistent&, int blocks);
// Writes the results to the progress of the epoch, after each launch.
cudaError_t launch_finish(const Site&, const Persistent&, int blocks);
// Writes whether `blocks` blocks of the kernel with `shared_bytes` of shared memory fit on the GPU at once. Called before a launch: it
// allows the kernel to use `most_bytes`, the most that the GPU has for a block.
cudaError_t persistent_fits(const Site&, InputKind kind, size_t shared_bytes, size_t most_bytes, int blocks, bool* fits);
