// Lowering: turns the recorded operations into the launches of one step.
#include <algorithm>

#include "model.hpp"
#include "persistent_layout.hpp"
#include "plan.hpp"

float* mlp_plan::buffer(int32_t id) {
  if (id < 0) return nullptr;
  const uint64_t count = numbers(id);
  if (buffers_.size() < buffer_count()) buffers_.resize(buffer_count());
  DeviceMemory<float>& memory = buffers_[id];
  if (!memory.get()) {
    memory = DeviceMemory<float>(count);
    memory.fill_with_zeros(stream_);
  }
  return memory.get();
}

// Returns the source of a layer's input: buffer `x`, or the data set in place of the gathered buffer.
InputSource mlp_plan::input_source(int32_t x, bool from_set) {
  const int in_features = columns(x);
  if (!from_set) return buffer_source(buffer(x), in_features);
  const float scale = gather().scale;
  const SharedRows* shared = set_memory_.shared.get();
  const uint8_t* bytes = shared ? shared->bytes.get() : set_memory_.bytes.get();
  const float* floats = shared ? shared->floats.get() : set_memory_.floats.get();
  const void* values = bytes ? static_cast<const void*>(bytes) : floats;
  return {values, trains() ? order_.get() : nullptr, in_features, scale, true, bytes != nullptr};
}

TargetSource mlp_plan::target_source(int32_t target, int32_t row_weights, bool from_set) {
  if (from_set) {
    return {set_memory_.labels.get(), set_memory_.targets.get(), row_weights < 0 ? nullptr : set_memory_.row_weights.get(), order_.get()};
  }
  float* values = buffer(target);
  if (set_memory_.labels.get()) return {reinterpret_cast<const uint32_t*>(values), nullptr, buffer(row_weights), nullptr};
  return {nullptr, values, buffer(row_weights), nullptr};
}

EpochRule mlp_plan::rule(const UpdateOp& op) {
  DeviceMemory<float4>& rates = rates_[op.settings];
  if (rates.count() < rates_capacity_) rates = DeviceMemory<float4>(rates_capacity_);
  return {rule_of(op.settings), rates.get()};
}

Parameter mlp_plan::parameter(const UpdateOp& op) {
  Parameter result{buffer(op.parameter), {}};
  for (size_t index = 0; index < op.states.size(); index++) result.states[index] = buffer(op.states[index]);
  return result;
}

Loss mlp_plan::loss(const LossOp& op, bool from_set) {
  Loss result{op.kind, target_source(op.target, op.row_weights, from_set), scores_.get(), columns(op.dz), op.activation,
              buffer(op.z), {}};
  for (size_t index = 0; index < op.settings.size(); index++) result.settings[index] = static_cast<float>(op.settings[index]);
  return result;
}

StepEnd mlp_plan::step_end() const { return {progress_.get(), stop_.get(), scores_.get(), batch_size()}; }

// Copies a table to the GPU, where it is kept as long as the launches.
template <class T>
T* mlp_plan::table(const std::vector<T>& items) {
  tables_.emplace_back(items.size() * sizeof(T));
  tables_.back().write(reinterpret_cast<const uint8_t*>(items.data()), items.size() * sizeof(T), stream_);
  check(cudaStreamSynchronize(stream_));
  return reinterpret_cast<T*>(tables_.back().get());
}

LinearBackwardWeight mlp_plan::backward_weight(const LinearBackwardWeightOp& op, bool from_set) {
  LinearBackwardWeight result{};
  result.dz = buffer(op.dz);
  result.x = input_source(op.x, from_set);
  result.out_features = columns(op.dz);
  return result;
}

void mlp_plan::add_backward_weight_group(const std::vector<LinearBackwardWeight>& layers, bool update, bool ends_step) {
  const auto add = [&](int first, int end, bool is_last) {
    BackwardWeightGroup group = backward_weight_group(site_, layers.data() + first, end - first);
    group.update = update;
    group.ends_step = ends_step && is_last;
    launches_.push_back([this, group] { return launch_linear_backward_weight(site_, group, step_end()); });
  };
  const int count = static_cast<int>(layers.size());
  // With large tiles, a multiprocessor holds two blocks of layers that read floats, but one of a layer that reads bytes.
  const bool is_large = backward_weight_group(site_, layers.data(), std::min(count, MAX_GROUP)).size == TileSize::large;
  const int alone = is_large && count > 1 && layers[0].x.from_set && layers[0].x.kind() == InputKind::bytes ? 1 : 0;
  for (int first = alone; first < count; first += MAX_GROUP) {
    const int end = std::min(first + MAX_GROUP, count);
    add(first, end, end == count && alone == 0);
  }
  if (alone > 0) add(0, 1, true);
}

void mlp_plan::add_update_group(const std::vector<UpdateOp>& ops, bool ends_step) {
  std::vector<UpdateItem> items;
  UpdateGroup group{};
  for (const UpdateOp& op : ops) {
    const uint64_t size = numbers(op.parameter);
    items.push_back({parameter(op), buffer(op.gradient), size, rule(op)});
    group.largest = std::max(group.largest, size);
  }
  group.items = table(items);
  group.count = static_cast<int>(items.size());
  group.ends_step = ends_step;
  launches_.push_back([this, group] { return launch_updates(site_, group, step_end()); });
}

void mlp_plan::add_average_group(const std::vector<AverageOp>& ops, bool ends_step) {
  std::vector<AverageItem> items;
  AverageGroup group{};
  for (const AverageOp& op : ops) {
    const uint64_t size = numbers(op.parameter);
    items.push_back({buffer(op.parameter), buffer(op.average), size, static_cast<float>(op.decay),
                     static_cast<float>(1 - op.decay)});
    group.largest = std::max(group.largest, size);
  }
  group.items = table(items);
  group.count = static_cast<int>(items.size());
  group.ends_step = ends_step;
  launches_.push_back([this, group] { return launch_averages(site_, group, step_end()); });
}

void mlp_plan::add_launch(const GatherOp& op) {
  Gather lowered{};
  lowered.input_source = input_source(op.x, true);
  lowered.x = buffer(op.x);
  lowered.target_source = target_source(op.target, op.row_weights, true);
  lowered.row_weights = buffer(op.row_weights);
  if (op.target >= 0) {
    lowered.target_width = columns(op.target);
    lowered.targets = buffer(op.target);
    lowered.labels = reinterpret_cast<uint32_t*>(lowered.targets);
  }
  launches_.push_back([this, lowered] { return launch_gather(site_, lowered); });
}

void mlp_plan::add_launch(const DropoutOp& op, bool from_set) {
  const Dropout lowered = {input_source(op.x, from_set), buffer(op.y), mask_of(op.dropout)};
  launches_.push_back([this, lowered] { return launch_dropout(site_, lowered); });
}

void mlp_plan::add_launch(const LinearOp& op, bool from_set, int splits) {
  const Linear lowered = {input_source(op.x, from_set), buffer(op.weights), buffer(op.bias), buffer(op.y), buffer(op.z),
                          columns(op.y), op.activation, parts_.get(), splits};
  launches_.push_back([this, lowered] { return launch_linear(site_, lowered); });
}

void mlp_plan::add_launch(const LossOp& op, bool from_set) {
  const Loss lowered = loss(op, from_set);
  const float* y = buffer(op.y);
  float* dz = buffer(op.dz);
  launches_.push_back([this, lowered, y, dz] { return launch_loss(site_, lowered, y, dz); });
}

void mlp_plan::add_launch(const LinearBackwardInputOp& op) {
  const bool masked = op.dropout.rate > 0;
  const LinearBackwardInput lowered = {buffer(op.dz), buffer(op.weights), buffer(op.x),  buffer(op.z), buffer(op.dx),
                                       columns(op.x), columns(op.dz),     op.activation, masked,       mask_of(op.dropout)};
  launches_.push_back([this, lowered] { return launch_linear_backward_input(site_, lowered); });
}

void mlp_plan::add_launch(const LinearBackwardWeightOp& op) {
  LinearBackwardWeight lowered = backward_weight(op, false);
  lowered.d_weights = buffer(op.d_weights);
  lowered.d_bias = buffer(op.d_bias);
  add_backward_weight_group({lowered}, false, false);
}

void mlp_plan::add_launch(const ClipByNormOp& op) {
  std::vector<Gradient> gradients;
  for (int32_t id : op.gradients) gradients.push_back({buffer(id), numbers(id)});
  ClipByNorm clip{};
  clip.gradients = table(gradients);
  clip.count = static_cast<int>(gradients.size());
  clip.max_norm = static_cast<float>(op.max_norm);
  clip.squares = table(std::vector<double>(CLIP_BLOCKS));
  launches_.push_back([this, clip] { return launch_clip_by_norm(site_, clip); });
}

void mlp_plan::add_launch(const UpdateOp& op) { add_update_group({op}, false); }

void mlp_plan::add_launch(const AverageOp& op) { add_average_group({op}, false); }

void mlp_plan::lower_op_by_op() {
  for (const Op& recorded : ops()) std::visit([&](const auto& op) { add_launch(op); }, recorded);
  launches_.push_back([this] { return launch_end_step(site_, step_end()); });
}

// Returns the tail of a network: its layers from `first` on, with the loss.
Tail mlp_plan::tail(const Network& network, size_t first) {
  Tail result{};
  for (size_t index = first - 1; index < network.layers.size(); index++) {
    const LinearOp& op = network.layers[index].forward;
    result.layers[index - (first - 1)] = {buffer(op.weights), buffer(op.bias), buffer(op.y), buffer(op.z),
                                          buffer(network.layers[index].gradient.dz), columns(op.x), columns(op.y),
                                          op.activation, result.width, 0};
    result.width += padded(columns(op.y));
  }
  result.count = static_cast<int>(network.layers.size() - first);
  result.loss = loss(network.loss, true);
  return result;
}

// Returns the shapes of a network's step.
StepShape mlp_plan::shape_of(const Network& network) const {
  StepShape result{static_cast<int>(batch_size()), 1 + static_cast<int>(network.layers[0].weights.states.size()), {}};
  for (const Layer& layer : network.layers) {
    const LinearOp& op = layer.forward;
    result.layers.push_back({columns(op.x), columns(op.y), op.activation, layer.dropout.has_value()});
  }
  return result;
}

// Fuses the operations of a network. The gather has no launch: the kernels that need its rows read them from the data set.
// The small last layers, the loss and their backward pass are one launch. All weight gradients are one launch, which also does
// all updates; if gradients are clipped, or if weights and biases have other settings, all updates are another launch. A dropout is a launch in the
// forward pass, and part of the input gradient in the backward pass. All averages are one launch.
void mlp_plan::lower_fused(const Network& network) {
  const auto from_set = [&](int32_t x) { return x == network.gather.x; };
  const size_t tail_start = first_of_tail(shape_of(network)), count = network.layers.size();
  // The sums of the layer before the tail may be left in parts, which the tail adds.
  const LinearOp& before = network.layers[tail_start - 1].forward;
  const bool may_split = tail_start < count && before.activation != MLP_SOFTMAX;
  const int splits = may_split ? splits_for(static_cast<int>(batch_size()), columns(before.y), columns(before.x), site_.multiprocessors) : 1;
  if (splits > 1) parts_ = DeviceMemory<float>(uint64_t(splits) * batch_size() * columns(before.y));
  for (size_t index = 0; index < tail_start; index++) {
    const LinearOp& op = network.layers[index].forward;
    if (const auto& dropout = network.layers[index].dropout) add_launch(*dropout, from_set(dropout->x));
    add_launch(op, from_set(op.x), index == tail_start - 1 ? splits : 1);
  }
  if (tail_start < count) {
    Tail lowered = tail(network, tail_start);
    if (splits > 1) {
      lowered.parts = parts_.get();
      lowered.part_count = splits;
    }
    const float* x = buffer(network.layers[tail_start].forward.x);
    launches_.push_back([this, lowered, x] { return launch_tail(site_, lowered, x); });
  } else {
    add_launch(network.loss, true);
  }
  for (size_t index = tail_start - 1; index > 0; index--) add_launch(network.layers[index].backward);

  const bool stores = network.clip || std::any_of(network.layers.begin(), network.layers.end(), [](const Layer& layer) {
                        return layer.weights.settings != layer.bias.settings;
                      });
  std::vector<LinearBackwardWeight> gradients;
  std::vector<UpdateOp> updates;
  for (const Layer& layer : network.layers) {
    LinearBackwardWeight lowered = backward_weight(layer.gradient, from_set(layer.gradient.x));
    if (stores) {
      lowered.d_weights = buffer(layer.gradient.d_weights);
      lowered.d_bias = buffer(layer.gradient.d_bias);
      updates.push_back(layer.weights);
      updates.push_back(layer.bias);
    } else {
      lowered.weights = parameter(layer.weights);
      lowered.bias = parameter(layer.bias);
      lowered.rule = rule(layer.weights);
    }
    gradients.push_back(lowered);
  }
  const bool updates_end_step = network.averages.empty();
  add_backward_weight_group(gradients, !stores, !stores && updates_end_step);
  if (network.clip) add_launch(*network.clip);
  if (stores) add_update_group(updates, updates_end_step);
  if (!network.averages.empty()) add_average_group(network.averages, true);
}

// Returns the facts of the GPU for the model.
GpuFacts mlp_plan::facts() const {
  int shared_bytes = 0, kilohertz = 0;
  check(cudaDeviceGetAttribute(&shared_bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device_));
  if (cudaDeviceGetAttribute(&kilohertz, cudaDevAttrClockRate, device_) != cudaSuccess) cudaGetLastError();
  return {site_.multiprocessors, static_cast<uint64_t>(shared_bytes), kilohertz > 0 ? kilohertz / 1e6 : MODEL.gigahertz};
}

// Lowers a network to the persistent kernel or the CUDA graph: the path that was asked for, or that with the smaller prediction.
// The persistent kernel is only laid out to predict its time; no path but the one taken gets memory.
void mlp_plan::lower_network(const Network& network) {
  const StepShape shape = shape_of(network);
  const GpuFacts gpu = facts();
  const Prediction graph = predict_graph(gpu, shape);
  auto layout = std::make_shared<PersistentLayout>();
  std::string reason = lay_out_persistent(network, layout.get());
  const bool is_possible = reason.empty();
  if (wanted_path() == MLP_PATH_GRAPH) reason = "a graph was asked for";
  else if (!launch_fault_.empty()) reason = "the persistent kernel cannot be launched: " + launch_fault_;
  const Prediction persistent = is_possible ? predict_persistent(gpu, shape, layout->kernel) : Prediction{};
  if (is_possible && wanted_path() == MLP_PATH_AUTO && graph.cycles < persistent.cycles) reason = "it is predicted to be faster";
  if (reason.empty()) {
    path_ = MLP_PATH_PERSISTENT;
    lower_persistent(network, layout);
    path_reason_ = format("persistent kernel, %d blocks, %d layers on the chip, %d bytes of shared memory a block",
                          layout->blocks, layout->kernel.layer_count,
                          static_cast<int>(layout->kernel.shared_floats * sizeof(float)));
    if (has_time_limit_) path_reason_ += ", in pieces of about 0.5 s, because the system limits the time of a kernel";
  } else {
    path_ = MLP_PATH_GRAPH;
    lower_fused(network);
    path_reason_ = format("CUDA graph, %d launches a step, because %s", static_cast<int>(launches_.size()), reason.c_str());
  }
  path_reason_ += format("; predicted: graph %.1f", graph.microseconds);
  if (is_possible) path_reason_ += format(", persistent %.1f", persistent.microseconds);
  path_reason_ += " µs a step";
}

void mlp_plan::lower() {
  launches_.clear();
  tables_.clear();
  graph_.clear();
  persistent_.reset();
  const std::optional<Network> network = network_of(ops());
  path_ = MLP_PATH_OPS;
  if (!trains()) {
    path_reason_ = "operations one by one, because nothing is trained";
    lower_op_by_op();
  } else if (wanted_path() == MLP_PATH_OPS || !network) {
    path_reason_ = network ? "operations one by one, as asked for"
                           : "operations one by one, because the plan does not have the usual form";
    lower_op_by_op();
  } else {
    lower_network(*network);
  }
  check(cudaStreamSynchronize(stream_));
  lowered_ = true;
}
