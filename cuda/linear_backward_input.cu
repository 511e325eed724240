// linearBackwardInput: dX (B, I) = activation'(z) (dZ (B, O) weights (O, I)), with x = activation(z). If the layer reads x
// through a dropout, the product is multiplied by the dropout's mask first: its values are dropped and scaled as those of x.
//
// Split: a block computes a tile of dX; see matmul.cuh. Numerics: float32 sums over O in a fixed order. Cost: 2 B I O FLOPs.
// The backward pass of a softmax follows in rows.cu. Compared with `linearBackwardInput()` of the reference backend.
#include "ops.cuh"

namespace {

template <class Shape, bool MASKED>
__global__ void __launch_bounds__(MATMUL_THREADS)
    linear_backward_input_kernel(LinearBackwardInput op, const Progress* progress, uint32_t batch_size) {
  const Batch batch = batch_of(progress, batch_size);
  const int in_features = op.in_features, out_features = op.out_features;
  const int across = divide_up(in_features, Shape::COLUMNS);
  const int row = blockIdx.x / across * Shape::ROWS, column = blockIdx.x % across * Shape::COLUMNS;
  if (row >= batch.rows) return;
  const Rows dz = {op.dz, batch.rows, out_features, out_features % 4 == 0};
  const Rows weights = {op.weights, out_features, in_features, in_features % 4 == 0};
  matmul_tile<Shape, true, false>(dz, weights, row, column, batch.rows, in_features, out_features, shared_memory<float>(),
                                  [&](int m, int n, float sum) {
                                    const size_t at = static_cast<size_t>(m) * in_features + n;
                                    if (MASKED) sum = op.mask.apply(op.mask.key(step_of(progress, batch), m), n, sum);
                                    op.dx[at] = activate_backward(op.x[at], op.z ? op.z[at] : 0, sum, op.activation);
                                  });
}

template <class Shape>
cudaError_t launch_with(const Site& site, const LinearBackwardInput& op) {
  const unsigned tiles = divide_up(site.batch_size, Shape::ROWS) * divide_up(op.in_features, Shape::COLUMNS);
  const auto kernel = op.masked ? linear_backward_input_kernel<Shape, true> : linear_backward_input_kernel<Shape, false>;
  return launch(site.stream, Grid{tiles, MATMUL_THREADS, Shape::SHARED_BYTES}, kernel, op, site.progress, site.batch_size);
}

}  // namespace

cudaError_t launch_linear_backward_input(const Site& site, const LinearBackwardInput& op) {
  const TileSize size = tile_size_for(site.batch_size, op.in_features, site.multiprocessors);
  const cudaError_t error = with_tile(size, [&](auto tile) { return launch_with<decltype(tile)>(site, op); });
  if (error != cudaSuccess || op.activation != MLP_SOFTMAX) return error;
  return launch_softmax_backward(site, op.x, op.dx, op.in_features);
}
