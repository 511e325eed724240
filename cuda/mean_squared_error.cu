// meanSquaredError: each row's mean of (y - target)², dZ (B, O) = its gradient before the activation that made y, and with
// labels whether the row is right.
//
// Split: one warp a row; see losses.cuh. Numerics: float32. Cost: y and the targets are read once or twice, dZ is written
// once (twice after a softmax). Compared with `meanSquaredError()` of the reference backend.
#include "losses.cuh"
#include "ops.cuh"

namespace {

constexpr int THREADS = 128, ROWS_PER_BLOCK = THREADS / WARP;

__global__ void mean_squared_error_kernel(MeanSquaredError op, const Progress* progress, uint32_t batch_size) {
  const Batch batch = batch_of(progress, batch_size);
  const int row = blockIdx.x * ROWS_PER_BLOCK + threadIdx.x / WARP, lane = threadIdx.x % WARP;
  if (row >= batch.rows) return;
  const size_t at = static_cast<size_t>(row) * op.out_features, source = op.answers.row(batch, row);
  const float* targets = op.answers.targets ? op.answers.targets + source * op.out_features : nullptr;
  const uint32_t label = op.answers.labels ? op.answers.labels[source] : 0;
  const RowScore score = squared_error_of_row(op.y + at, op.dz + at, op.out_features, targets, label, op.activation,
                                              batch.rows, lane);
  if (lane == 0) op.scores[row] = score;
}

}  // namespace

cudaError_t launch_mean_squared_error(const Site& site, const MeanSquaredError& op) {
  const Grid grid = {static_cast<unsigned>(divide_up(site.batch_size, ROWS_PER_BLOCK)), THREADS, 0};
  return launch(site.stream, grid, mean_squared_error_kernel, op, site.progress, site.batch_size);
}
