// tail: the last layers, the loss and the backward pass to the input of these layers, in one launch; see tail.cuh.
//
// Split: a block computes 4 rows. Cost: every block reads all weights of these layers twice, from the L2 and then from the L1.
// Compared with `linear()`, the losses and `linearBackwardInput()` of the reference backend.
#include "tail.cuh"

namespace {

__global__ void __launch_bounds__(TAIL_THREADS, 1)
    tail_kernel(const __grid_constant__ Tail tail, const float* x, const Progress* progress, uint32_t batch_size) {
  const Batch batch = batch_of(progress, batch_size);
  const int first = blockIdx.x * TAIL_ROWS, rows = min(TAIL_ROWS, batch.rows - first);
  if (rows <= 0) return;
  float* shared = shared_memory<float>();
  const RowTarget target = first_target(tail, batch, first, rows);
  tail_inputs<TAIL_ROWS>(tail, x, batch_size, first, rows, shared);
  tail_rows<TAIL_ROWS, false>(tail, batch, first, rows, shared, nullptr, target,
                              [&](int row, const RowScore& score) { tail.loss.scores[row] = score; });
}

}  // namespace

cudaError_t launch_tail(const Site& site, const Tail& tail, const float* x) {
  const Grid grid = {static_cast<unsigned>(divide_up(site.batch_size, TAIL_ROWS)), TAIL_THREADS,
                     tail_floats(tail.width, TAIL_ROWS, TAIL_ROWS) * sizeof(float)};
  return launch(site.stream, grid, tail_kernel, tail, x, site.progress, site.batch_size);
}
