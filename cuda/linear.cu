// linear: y (B, O) = activation(z) with z (B, O) = x (B, I) weights (O, I)ᵀ + bias (O). z is stored only if an operation needs
// it.
//
// x is a buffer of the plan, or the rows of the batch in the data set, which are bytes or floats and are scaled when read.
// Split: a block computes a tile of y; see matmul.cuh. Numerics: float32 sums over I in a fixed order; the bias is added last.
// Cost: 2 B I O FLOPs; x is read once for each column of tiles, the weights once for each row of tiles.
// A softmax is applied afterwards, by rows.cu. Tests compare it with `linear()` of the reference backend.
#include "ops.cuh"

namespace {

template <class Shape>
__global__ void __launch_bounds__(MATMUL_THREADS) linear_kernel(Linear op, const Progress* progress, uint32_t batch_size) {
  const Batch batch = batch_of(progress, batch_size);
  const int tile_columns = divide_up(op.out_features, Shape::COLUMNS);
  const int row = blockIdx.x / tile_columns * Shape::ROWS, column = blockIdx.x % tile_columns * Shape::COLUMNS;
  if (row >= batch.rows) return;
  const int in_features = op.x.in_features, out_features = op.out_features;
  const Rows weights = {op.weights, out_features, in_features, /*aligned for vectors=*/in_features % 4 == 0};
  matmul_tile<Shape, true, true>(op.x.rows(batch), weights, row, column, batch.rows, out_features, in_features,
                                 shared_memory<float>(), [&](int m, int n, float sum) {
                                   const size_t at = static_cast<size_t>(m) * out_features + n;
                                   const float z = sum + op.bias[n];
                                   if (op.z) op.z[at] = z;
                                   op.y[at] = activate(z, op.activation);
                                 });
}

template <class Shape>
cudaError_t launch_with(const Site& site, const Linear& op) {
  const unsigned tiles = divide_up(site.batch_size, Shape::ROWS) * divide_up(op.out_features, Shape::COLUMNS);
  return launch(site.stream, Grid{tiles, MATMUL_THREADS, Shape::SHARED_BYTES}, linear_kernel<Shape>, op, site.progress,
                site.batch_size);
}

}  // namespace

cudaError_t launch_linear(const Site& site, const Linear& op) {
  const TileSize size = tile_size_for(site.batch_size, op.out_features, site.multiprocessors);
  const cudaError_t error = with_tile(size, [&](auto tile) { return launch_with<decltype(tile)>(site, op); });
  if (error != cudaSuccess || op.activation != MLP_SOFTMAX) return error;
  return launch_softmax(site, op.y, op.out_features);
}
