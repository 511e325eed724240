// gather: x (B, I) = inputs[order] * scale, with the labels (B) or target values (B, O) of those rows and their weights (B).
//
// Split: one block a row, neighboring threads on neighboring columns. Cost: one read of the rows (I bytes or 4 I), one
// write of 4 I bytes. Compared with `gather()` of the reference backend.
#include "ops.cuh"

namespace {

constexpr int THREADS = 256;

__global__ void gather_kernel(Gather op, const Progress* progress, uint32_t batch_size) {
  const Batch batch = batch_of(progress, batch_size);
  const int row = blockIdx.x;
  if (row >= batch.rows) return;
  const GatheredRows from = op.input_source.rows(batch);
  float* x = op.x + static_cast<size_t>(row) * from.inners;
  for (int column = threadIdx.x * 4; column < from.inners; column += THREADS * 4) {
    const float4 four = from.fetch(row, column);
    x[column] = four.x;
    if (column + 1 < from.inners) x[column + 1] = four.y;
    if (column + 2 < from.inners) x[column + 2] = four.z;
    if (column + 3 < from.inners) x[column + 3] = four.w;
  }
  const size_t source = op.target_source.row(batch, row);
  if (op.target_source.labels) {
    if (threadIdx.x == 0) op.labels[row] = op.target_source.labels[source];
  } else if (op.target_source.targets) {
    for (int column = threadIdx.x; column < op.target_width; column += THREADS) {
      const size_t width = op.target_width;
      op.targets[row * width + column] = op.target_source.targets[source * width + column];
    }
  }
  if (op.row_weights && threadIdx.x == 0) op.row_weights[row] = op.target_source.row_weights[source];
}

}  // namespace

cudaError_t launch_gather(const Site& site, const Gather& op) {
  return launch(site.stream, Grid{site.batch_size, THREADS, 0}, gather_kernel, op, site.progress, site.batch_size);
}

cudaError_t find_code_of_kernels() { return find_code(gather_kernel); }
