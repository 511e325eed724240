// A plan on the processor: the memory of its buffers, the phases of a step, and the epochs that it runs.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "group.hpp"
#include "kernels.hpp"
#include "memory.hpp"
#include "shared/recording.hpp"
#include "shared_rows.hpp"
#include "sparse_rows.hpp"
#include "thread_pool.hpp"

// The numbers of a data set. Inputs are used without their zeros if most of them are 0, else as they are.
struct DataSet {
  std::shared_ptr<const SharedRows> shared;  // the inputs, if they are those of several plans; else null
  Memory<uint8_t> bytes;                     // the plan's own inputs, in one of these three
  Memory<float> floats;
  SparseSet sparse;
  bool is_sparse = false;
  double share = 1;  // of the pairs of inputs that are not 0
  Memory<uint32_t> labels;
  Memory<float> targets, row_weights;
};

// The memory of a buffer. Weights (O, I) are stored as (I, O); `by_output` is a second copy as (O, I), for input gradients.
struct Buffer {
  enum class Kind { batch, weights, vector } kind = Kind::vector;
  Memory<float> memory, by_output_memory;
  Panels panels{}, by_output{};
  std::vector<float> early;  // numbers written before the plan was finished, row-major
};

// The facts of a step that its phases need.
struct Step {
  BatchRows from;
  Range rows;      // of the batch, that this process computes; all without a group
  int batch_rows;  // of all processes
  uint32_t number; // counted from 1 since training began
  uint64_t index;  // in the epoch
  Slices slices;
};

// The lists of the batch's inputs that one part has written, and what they hold.
struct PartLists {
  Memory<uint32_t> counts, entries;
  Memory<float> values;
  ColumnLists lists{};
  Range rows{0, 0}, columns{0, 0};
};

// A part of a step that threads divide: `work(part, parts, step)`. All parts end before the next phase begins, unless both
// divide the rows of the batch and nothing else.
struct Phase {
  std::function<void(int part, int parts, const Step& step)> work;
  bool by_rows;
};

// The gradients of a layer, and how its parameters are updated with them if they are not stored.
struct LayerGradients {
  bool sparse;  // true if x is the data set without its zeros
  LinearBackwardWeight weights;
  BiasGradient bias;
  size_t weights_rule, bias_rule;
  double weights_decay, bias_decay;  // of the averages
};

// An update from a stored gradient.
struct StoredUpdate {
  UpdateOp op;
  size_t rule;
  int32_t average;  // the average that is updated too, or -1
  double decay;
};

struct mlp_plan : Recording {
 public:
  mlp_plan(int32_t instruction_set, uint32_t batch_size, int32_t path);
  ~mlp_plan();

  void set_inputs(const uint8_t* bytes, const float* floats, uint64_t count, uint64_t columns);
  void set_rows(const mlp_rows& rows);
  void set_labels(const uint32_t* labels, uint64_t count);
  void set_targets(const float* targets, uint64_t count, uint64_t columns);
  void set_row_weights(const float* row_weights, uint64_t count);
  void finish();

  void write_buffers(const int32_t* ids, uint64_t id_count, const float* values, uint64_t count);
  void read_buffers(const int32_t* ids, uint64_t id_count, float* values, uint64_t count);
  void run_epoch(uint32_t run, const uint32_t* order, uint64_t rows, const double* rates, uint64_t steps,
                 uint64_t steps_before, double* results);
  void predict(int32_t y, float* outputs, uint64_t count);
  void stop(uint32_t run) { stopped_run_.store(run); }
  int64_t steps_done(uint32_t run) const { return run_.load() == run ? static_cast<int64_t>(steps_done_.load()) : 0; }

  // For api.cpp, which sets the device of each call: a processor needs nothing.
  void use_device() const {}

 private:
  // buffers.cpp
  void find_kinds();
  void place_buffers();
  Panels shape_panels(int32_t id) const;
  void place(int32_t id);
  void place_batch(int32_t id);
  void place_gradients();
  void place_lists(int inputs);
  const ColumnLists& lists_of(int part, const Step& step, Range rows, Range columns);
  Panels panels(int32_t id) const { return id < 0 ? Panels{} : buffers_[static_cast<size_t>(id)].panels; }
  Parameter parameter(const UpdateOp& op) const;

  // lower.cpp, lower_updates.cpp
  void lower();
  void add_phase(bool by_rows, std::function<void(int, int, const Step&)> work) { phases_.push_back({std::move(work), by_rows}); }
  void add_network(const Network& network);
  void add_op(const GatherOp&);
  void add_op(const DropoutOp&);
  void add_op(const LinearOp&);
  void add_op(const LossOp&);
  void add_op(const LinearBackwardInputOp&);
  void add_op(const LinearBackwardWeightOp&);
  void add_op(const ClipByNormOp&);
  void add_op(const UpdateOp&);
  void add_op(const AverageOp&);
  void add_sparse_linear(const Linear& linear);
  void add_updates(const std::vector<StoredUpdate>& updates);
  LayerGradients stored_gradients(const LinearBackwardWeightOp& op);
  bool is_rowwise(const Panels& weights);
  int32_t find_sparse_buffer() const;
  DenseRows dense_rows() const;
  SparseRows sparse_rows() const;
  void fuse(LayerGradients& layer, const StoredUpdate& weights, const StoredUpdate& bias) const;
  void describe_path(bool is_network);
  size_t rule_index(const Settings& settings);
  Update update_of(size_t rule, const Step& step, double decay) const;
  void compute_gradients(const LayerGradients& layer, int part, int parts, const Step& step);
  void update(const StoredUpdate& update, int part, int parts, const Step& step) const;
  void write_copy(int32_t id, Range rows, Range panels) const;

  // run.cpp
  ThreadPool& pool();
  int parts_for(double multiplications, double least);
  uint64_t rows_of_prediction_step();
  void prepare(uint64_t rows);

  Step step_at(uint64_t index, uint64_t rows) const;
  void run_phases(int part, int parts, const Step& step);
  void score(const Step& step);
  void exchange(const Step& step);
  void end_step(const Step& step, double loss, bool stopped);

  const Kernels* kernels_;
  const char* set_name_;
  std::unique_ptr<ThreadPool> pool_;

  DataSet data_;
  std::vector<Buffer> buffers_;
  uint64_t step_rows_ = 0;  // of each step but the last one
  int capacity_ = 0;       // rows of batch buffers: those of the longest step
  int32_t sparse_x_ = -1;  // the buffer that is not gathered, because a layer reads the data set without its zeros
  bool gathers_all_ = false;  // because the gathered inputs themselves are wanted
  bool placed_ = false, lowered_ = false;
  std::vector<Phase> phases_;
  double multiplications_ = 0;  // of the forward pass, for one row

  Memory<RowScore> scores_;
  Memory<float> slab_;  // all gradients, one after the other, if a group adds them
  std::vector<PartLists> lists_;  // of each part
  std::vector<double> squares_;  // sums of squares, for the norm

  std::vector<Settings> rules_;
  std::vector<std::vector<Factors>> factors_;  // of each rule, for each step of the epoch
  std::vector<uint32_t> order_;
  uint64_t steps_before_ = 0;

  // The progress of an epoch. Part 0 writes it.
  std::atomic<uint32_t> run_{0}, stopped_run_{0};
  std::atomic<uint64_t> steps_done_{0};
  double loss_sum_ = 0;
  uint64_t correct_ = 0, rows_done_ = 0;
  bool diverged_ = false, ended_ = false;
  std::optional<Fault> fault_;
};
