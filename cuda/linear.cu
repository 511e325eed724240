// linear: y (B, O) = activation(z) with z (B, O) = x (B, I) weights (O, I)ᵀ + bias (O). z is stored only if an operation needs
// it.
//
// x is a buffer of the plan, or the rows of the batch in the data set, which are bytes or floats and are scaled when read.
// Split: a block computes a tile of y, or, if y has so few tiles that most multiprocessors would have nothing to do, its sums over a
// share of I: these go to `parts`, which the tail adds (tail.cuh). See matmul.cuh. Numerics: float32 sums over I in a fixed order; the bias is added last.
// Cost: 2 B I O FLOPs; x is read once for each column of tiles, the weights once for each row of tiles.
// A softmax is applied afterwards, by rows.cu. Tests compare it with `linear()` of the reference backend.
#include "ops.cuh"

namespace {

template <class Shape, InputKind KIND>
__global__ void __launch_bounds__(MATMUL_THREADS, Shape::blocks_from(800))
    linear_kernel(const __grid_constant__ Linear op, const Progress* progress, uint32_t batch_size, int tiles) {
  const Batch batch = batch_of(progress, batch_size);
  const int tile_columns = divide_up(op.out_features, Shape::COLUMNS), split = blockIdx.x / tiles, tile = blockIdx.x % tiles;
  const int row = tile / tile_columns * Shape::ROWS, column = tile % tile_columns * Shape::COLUMNS;
  if (row >= batch.rows) return;
  const int in_features = op.x.in_features, out_features = op.out_features;
  const int share = divide_up(divide_up(in_features, op.splits), Shape::DEPTH) * Shape::DEPTH;
  const int first = split * share, end = min(in_features, first + share);
  const Rows<KIND != InputKind::any> weights = {op.weights, out_features, end, in_features};
  const GatheredRows<KIND> x = {op.x, batch, end};
  const bool aligned = out_features % 4 == 0;
  matmul_tile<Shape, true, true>(x, weights, row, column, batch.rows, out_features, first, end, shared_memory<float>(),
                                 [&](int m, int n, const float4& sums) {
                                   const size_t at = static_cast<size_t>(m) * out_features + n;
                                   const int count = out_features - n;
                                   if (op.splits > 1) {
                                     float* parts = op.parts + static_cast<size_t>(split) * batch_size * out_features;
                                     return store_four(parts + at, sums, count, aligned);
                                   }
                                   float4 z = load_four(op.bias + n, count, aligned);
                                   z += sums;
                                   if (op.z) store_four(op.z + at, z, count, aligned);
                                   store_four(op.y + at, activate_four(z, op.activation), count, aligned);
                                 });
}

template <class Shape>
cudaError_t launch_with(const Site& site, const Linear& op) {
  const int tiles = divide_up(site.batch_size, Shape::ROWS) * divide_up(op.out_features, Shape::COLUMNS);
  const Grid grid = {static_cast<unsigned>(tiles * op.splits), MATMUL_THREADS, Shape::SHARED_BYTES};
  return with_input_kind(op.x.kind(), [&](auto kind) {
    return launch(site.stream, grid, linear_kernel<Shape, decltype(kind)::value>, op, site.progress, site.batch_size, tiles);
  });
}

}  // namespace

cudaError_t launch_linear(const Site& site, const Linear& op) {
  const TileSize size = tile_size_for(site.batch_size, op.out_features, site.multiprocessors);
  const cudaError_t error = with_tile(size, [&](auto tile) { return launch_with<decltype(tile)>(site, op); });
  if (error != cudaSuccess || op.activation != MLP_SOFTMAX || op.splits > 1) return error;
  return launch_softmax(site, op.y, op.out_features);
}
