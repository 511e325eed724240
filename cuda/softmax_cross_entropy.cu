// softmaxCrossEntropy: dZ (B, C) = (softmax(logits) - target) / rows, and each row's loss and whether it is right.
//
// Split: one warp a row; see losses.cuh. Numerics: float32, log Σ e^z in one piece, so that logits of any size stay finite.
// Cost: logits are read four times, out of the caches for rows of usual width; dZ is written once. Compared with
// `softmaxCrossEntropy()` of the reference backend.
#include "losses.cuh"
#include "ops.cuh"

namespace {

constexpr int THREADS = 128, ROWS_PER_BLOCK = THREADS / WARP;

__global__ void softmax_cross_entropy_kernel(SoftmaxCrossEntropy op, const Progress* progress, uint32_t batch_size) {
  const Batch batch = batch_of(progress, batch_size);
  const int row = blockIdx.x * ROWS_PER_BLOCK + threadIdx.x / WARP, lane = threadIdx.x % WARP;
  if (row >= batch.rows) return;
  const size_t at = static_cast<size_t>(row) * op.classes;
  const uint32_t label = op.answers.labels[op.answers.row(batch, row)];
  const RowScore score =
      cross_entropy_of_row(op.logits + at, op.dz + at, op.classes, label, op.smoothing, batch.rows, lane);
  if (lane == 0) op.scores[row] = score;
}

}  // namespace

cudaError_t launch_softmax_cross_entropy(const Site& site, const SoftmaxCrossEntropy& op) {
  const Grid grid = {static_cast<unsigned>(divide_up(site.batch_size, ROWS_PER_BLOCK)), THREADS, 0};
  return launch(site.stream, grid, softmax_cross_entropy_kernel, op, site.progress, site.batch_size);
}
