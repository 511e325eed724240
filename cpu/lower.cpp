// Lowering: turns the recorded operations into the phases of one step.
//
// A step in the usual form has few phases: the first layer, divided by panels of its outputs; the small layers, the loss and
// their backward pass, divided by rows of the batch, without a barrier between them; and all weight gradients with their
// updates. A layer with many weights is a phase of its own in each direction. A step in another form has one phase or more for
// each operation.
#include <algorithm>

#include "plan.hpp"
#include "shares.hpp"

namespace {

// A layer with at most this many weights is computed by rows of the batch: every thread reads all weights, which fit in the L2
// cache beside its rows, and there is no barrier before the next layer.
constexpr size_t ROWWISE_WEIGHTS = 65536;

// Rows at which a phase is cut, so that tiles are full.
constexpr int ROW_STEP = 8;

Range rows_of(const Step& step, int part, int parts) {
  const Range share = share_of(step.rows.count(), part, parts);
  return {step.rows.first + share.first, step.rows.first + share.last};
}

// Writes row `from_row` of a data set that is stored without its zeros to row `row` of `x`, with its zeros.
void expand_row(const SparseRows& from, uint64_t from_row, const Panels& x, int row) {
  for (int panel = 0; panel < x.panels(); panel++) std::fill_n(x.row(panel, row), x.width(panel), 0.0f);
  for (uint64_t entry = from.starts[from_row]; entry < from.starts[from_row + 1]; entry++) {
    for (int half = 0; half < 2; half++) {
      const float value = from.floats ? from.floats[2 * entry + half] : static_cast<float>(from.entries[entry] >> (8 * half) & 255);
      const int column = 2 * static_cast<int>(from.entries[entry] >> 16) + half;
      if (column < x.columns) *x.at(row, column) = from.scale * value;
    }
  }
}

Range all_panels(const Panels& matrix) { return {0, matrix.panels()}; }

}  // namespace

DenseRows mlp_plan::dense_rows() const {
  DenseRows rows = data_.shared ? data_.shared->dense() : DenseRows{data_.bytes.get(), data_.floats.get(), columns(gather().x), 1};
  rows.scale = gather().scale;
  return rows;
}

SparseRows mlp_plan::sparse_rows() const {
  SparseRows rows = data_.shared ? data_.shared->sparse() : data_.sparse.rows();
  rows.scale = gather().scale;
  return rows;
}

// Returns whether a layer is computed by rows of the batch. In a prediction, all layers are if there are enough rows.
bool mlp_plan::is_rowwise(const Panels& weights) {
  return weights.size() <= ROWWISE_WEIGHTS || (!trains() && capacity_ >= ROW_STEP * pool().threads());
}

void mlp_plan::add_op(const GatherOp& op) {
  if (op.x == sparse_x_) return;
  place_batch(op.x);
  if (data_.is_sparse) {
    add_phase(true, [x = panels(op.x), from = sparse_rows()](int part, int parts, const Step& step) {
      const Range rows = rows_of(step, part, parts);
      for (int row = rows.first; row < rows.last; row++) expand_row(from, step.from.row(row), x, row);
    });
    return;
  }
  const Gather gather{dense_rows(), panels(op.x)};
  add_phase(true, [this, gather](int part, int parts, const Step& step) {
    kernels_->gather(gather, step.from, rows_of(step, part, parts));
  });
}

void mlp_plan::add_op(const DropoutOp& op) {
  place_batch(op.x);
  place_batch(op.y);
  const Dropout dropout{panels(op.x), panels(op.y), mask_of(op.dropout)};
  add_phase(true, [this, dropout](int part, int parts, const Step& step) {
    kernels_->dropout(dropout, step.number, rows_of(step, part, parts));
  });
}

void mlp_plan::add_op(const LinearOp& op) {
  const bool sparse = op.x == sparse_x_;
  if (!sparse) place_batch(op.x);
  place_batch(op.y);
  place_batch(op.z);
  const Linear linear{sparse ? Panels{} : panels(op.x), panels(op.weights), panels(op.bias).data,
                      panels(op.y),                     panels(op.z),       op.activation};
  const bool softmax = op.activation == MLP_SOFTMAX;
  if (sparse) {
    add_sparse_linear(linear);
  } else if (is_rowwise(linear.weights)) {
    add_phase(true, [this, linear, softmax](int part, int parts, const Step& step) {
      const Range rows = rows_of(step, part, parts);
      kernels_->linear(linear, rows, all_panels(linear.y));
      if (softmax) kernels_->softmax(linear.y, rows);
    });
    return;
  } else {
    add_phase(false, [this, linear](int part, int parts, const Step& step) {
      for_share(linear.y, step.rows, ROW_STEP, part, parts,
                [&](Range rows, Range panels) { kernels_->linear(linear, rows, panels); });
    });
  }
  if (!softmax) return;
  add_phase(true, [this, y = linear.y](int part, int parts, const Step& step) { kernels_->softmax(y, rows_of(step, part, parts)); });
}

// Returns the lists of a part for these rows and columns, and writes them if it has others.
const ColumnLists& mlp_plan::lists_of(int part, const Step& step, Range rows, Range columns) {
  PartLists& own = lists_[static_cast<size_t>(part)];
  const bool same_rows = own.rows.first == rows.first && own.rows.last == rows.last;
  if (same_rows && own.columns.first <= columns.first && columns.last <= own.columns.last) return own.lists;
  kernels_->column_lists(sparse_rows(), step.from, rows, columns, own.lists);
  own.rows = rows;
  own.columns = columns;
  return own.lists;
}

// Adds the layer that reads the data set without its zeros.
void mlp_plan::add_sparse_linear(const Linear& linear) {
  const bool rowwise = is_rowwise(linear.weights) && !trains();
  add_phase(rowwise, [this, linear, rowwise](int part, int parts, const Step& step) {
    const auto compute = [&](Range rows, Range panels) {
      if (rows.count() > 0) kernels_->linear_sparse(linear, lists_of(part, step, rows, {0, linear.weights.rows}), rows, panels);
    };
    if (rowwise) compute(rows_of(step, part, parts), all_panels(linear.y));
    else for_share(linear.y, step.rows, ROW_STEP, part, parts, compute);
  });
}

void mlp_plan::add_op(const LossOp& op) {
  place_batch(op.y);
  place_batch(op.z);
  place_batch(op.dz);
  scores_ = Memory<RowScore>(capacity_);
  Loss loss{op.kind,          panels(op.y), panels(op.z), panels(op.dz), data_.labels.get(), data_.targets.get(), nullptr,
            op.activation, {},           scores_.get(), 0};
  if (op.row_weights >= 0) loss.row_weights = data_.row_weights.get();
  for (size_t index = 0; index < op.settings.size(); index++) loss.settings[index] = static_cast<float>(op.settings[index]);
  add_phase(true, [this, loss](int part, int parts, const Step& step) {
    Loss of_step = loss;
    of_step.batch_rows = step.batch_rows;
    kernels_->loss(of_step, step.from, rows_of(step, part, parts));
  });
}

void mlp_plan::add_op(const LinearBackwardInputOp& op) {
  for (int32_t id : {op.dz, op.x, op.z, op.dx}) place_batch(id);
  const bool softmax = op.activation == MLP_SOFTMAX;
  const LinearBackwardInput back{panels(op.dz),  buffers_[op.weights].by_output, panels(op.x),        panels(op.z),
                                 panels(op.dx), op.activation,                  op.dropout.rate > 0, mask_of(op.dropout)};
  if (is_rowwise(back.weights)) {
    add_phase(true, [this, back, softmax](int part, int parts, const Step& step) {
      const Range rows = rows_of(step, part, parts);
      kernels_->linear_backward_input(back, step.number, rows, all_panels(back.dx));
      if (softmax) kernels_->softmax_backward(back.x, back.dx, rows);
    });
    return;
  }
  add_phase(false, [this, back](int part, int parts, const Step& step) {
    for_share(back.dx, step.rows, ROW_STEP, part, parts, [&](Range rows, Range panels) {
      kernels_->linear_backward_input(back, step.number, rows, panels);
    });
  });
  if (!softmax) return;
  add_phase(true, [this, back](int part, int parts, const Step& step) {
    kernels_->softmax_backward(back.x, back.dx, rows_of(step, part, parts));
  });
}

// Adds the phases of a network: forward and backward pass as recorded, then gradients and updates. These are one phase, unless
// clipping or a group of processes needs all gradients before the first update.
void mlp_plan::add_network(const Network& network) {
  add_op(network.gather);
  for (const Layer& layer : network.layers) {
    if (layer.dropout) add_op(*layer.dropout);
    add_op(layer.forward);
  }
  add_op(network.loss);
  for (size_t index = network.layers.size() - 1; index > 0; index--) add_op(network.layers[index].backward);

  std::vector<LayerGradients> layers;
  std::vector<StoredUpdate> updates;
  for (size_t index = 0; index < network.layers.size(); index++) {
    const Layer& layer = network.layers[index];
    layers.push_back(stored_gradients(layer.gradient));
    for (size_t half = 0; half < 2; half++) {
      const UpdateOp& op = half == 0 ? layer.weights : layer.bias;
      StoredUpdate update{op, rule_index(op.settings), -1, 0};
      if (!network.averages.empty()) {
        update.average = network.averages[2 * index + half].average;
        update.decay = network.averages[2 * index + half].decay;
      }
      updates.push_back(update);
    }
  }
  const bool fused = !network.clip && !group();
  if (fused) {
    for (size_t index = 0; index < layers.size(); index++) fuse(layers[index], updates[2 * index], updates[2 * index + 1]);
  }
  add_phase(false, [this, layers](int part, int parts, const Step& step) {
    for (const LayerGradients& layer : layers) compute_gradients(layer, part, parts, step);
    if (part == 0) score(step);
  });
  if (fused) return;
  if (group()) {
    add_phase(false, [this](int part, int, const Step& step) {
      if (part == 0) exchange(step);
    });
  }
  if (network.clip) add_op(*network.clip);
  add_updates(updates);
}

// Returns the buffer of gathered inputs if only layers and their gradients read it, no other operation writes it, and the data
// set is stored without its zeros; else -1.
int32_t mlp_plan::find_sparse_buffer() const {
  if (!data_.is_sparse || gathers_all_) return -1;
  const int32_t x = gather().x;
  const auto has = [x](std::initializer_list<int32_t> ids) { return std::find(ids.begin(), ids.end(), x) != ids.end(); };
  for (const Op& recorded : ops()) {
    const auto* dropout = std::get_if<DropoutOp>(&recorded);
    const auto* linear = std::get_if<LinearOp>(&recorded);
    const auto* loss = std::get_if<LossOp>(&recorded);
    const auto* back = std::get_if<LinearBackwardInputOp>(&recorded);
    const auto* gradient = std::get_if<LinearBackwardWeightOp>(&recorded);
    if ((dropout && has({dropout->x, dropout->y})) || (linear && has({linear->y, linear->z})) ||
        (loss && has({loss->y, loss->z, loss->dz})) || (back && has({back->dz, back->x, back->z, back->dx})) ||
        (gradient && gradient->dz == x)) {
      return -1;
    }
  }
  return x;
}

void mlp_plan::lower() {
  phases_.clear();
  rules_.clear();
  sparse_x_ = find_sparse_buffer();
  lists_.clear();
  if (sparse_x_ >= 0) place_lists(columns(sparse_x_));
  const std::optional<Network> network = trains() && wanted_path() != MLP_PATH_OPS ? network_of(ops()) : std::nullopt;
  need(network || !group(), "A group of processes needs a step in the usual form: layers, a loss, their backward pass, updates");
  if (network) {
    add_network(*network);
  } else {
    for (const Op& recorded : ops()) std::visit([&](const auto& op) { add_op(op); }, recorded);
    if (has_loss()) {
      add_phase(false, [this](int part, int, const Step& step) {
        if (part == 0) score(step);
      });
    }
  }
  describe_path(network.has_value());
  lowered_ = true;
}
