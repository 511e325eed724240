// Sets the data, and runs epochs and predictions.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <system_error>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "instruction_set.hpp"
#include "plan.hpp"
#include "shares.hpp"

namespace {

// The most memory of the lists of a batch's inputs, for each thread: batches of 76,000 rows of 784 bytes, or 25,000 of floats. It
// does not depend on the number of threads, because sparse and dense kernels may give zeros of different signs.
constexpr uint64_t MAX_LIST_BYTES = uint64_t(1) << 27;

// Below this number of multiplications, one thread is faster than several: in an epoch, whose threads wait for each other, and in
// a prediction, for which they must first be woken.
constexpr double EPOCH_WORK = 5e4, PREDICTION_WORK = 8e6;

// Rows of a batch of a prediction, for each thread: enough to use each weight often, and few enough for the L2 cache.
constexpr int PREDICTION_ROWS = 128;

// Returns whether the lists of a batch, each with an entry for every row, fit in that memory.
bool lists_fit(uint64_t batch, uint64_t rows, uint64_t columns, bool bytes) {
  const uint64_t entry_bytes = bytes ? sizeof(uint32_t) : sizeof(uint32_t) + 2 * sizeof(float);
  return list_count(static_cast<int>(std::min(batch, rows)), static_cast<int>(columns)) * LIST_STRIDE * entry_bytes <=
         MAX_LIST_BYTES;
}

}  // namespace

mlp_plan::mlp_plan(int32_t instruction_set, uint32_t batch_size, int32_t path)
    : Recording(batch_size, path), kernels_(&kernels_of(instruction_set)), set_name_(name_of(instruction_set)) {
  need(path != MLP_PATH_PERSISTENT, "The library for processors has no persistent kernel");
}

// With many networks at once, plans are made and freed on many threads. The GNU C library keeps freed memory for each thread; with
// 16 networks at once on MNIST, this was 100 MB.
mlp_plan::~mlp_plan() {
#ifdef __GLIBC__
  if (data_.shared) malloc_trim(0);
#endif
}

ThreadPool& mlp_plan::pool() {
  if (pool_ && finished()) return *pool_;  // the memory of the parts is for as many, whatever processors are added later
  const int wanted = threads() == 0 ? processor_count() : static_cast<int>(threads());
  try {
    if (!pool_ || pool_->threads() != wanted) pool_ = std::make_unique<ThreadPool>(wanted);
  } catch (const std::system_error& error) {
    throw Fault{MLP_FAILED, format("The system cannot start %d threads: %s", wanted, error.what())};
  }
  return *pool_;
}

void mlp_plan::set_inputs(const uint8_t* bytes, const float* floats, uint64_t count, uint64_t columns) {
  check_inputs(bytes != nullptr, count, columns);
  const uint64_t rows = count / columns;
  const bool fits = !data_.shared && !data_.is_sparse && count > 0 && fits_inputs(bytes != nullptr, count);
  set_.rows = 0;  // until the numbers are copied: if the memory is used up, no rows are left to read
  if (data_.shared) lowered_ = false;
  data_.shared.reset();
  const DenseRows dense{bytes, floats, static_cast<int>(columns), 1};
  data_.is_sparse = false;
  if (SparseSet::takes(rows, columns) && lists_fit(batch_size(), rows, columns, bytes)) {
    data_.share = data_.sparse.count(dense, rows, pool());
    data_.is_sparse = data_.share <= SPARSE_SHARE;
  }
  if (data_.is_sparse) {
    data_.sparse.fill(pool());
    data_.bytes = {};
    data_.floats = {};
  } else if (fits) {
    if (bytes) std::memcpy(data_.bytes.get(), bytes, count);
    else std::memcpy(data_.floats.get(), floats, count * sizeof(float));
  } else {
    data_.bytes = {};
    data_.floats = {};
    if (bytes) data_.bytes = copy_of(bytes, count);
    else data_.floats = copy_of(floats, count);
    lowered_ = false;
  }
  if (data_.is_sparse) lowered_ = false;  // its memory may have moved
  set_.rows = rows;
  set_.columns = columns;
  set_.bytes = bytes != nullptr;
}

void mlp_plan::set_rows(const mlp_rows& given) {
  const SharedRows& rows = *given.shared;
  check_inputs(rows.are_bytes(), rows.count() * rows.columns(), rows.columns());
  const bool is_sparse = rows.is_sparse() && lists_fit(batch_size(), rows.count(), rows.columns(), rows.are_bytes());
  if (!is_sparse) rows.make_dense();
  data_.shared = given.shared;
  data_.is_sparse = is_sparse;
  data_.share = rows.share();
  data_.bytes = {};
  data_.floats = {};
  data_.sparse = {};
  lowered_ = false;
  set_.rows = rows.count();
  set_.columns = rows.columns();
  set_.bytes = rows.are_bytes();
}

void mlp_plan::set_labels(const uint32_t* labels, uint64_t count) {
  check_labels();
  data_.labels = copy_of(labels, count);
  set_.labels = count;
}

void mlp_plan::set_targets(const float* targets, uint64_t count, uint64_t columns) {
  check_targets(count, columns);
  data_.targets = copy_of(targets, count);
  set_.targets = count;
  set_.target_columns = columns;
}

void mlp_plan::set_row_weights(const float* row_weights, uint64_t count) {
  check_row_weights();
  data_.row_weights = copy_of(row_weights, count);
  set_.row_weights = count;
}

void mlp_plan::finish() {
  pool();
  end_recording();
  place_buffers();
  placed_ = true;
  multiplications_ = 0;
  for (const Op& recorded : ops()) {
    const auto* op = std::get_if<LinearOp>(&recorded);
    if (op) multiplications_ += static_cast<double>(columns(op->x)) * columns(op->y);
  }
  prepare(set_.rows);
}

// Returns the rows of each step of a prediction. Layers give the same outputs in steps of any size, but masks and gradients are
// those of a batch.
uint64_t mlp_plan::rows_of_prediction_step() {
  for (const Op& recorded : ops()) {
    if (!std::holds_alternative<GatherOp>(recorded) && !std::holds_alternative<LinearOp>(recorded)) return batch_size();
  }
  return static_cast<uint64_t>(PREDICTION_ROWS) * static_cast<uint64_t>(pool().threads());
}

// Lowers the plan for work on this number of rows, if its memory or the longest step has changed.
void mlp_plan::prepare(uint64_t rows) {
  need(placed_, "The plan was not finished: an error occurred before");
  step_rows_ = trains() ? batch_size() : rows_of_prediction_step();
  int capacity = static_cast<int>(std::max<uint64_t>(1, std::min(step_rows_, rows)));
  if (trains()) capacity = std::max(capacity, capacity_);  // an epoch may be of a part of the rows, or of some several times
  if (lowered_ && capacity == capacity_) return;
  lowered_ = false;  // until all memory is there
  capacity_ = capacity;
  lower();
}

void mlp_plan::describe_path(bool is_network) {
  std::string text = is_network ? format("fused phases, %d a step", static_cast<int>(phases_.size())) : "operations one by one";
  text += format(", %s, %d %s", set_name_, pool().threads(), pool().threads() == 1 ? "thread" : "threads");
  if (sparse_x_ >= 0) text += format(", without the zeros of the inputs (%.0f %% of the pairs are not 0)", 100 * data_.share);
  path_reason_ = text;
}

// Returns the number of parts, and threads, for work with so many multiplications.
int mlp_plan::parts_for(double multiplications, double least) { return multiplications < least ? 1 : pool().threads(); }

Step mlp_plan::step_at(uint64_t index, uint64_t rows) const {
  const uint64_t first = index * step_rows_;
  const int count = static_cast<int>(std::min(step_rows_, rows - first));
  Step step{};
  step.from = {trains() ? order_.data() + first : nullptr, trains() ? 0 : first};
  step.rows = {0, count};
  step.batch_rows = count;
  step.number = static_cast<uint32_t>(steps_before_ + index + 1);  // masks use its low 32 bits
  step.index = index;
  step.slices = {1, {0, count}};
  if (group()) {
    step.rows = group()->rows(count);
    step.slices = group()->slices(count);
  }
  return step;
}

void mlp_plan::run_phases(int part, int parts, const Step& step) {
  if (!lists_.empty()) lists_[static_cast<size_t>(part)].rows = {0, 0};  // they are those of an earlier step
  for (size_t index = 0; index < phases_.size(); index++) {
    const Phase& phase = phases_[index];
    phase.work(part, parts, step);
    const bool same_rows = phase.by_rows && index + 1 < phases_.size() && phases_[index + 1].by_rows;
    if (parts > 1 && !same_rows) pool_->barrier();
  }
}

// Adds up the losses of a step, and decides whether it is the last one. With a group, exchange() does this for all processes.
void mlp_plan::score(const Step& step) {
  if (group()) return;
  double loss = 0;
  for (int row = step.rows.first; row < step.rows.last; row++) {
    loss += scores_[static_cast<size_t>(row)].loss;
    correct_ += scores_[static_cast<size_t>(row)].correct;
  }
  end_step(step, loss, false);
}

// Adds up the gradients and losses of all processes.
void mlp_plan::exchange(const Step& step) {
  StepReport report{};
  const Range own = group()->own_slices();
  for (int slice = 0; slice < own.count(); slice++) {
    for (int row = step.slices.bounds[slice]; row < step.slices.bounds[slice + 1]; row++) {
      report.loss_sums[own.first + slice] += scores_[static_cast<size_t>(row)].loss;
      report.correct[own.first + slice] += scores_[static_cast<size_t>(row)].correct;
    }
  }
  report.stop = stopped_run_.load() == run_.load();
  try {
    group()->add_up(report, slab_.get(), slab_.count());
  } catch (const Fault& fault) {
    fault_ = fault;
  } catch (const std::bad_alloc&) {
    fault_ = Fault{MLP_OUT_OF_MEMORY, "the computer's memory is used up"};
  }
  if (fault_) {
    ended_ = true;
    return;
  }
  const int slices = group()->slice_count();
  for (int slice = 0; slice < slices; slice++) correct_ += report.correct[slice];
  for (int distance = 1; distance < slices; distance *= 2) {  // the same tree as for gradients
    for (int slice = 0; slice < slices; slice += 2 * distance) report.loss_sums[slice] += report.loss_sums[slice + distance];
  }
  end_step(step, report.loss_sums[0], report.stop != 0);
}

void mlp_plan::end_step(const Step& step, double loss, bool stopped) {
  loss_sum_ += loss;
  rows_done_ += static_cast<uint64_t>(step.batch_rows);
  diverged_ = !std::isfinite(loss);
  ended_ = diverged_ || stopped || (!group() && stopped_run_.load() == run_.load());
}

void mlp_plan::run_epoch(uint32_t run, const uint32_t* order, uint64_t rows, const double* rates, uint64_t steps,
                         uint64_t steps_before, double* results) {
  check_epoch(run, order, rows, steps);
  prepare(rows);
  order_.assign(order, order + rows);
  steps_before_ = steps_before;
  factors_.assign(rules_.size(), std::vector<Factors>(steps));
  for (size_t rule = 0; rule < rules_.size(); rule++) {
    for (uint64_t index = 0; index < steps; index++) {
      factors_[rule][index] = factors_of_step(rules_[rule], rates[index], steps_before + index + 1);
    }
  }
  loss_sum_ = 0;
  correct_ = rows_done_ = 0;
  diverged_ = ended_ = false;
  steps_done_.store(0);
  run_.store(run);
  const int parts = parts_for(multiplications_ * static_cast<double>(std::min(step_rows_, rows)), EPOCH_WORK);
  const auto work = [&](int part) {
    if (part >= parts) return;
    for (uint64_t index = 0; index < steps && !ended_; index++) {
      run_phases(part, parts, step_at(index, rows));
      if (part == 0) steps_done_.store(index + 1);
    }
  };
  if (parts == 1) work(0);
  else pool_->run(work);
  if (fault_) {
    const Fault fault = *fault_;
    fault_.reset();
    throw fault;
  }
  results[MLP_RESULT_LOSS_SUM] = loss_sum_;
  results[MLP_RESULT_CORRECT] = static_cast<double>(correct_);
  results[MLP_RESULT_ROWS] = static_cast<double>(rows_done_);
  results[MLP_RESULT_STEPS] = static_cast<double>(steps_done_.load());
  results[MLP_RESULT_DIVERGED] = diverged_;
}

void mlp_plan::predict(int32_t y, float* outputs, uint64_t count) {
  check_prediction(y, count);
  if (y == sparse_x_) gathers_all_ = true, lowered_ = false;
  prepare(set_.rows);
  const Panels from = panels(y);
  const uint64_t batches = (set_.rows + step_rows_ - 1) / step_rows_;
  const int parts = parts_for(multiplications_ * static_cast<double>(set_.rows), PREDICTION_WORK);
  const auto work = [&](int part) {
    if (part >= parts) return;
    for (uint64_t index = 0; index < batches; index++) {
      const Step step = step_at(index, set_.rows);
      run_phases(part, parts, step);
      const Range share = share_of(step.rows.count(), part, parts);
      for (int row = share.first; row < share.last; row++) {
        float* to = outputs + (step.from.first + static_cast<uint64_t>(row)) * static_cast<uint64_t>(from.columns);
        for (int panel = 0; panel < from.panels(); panel++) {
          const int width = std::min(PANEL, from.columns - panel * PANEL);
          std::memcpy(to + panel * PANEL, from.row(panel, row), static_cast<size_t>(width) * sizeof(float));
        }
      }
      if (parts > 1) pool_->barrier();  // the next batch may be divided otherwise
    }
  };
  if (parts == 1) work(0);
  else pool_->run(work);
}
