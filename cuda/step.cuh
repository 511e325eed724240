// The progress of an epoch, and the end of a step. Every kernel of a plan is recorded once with fixed arguments and runs in
// every step; values that differ from step to step are read from Progress.
#pragma once

#include "prims.cuh"

// The loss of one row, and whether its prediction is correct.
struct RowScore {
  float loss;
  uint32_t correct;  // 0 or 1
};

// The progress of an epoch. Each plan has one, in device memory.
struct Progress {
  uint32_t run;       // number of the call of run_epoch
  uint32_t step;      // steps done, which is also the index of the current step
  uint32_t steps;     // steps of the epoch
  uint32_t count;     // rows of the epoch
  uint32_t ended;     // not 0: the remaining steps do nothing
  uint32_t diverged;  // 1 if the loss of the last step was not finite, else 0
  uint32_t rows;      // rows of the steps done
  uint32_t correct;   // rows of the steps done that were correct
  double loss_sum;    // of the rows of the steps done
  uint32_t finished_blocks;  // blocks that have finished, of the kernel that ends the step
  uint32_t steps_before;     // steps done before this epoch since training began
};

// The rows of a step.
struct Batch {
  uint32_t step;
  uint32_t first;  // index of its first row in the epoch's order
  int rows;        // 0 if the step is to do nothing
};

// Returns the rows of the current step.
__device__ __forceinline__ Batch batch_of(const Progress* progress, uint32_t batch_size) {
  const uint32_t step = progress->step, first = step * batch_size;
  const bool idle = progress->ended != 0 || step >= progress->steps;
  return {step, first, idle ? 0 : static_cast<int>(min(batch_size, progress->count - first))};
}

// Returns the number of the batch's step, counted from 1 since training began.
__device__ __forceinline__ uint32_t step_of(const Progress* progress, const Batch& batch) {
  return progress->steps_before + batch.step + 1;
}

constexpr int END_THREADS = 256;
constexpr size_t END_SHARED_BYTES = END_THREADS * (sizeof(double) + sizeof(uint32_t));

// The arguments of the end of a step.
struct StepEnd {
  Progress* progress;
  const uint32_t* stop;    // number of the run that the host has asked to end
  const RowScore* scores;  // (B), or null if the plan has no loss
  uint32_t batch_size;
};

struct BlockSums {
  double loss;
  uint32_t correct;
};
// Returns, in every thread, the sums over the 256 threads of a block, added in pairs. `shared` has END_SHARED_BYTES.
__device__ inline BlockSums sum_of_block(double loss, uint32_t correct, char* shared) {
  double* losses = reinterpret_cast<double*>(shared);
  uint32_t* counts = reinterpret_cast<uint32_t*>(losses + END_THREADS);
  const int thread = threadIdx.x;
  losses[thread] = loss;
  counts[thread] = correct;
  __syncthreads();
  for (int half = END_THREADS / 2; half > 0; half /= 2) {
    if (thread < half) {
      losses[thread] += losses[thread + half];
      counts[thread] += counts[thread + half];
    }
    __syncthreads();
  }
  return {losses[0], counts[0]};
}

// Adds up the rows' losses, each thread every 256th row and the threads' sums pairwise, and advances to the next step. All
// 256 threads of one block call it, when no other block will read the progress of this step.
__device__ inline void end_step(const StepEnd& end, char* shared) {
  Progress* progress = end.progress;
  const Batch batch = batch_of(progress, end.batch_size);
  const int thread = threadIdx.x;
  double loss = 0;
  uint32_t correct = 0;
  if (end.scores) {
    for (int row = thread; row < batch.rows; row += END_THREADS) {
      loss += end.scores[row].loss;
      correct += end.scores[row].correct;
    }
  }
  const BlockSums sums = sum_of_block(loss, correct, shared);
  if (thread != 0) return;
  progress->finished_blocks = 0;
  if (batch.rows == 0) return;
  progress->loss_sum += sums.loss;
  progress->correct += sums.correct;
  progress->rows += batch.rows;
  progress->diverged = isfinite(sums.loss) ? 0 : 1;
  progress->ended = progress->diverged || load_shared_word(end.stop) == progress->run ? 1 : 0;
  store_shared_word(&progress->step, batch.step + 1);
}

// Ends the step in the last block of the kernel to finish. The result does not depend on which block that is.
__device__ inline void end_step_in_last_block(const StepEnd& end, char* shared) {
  uint32_t* is_last = reinterpret_cast<uint32_t*>(shared);
  __syncthreads();
  if (threadIdx.x == 0) *is_last = add_acquire_release(&end.progress->finished_blocks, 1) + 1 == gridDim.x;
  __syncthreads();
  const bool last = *is_last != 0;
  __syncthreads();
  if (last) end_step(end, shared);
}
