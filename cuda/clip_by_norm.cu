// clipByNorm: every gradient times min(1, maxNorm / (norm + 1e-6)); the norm is that of all gradients together.
//
// Split: the first kernel writes one sum of squares for each of 128 blocks; each block of the second adds these sums in the
// same order and scales its share of the gradients. Numerics: squares are added in double, in an order that does not depend on
// the device. Cost: two reads and one write of every gradient. Compared with `clipByNorm()` of the reference backend.
#include "ops.cuh"

namespace {

constexpr int THREADS = 256;
constexpr uint64_t ALL_THREADS = static_cast<uint64_t>(CLIP_BLOCKS) * THREADS;

// Adds one number of each thread, pairwise; the sum is in shared[0] for all threads.
__device__ void add_up(double* shared, double value) {
  const int thread = threadIdx.x;
  shared[thread] = value;
  __syncthreads();
  for (int half = THREADS / 2; half > 0; half /= 2) {
    if (thread < half) shared[thread] += shared[thread + half];
    __syncthreads();
  }
}

__global__ void squares_kernel(ClipByNorm op, const Progress* progress, uint32_t batch_size) {
  if (batch_of(progress, batch_size).rows == 0) return;
  double sum = 0;
  for (int index = 0; index < op.count; index++) {
    const Gradient gradient = op.gradients[index];
    for (uint64_t at = blockIdx.x * THREADS + threadIdx.x; at < gradient.size; at += ALL_THREADS) {
      const double g = gradient.values[at];
      sum += g * g;
    }
  }
  double* shared = shared_memory<double>();
  add_up(shared, sum);
  if (threadIdx.x == 0) op.squares[blockIdx.x] = shared[0];
}

__global__ void scale_kernel(ClipByNorm op, const Progress* progress, uint32_t batch_size) {
  if (batch_of(progress, batch_size).rows == 0) return;
  double* shared = shared_memory<double>();
  add_up(shared, threadIdx.x < CLIP_BLOCKS ? op.squares[threadIdx.x] : 0.0);
  const float factor = static_cast<float>(fmin(1.0, op.max_norm / (sqrt(shared[0]) + 1e-6)));
  for (int index = 0; index < op.count; index++) {
    const Gradient gradient = op.gradients[index];
    for (uint64_t at = blockIdx.x * THREADS + threadIdx.x; at < gradient.size; at += ALL_THREADS) {
      gradient.values[at] *= factor;
    }
  }
}

}  // namespace

cudaError_t launch_clip_by_norm(const Site& site, const ClipByNorm& op) {
  static_assert(CLIP_BLOCKS <= THREADS, "each block's sum is added by one thread");
  const Grid grid = {CLIP_BLOCKS, THREADS, THREADS * sizeof(double)};
  const cudaError_t error = launch(site.stream, grid, squares_kernel, op, site.progress, site.batch_size);
  if (error != cudaSuccess) return error;
  return launch(site.stream, grid, scale_kernel, op, site.progress, site.batch_size);
}
