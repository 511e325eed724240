#include "model.hpp"

#include <algorithm>
#include <cmath>

namespace {

// Rounds of a loop for `work`, of which it does `each` in a round.
double rounds_for(double work, double each) { return std::ceil(work / std::max(each, 1.0)); }

double cycles_of(double microseconds, const GpuFacts& gpu) { return microseconds * 1e3 * gpu.gigahertz; }

Prediction finished(std::vector<PhaseCycles> phases, const GpuFacts& gpu) {
  Prediction result{std::move(phases), 0, 0};
  for (const PhaseCycles& phase : result.phases) result.cycles += phase.cycles;
  result.microseconds = result.cycles / gpu.gigahertz / 1e3;
  return result;
}

// ---- The tail, in both paths ----

struct TailLoops {
  const LoopCounts &parts, &forward, &backward;
  int chunk;
  double weights_latency;  // of a load of the weights
};

double parts_cycles(const TailLoops& loops, int width, int parts, int rows) {
  const double items = divide_up(rows, loops.chunk) * std::ceil(width / 4.0 / (TAIL_THREADS / loops.chunk));
  // The bias comes with the first parts; the activation and a barrier follow.
  return items * loop_cycles(loops.parts, rounds_for(parts, loops.parts.loads), TAIL_WARPS) + 100 + MODEL.barrier;
}

// Forward pass, loss and backward pass of `rows` rows.
double tail_cycles(const TailLoops& loops, const StepShape& step, size_t first, int rows) {
  const int chunks = divide_up(rows, loops.chunk);
  double cycles = MODEL.loss * divide_up(rows, TAIL_WARPS) + MODEL.barrier;
  for (size_t l = first; l < step.layers.size(); l++) {
    const LayerShape& layer = step.layers[l];
    // A lane multiplies every 8th four inputs of an output; the sums of 8 lanes take three exchanges between lanes.
    const double products = 4.0 * loops.chunk * std::ceil(layer.in_features / 4.0 / TAIL_LANES);
    const double forward = loop_cycles(loops.forward, rounds_for(products, loops.forward.products), TAIL_WARPS, loops.weights_latency);
    cycles += chunks * divide_up(layer.out_features, TAIL_GROUPS) * (forward + 3 * 24 + 60) + MODEL.barrier;
    if (layer.activation == MLP_SOFTMAX) cycles += MODEL.loss / 2;
    // A warp multiplies every 8th output for 128 inputs; then the sums of 8 warps are added.
    const double backward = rounds_for(4.0 * loops.chunk * divide_up(layer.out_features, TAIL_WARPS), loops.backward.products);
    cycles += chunks * divide_up(layer.in_features, TAIL_PIECE) *
              (loop_cycles(loops.backward, backward, TAIL_WARPS, loops.weights_latency) + 150 + 2 * MODEL.barrier);
  }
  return cycles;
}

// ---- The persistent kernel ----

// Rounds of a warp in in_units(), for units of `work` each, of which a round does `each`.
struct Units {
  double rounds;     // of the loop
  double exchanges;  // times that the block adds the sums of its warps
  double slices;     // warps that share a unit
};
Units units_of(int units, double work, double each) {
  const int slices = units <= 1 ? 8 : units <= 2 ? 4 : units <= 4 ? 2 : 1, at_once = PERSISTENT_WARPS / slices;
  return {divide_up(units, at_once) * rounds_for(std::ceil(work / slices), each), double(units), double(slices)};
}

// Adding the sums of the warps that share a unit, and storing them.
double sums_cycles(const Units& of) {
  return 2 * MODEL.barrier + of.exchanges * (counts::forward_sums.alone + MODEL.slice * (of.slices - 1));
}

// Copies of `count` fours by all threads of a block, several in flight.
double copy_cycles(const LoopCounts& loop, double count) {
  return loop_cycles(loop, rounds_for(std::ceil(count / PERSISTENT_THREADS), loop.loads), PERSISTENT_WARPS);
}

double load_inputs_cycles(const StationaryLayer& layer, int batch) {
  const double rounds = divide_up(layer.tiles.tile_in, 4 * WARP) * rounds_for(divide_up(batch, PERSISTENT_WARPS), counts::inputs.loads);
  return MODEL.l2 + MODEL.barrier + loop_cycles(counts::inputs, rounds, PERSISTENT_WARPS);
}

double forward_cycles(const StationaryLayer& layer, int batch) {
  const int units = divide_up(batch, UNIT_MINOR) * layer.tiles.tile_out / UNIT_MAJOR;
  const Units of = units_of(units, 32.0 * layer.tiles.tile_in, counts::forward.products);
  return loop_cycles(counts::forward, of.rounds, PERSISTENT_WARPS) + sums_cycles(of);
}

double weights_cycles(const StationaryLayer& layer, int batch) {
  const int units = layer.tiles.tile_out / UNIT_MAJOR, pieces = divide_up(layer.tiles.tile_in, UNIT_MINOR);
  const Units of = units_of(units, 32.0 * batch, counts::weights.products);
  const double bias = batch / WARP * 35.0 + 5 * 24;
  return pieces * (loop_cycles(counts::weights, of.rounds, PERSISTENT_WARPS) + 2 * MODEL.barrier +
                   loop_cycles(counts::update, of.exchanges, PERSISTENT_WARPS)) + bias;
}

double backward_cycles(const StationaryLayer& layer, int batch) {
  const int pieces = divide_up(layer.tiles.tile_in, UNIT_MINOR);
  const Units of = units_of(divide_up(batch, UNIT_MAJOR), 32.0 * layer.tiles.tile_out, counts::backward.products);
  return pieces * (loop_cycles(counts::backward, of.rounds, PERSISTENT_WARPS) + sums_cycles(of));
}

// The update of a patch of a small layer.
double patch_cycles(const SmallLayer& layer, int batch) {
  const int outs = 1 << layer.out_shift, ins = 1 << layer.in_shift, items = outs * ins / 4, turns = PERSISTENT_THREADS / items;
  const double copies = copy_cycles(counts::patch_copy, batch * ins / 4.0) + copy_cycles(counts::patch_copy, batch * outs / 4.0);
  const double products = loop_cycles(counts::patch, rounds_for(4 * std::ceil(double(batch) / turns), counts::patch.products), PERSISTENT_WARPS);
  return copies + products + 3 * MODEL.barrier + 12.0 * turns + counts::update.alone;
}

// ---- The kernels of the graph ----

struct TileLoops {
  const LoopCounts& loop;
  int edge, slices;
};
TileLoops tile_loops(TileSize size, const LoopCounts& large, const LoopCounts& medium, const LoopCounts& small) {
  switch (size) {
    case TileSize::large: return {large, LargeTile::ROWS, LargeTile::SLICES};
    case TileSize::medium: return {medium, MediumTile::ROWS, MediumTile::SLICES};
    case TileSize::small: return {small, SmallTile::ROWS, SmallTile::SLICES};
  }
  __builtin_unreachable();
}

// `blocks` blocks of a kernel, each with `rounds` rounds of the tile's loop and an epilogue of `epilogue` cycles, which read and
// write `bytes` bytes of memory in all. A multiprocessor runs as many at a time as its registers allow.
double tiles_cycles(const GpuFacts& gpu, const TileLoops& tile, double blocks, double rounds, double epilogue, double bytes) {
  constexpr int WARPS = MATMUL_THREADS / WARP;
  const double most = std::max(1.0, std::floor(MODEL.registers / (std::max(tile.loop.registers, 32) * MATMUL_THREADS)));
  double cycles = 0, left = std::ceil(blocks / gpu.multiprocessors);
  for (; left > 0; left -= most) cycles += loop_cycles(tile.loop, rounds, WARPS * std::min(left, most)) + epilogue;
  // The first loads depend on each other: progress of the epoch, row numbers, numbers.
  return std::max(cycles, bytes / gpu.multiprocessors / MODEL.bytes) + 3 * MODEL.l2 + MODEL.barrier;
}

double sums_epilogue(const TileLoops& tile, double each) {
  return tile.slices * (MODEL.barrier + 40) + each * tile.edge * tile.edge / MATMUL_THREADS;
}

double linear_cycles(const GpuFacts& gpu, const StepShape& step, const LayerShape& layer, int splits) {
  const TileSize size = tile_size_for(step.batch, layer.out_features, gpu.multiprocessors);
  const TileLoops tile = tile_loops(size, counts::linear_large, counts::linear_medium, counts::linear_small);
  const double blocks = double(tiles_of(step.batch, layer.out_features, tile.edge)) * splits;
  const double rounds = std::ceil(std::ceil(double(layer.in_features) / splits / tile.slices) / SmallTile::DEPTH);
  const double bytes = 4.0 * (double(layer.in_features) * layer.out_features + double(step.batch) * (layer.in_features + layer.out_features));
  return tiles_cycles(gpu, tile, blocks, rounds, sums_epilogue(tile, 40), bytes);
}

double input_cycles(const GpuFacts& gpu, const StepShape& step, const LayerShape& layer) {
  const TileSize size = tile_size_for(step.batch, layer.in_features, gpu.multiprocessors);
  const TileLoops tile = tile_loops(size, counts::input_large, counts::input_medium, counts::input_small);
  const double rounds = std::ceil(std::ceil(double(layer.out_features) / tile.slices) / SmallTile::DEPTH);
  const double bytes = 4.0 * (double(layer.in_features) * layer.out_features + double(step.batch) * (layer.in_features + layer.out_features));
  return tiles_cycles(gpu, tile, double(tiles_of(step.batch, layer.in_features, tile.edge)), rounds, sums_epilogue(tile, 60), bytes);
}

double weight_cycles(const GpuFacts& gpu, const StepShape& step) {
  const auto tiles = [&](int edge) {
    long long count = 0;
    for (const LayerShape& layer : step.layers) count += tiles_of(layer.out_features, layer.in_features, edge);
    return count;
  };
  const TileSize size = tile_size_for(tiles(LargeTile::ROWS), tiles(MediumTile::ROWS), gpu.multiprocessors);
  const TileLoops tile = tile_loops(size, counts::weight_large, counts::weight_medium, counts::weight_small);
  const TileLoops update = tile_loops(size, counts::weight_update_large, counts::weight_update_medium, counts::weight_update_medium);
  double blocks = double(tiles(tile.edge)), weights = 0;
  for (const LayerShape& layer : step.layers) {
    blocks += divide_up(layer.out_features, 32);  // of the biases
    weights += double(layer.in_features) * layer.out_features;
  }
  const double rounds = std::ceil(std::ceil(double(step.batch) / tile.slices) / SmallTile::DEPTH);
  // The loop is that of Adam, which loads three numbers for each weight.
  const double numbers = 3.0 * tile.edge * tile.edge / MATMUL_THREADS;
  const double updates = loop_cycles(update.loop, rounds_for(numbers, update.loop.numbers), MATMUL_THREADS / WARP);
  return tiles_cycles(gpu, tile, blocks, rounds, sums_epilogue(tile, 0) + updates, 8.0 * step.copies * weights) + MODEL.epoch_end;
}

}  // namespace

double loop_cycles(const LoopCounts& loop, double rounds, double warps, double latency) {
  const double alone = loop.alone + loop.exposed * (latency - MODEL.l2);
  return rounds * std::max(alone, loop.instructions * warps / MODEL.schedulers);
}

Prediction predict_persistent(const GpuFacts& gpu, const StepShape& step, const Persistent& kernel) {
  const int batch = step.batch, last = kernel.layer_count - 1;
  const double hop = cycles_of(MODEL.hop, gpu) + MODEL.barrier;
  const TailLoops loops = {counts::parts, counts::tail_forward, counts::tail_backward, PERSISTENT_CHUNK,
                           kernel.staged_at < 0 ? MODEL.l2 : MODEL.l1};
  const double inputs = load_inputs_cycles(kernel.layers[0], batch);
  double forward = kernel.prefetch ? 0 : inputs, backward = 0, weights = 0, small = 0;
  for (int l = 0; l <= last; l++) {
    const StationaryLayer& layer = kernel.layers[l];
    forward += forward_cycles(layer, batch) + MODEL.barrier;
    weights += weights_cycles(layer, batch);
    if (l == last) {
      backward += copy_cycles(counts::gradient, batch * layer.tiles.tile_out / 4.0) + MODEL.barrier;
      continue;
    }
    // The inputs of the next layer: the sums of the parts of this one. On the way back, the parts of the gradient.
    const StationaryLayer& next = kernel.layers[l + 1];
    const double rows = divide_up(batch, PERSISTENT_WARPS) * divide_up(next.tiles.tile_in, 4 * WARP);
    forward += hop + rows * loop_cycles(counts::add_inputs, rounds_for(layer.tiles.tiles_in, counts::add_inputs.loads), PERSISTENT_WARPS);
    const double items = std::ceil(batch * layer.tiles.tile_out / 4.0 / PERSISTENT_THREADS);
    backward += hop + items * loop_cycles(counts::add_inputs, rounds_for(next.tiles.tiles_out, counts::add_inputs.loads), PERSISTENT_WARPS);
    backward += backward_cycles(next, batch);
  }
  for (int l = 0; l < kernel.tail.count; l++) small = std::max(small, patch_cycles(kernel.small[l], batch));
  // Patches in blocks without a tile are updated while the others do the backward pass and the next forward pass.
  if (most_tiles(kernel) + kernel.patches <= gpu.multiprocessors) small = std::max(0.0, small - backward - weights - forward);
  const int rows = std::min(kernel.tail_rows, batch);
  const StationaryLayer& before = kernel.layers[last];
  return finished({{"forward", forward},
                   {"hop 1", hop},
                   {"parts", parts_cycles(loops, before.out_features, before.tiles.tiles_in, rows)},
                   {"tail", tail_cycles(loops, step, kernel.layer_count, rows) + MODEL.barrier},
                   // Blocks of the tail read the inputs of the next step while they wait.
                   {"hop 2", std::max(hop, kernel.prefetch ? inputs : 0)},
                   {"backward", backward},
                   {"weights", weights},
                   {"small", small}},
                  gpu);
}

Prediction predict_graph(const GpuFacts& gpu, const StepShape& step) {
  const double edge = cycles_of(MODEL.edge, gpu);
  const size_t first = first_of_tail(step), count = step.layers.size();
  const LayerShape& before = step.layers[first - 1];
  const bool may_split = first < count && before.activation != MLP_SOFTMAX;
  const int splits = may_split ? splits_for(step.batch, before.out_features, before.in_features, gpu.multiprocessors) : 1;
  double linear = 0, input = 0;
  for (size_t l = 0; l < first; l++) {
    linear += (step.layers[l].dropout ? 2 : 1) * edge + linear_cycles(gpu, step, step.layers[l], l == first - 1 ? splits : 1);
    if (l > 0) input += edge + input_cycles(gpu, step, step.layers[l]);
  }
  double parts = 0, tail = edge + 2 * MODEL.l2 + MODEL.loss;  // a launch for the loss alone, if no layer is small
  if (first < count) {
    // The weights come from the L2 in the forward pass, and then from the L1.
    const TailLoops loops = {counts::graph_parts, counts::graph_tail_forward, counts::graph_tail_backward, TAIL_ROWS, MODEL.l2};
    const double waves = std::ceil(divide_up(step.batch, TAIL_ROWS) / (2.0 * gpu.multiprocessors));
    parts = waves * parts_cycles(loops, before.out_features, splits, TAIL_ROWS);
    tail = edge + 2 * MODEL.l2 + waves * tail_cycles(loops, step, first, TAIL_ROWS);
  }
  return finished({{"linear", linear}, {"parts", parts}, {"tail", tail}, {"inputs", input}, {"weights", edge + weight_cycles(gpu, step)}}, gpu);
}
