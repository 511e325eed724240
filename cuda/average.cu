// average: average ← decay average + (1 - decay) parameter, for several parameters at once, after their updates.
//
// Split: the numbers of each parameter are divided over all threads. Cost: one read of parameter and
// average, one write of the average. The last block can end the step. Compared with `average()` of the reference backend.
#include "ops.cuh"

namespace {

constexpr int THREADS = END_THREADS, BLOCKS_PER_MULTIPROCESSOR = 4;

__global__ void averages_kernel(AverageGroup group, Progress* progress, uint32_t batch_size, StepEnd end) {
  const Batch batch = batch_of(progress, batch_size);
  if (batch.rows == 0) return;
  const uint64_t threads = static_cast<uint64_t>(gridDim.x) * THREADS;
  for (int index = 0; index < group.count; index++) {
    const AverageItem item = group.items[index];
    for (uint64_t at = blockIdx.x * THREADS + threadIdx.x; at < item.size; at += threads) {
      item.average[at] = item.decay * item.average[at] + item.complement * item.parameter[at];
    }
  }
  if (group.ends_step) end_step_in_last_block(end, shared_memory<char>());
}

}  // namespace

cudaError_t launch_averages(const Site& site, const AverageGroup& group, const StepEnd& end) {
  const uint64_t needed = (group.largest + THREADS - 1) / THREADS;
  const unsigned limit = BLOCKS_PER_MULTIPROCESSOR * site.multiprocessors;
  const unsigned blocks = needed < limit ? static_cast<unsigned>(needed) : limit;
  const Grid grid = {blocks, THREADS, END_SHARED_BYTES};
  return launch(site.stream, grid, averages_kernel, group, site.progress, site.batch_size, end);
}
