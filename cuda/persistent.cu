// The launch of the persistent kernel, and the kernel that adds up the results of an epoch.
#include "persistent_kernel.cuh"

namespace {

// Writes the sums of all warps since the start of the epoch to its progress: each thread adds those of every 256th warp, and
// then the threads' sums are added in pairs.
__global__ void finish_kernel(const Scores* scores, const uint32_t* ended, Progress* progress, uint32_t batch_size, int warps) {
  double loss = 0;
  uint32_t correct = 0;
  for (int warp = threadIdx.x; warp < warps; warp += END_THREADS) {
    loss += scores[warp].loss;
    correct += scores[warp].correct;
  }
  const BlockSums sums = sum_of_block(loss, correct, shared_memory<char>());
  if (threadIdx.x != 0) return;
  progress->loss_sum = sums.loss;
  progress->correct = sums.correct;
  const uint64_t rows = static_cast<uint64_t>(progress->step) * batch_size;
  progress->rows = rows < progress->count ? static_cast<uint32_t>(rows) : progress->count;
  progress->diverged = isfinite(progress->loss_sum) ? 0 : 1;
  if (*ended != 0) progress->ended = 1;
}

// Calls `work(kernel)` with the kernel for inputs of this kind.
template <class Work>
cudaError_t with_kernel(InputKind kind, const Work& work) {
  return with_input_kind(kind, [&](auto of) { return work(persistent_kernel<decltype(of)::value>); });
}

}  // namespace

cudaError_t launch_persistent(const Site& site, const Persistent& p, int blocks) {
  const size_t bytes = p.shared_floats * sizeof(float);
  return with_kernel(p.inputs.kind(), [&](auto kernel) {
    return launch_together(site.stream, Grid{static_cast<unsigned>(blocks), PERSISTENT_THREADS, bytes}, kernel, p);
  });
}

cudaError_t launch_finish(const Site& site, const Persistent& p, int blocks) {
  const Grid grid = {1, END_THREADS, END_SHARED_BYTES};
  return launch(site.stream, grid, finish_kernel, p.scores, p.ended, p.progress, p.batch_size, blocks * PERSISTENT_WARPS);
}

cudaError_t persistent_fits(const Site& site, InputKind kind, size_t shared_bytes, size_t most_bytes, int blocks, bool* fits) {
  *fits = false;
  return with_kernel(kind, [&](auto kernel) {
    // The limit is one of the process, and other plans may run in other threads: so it is the same for all of them.
    cudaError_t error = allow_shared_memory(kernel, most_bytes);
    if (error != cudaSuccess) return error;
    int each = 0;
    error = blocks_per_multiprocessor(&each, kernel, PERSISTENT_THREADS, shared_bytes);
    if (error == cudaSuccess) *fits = each * site.multiprocessors >= blocks;
    return error;
  });
}
