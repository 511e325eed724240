// The memory of a plan's buffers, and the conversion between the C interface's row-major arrays and panels.
#include <algorithm>

#include "plan.hpp"

namespace {

// Rows and columns are copied in squares of this size, so that both sides of a transposition stay in cache.
constexpr int SQUARE = 64;

// Calls `copy(number of the panels, number of the row-major array)` for each number of weights: (I, O) in panels, (O, I).
template <class Copy>
void for_weights(const Panels& panels, float* values, const Copy& copy) {
  const int inputs = panels.rows;
  for (int panel = 0; panel < panels.panels(); panel++) {
    const int first = panel * PANEL, last = std::min(first + PANEL, panels.columns);
    for (int start = 0; start < inputs; start += SQUARE) {
      for (int i = start; i < std::min(start + SQUARE, inputs); i++) {
        float* row = panels.row(panel, i);
        for (int o = first; o < last; o++) copy(row[o - first], values[static_cast<size_t>(o) * inputs + i]);
      }
    }
  }
}

// The same for a matrix whose rows are those of the row-major array.
template <class Copy>
void for_rows(const Panels& panels, float* values, const Copy& copy) {
  for (int row = 0; row < panels.rows; row++) {
    for (int panel = 0; panel < panels.panels(); panel++) {
      const int first = panel * PANEL, last = std::min(first + PANEL, panels.columns);
      float *from = panels.row(panel, row), *to = values + static_cast<size_t>(row) * panels.columns + first;
      for (int column = first; column < last; column++) copy(from[column - first], to[column - first]);
    }
  }
}

template <class Copy>
void for_numbers(const Buffer& buffer, float* values, const Copy& copy) {
  if (buffer.kind == Buffer::Kind::weights) for_weights(buffer.panels, values, copy);
  else for_rows(buffer.panels, values, copy);
}

void write_numbers(const Buffer& buffer, const float* values) {
  const auto set = [](float& number, float& value) { number = value; };
  float* from = const_cast<float*>(values);  // only read
  for_numbers(buffer, from, set);
  if (buffer.by_output.data) for_rows(buffer.by_output, from, set);
}

void read_numbers(const Buffer& buffer, float* values) {
  for_numbers(buffer, values, [](float& number, float& value) { value = number; });
}

}  // namespace

// Returns the shape of a buffer without a batch dimension, without its memory.
Panels mlp_plan::shape_panels(int32_t id) const {
  const BufferShape& found = shape(id);
  const bool weights = buffers_[static_cast<size_t>(id)].kind == Buffer::Kind::weights;
  const uint64_t rows = weights ? found.columns : 1, columns = weights ? found.rows : found.rows * found.columns;
  need(columns <= LARGEST_SIDE, "Buffer %d is too large", id);
  return {nullptr, static_cast<int>(rows), static_cast<int>(columns)};
}

// Gives a buffer its memory, and the numbers that were written before.
void mlp_plan::place(int32_t id) {
  Buffer& buffer = buffers_[static_cast<size_t>(id)];
  if (!buffer.panels.data) {
    buffer.panels = shape_panels(id);
    buffer.memory = Memory<float>(buffer.panels.size());
    buffer.panels.data = buffer.memory.get();
  }
  if (buffer.early.empty()) return;
  write_numbers(buffer, buffer.early.data());
  buffer.early = {};
}

// Finds what each buffer holds. Those of an update, and those of an average, have one layout.
void mlp_plan::find_kinds() {
  bool found = true;
  const auto kind = [&](int32_t id) -> Buffer::Kind& { return buffers_[static_cast<size_t>(id)].kind; };
  const auto make_weights = [&](std::vector<int32_t> ids) {
    for (const int32_t id : ids) {
      found = found || kind(id) != Buffer::Kind::weights;
      kind(id) = Buffer::Kind::weights;
    }
  };
  const auto make_alike = [&](const std::vector<int32_t>& ids) {
    const auto is_weights = [&](int32_t id) { return kind(id) == Buffer::Kind::weights; };
    if (std::any_of(ids.begin(), ids.end(), is_weights)) make_weights(ids);
  };
  while (found) {
    found = false;
    for (const Op& recorded : ops()) {
      if (const auto* op = std::get_if<LinearOp>(&recorded)) make_weights({op->weights});
      if (const auto* op = std::get_if<LinearBackwardInputOp>(&recorded)) make_weights({op->weights});
      if (const auto* op = std::get_if<LinearBackwardWeightOp>(&recorded)) make_weights({op->d_weights});
      if (const auto* op = std::get_if<AverageOp>(&recorded)) make_alike({op->parameter, op->average});
      if (const auto* op = std::get_if<UpdateOp>(&recorded)) {
        std::vector<int32_t> ids = op->states;
        ids.insert(ids.end(), {op->parameter, op->gradient});
        make_alike(ids);
      }
    }
  }
  for (const Op& recorded : ops()) {
    const auto *layer = std::get_if<LinearOp>(&recorded);
    const auto *gradient = std::get_if<LinearBackwardWeightOp>(&recorded);
    const int32_t bias = layer ? layer->bias : gradient ? gradient->d_bias : -1;
    need(bias < 0 || kind(bias) != Buffer::Kind::weights, "Buffer %d cannot be both weights and a bias", bias);
  }
}

// Gives memory to all buffers but those of the batch.
void mlp_plan::place_buffers() {
  buffers_.resize(buffer_count());
  find_kinds();
  for (const Op& recorded : ops()) {
    const auto* op = std::get_if<LinearBackwardInputOp>(&recorded);
    if (!op || buffers_[static_cast<size_t>(op->weights)].by_output.data) continue;
    Buffer& weights = buffers_[static_cast<size_t>(op->weights)];
    weights.by_output = {nullptr, static_cast<int>(shape(op->weights).rows), static_cast<int>(shape(op->weights).columns)};
    weights.by_output_memory = Memory<float>(weights.by_output.size());
    weights.by_output.data = weights.by_output_memory.get();
  }
  if (group()) place_gradients();
  for (int32_t id = 0; id < static_cast<int32_t>(buffers_.size()); id++) {
    if (shape(id).rows != 0) place(id);
    else buffers_[static_cast<size_t>(id)].kind = Buffer::Kind::batch;
  }
}

// Places all gradients in one slab, which a group adds up.
void mlp_plan::place_gradients() {
  std::vector<int32_t> ids;
  for (const Op& recorded : ops()) {
    if (const auto* op = std::get_if<LinearBackwardWeightOp>(&recorded)) ids.insert(ids.end(), {op->d_weights, op->d_bias});
  }
  size_t size = 0;
  for (const int32_t id : ids) size += (shape_panels(id).size() + LANES - 1) / LANES * LANES;
  slab_ = Memory<float>(size);
  float* at = slab_.get();
  for (const int32_t id : ids) {
    Buffer& buffer = buffers_[static_cast<size_t>(id)];
    buffer.panels = shape_panels(id);
    buffer.panels.data = at;
    at += buffer.panels.size();
  }
}

Parameter mlp_plan::parameter(const UpdateOp& op) const {
  Parameter result{panels(op.parameter).data, {}, nullptr};
  for (size_t index = 0; index < op.states.size(); index++) result.states[index] = panels(op.states[index]).data;
  return result;
}

// Gives memory to the lists of the batch's inputs, for each part.
void mlp_plan::place_lists(int inputs) {
  const size_t count = list_count(capacity_, inputs);
  for (int part = 0; part < pool().threads(); part++) {
    PartLists made;
    made.counts = Memory<uint32_t>(count);
    made.entries = Memory<uint32_t>::unset(count * LIST_STRIDE);  // a part writes the lists of its share
    if (!set_.bytes) made.values = Memory<float>::unset(count * LIST_STRIDE * 2);
    made.lists = {made.counts.get(), made.entries.get(), made.values.get(), (inputs + 1) / 2, gather().scale};
    lists_.push_back(std::move(made));
  }
}

// Gives memory to a buffer of the batch, for `capacity_` rows.
void mlp_plan::place_batch(int32_t id) {
  if (id < 0) return;
  Buffer& buffer = buffers_[static_cast<size_t>(id)];
  if (buffer.panels.rows == capacity_ && buffer.panels.data) return;
  buffer.panels = {nullptr, capacity_, static_cast<int>(shape(id).columns)};
  buffer.memory = {};
  buffer.memory = Memory<float>(buffer.panels.size());
  buffer.panels.data = buffer.memory.get();
}

void mlp_plan::write_buffers(const int32_t* ids, uint64_t id_count, const float* values, uint64_t count) {
  check_write(ids, id_count, count);
  if (buffers_.size() < buffer_count()) buffers_.resize(buffer_count());
  for (uint64_t index = 0; index < id_count; index++) {
    Buffer& buffer = buffers_[static_cast<size_t>(ids[index])];
    const float* end = values + numbers(ids[index]);
    if (buffer.panels.data) write_numbers(buffer, values);
    else buffer.early.assign(values, end);
    values = end;
  }
}

void mlp_plan::read_buffers(const int32_t* ids, uint64_t id_count, float* values, uint64_t count) {
  check_read(ids, id_count, count);
  if (buffers_.size() < buffer_count()) buffers_.resize(buffer_count());
  for (uint64_t index = 0; index < id_count; index++) {
    const Buffer& buffer = buffers_[static_cast<size_t>(ids[index])];
    float* end = values + numbers(ids[index]);
    if (buffer.panels.data) read_numbers(buffer, values);
    else if (!buffer.early.empty()) std::copy(buffer.early.begin(), buffer.early.end(), values);
    else std::fill(values, end, 0.0f);
    values = end;
  }
}
