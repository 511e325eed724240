// Records a plan, and checks every argument before it can reach a kernel.
#include "plan.hpp"

namespace {

// The largest number of rows or columns of a buffer: kernels count them in int.
constexpr uint64_t LARGEST_SIDE = uint64_t(1) << 30;

std::string shape_text(uint64_t rows, uint64_t columns) {
  const std::string first = rows == 0 ? "B" : std::to_string(rows);
  return "[" + first + ", " + std::to_string(columns) + "]";
}

void need_rate(const DropoutSettings& dropout) {
  need(dropout.rate >= 0 && dropout.rate < 1, "A dropout needs a rate from 0 to below 1, found %g", dropout.rate);
}

// Returns whether a loss is computed from logits; else it is computed from outputs.
bool takes_logits(LossKind kind) {
  switch (kind) {
    case LossKind::softmax_cross_entropy:
    case LossKind::binary_cross_entropy: return true;
    case LossKind::mean_squared_error:
    case LossKind::huber: return false;
  }
  __builtin_unreachable();
}

}  // namespace

mlp_plan::mlp_plan(int32_t device, uint32_t batch_size, int32_t path)
    : device_((check(cudaSetDevice(device)), device)), batch_size_(batch_size), wanted_path_(path) {
  need(batch_size >= 1 && batch_size <= LARGEST_SIDE, "A batch needs 1 to %llu rows, found %u", LARGEST_SIDE, batch_size);
  need(path >= MLP_PATH_AUTO && path <= MLP_PATH_PERSISTENT, "There is no path with number %d", path);
  int multiprocessors = 0;
  check(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device));
  progress_ = DeviceMemory<Progress>(1);
  progress_.fill_with_zeros(stream_);
  stop_ = DeviceMemory<uint32_t>(1);
  stop_.fill_with_zeros(stream_);
  check(cudaStreamSynchronize(stream_));
  site_ = {stream_, progress_.get(), batch_size, multiprocessors};
}

mlp_plan::~mlp_plan() { cudaStreamSynchronize(stream_); }

void mlp_plan::add_buffer(uint64_t rows, uint64_t columns) {
  need(!finished_, "Cannot add a buffer: the plan is finished");
  need(rows <= LARGEST_SIDE && columns >= 1 && columns <= LARGEST_SIDE, "A buffer of shape %s is too large or empty",
       shape_text(rows, columns).c_str());
  shapes_.push_back({rows, columns});
  buffers_.emplace_back();
}

void mlp_plan::set_inputs(const uint8_t* bytes, const float* floats, uint64_t count, uint64_t columns) {
  need(columns >= 1 && columns <= LARGEST_SIDE && count % columns == 0, "%llu inputs are not a whole number of rows of %llu",
       count, columns);
  need(count / columns <= UINT32_MAX, "A data set can have at most 2^32 - 1 rows, found %llu", count / columns);
  need(!finished_ || columns == set_.columns, "The plan was made for rows of %llu inputs, found %llu", set_.columns, columns);
  const uint64_t current = bytes ? set_.bytes.count() : set_.floats.count();
  need(!trains_ || count == current, "The plan trains on %llu rows of %s, found %llu rows of %s", set_.rows,
       set_.bytes.get() ? "bytes" : "floats", count / columns, bytes ? "bytes" : "floats");
  if (count != current) {  // the plan is lowered again, because its launches hold the old address
    set_.bytes = {};
    set_.floats = {};
    if (bytes) set_.bytes = DeviceMemory<uint8_t>(count);
    else set_.floats = DeviceMemory<float>(count);
    lowered_ = false;
  }
  if (bytes) set_.bytes.write(bytes, count, stream_);
  else set_.floats.write(floats, count, stream_);
  check(cudaStreamSynchronize(stream_));
  set_.rows = count / columns;
  set_.columns = columns;
}

void mlp_plan::set_labels(const uint32_t* labels, uint64_t count) {
  need(!finished_, "Cannot set labels: the plan is finished");
  set_.labels = DeviceMemory<uint32_t>(count);
  set_.labels.write(labels, count, stream_);
  check(cudaStreamSynchronize(stream_));
}

void mlp_plan::set_targets(const float* targets, uint64_t count, uint64_t columns) {
  need(!finished_, "Cannot set targets: the plan is finished");
  need(columns >= 1 && columns <= LARGEST_SIDE && count % columns == 0, "%llu targets are not a whole number of rows of %llu",
       count, columns);
  set_.targets = DeviceMemory<float>(count);
  set_.targets.write(targets, count, stream_);
  check(cudaStreamSynchronize(stream_));
  set_.target_columns = columns;
}

void mlp_plan::set_row_weights(const float* row_weights, uint64_t count) {
  need(!finished_, "Cannot set row weights: the plan is finished");
  set_.row_weights = DeviceMemory<float>(count);
  set_.row_weights.write(row_weights, count, stream_);
  check(cudaStreamSynchronize(stream_));
}

const BufferShape& mlp_plan::shape(int32_t id) const {
  need(id >= 0 && static_cast<size_t>(id) < shapes_.size(), "There is no buffer with number %d", id);
  return shapes_[id];
}

void mlp_plan::need_shape(int32_t id, const char* role, uint64_t rows, uint64_t columns) const {
  const BufferShape& found = shape(id);
  need(found.rows == rows && found.columns == columns, "Buffer %d has shape %s, needs %s as %s", id,
       shape_text(found.rows, found.columns).c_str(), shape_text(rows, columns).c_str(), role);
}

void mlp_plan::check_op(const GatherOp& op) const {
  need(shape(op.x).rows == 0, "Buffer %d needs a batch dimension to receive inputs", op.x);
  need(op.target < 0 || shape(op.target).rows == 0, "Buffer %d needs a batch dimension to receive targets", op.target);
  if (op.row_weights >= 0) need_shape(op.row_weights, "row weights", 0, 1);
  need(op.x != op.target && op.x != op.row_weights && (op.target < 0 || op.target != op.row_weights),
       "A gather cannot write two results to one buffer, found x %d, target %d and row weights %d", op.x, op.target,
       op.row_weights);
}

void mlp_plan::check_op(const DropoutOp& op) const {
  const uint64_t columns = shape(op.x).columns;
  need_shape(op.x, "input of a dropout", 0, columns);
  need_shape(op.y, "output of a dropout", 0, columns);
  need(op.x != op.y, "A dropout cannot write its output over its input, buffer %d", op.x);
  need_rate(op.dropout);
}

void mlp_plan::check_op(const LinearOp& op) const {
  const uint64_t in_features = shape(op.x).columns, out_features = shape(op.y).columns;
  need_shape(op.x, "input of a layer", 0, in_features);
  need_shape(op.y, "output of a layer", 0, out_features);
  need_shape(op.weights, "weights", out_features, in_features);
  need_shape(op.bias, "bias", 1, out_features);
  if (op.z >= 0) need_shape(op.z, "sums of a layer", 0, out_features);
  need(op.x != op.y && op.x != op.z, "A layer cannot write its output over its input, buffer %d", op.x);
  need(op.y != op.z, "A layer cannot write its output over its sums, buffer %d", op.y);
}

// Checks that `z` is the buffer to which the layer with output `y` writes its sums; -1 is allowed if the derivative does not
// need them.
void mlp_plan::need_sums(int32_t z, int32_t y, Activation activation) const {
  need(z >= 0 || !needs_z(activation), "The derivative of activation %d needs its sums, found no buffer for them",
       static_cast<int>(activation));
  bool found = z < 0;
  for (const Op& op : ops_) {
    const auto* layer = std::get_if<LinearOp>(&op);
    found = found || (layer && layer->y == y && layer->z == z);
  }
  need(found, "Buffer %d does not hold the sums of the layer whose output is buffer %d", z, y);
}

void mlp_plan::check_op(const LossOp& op) const {
  const uint64_t out_features = shape(op.y).columns;
  need_shape(op.y, takes_logits(op.kind) ? "logits" : "output", 0, out_features);
  need_shape(op.target, op.labels ? "labels" : "targets", 0, op.labels ? 1 : out_features);
  if (op.row_weights >= 0) need_shape(op.row_weights, "row weights", 0, 1);
  need_shape(op.dz, "gradient", 0, out_features);
  need(op.dz != op.y && op.dz != op.z && op.dz != op.target && op.dz != op.row_weights,
       "A gradient cannot be written over an input of its computation, buffer %d", op.dz);
  need(op.smoothing >= 0 && op.smoothing <= 1, "Label smoothing needs a number from 0 to 1, found %g", op.smoothing);
  need(op.delta > 0, "Huber's loss needs a distance above 0, found %g", op.delta);
  need_sums(op.z, op.y, op.activation);
}

void mlp_plan::check_op(const LinearBackwardInputOp& op) const {
  const uint64_t out_features = shape(op.dz).columns, in_features = shape(op.x).columns;
  need_shape(op.dz, "gradient", 0, out_features);
  need_shape(op.weights, "weights", out_features, in_features);
  need_shape(op.x, "input of a layer", 0, in_features);
  need_shape(op.dx, "gradient of an input", 0, in_features);
  need(op.dx != op.dz && op.dx != op.x && op.dx != op.z,
       "A gradient cannot be written over an input of its computation, buffer %d", op.dx);
  need_sums(op.z, op.x, op.activation);
  need_rate(op.dropout);
}

void mlp_plan::check_op(const LinearBackwardWeightOp& op) const {
  const uint64_t out_features = shape(op.dz).columns, in_features = shape(op.x).columns;
  need_shape(op.x, "input of a layer", 0, in_features);
  need_shape(op.dz, "gradient", 0, out_features);
  need_shape(op.d_weights, "gradient of weights", out_features, in_features);
  need_shape(op.d_bias, "gradient of a bias", 1, out_features);
}

void mlp_plan::check_op(const ClipByNormOp& op) const {
  for (int32_t id : op.gradients) need(shape(id).rows != 0, "Buffer %d has a batch dimension and cannot be clipped", id);
  need(!op.gradients.empty() && op.max_norm > 0, "Clipping needs gradients and a norm above 0, found %g", op.max_norm);
}

void mlp_plan::check_op(const UpdateOp& op) const {
  const BufferShape& parameter = shape(op.parameter);
  need(parameter.rows != 0, "Buffer %d has a batch dimension and is not a parameter", op.parameter);
  need_shape(op.gradient, "gradient", parameter.rows, parameter.columns);
  const int number = static_cast<int>(op.settings.first);
  const uint64_t settings = op.settings.second.size(), states = op.states.size();
  const UpdateNeeds needs = needs_of(op.settings);
  need(settings == needs.settings, "Optimizer %d needs %llu settings, found %llu", number, needs.settings, settings);
  need(states == needs.states, "Optimizer %d with these settings needs %llu buffers of state, found %llu", number,
       needs.states, states);
  for (int32_t state : op.states) need_shape(state, "optimizer state", parameter.rows, parameter.columns);
}

void mlp_plan::check_op(const AverageOp& op) const {
  const BufferShape& parameter = shape(op.parameter);
  need(parameter.rows != 0, "Buffer %d has a batch dimension and is not a parameter", op.parameter);
  need_shape(op.average, "average", parameter.rows, parameter.columns);
  need(op.average != op.parameter, "An average cannot be written over its parameter, buffer %d", op.parameter);
  need(op.decay >= 0 && op.decay < 1, "An average needs a decay from 0 to below 1, found %g", op.decay);
}

void mlp_plan::check_set() const {
  need(set_.has_inputs(), "A plan needs inputs before it is finished, found none");
  const auto* gather = ops_.empty() ? nullptr : std::get_if<GatherOp>(&ops_[0]);
  need(gather, "The first operation of a plan needs to be a gather");
  need(set_.columns == shape(gather->x).columns, "The data set has rows of %llu inputs, buffer %d has %llu columns",
       set_.columns, gather->x, shape(gather->x).columns);
  for (size_t index = 1; index < ops_.size(); index++) {
    need(!std::holds_alternative<GatherOp>(ops_[index]), "A plan needs one gather, found several");
  }
  need(!set_.labels.get() || !set_.targets.get(), "A data set needs labels or targets, found both");
  need(gather->row_weights < 0 || set_.row_weights.count() == set_.rows,
       "The gather needs a weight for each of %llu rows, found %llu", set_.rows, set_.row_weights.count());
  bool labels = false, targets = false;
  for (const Op& op : ops_) {
    const auto* loss = std::get_if<LossOp>(&op);
    if (!loss) continue;
    (loss->labels ? labels : targets) = true;
    need(loss->target == gather->target, "The loss needs the target that the gather writes, buffer %d, found %d",
         gather->target, loss->target);
    need(loss->row_weights < 0 || loss->row_weights == gather->row_weights,
         "The loss needs the row weights that the gather writes, buffer %d, found %d", gather->row_weights, loss->row_weights);
  }
  need(labels || targets || (gather->target < 0 && gather->row_weights < 0),
       "A plan without a loss can gather neither targets nor row weights, found buffers %d and %d", gather->target,
       gather->row_weights);
  if (gather->target < 0) return;
  need(!labels || set_.labels.count() == set_.rows, "The loss needs a label for each of %llu rows, found %llu",
       set_.rows, set_.labels.count());
  const uint64_t width = shape(gather->target).columns;
  need(!targets || (set_.target_columns == width && set_.targets.count() == set_.rows * width),
       "The loss needs %llu target values for each of %llu rows, found %llu in all", width, set_.rows, set_.targets.count());
}

void mlp_plan::finish() {
  need(!finished_, "The plan is already finished");
  check_set();
  for (const Op& op : ops_) {
    const bool loss = std::holds_alternative<LossOp>(op);
    need(!(loss && has_loss_), "A plan needs at most one loss, found several");
    if (loss) has_loss_ = true;
    if (std::holds_alternative<UpdateOp>(op) || std::holds_alternative<AverageOp>(op)) trains_ = true;
  }
  if (has_loss_) trains_ = true;
  scores_ = DeviceMemory<RowScore>(has_loss_ ? batch_size_ : 0);
  finished_ = true;
  reserve(trains_ ? set_.rows : 0, trains_ ? steps_of(set_.rows) : 0);
  lower();
}
