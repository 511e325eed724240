// The launch of the persistent kernel, and the kernel that adds up the results of an epoch.
#include "persistent_kernel.cuh"

namespace {

constexpr int FINISH_THREADS = 256;

// Writes the sums of all warps since the start of the epoch to its progress: each thread adds those of every 256th warp, and
// then the threads' sums are added in pairs.
__global__ void finish_kernel(const Scores* scores, const uint32_t* ended, Progress* progress, uint32_t batch_size, int warps) {
  double* sums = shared_memory<double>();
  uint32_t* counts = reinterpret_cast<uint32_t*>(sums + FINISH_THREADS);
  const int thread = threadIdx.x;
  double sum = 0;
  uint32_t count = 0;
  for (int warp = thread; warp < warps; warp += FINISH_THREADS) {
    sum += scores[warp].loss;
    count += scores[warp].correct;
  }
  sums[thread] = sum;
  counts[thread] = count;
  __syncthreads();
  for (int half = FINISH_THREADS / 2; half > 0; half /= 2) {
    if (thread < half) {
      sums[thread] += sums[thread + half];
      counts[thread] += counts[thread + half];
    }
    __syncthreads();
  }
  if (thread != 0) return;
  progress->loss_sum = sums[0];
  progress->correct = counts[0];
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
  const Grid grid = {1, FINISH_THREADS, FINISH_THREADS * (sizeof(double) + sizeof(uint32_t))};
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
