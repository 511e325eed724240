// The updates of all optimizers, from stored gradients, for several parameters at once; the formulas are in updates.cuh.
//
// Split: the numbers of each parameter are divided over all threads. Cost: one read of gradient, parameter and state, one
// write of parameter and state. The last block can end the step. Compared with the optimizers of the reference backend.
#include "ops.cuh"

namespace {

constexpr int THREADS = END_THREADS, BLOCKS_PER_MULTIPROCESSOR = 4;

__global__ void updates_kernel(UpdateGroup group, Progress* progress, uint32_t batch_size, StepEnd end) {
  const Batch batch = batch_of(progress, batch_size);
  if (batch.rows == 0) return;
  const uint64_t threads = static_cast<uint64_t>(gridDim.x) * THREADS;
  for (int index = 0; index < group.count; index++) {
    const UpdateItem item = group.items[index];
    const float4 rates = item.rule.rates[batch.step];
    for (uint64_t at = blockIdx.x * THREADS + threadIdx.x; at < item.size; at += threads) {
      update(item.rule, rates, item.gradient[at], item.parameter, at);
    }
  }
  if (group.ends_step) end_step_in_last_block(end, shared_memory<char>());
}

__global__ void end_step_kernel(StepEnd end) { end_step(end, shared_memory<char>()); }

}  // namespace

cudaError_t launch_updates(const Site& site, const UpdateGroup& group, const StepEnd& end) {
  const uint64_t needed = (group.largest + THREADS - 1) / THREADS;
  const unsigned limit = BLOCKS_PER_MULTIPROCESSOR * site.multiprocessors;
  const unsigned blocks = needed < limit ? static_cast<unsigned>(needed) : limit;
  const Grid grid = {blocks, THREADS, END_SHARED_BYTES};
  return launch(site.stream, grid, updates_kernel, group, site.progress, site.batch_size, end);
}

cudaError_t launch_end_step(const Site& site, const StepEnd& end) {
  return launch(site.stream, Grid{1, THREADS, END_SHARED_BYTES}, end_step_kernel, end);
}
