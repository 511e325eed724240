// A plan: the memory and launches of a recording on the GPU, and the epochs that it runs.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "device_memory.hpp"
#include "ops.cuh"
#include "pieces.hpp"
#include "shared/recording.hpp"
#include "shared_rows.hpp"
#include "tail.cuh"

struct GpuFacts;
struct PersistentLayout;
struct StepShape;

// The numbers of the data set on the GPU. Memory of what was not set is empty.
struct SetMemory {
  std::shared_ptr<const SharedRows> shared;  // the inputs, if they are those of several plans; else null
  DeviceMemory<uint8_t> bytes;               // the plan's own inputs, in one of these two
  DeviceMemory<float> floats;
  DeviceMemory<uint32_t> labels;
  DeviceMemory<float> targets;
  DeviceMemory<float> row_weights;
};

// A CUDA graph of several steps, destroyed with its owner.
class EpochGraph {
 public:
  EpochGraph() = default;
  EpochGraph(const EpochGraph&) = delete;
  ~EpochGraph() { clear(); }
  void clear();
  // Captures the launches of `steps` calls of `record`.
  void capture(cudaStream_t stream, uint64_t steps, const std::function<void()>& record);
  void launch(cudaStream_t stream) { check(cudaGraphLaunch(exec_, stream)); }
  uint64_t steps() const { return steps_; }

 private:
  cudaGraphExec_t exec_ = nullptr;
  uint64_t steps_ = 0;
};

struct mlp_plan : Recording {
 public:
  mlp_plan(int32_t device, uint32_t batch_size, int32_t path);
  ~mlp_plan();

  // Recording; see mlp.h.
  void set_inputs(const uint8_t* bytes, const float* floats, uint64_t count, uint64_t columns);
  void set_rows(const mlp_rows& rows);
  void set_labels(const uint32_t* labels, uint64_t count);
  void set_targets(const float* targets, uint64_t count, uint64_t columns);
  void set_row_weights(const float* row_weights, uint64_t count);
  void finish();

  // Work.
  void write_buffers(const int32_t* ids, uint64_t id_count, const float* values, uint64_t count);
  void read_buffers(const int32_t* ids, uint64_t id_count, float* values, uint64_t count);
  void run_epoch(uint32_t run, const uint32_t* order, uint64_t rows, const double* rates, uint64_t steps,
                 uint64_t steps_before, double* results);
  void predict(int32_t y, float* outputs, uint64_t count);
  void stop(uint32_t run);
  int64_t steps_done(uint32_t run);

  void use_device() const { check(cudaSetDevice(device_)); }

  // Returns the arguments of the persistent kernel, so that the programs of bench/ can run it with a clock; null on another path.
  PersistentLayout* persistent() const { return persistent_.get(); }

 private:
  using Launch = std::function<cudaError_t()>;

  // lower.cpp
  void lower();
  void lower_network(const Network& network);
  void lower_op_by_op();
  void lower_fused(const Network& network);
  std::string lay_out_persistent(const Network& network, PersistentLayout* layout);
  void lower_persistent(const Network& network, const std::shared_ptr<PersistentLayout>& layout);
  GpuFacts facts() const;
  float* buffer(int32_t id);
  InputSource input_source(int32_t x, bool from_set);
  TargetSource target_source(int32_t target, int32_t row_weights, bool from_set);
  EpochRule rule(const UpdateOp& op);
  Parameter parameter(const UpdateOp& op);
  StepShape shape_of(const Network& network) const;
  Tail tail(const Network& network, size_t first);
  Loss loss(const LossOp& op, bool from_set);
  LinearBackwardWeight backward_weight(const LinearBackwardWeightOp& op, bool from_set);
  void add_backward_weight_group(const std::vector<LinearBackwardWeight>& layers, bool update, bool ends_step);
  void add_launch(const GatherOp& op);
  void add_launch(const DropoutOp& op, bool from_set = false);
  void add_launch(const LinearOp& op, bool from_set = false, int splits = 1);
  void add_launch(const LossOp& op, bool from_set = false);
  void add_launch(const LinearBackwardInputOp& op);
  void add_launch(const LinearBackwardWeightOp& op);
  void add_launch(const ClipByNormOp& op);
  void add_launch(const UpdateOp& op);
  void add_launch(const AverageOp& op);
  void add_update_group(const std::vector<UpdateOp>& ops, bool ends_step);
  void add_average_group(const std::vector<AverageOp>& ops, bool ends_step);
  template <class T>
  T* table(const std::vector<T>& items);
  StepEnd step_end() const;

  // run.cpp
  void wait();
  void start_progress(uint32_t run, uint64_t steps, uint64_t steps_before, uint64_t count);
  Progress read_progress();
  uint64_t epoch_bytes(uint64_t rows, uint64_t steps) const;
  void write_epoch(const uint32_t* order, uint64_t rows, const double* rates, uint64_t steps, uint64_t steps_before);
  void run_steps(uint64_t steps);
  cudaError_t run_persistent(uint64_t steps);
  void leave_persistent(cudaError_t error);
  void reserve(uint64_t rows, uint64_t steps);

  const int32_t device_;
  int32_t path_ = MLP_PATH_OPS;
  bool lowered_ = false;

  std::vector<DeviceMemory<float>> buffers_;  // by number; memory is allocated when it is first needed
  SetMemory set_memory_;

  Stream stream_, side_stream_;  // the second is for mlp_plan_stop and mlp_plan_steps_done while an epoch runs
  Site site_{};
  DeviceMemory<Progress> progress_;
  DeviceMemory<uint32_t> stop_;
  DeviceMemory<RowScore> scores_;
  DeviceMemory<float> parts_;  // partial sums of the layer before the tail, on the graph path
  DeviceMemory<uint32_t> order_;
  std::map<Settings, DeviceMemory<float4>> rates_;
  uint64_t rates_capacity_ = 0;
  uint32_t run_ = 0;
  std::atomic<uint32_t> stopped_run_{0};  // the run that the host has asked to end, as `stop_` on the GPU
  std::vector<DeviceMemory<uint8_t>> tables_;
  std::vector<Launch> launches_;  // of one step
  EpochGraph graph_;
  std::shared_ptr<PersistentLayout> persistent_;
  bool has_time_limit_ = false;  // true if the system ends kernels that take long
  Pieces pieces_;
  std::string launch_fault_;     // why the persistent kernel could not be launched; empty if it could, or was not tried
  Staging staging_;
};
