// The CPU twin of prims.cuh: the parts of CUDA that the kernels use, for a C++ compiler.
//
// Emulated are blocks, threads, shared memory (filled with NaNs first), __syncthreads, shuffles, the counters that blocks wait
// for, the calls of the host runtime, streams, graphs and events: work that is queued is done when something waits for it. Blocks
// of an ordinary launch run one after the other, blocks of launch_together() in turns; emulation/fibers.hpp describes the order.
// Not emulated are the order in which stores become visible (there is one memory, but emulation/races.cpp reports accesses that
// are not ordered), divergent threads of a warp, and time: clocks advance by a fixed amount with every reading.
#pragma once

#include <cmath>

#include "emulation/fibers.hpp"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __grid_constant__

struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(4) uchar4 {
  unsigned char x, y, z, w;
};
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

#define threadIdx (emulate::current->thread)
#define blockIdx (emulate::current->block->index)
#define blockDim (emulate::block_size)
#define gridDim (emulate::grid_size)

// Parameters with the file and line of the call; the emulation can leave out one call, to check that the tests detect it.
#define CALLED_FROM const char *file = __builtin_FILE(), int line = __builtin_LINE()
#define ALSO_CALLED_FROM , CALLED_FROM
#define IS_LEFT_OUT emulate::is_left_out(file, line)

// Functions whose accesses the race detector does not see as ordinary loads and stores.
#define ATOMIC __attribute__((no_sanitize("thread"), noinline)) inline

inline void __syncthreads(CALLED_FROM) {
  if (!IS_LEFT_OUT) emulate::wait_for_block(file, line);
}

inline float __shfl_xor_sync(unsigned, float value, int mask) {
  const unsigned thread = threadIdx.x;
  float* slots = emulate::current->block->warps[thread / 32].slots;
  slots[thread % 32] = value;
  emulate::wait_for_warp();
  const float received = slots[(thread ^ mask) % 32];
  emulate::wait_for_warp();
  return received;
}

// Returns Φ(z), the distribution function of the standard normal distribution, with a small relative error even if it is tiny.
inline float normcdff(float z) { return static_cast<float>(std::erfc(-std::sqrt(0.5) * z) / 2); }

template <class T>
T* shared_memory() {
  return reinterpret_cast<T*>(emulate::current->block->shared.get());
}

ATOMIC void add_release(uint32_t* counter, uint32_t value, CALLED_FROM) {
  emulate::race_hooks.access_word(counter, true);
  if (!IS_LEFT_OUT) emulate::race_hooks.release(counter);
  *counter += value;
  emulate::wake_paused();
}
ATOMIC uint32_t load_acquire(const uint32_t* counter, CALLED_FROM) {
  emulate::race_hooks.access_word(counter, false);
  if (!IS_LEFT_OUT) emulate::race_hooks.acquire(counter);
  return *counter;
}
ATOMIC uint32_t add_acquire_release(uint32_t* counter, uint32_t value, CALLED_FROM) {
  emulate::race_hooks.access_word(counter, true);
  if (!IS_LEFT_OUT) {
    emulate::race_hooks.acquire(counter);
    emulate::race_hooks.release(counter);
  }
  const uint32_t before = *counter;
  *counter += value;
  emulate::wake_paused();
  return before;
}
ATOMIC uint32_t load_shared_word(const uint32_t* word) {
  emulate::race_hooks.access_word(word, false);
  return __atomic_load_n(word, __ATOMIC_RELAXED);
}
ATOMIC void store_shared_word(uint32_t* word, uint32_t value) {
  emulate::race_hooks.access_word(word, true);
  __atomic_store_n(word, value, __ATOMIC_RELAXED);
}
inline void pause() { emulate::pause(); }

using std::isfinite;
using std::max;
using std::min;

#include "emulation/launches.hpp"
