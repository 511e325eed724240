// linearBackwardWeight: dWeights (O, I) = dZ (B, O)ᵀ x (B, I) and dBias (O) = Σ dZ, for one layer or several in one launch. The
// gradients are stored, or the optimizer updates the parameters with them at once, which saves writing and reading them.
//
// x is a buffer of the plan, or read directly from the data set. Split: the blocks of a launch are divided among the layers;
// each block of a layer computes a tile of dWeights (see matmul.cuh) or 32 numbers of dBias. Numerics: float32; sums over the
// rows of the batch in a fixed order. Cost: 2 B I O FLOPs, and with an update one read and one write of parameter and state.
// The last block can end the step. Compared with `linearBackwardWeight()` and the optimizers of the reference backend.
#include "ops.cuh"

namespace {

constexpr int NEVER = 10000;  // an architecture that there is not
constexpr int BIAS_COLUMNS = 32, BIAS_PARTS = MATMUL_THREADS / BIAS_COLUMNS;

template <class Shape>
int tiles_of(const LinearBackwardWeight& layer) {
  return divide_up(layer.out_features, Shape::ROWS) * divide_up(layer.x.in_features, Shape::COLUMNS);
}

// Computes dBias of 32 outputs from `column` on, and calls `epilogue(output, sum)` for each. Every thread adds every 8th row
// of one output; the 8 partial sums are then added in order.
template <class Epilogue>
__device__ void bias_sums(const LinearBackwardWeight& layer, int column, int rows, float* shared, const Epilogue& epilogue) {
  const int part = threadIdx.x / BIAS_COLUMNS, output = column + threadIdx.x % BIAS_COLUMNS;
  float sum = 0;
  if (output < layer.out_features) {
    for (int row = part; row < rows; row += BIAS_PARTS) {
      sum += layer.dz[static_cast<size_t>(row) * layer.out_features + output];
    }
  }
  shared[threadIdx.x] = sum;
  __syncthreads();
  if (part == 0 && output < layer.out_features) {
    for (int other = 1; other < BIAS_PARTS; other++) sum += shared[other * BIAS_COLUMNS + threadIdx.x];
    epilogue(output, sum);
  }
}

template <class Shape, InputKind KIND, bool UPDATE>
__global__ void __launch_bounds__(MATMUL_THREADS, Shape::blocks_from(!UPDATE ? 800 : KIND == InputKind::bytes ? NEVER : 900))
    linear_backward_weight_kernel(const __grid_constant__ BackwardWeightGroup group, Progress* progress, uint32_t batch_size,
                                  StepEnd end) {
  const Batch batch = batch_of(progress, batch_size);
  if (batch.rows == 0) return;
  int index = group.count - 1;
  while (index > 0 && static_cast<int>(blockIdx.x) < group.layers[index].first_block) index--;
  const LinearBackwardWeight& layer = group.layers[index];
  const int local = blockIdx.x - layer.first_block;
  const int in_features = layer.x.in_features, out_features = layer.out_features;
  const int across = divide_up(in_features, Shape::COLUMNS), tiles = divide_up(out_features, Shape::ROWS) * across;
  float* shared = shared_memory<float>();
  const EpochRule& rule = layer.rule;
  const float4 rates = UPDATE ? rule.rates[batch.step] : make_float4(0, 0, 0, 0);
  if (local < tiles) {
    const int row = local / across * Shape::ROWS, column = local % across * Shape::COLUMNS;
    const auto multiply = [&](const auto& dz, const auto& x) {
      matmul_tile<Shape, false, false>(dz, x, row, column, out_features, in_features, 0, batch.rows, shared,
                                       [&](int o, int i, const float4& sums) {
                                         const size_t at = static_cast<size_t>(o) * in_features + i;
                                         const int count = in_features - i;
                                         const bool aligned = in_features % 4 == 0;
                                         if (UPDATE) {
                                           update_four(rule, rates, sums, layer.weights, at, count, aligned);
                                         } else {
                                           store_four(layer.d_weights + at, sums, count, aligned);
                                         }
                                       });
    };
    // The first layer reads the data set, the others buffers of the plan.
    const Rows<true> dz = {layer.dz, batch.rows, out_features, out_features};
    if (KIND != InputKind::any && layer.x.from_set && out_features % 4 == 0) {
      multiply(dz, GatheredRows<KIND>{layer.x, batch, in_features});
    } else if (!layer.x.from_set && in_features % 4 == 0 && out_features % 4 == 0) {
      multiply(dz, Rows<true>{static_cast<const float*>(layer.x.values), batch.rows, in_features, in_features});
    } else {
      multiply(Rows<false>{layer.dz, batch.rows, out_features, out_features}, GatheredRows<InputKind::any>{layer.x, batch, in_features});
    }
  } else {
    bias_sums(layer, (local - tiles) * BIAS_COLUMNS, batch.rows, shared, [&](int o, float sum) {
      if (UPDATE) {
        update(rule, rates, sum, layer.bias, o);
      } else {
        layer.d_bias[o] = sum;
      }
    });
  }
  if (group.ends_step) end_step_in_last_block(end, reinterpret_cast<char*>(shared));
}

template <class Shape, InputKind KIND>
cudaError_t launch_with(const Site& site, const BackwardWeightGroup& group, const StepEnd& end) {
  static_assert(Shape::SHARED_BYTES >= END_SHARED_BYTES, "the end of the step uses the same shared memory");
  const Grid grid = {static_cast<unsigned>(group.blocks), MATMUL_THREADS, Shape::SHARED_BYTES};
  const auto kernel = group.update ? linear_backward_weight_kernel<Shape, KIND, true>
                                   : linear_backward_weight_kernel<Shape, KIND, false>;
  return launch(site.stream, grid, kernel, group, site.progress, site.batch_size, end);
}

template <class Shape>
void assign_blocks(BackwardWeightGroup* group) {
  group->blocks = 0;
  for (int index = 0; index < group->count; index++) {
    LinearBackwardWeight& layer = group->layers[index];
    layer.first_block = group->blocks;
    group->blocks += tiles_of<Shape>(layer) + divide_up(layer.out_features, BIAS_COLUMNS);
  }
}

}  // namespace

BackwardWeightGroup backward_weight_group(const Site& site, const LinearBackwardWeight* layers, int count) {
  BackwardWeightGroup group{};
  long long large = 0, medium = 0;
  for (int index = 0; index < count; index++) {
    group.layers[index] = layers[index];
    large += tiles_of<LargeTile>(layers[index]);
    medium += tiles_of<MediumTile>(layers[index]);
    if (layers[index].x.from_set) group.kind = layers[index].x.kind();
  }
  group.count = count;
  group.size = tile_size_for(large, medium, site.multiprocessors);
  with_tile(group.size, [&](auto tile) { assign_blocks<decltype(tile)>(&group); });
  return group;
}

cudaError_t launch_linear_backward_weight(const Site& site, const BackwardWeightGroup& group, const StepEnd& end) {
  return with_tile(group.size, [&](auto tile) {
    return with_input_kind(group.kind, [&](auto kind) {
      return launch_with<decltype(tile), decltype(kind)::value>(site, group, end);
    });
  });
}
