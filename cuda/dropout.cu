// dropout: y (B, I) = x (B, I), with 0 for the values that the mask drops and the others scaled; see shared/dropout.hpp.
//
// x is a buffer of the plan, or read directly from the data set. Split: one block a row, neighboring threads on neighboring
// groups of four columns; the mask is computed, not stored. Cost: one read of the rows (I bytes or 4 I), one write of
// 4 I bytes. Compared with `dropout()` of the reference backend.
#include "ops.cuh"

namespace {

constexpr int THREADS = 256;

template <InputKind KIND>
__global__ void dropout_kernel(const __grid_constant__ Dropout op, const Progress* progress, uint32_t batch_size) {
  const Batch batch = batch_of(progress, batch_size);
  const int row = blockIdx.x;
  if (row >= batch.rows) return;
  const int in_features = op.x.in_features;
  const void* from = address_of_row<KIND>(op.x, op.x.row_of(batch, row));
  const uint32_t key = op.mask.key(step_of(progress, batch), row);
  float* y = op.y + static_cast<size_t>(row) * in_features;
  for (int column = threadIdx.x * 4; column < in_features; column += THREADS * 4) {
    const float4 four = convert_raw<KIND>(fetch_raw<KIND>(op.x, from, column, in_features), op.x.scale);
    const float values[] = {four.x, four.y, four.z, four.w};
    UNROLL for (int i = 0; i < 4; i++) {
      if (column + i < in_features) y[column + i] = op.mask.apply(key, column + i, values[i]);
    }
  }
}

}  // namespace

cudaError_t launch_dropout(const Site& site, const Dropout& op) {
  return with_input_kind(op.x.kind(), [&](auto kind) {
    return launch(site.stream, Grid{site.batch_size, THREADS, 0}, dropout_kernel<decltype(kind)::value>, op, site.progress,
                  site.batch_size);
  });
}
