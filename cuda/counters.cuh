// Waiting between blocks of one launch, on counters: a block adds to a counter when it has written its results, and other
// blocks wait until the counter reaches a value. All blocks must be resident on the GPU at once, or the wait never ends. One
// thread adds or waits for its block: a barrier before the release makes it cover the writes of all threads of the block,
// and a barrier after the acquire makes all threads of the block wait for it.
#pragma once

#include "prims.cuh"

// Adds 1 to a counter for the block. Blocks that wait for it then see all earlier writes of this block, and may overwrite
// memory that this block has read. The barrier is needed even if most callers have one after their last access.
__device__ __forceinline__ void arrive(uint32_t* counter ALSO_CALLED_FROM) {
  if (IS_LEFT_OUT) return;
  __syncthreads();
  if (threadIdx.x == 0) add_release(counter, 1);
}

// Waits until a counter has reached `value`. Only the last load of the counter acquires: on a GPU each acquire empties the L1.
__device__ __forceinline__ void wait_for(const uint32_t* counter, uint32_t value ALSO_CALLED_FROM) {
  if (IS_LEFT_OUT) return;
  if (threadIdx.x == 0) {
    while (static_cast<int32_t>(load_shared_word(counter) - value) < 0) pause();
    load_acquire(counter);
  }
  __syncthreads();
}
