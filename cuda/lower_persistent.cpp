// Lowering to the persistent kernel: finds out whether it can run the plan, and fills in its arguments.
#include "layout.hpp"
#include "persistent_layout.hpp"
#include "plan.hpp"

// Lays out the persistent kernel for the plan, without memory of its own, and returns "", or returns the reason if that is not
// possible.
std::string mlp_plan::lay_out_persistent(const Network& network, PersistentLayout* layout) {
  if (network.clip) return "gradients are clipped by the norm of all of them";
  if (!network.averages.empty()) return "averages of the parameters are kept";
  for (const Layer& layer : network.layers) {
    if (layer.dropout) return "inputs of a layer have a dropout";
  }
  int cooperative = 0, shared_bytes = 0;
  check(cudaDeviceGetAttribute(&cooperative, cudaDevAttrCooperativeLaunch, device_));
  check(cudaDeviceGetAttribute(&shared_bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device_));
  if (!cooperative) return "this GPU has no cooperative launch";

  const UpdateOp& update = network.layers[0].weights;
  for (const Layer& layer : network.layers) {
    for (const UpdateOp* op : {&layer.weights, &layer.bias}) {
      if (op->settings != update.settings) return "the optimizers of the parameters, or their settings, differ";
    }
  }
  Persistent& kernel = layout->kernel;
  const int blocks = layout->blocks = site_.multiprocessors;
  const std::string obstacle = lay_out(shape_of(network), blocks, static_cast<uint64_t>(shared_bytes), &kernel);
  if (!obstacle.empty()) return obstacle;
  kernel.inputs = input_source(network.gather.x, true);
  bool fits = false;
  const size_t needed = kernel.shared_floats * sizeof(float), most = static_cast<size_t>(shared_bytes);
  check(persistent_fits(site_, kernel.inputs.kind(), needed, most, blocks, &fits));
  return fits ? "" : "its blocks do not fit on this GPU at once";
}

// Lowers the plan to the persistent kernel.
void mlp_plan::lower_persistent(const Network& network, const std::shared_ptr<PersistentLayout>& layout) {
  Persistent& kernel = layout->kernel;
  const size_t stationary = kernel.layer_count;
  kernel.tail = tail(network, stationary);
  place_staged(&kernel.tail);
  kernel.rule = rule(network.layers[0].weights);
  const auto partial_sums = [&](uint64_t count) {
    layout->parts.emplace_back(count);
    return layout->parts.back().get();
  };
  for (size_t index = 0; index < network.layers.size(); index++) {
    const Layer& recorded = network.layers[index];
    if (index >= stationary) {
      SmallLayer& layer = kernel.small[index - stationary];
      layer.weights = parameter(recorded.weights);
      layer.bias = parameter(recorded.bias);
      layer.x = buffer(recorded.forward.x);
      layer.dz = buffer(recorded.gradient.dz);
      continue;
    }
    StationaryLayer& layer = kernel.layers[index];
    layer.weights = parameter(recorded.weights);
    layer.bias = parameter(recorded.bias);
    layer.y = buffer(recorded.forward.y);
    layer.z = buffer(recorded.forward.z);
    layer.dz = buffer(recorded.gradient.dz);
    layer.z_parts = partial_sums(uint64_t(layer.tiles.tiles_in) * batch_size() * layer.out_features);
    if (index > 0) layer.dx_parts = partial_sums(uint64_t(layer.tiles.tiles_out) * batch_size() * layer.in_features);
  }
  kernel.tail.parts = kernel.layers[stationary - 1].z_parts;
  kernel.tail.part_count = kernel.layers[stationary - 1].tiles.tiles_in;
  const uint64_t counters = (2 * stationary + 2) * COUNTER_STRIDE;
  layout->words = DeviceMemory<uint32_t>(counters + 1);
  layout->scores = DeviceMemory<Scores>(uint64_t(layout->blocks) * PERSISTENT_WARPS);
  kernel.progress = progress_.get();
  kernel.stop = stop_.get();
  kernel.counters = layout->words.get();
  kernel.ended = layout->words.get() + counters;
  kernel.scores = layout->scores.get();
  persistent_ = layout;
}
