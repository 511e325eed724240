// tail: the last layers, the loss and the backward pass to the input of these layers, in one launch; see tail.cuh.
//
// Split: a block computes 4 rows. Cost: every block reads all weights of these layers twice, from the L2. Compared with
// `linear()`, the losses and `linearBackwardInput()` of the reference backend.
#include "tail.cuh"

namespace {

__global__ void __launch_bounds__(TAIL_THREADS, 1)
    tail_kernel(Tail tail, const float* x, const Progress* progress, uint32_t batch_size) {
  const Batch batch = batch_of(progress, batch_size);
  const int first = blockIdx.x * TAIL_ROWS, rows = min(TAIL_ROWS, batch.rows - first);
  if (rows <= 0) return;
  float* shared = shared_memory<float>();
  for (int item = threadIdx.x; item < rows * tail.in_features; item += TAIL_THREADS) {
    const int row = item / tail.in_features, i = item % tail.in_features;
    shared[row * tail.width + i] = x[static_cast<size_t>(first + row) * tail.in_features + i];
  }
  __syncthreads();
  tail_rows(tail, batch, first, rows, shared);
}

}  // namespace

cudaError_t launch_tail(const Site& site, const Tail& tail, const float* x) {
  const Grid grid = {static_cast<unsigned>(divide_up(site.batch_size, TAIL_ROWS)), TAIL_THREADS,
                     tail_floats(tail, TAIL_ROWS) * sizeof(float)};
  return launch(site.stream, grid, tail_kernel, tail, x, site.progress, site.batch_size);
}
