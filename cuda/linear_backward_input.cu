// linearBackwardInput: dX (B, I) = activation'(z) (dZ (B, O) weights (O, I)), with x = activation(z). If the layer reads x
// through a dropout, the product is multiplied by the dropout's mask first: its values are dropped and scaled as those of x.
//
// Split: a block computes a tile of dX; see matmul.cuh. Numerics: float32 sums over O in a fixed order. Cost: 2 B I O FLOPs.
// The backward pass of a softmax follows in rows.cu. Compared with `linearBackwardInput()` of the reference backend.
#include "ops.cuh"

namespace {

template <class Shape, bool VECTORS, bool MASKED>
__global__ void __launch_bounds__(MATMUL_THREADS, VECTORS ? Shape::blocks_from(800) : 1)
    linear_backward_input_kernel(const __grid_constant__ LinearBackwardInput op, const Progress* progress, uint32_t batch_size) {
  const Batch batch = batch_of(progress, batch_size);
  const int in_features = op.in_features, out_features = op.out_features;
  const int across = divide_up(in_features, Shape::COLUMNS);
  const int row = blockIdx.x / across * Shape::ROWS, column = blockIdx.x % across * Shape::COLUMNS;
  if (row >= batch.rows) return;
  const Rows<VECTORS> dz = {op.dz, batch.rows, out_features, out_features};
  const Rows<VECTORS> weights = {op.weights, out_features, in_features, in_features};
  const bool aligned = in_features % 4 == 0;
  matmul_tile<Shape, true, false>(
      dz, weights, row, column, batch.rows, in_features, 0, out_features, shared_memory<float>(),
      [&](int m, int n, const float4& sums) {
        const size_t at = static_cast<size_t>(m) * in_features + n;
        const int count = in_features - n;
        float4 d = sums;
        if (MASKED) {
          const uint32_t key = op.mask.key(step_of(progress, batch), m);
          d = make_float4(op.mask.apply(key, n, d.x), op.mask.apply(key, n + 1, d.y), op.mask.apply(key, n + 2, d.z),
                          op.mask.apply(key, n + 3, d.w));
        }
        const float4 x = load_four(op.x + at, count, aligned), z = load_four(op.z + at, op.z ? count : 0, aligned);
        store_four(op.dx + at, activate_four_backward(x, z, d, op.activation), count, aligned);
      });
}

template <class Shape, bool VECTORS>
cudaError_t launch_with(const Site& site, const LinearBackwardInput& op) {
  const unsigned tiles = divide_up(site.batch_size, Shape::ROWS) * divide_up(op.in_features, Shape::COLUMNS);
  const auto kernel = op.masked ? linear_backward_input_kernel<Shape, VECTORS, true>
                                : linear_backward_input_kernel<Shape, VECTORS, false>;
  return launch(site.stream, Grid{tiles, MATMUL_THREADS, Shape::SHARED_BYTES}, kernel, op, site.progress, site.batch_size);
}

}  // namespace

cudaError_t launch_linear_backward_input(const Site& site, const LinearBackwardInput& op) {
  const TileSize size = tile_size_for(site.batch_size, op.in_features, site.multiprocessors);
  const bool vectors = op.in_features % 4 == 0 && op.out_features % 4 == 0;
  const cudaError_t error = with_tile(size, [&](auto tile) {
    return vectors ? launch_with<decltype(tile), true>(site, op) : launch_with<decltype(tile), false>(site, op);
  });
  if (error != cudaSuccess || op.activation != MLP_SOFTMAX) return error;
  return launch_softmax_backward(site, op.x, op.dx, op.in_features);
}
