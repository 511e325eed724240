// Lowering to the persistent kernel: chooses the layers that stay in shared memory and their tiles, and checks that they fit.
#include "persistent_layout.hpp"
#include "plan.hpp"

namespace {

// The largest number of blocks that compute the tail. More blocks would cost more time for waiting than they save: an estimate,
// not measured.
constexpr int TAIL_BLOCKS = 64;

int rounded_up(int value, int to) { return divide_up(value, to) * to; }

// Divides a layer into at most `blocks` tiles of the lowest cost, and returns whether that is possible. The cost is the number
// of products of a tile plus 8 for each number that is read or written; the factor is an estimate.
bool divide_into_tiles(StationaryLayer* layer, int blocks) {
  long long lowest = INT64_MAX;
  for (int tile_out = MICRO_MAJOR; tile_out < layer->out_features + MICRO_MAJOR; tile_out += MICRO_MAJOR) {
    const int tiles_out = divide_up(layer->out_features, tile_out);
    if (tiles_out > blocks) continue;
    const int tile_in = rounded_up(divide_up(layer->in_features, blocks / tiles_out), 4);
    const int tiles_in = divide_up(layer->in_features, tile_in);
    const long long cost = static_cast<long long>(tile_in) * tile_out + 8ll * (tile_in + tile_out + tiles_in);
    if (cost >= lowest) continue;
    lowest = cost;
    layer->tile_in = tile_in;
    layer->tile_out = tile_out;
    layer->tiles_in = tiles_in;
    layer->tiles_out = tiles_out;
  }
  return lowest < INT64_MAX;
}

}  // namespace

// Lowers the plan to the persistent kernel and returns "", or returns the reason if that is not possible.
std::string mlp_plan::lower_persistent(const Network& network) {
  if (network.clip) return "gradients are clipped by the norm of all of them";
  if (!network.averages.empty()) return "averages of the parameters are kept";
  for (const Layer& layer : network.layers) {
    if (layer.dropout) return "inputs of a layer have a dropout";
  }
  int cooperative = 0, shared_bytes = 0;
  check(cudaDeviceGetAttribute(&cooperative, cudaDevAttrCooperativeLaunch, device_));
  check(cudaDeviceGetAttribute(&shared_bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device_));
  if (!cooperative) return "this GPU has no cooperative launch";

  const size_t stationary = first_of_tail(network);
  const UpdateOp& update = network.layers[0].weights;
  auto layout = std::make_shared<PersistentLayout>();
  Persistent& kernel = layout->kernel;
  const int blocks = layout->blocks = site_.multiprocessors;
  kernel.state_copies = 1 + static_cast<int>(update.states.size());
  std::vector<StationaryLayer> layers;
  uint64_t floats = 0;
  const auto allocate = [&](uint64_t count) {  // in shared memory; returns an offset in floats
    const uint64_t at = floats;
    floats += (count + 3) / 4 * 4;
    return static_cast<int>(std::min<uint64_t>(at, INT32_MAX));
  };
  int largest_out = 0;
  for (size_t index = 0; index < stationary; index++) {
    const Layer& recorded = network.layers[index];
    StationaryLayer layer{};
    layer.in_features = columns(recorded.forward.x);
    layer.out_features = columns(recorded.forward.y);
    layer.activation = recorded.forward.activation;
    if (layer.activation == MLP_SOFTMAX) return "a large layer has a softmax";
    for (const UpdateOp* op : {&recorded.weights, &recorded.bias}) {
      if (op->settings.first != update.settings.first || op->states.size() != update.states.size()) {
        return "optimizers differ";
      }
    }
    if (!divide_into_tiles(&layer, blocks)) return "a layer has more outputs than fit on this GPU";
    layer.x_stride = (layer.tile_in / 4 | 1) * 4;  // rows on different banks
    layer.weights_at = allocate(uint64_t(kernel.state_copies) * layer.tile_in * layer.tile_out);
    if (index > 0) layer.x_at = allocate(uint64_t(batch_size()) * layer.x_stride);
    largest_out = std::max(largest_out, layer.tile_out);
    layers.push_back(layer);
  }
  kernel.dz_at = allocate(uint64_t(batch_size()) * largest_out);
  kernel.tail_rows = divide_up(batch_size(), std::min(blocks, TAIL_BLOCKS));
  uint64_t tail_width = layers.back().out_features;
  for (size_t index = stationary; index < network.layers.size(); index++) {
    tail_width += columns(network.layers[index].forward.y);
  }
  kernel.scratch_at = allocate(std::max<uint64_t>(SCRATCH_FLOATS, 2 * tail_width * kernel.tail_rows));
  const uint64_t inputs = uint64_t(batch_size()) * layers[0].x_stride;
  layers[0].x_at = allocate(inputs);
  const auto too_large = [&](uint64_t count) { return count * sizeof(float) > static_cast<uint64_t>(shared_bytes); };
  if (too_large(floats)) {
    return format("a block would need %llu bytes of shared memory, this GPU has %d",
                  floats * sizeof(float), shared_bytes);
  }
  if (!too_large(floats + inputs)) {  // room for the inputs of the next batch, after those of this one
    kernel.prefetch = 1;
    allocate(inputs);
  }
  kernel.shared_floats = floats;
  bool fits = false;
  check(persistent_fits(site_, floats * sizeof(float), blocks, &fits));
  if (!fits) return "its blocks do not fit on this GPU at once";

  const auto partial_sums = [&](uint64_t count) {
    layout->parts.emplace_back(count);
    return layout->parts.back().get();
  };
  for (size_t index = 0; index < stationary; index++) {
    const Layer& recorded = network.layers[index];
    StationaryLayer& layer = layers[index];
    layer.weights = parameter(recorded.weights);
    layer.bias = parameter(recorded.bias);
    layer.weights_rule = rule(recorded.weights);
    layer.bias_rule = rule(recorded.bias);
    layer.y = buffer(recorded.forward.y);
    layer.z = buffer(recorded.forward.z);
    layer.dz = buffer(recorded.gradient.dz);
    layer.z_parts = partial_sums(uint64_t(layer.tiles_in) * batch_size() * layer.out_features);
    if (index > 0) layer.dx_parts = partial_sums(uint64_t(layer.tiles_out) * batch_size() * layer.in_features);
  }
  std::vector<TailUpdate> updates;
  for (size_t index = stationary; index < network.layers.size(); index++) {
    const Layer& recorded = network.layers[index];
    const float *x = buffer(recorded.forward.x), *dz = buffer(recorded.gradient.dz);
    const int in_features = columns(recorded.forward.x), out_features = columns(recorded.forward.y);
    updates.push_back({parameter(recorded.weights), rule(recorded.weights), x, dz, out_features, in_features});
    updates.push_back({parameter(recorded.bias), rule(recorded.bias), nullptr, dz, out_features, 1});
  }
  layout->layers = DeviceMemory<StationaryLayer>(layers.size());
  layout->layers.write(layers.data(), layers.size(), stream_);
  layout->updates = DeviceMemory<TailUpdate>(updates.size());
  layout->updates.write(updates.data(), updates.size(), stream_);
  check(cudaStreamSynchronize(stream_));
  const uint64_t counters = (2 * stationary + 1) * COUNTER_STRIDE;
  layout->words = DeviceMemory<uint32_t>(counters + 1);
  layout->losses = DeviceMemory<double>(blocks);
  layout->correct = DeviceMemory<uint32_t>(blocks);
  kernel.layers = layout->layers.get();
  kernel.layer_count = static_cast<int>(stationary);
  kernel.inputs = input_source(network.gather.x, true);
  kernel.tail = tail(network, stationary);
  kernel.updates = layout->updates.get();
  kernel.update_count = static_cast<int>(updates.size());
  kernel.progress = progress_.get();
  kernel.stop = stop_.get();
  kernel.batch_size = batch_size();
  kernel.counters = layout->words.get();
  kernel.ended = layout->words.get() + counters;
  kernel.block_losses = layout->losses.get();
  kernel.block_correct = layout->correct.get();
  persistent_ = layout;
  return "";
}

void mlp_plan::run_persistent() {
  persistent_->words.fill_with_zeros(stream_);
  check(launch_persistent(site_, persistent_->kernel, persistent_->blocks));
}
