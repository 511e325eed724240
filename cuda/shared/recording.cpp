// Records a plan: its buffers, the facts of its data set, and the end of the recording; and checks the arguments of work.
#include "shared/recording.hpp"

Recording::Recording(uint32_t batch_size, int32_t path) : batch_size_(batch_size), wanted_path_(path) {
  need(batch_size >= 1 && batch_size <= LARGEST_SIDE, "A batch needs 1 to %llu rows, found %u", LARGEST_SIDE, batch_size);
  need(path >= MLP_PATH_AUTO && path <= MLP_PATH_PERSISTENT, "There is no path with number %d", path);
}

void Recording::add_buffer(uint64_t rows, uint64_t columns) {
  need(!finished_, "Cannot add a buffer: the plan is finished");
  need(rows <= LARGEST_SIDE && columns >= 1 && columns <= LARGEST_SIDE, "A buffer of shape %s is too large or empty",
       shape_text({rows, columns}).c_str());
  shapes_.push_back({rows, columns});
}

void Recording::set_threads(uint32_t threads) {
  need(!finished_, "Cannot set threads: the plan is finished");
  threads_ = threads;
}

void Recording::set_group(mlp_group* group) {
  need(!finished_, "Cannot set a group: the plan is finished");
  need(group != nullptr, "The group is null");
  group_ = group;
}

void check_rows(uint64_t count, uint64_t columns) {
  need(columns >= 1 && columns <= LARGEST_SIDE && count % columns == 0, "%llu inputs are not a whole number of rows of %llu",
       count, columns);
  need(count / columns <= UINT32_MAX, "A data set can have at most 2^32 - 1 rows, found %llu", count / columns);
}

void Recording::check_inputs(bool bytes, uint64_t count, uint64_t columns) const {
  check_rows(count, columns);
  need(!finished_ || columns == set_.columns, "The plan was made for rows of %llu inputs, found %llu", set_.columns, columns);
  need(!trains_ || fits_inputs(bytes, count), "The plan trains on %llu rows of %s, found %llu rows of %s", set_.rows,
       set_.bytes ? "bytes" : "floats", count / columns, bytes ? "bytes" : "floats");
}

void Recording::check_labels() const { need(!finished_, "Cannot set labels: the plan is finished"); }

void Recording::check_targets(uint64_t count, uint64_t columns) const {
  need(!finished_, "Cannot set targets: the plan is finished");
  need(columns >= 1 && columns <= LARGEST_SIDE && count % columns == 0, "%llu targets are not a whole number of rows of %llu",
       count, columns);
}

void Recording::check_row_weights() const { need(!finished_, "Cannot set row weights: the plan is finished"); }

const BufferShape& Recording::shape(int32_t id) const {
  need(id >= 0 && static_cast<size_t>(id) < shapes_.size(), "There is no buffer with number %d", id);
  return shapes_[static_cast<size_t>(id)];
}

void Recording::check_set() const {
  need(set_.columns > 0, "A plan needs inputs before it is finished, found none");
  const auto* gather = ops_.empty() ? nullptr : std::get_if<GatherOp>(&ops_[0]);
  need(gather, "The first operation of a plan needs to be a gather");
  need(set_.columns == shape(gather->x).columns, "The data set has rows of %llu inputs, buffer %d has %llu columns",
       set_.columns, gather->x, shape(gather->x).columns);
  for (size_t index = 1; index < ops_.size(); index++) {
    need(!std::holds_alternative<GatherOp>(ops_[index]), "A plan needs one gather, found several");
  }
  need(set_.labels == 0 || set_.targets == 0, "A data set needs labels or targets, found both");
  need(gather->row_weights < 0 || set_.row_weights == set_.rows,
       "The gather needs a weight for each of %llu rows, found %llu", set_.rows, set_.row_weights);
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
  need(!labels || set_.labels == set_.rows, "The loss needs a label for each of %llu rows, found %llu",
       set_.rows, set_.labels);
  const uint64_t width = shape(gather->target).columns;
  need(!targets || (set_.target_columns == width && set_.targets == set_.rows * width),
       "The loss needs %llu target values for each of %llu rows, found %llu in all", width, set_.rows, set_.targets);
}

void Recording::end_recording() {
  need(!finished_, "The plan is already finished");
  check_set();
  bool has_loss = false, trains = false;
  for (const Op& op : ops_) {
    const bool loss = std::holds_alternative<LossOp>(op);
    need(!(loss && has_loss), "A plan needs at most one loss, found several");
    has_loss = has_loss || loss;
    trains = trains || loss || std::holds_alternative<UpdateOp>(op) || std::holds_alternative<AverageOp>(op);
  }
  has_loss_ = has_loss;
  trains_ = trains;
  finished_ = true;
}

std::string Recording::describe() const {
  need(finished_, "Cannot describe the plan: it is not finished");
  return path_reason_;
}

// Returns how many numbers these buffers hold, which the host may read and write.
uint64_t Recording::numbers_of(const int32_t* ids, uint64_t id_count) const {
  uint64_t sum = 0;
  for (uint64_t index = 0; index < id_count; index++) {
    need(shape(ids[index]).rows != 0, "Buffer %d has a batch dimension, and can be neither written nor read", ids[index]);
    sum += numbers(ids[index]);
  }
  return sum;
}

// Returns the beginning of a message about buffers: "Buffer 3 holds", or "The 2 buffers hold".
static std::string holders_text(const int32_t* ids, uint64_t id_count) {
  return id_count == 1 ? format("Buffer %d holds", ids[0]) : format("The %llu buffers hold", id_count);
}

void Recording::check_write(const int32_t* ids, uint64_t id_count, uint64_t count) const {
  const uint64_t numbers = numbers_of(ids, id_count);
  need(count == numbers, "%s %llu numbers, found %llu", holders_text(ids, id_count).c_str(), numbers, count);
}

void Recording::check_read(const int32_t* ids, uint64_t id_count, uint64_t count) const {
  const uint64_t numbers = numbers_of(ids, id_count);
  need(count == numbers, "%s %llu numbers, found room for %llu", holders_text(ids, id_count).c_str(), numbers,
       count);
}

void Recording::check_epoch(uint32_t run, const uint32_t* order, uint64_t rows, uint64_t steps) const {
  need(finished_, "Cannot run an epoch: the plan is not finished");
  need(has_loss_, "Cannot run an epoch: the plan has no loss");
  need(run >= 1 && run < NO_RUN, "An epoch's number needs to be from 1 to 2^32 - 2, found %u", run);
  need(rows <= UINT32_MAX && steps == steps_of(rows), "%llu rows in batches of %u need %llu learning rates, found %llu", rows,
       batch_size_, steps_of(rows), steps);
  for (uint64_t index = 0; index < rows; index++) {
    need(order[index] < set_.rows, "Row %u is not in the data set, which has %llu", order[index], set_.rows);
  }
}

void Recording::check_prediction(int32_t y, uint64_t count) const {
  need(finished_, "Cannot predict: the plan is not finished");
  need(!trains_, "Cannot predict: the plan trains");
  const BufferShape& found = shape(y);
  need(found.rows == 0 && count == set_.rows * found.columns, "%llu rows have %llu outputs, found room for %llu", set_.rows,
       set_.rows * found.columns, count);
  bool written = false;
  for (const Op& op : ops_) written = written || writes_rows(op, y);
  need(written, "Cannot predict buffer %d: no operation writes it", y);
}
