// gather: x (B, I) = inputs[order] * scale, with the labels (B) or target values (B, O) of those rows and their weights (B).
//
// Split: one block a row, neighboring threads on neighboring columns. Cost: one read of the rows (I bytes or 4 I), one
// write of 4 I bytes. Compared with `gather()` of the reference backend.
#include "ops.cuh"

namespace {

constexpr int THREADS = 256;

template <InputKind KIND>
__global__ void gather_kernel(const __grid_constant__ Gather op, const Progress* progress, uint32_t batch_size) {
  const Batch batch = batch_of(progress, batch_size);
  const int row = blockIdx.x;
  if (row >= batch.rows) return;
  const int in_features = op.input_source.in_features;
  const void* from = address_of_row<KIND>(op.input_source, op.input_source.row_of(batch, row));
  float* x = op.x + static_cast<size_t>(row) * in_features;
  for (int column = threadIdx.x * 4; column < in_features; column += THREADS * 4) {
    const float4 four = convert_raw<KIND>(fetch_raw<KIND>(op.input_source, from, column, in_features), op.input_source.scale);
    store_four(x + column, four, in_features - column, KIND != InputKind::any);
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
  return with_input_kind(op.input_source.kind(), [&](auto kind) {
    return launch(site.stream, Grid{site.batch_size, THREADS, 0}, gather_kernel<decltype(kind)::value>, op, site.progress,
                  site.batch_size);
  });
}

cudaError_t find_code_of_kernels() { return find_code(gather_kernel<InputKind::bytes>); }
