// A plan as it was recorded, without its memory: shapes of buffers, operations, and the facts of the data set. Every check of
// an argument is here, so that none that is wrong can reach a kernel. `mlp_plan` of each library is derived from it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shared/fault.hpp"
#include "shared/network.hpp"

// The largest number of rows or columns of a buffer: kernels count them in int.
constexpr uint64_t LARGEST_SIDE = uint64_t(1) << 30;

// The run number of a prediction. No epoch has it; and 0 would be stopped if no epoch was stopped before.
constexpr uint32_t NO_RUN = UINT32_MAX;

// The facts of a data set: the types and numbers of what was set. A library enters them after it has copied the numbers.
struct SetFacts {
  uint64_t rows = 0, columns = 0;  // of the inputs; columns is 0 until inputs are set
  bool bytes = false;              // true if the inputs are bytes, false if they are floats
  uint64_t labels = 0;             // how many; 0 for none
  uint64_t targets = 0, target_columns = 0;
  uint64_t row_weights = 0;
};

// Throws unless `count` inputs are a data set of rows of `columns`.
void check_rows(uint64_t count, uint64_t columns);

class Recording {
 public:
  Recording(const Recording&) = delete;

  // Functions of mlp.h that are the same in every library.
  void add_buffer(uint64_t rows, uint64_t columns);
  template <class Op>
  void add(const Op& op) {
    need(!finished_, "Cannot add an operation: the plan is finished");
    check_op(op);
    ops_.push_back(op);
  }
  void set_threads(uint32_t threads);
  void set_group(mlp_group* group);
  std::string describe() const;

 protected:
  Recording(uint32_t batch_size, int32_t path);
  ~Recording() = default;

  // Checks of the data set, before anything is copied.
  void check_inputs(bool bytes, uint64_t count, uint64_t columns) const;
  void check_labels() const;
  void check_targets(uint64_t count, uint64_t columns) const;
  void check_row_weights() const;
  // Returns whether inputs of this type and number fit in the memory of the present ones.
  bool fits_inputs(bool bytes, uint64_t count) const { return bytes == set_.bytes && count == set_.rows * set_.columns; }

  // Checks the plan as a whole and ends the recording.
  void end_recording();

  // Checks of work.
  void check_write(const int32_t* ids, uint64_t id_count, uint64_t count) const;
  void check_read(const int32_t* ids, uint64_t id_count, uint64_t count) const;
  void check_epoch(uint32_t run, const uint32_t* order, uint64_t rows, uint64_t steps) const;
  void check_prediction(int32_t y, uint64_t count) const;

  uint32_t batch_size() const { return batch_size_; }
  int32_t wanted_path() const { return wanted_path_; }
  uint32_t threads() const { return threads_; }    // 0 for one a processor
  mlp_group* group() const { return group_; }      // null for none
  bool finished() const { return finished_; }
  bool has_loss() const { return has_loss_; }      // known after end_recording()
  bool trains() const { return trains_; }          // true if the plan has a loss, updates or averages; likewise
  const std::vector<Op>& ops() const { return ops_; }
  // Returns the gather, after end_recording().
  const GatherOp& gather() const { return std::get<GatherOp>(ops_[0]); }
  size_t buffer_count() const { return shapes_.size(); }
  // Returns the shape of a buffer, or throws if there is none with this number.
  const BufferShape& shape(int32_t id) const;
  int columns(int32_t id) const { return static_cast<int>(shape(id).columns); }
  // Returns how many numbers a buffer holds, B rows of them if it has a batch dimension.
  uint64_t numbers(int32_t id) const { return (shape(id).rows == 0 ? batch_size_ : shape(id).rows) * shape(id).columns; }
  // Returns the number of steps of an epoch.
  uint64_t steps_of(uint64_t rows) const { return (rows + batch_size_ - 1) / batch_size_; }

  SetFacts set_;
  std::string path_reason_;  // the text of mlp_plan_describe

 private:
  uint64_t numbers_of(const int32_t* ids, uint64_t id_count) const;
  void need_shape(int32_t id, const char* role, uint64_t rows, uint64_t columns) const;
  void need_sums(int32_t z, int32_t y, Activation activation) const;
  void check_op(const GatherOp&) const;
  void check_op(const DropoutOp&) const;
  void check_op(const LinearOp&) const;
  void check_op(const LossOp&) const;
  void check_op(const LinearBackwardInputOp&) const;
  void check_op(const LinearBackwardWeightOp&) const;
  void check_op(const ClipByNormOp&) const;
  void check_op(const UpdateOp&) const;
  void check_op(const AverageOp&) const;
  void check_set() const;

  const uint32_t batch_size_;
  const int32_t wanted_path_;
  uint32_t threads_ = 0;
  mlp_group* group_ = nullptr;
  bool finished_ = false, has_loss_ = false, trains_ = false;
  std::vector<BufferShape> shapes_;
  std::vector<Op> ops_;
};
