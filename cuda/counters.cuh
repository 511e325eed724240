// How blocks of one launch wait for each other: on counters that blocks add to when they have written what is waited for.
// All blocks must be on the chip at once, or the wait never ends. One thread of a block adds or waits for all of them: a
// barrier before the release makes it cover what the block wrote, one behind the acquire makes it serve the whole block.
#pragma once

#include "prims.cuh"

// What the block wrote before is there for those who wait, and what it read before may be written. Most callers have a
// barrier behind their last access already; this one makes it true for all.
__device__ __forceinline__ void arrive(uint32_t* counter ALSO_CALLED_FROM) {
  if (IS_LEFT_OUT) return;
  __syncthreads();
  if (threadIdx.x == 0) add_release(counter, 1);
}

// Waits until a counter has come to `value`.
__device__ __forceinline__ void wait_for(const uint32_t* counter, uint32_t value ALSO_CALLED_FROM) {
  if (IS_LEFT_OUT) return;
  if (threadIdx.x == 0) {
    while (static_cast<int32_t>(load_acquire(counter) - value) < 0) pause();
  }
  __syncthreads();
}
