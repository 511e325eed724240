// Creates a plan on the GPU, and copies the data set to it.
#include "plan.hpp"

mlp_plan::mlp_plan(int32_t device, uint32_t batch_size, int32_t path)
    : Recording(batch_size, path), device_((check(cudaSetDevice(device)), device)) {
  int multiprocessors = 0, has_time_limit = 0;
  check(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device));
  check(cudaDeviceGetAttribute(&has_time_limit, cudaDevAttrKernelExecTimeout, device));
  has_time_limit_ = has_time_limit != 0;
  progress_ = DeviceMemory<Progress>(1);
  progress_.fill_with_zeros(stream_);
  stop_ = DeviceMemory<uint32_t>(1);
  stop_.fill_with_zeros(stream_);
  check(cudaStreamSynchronize(stream_));
  site_ = {stream_, progress_.get(), batch_size, multiprocessors};
}

mlp_plan::~mlp_plan() {
  cudaSetDevice(device_);
  cudaStreamSynchronize(stream_);
}

void mlp_plan::set_inputs(const uint8_t* bytes, const float* floats, uint64_t count, uint64_t columns) {
  const bool are_bytes = bytes != nullptr;
  check_inputs(are_bytes, count, columns);
  // If the inputs fit in the memory of the ones before, the address stays. Else the plan is lowered again.
  const uint64_t most = are_bytes ? set_memory_.bytes.count() : set_memory_.floats.count();
  if (count == 0 || most < count) {
    set_.rows = 0;
    lowered_ = false;
    set_memory_.shared.reset();  // then there is no own memory
    set_memory_.bytes = {};
    set_memory_.floats = {};
    if (are_bytes) set_memory_.bytes = DeviceMemory<uint8_t>(count);
    else set_memory_.floats = DeviceMemory<float>(count);
  }
  if (are_bytes) set_memory_.bytes.write(bytes, count, stream_);
  else set_memory_.floats.write(floats, count, stream_);
  check(cudaStreamSynchronize(stream_));
  set_.rows = count / columns;
  set_.columns = columns;
  set_.bytes = are_bytes;
}

void mlp_plan::set_rows(const mlp_rows& given) {
  const SharedRows& rows = *given.shared;
  need(rows.device == device_, "The rows are on GPU %d, the plan is on GPU %d", rows.device, device_);
  check_inputs(rows.are_bytes, rows.rows * rows.columns, rows.columns);
  set_memory_.shared = given.shared;
  set_memory_.bytes = {};
  set_memory_.floats = {};
  lowered_ = false;
  set_.rows = rows.rows;
  set_.columns = rows.columns;
  set_.bytes = rows.are_bytes;
}

void mlp_plan::set_labels(const uint32_t* labels, uint64_t count) {
  check_labels();
  set_memory_.labels = DeviceMemory<uint32_t>(count);
  set_memory_.labels.write(labels, count, stream_);
  check(cudaStreamSynchronize(stream_));
  set_.labels = count;
}

void mlp_plan::set_targets(const float* targets, uint64_t count, uint64_t columns) {
  check_targets(count, columns);
  set_memory_.targets = DeviceMemory<float>(count);
  set_memory_.targets.write(targets, count, stream_);
  check(cudaStreamSynchronize(stream_));
  set_.targets = count;
  set_.target_columns = columns;
}

void mlp_plan::set_row_weights(const float* row_weights, uint64_t count) {
  check_row_weights();
  set_memory_.row_weights = DeviceMemory<float>(count);
  set_memory_.row_weights.write(row_weights, count, stream_);
  check(cudaStreamSynchronize(stream_));
  set_.row_weights = count;
}

void mlp_plan::finish() {
  end_recording();
  scores_ = DeviceMemory<RowScore>(has_loss() ? batch_size() : 0);
  reserve(trains() ? set_.rows : 0, trains() ? steps_of(set_.rows) : 0);
  lower();
  if (trains()) staging_.room(epoch_bytes(set_.rows, steps_of(set_.rows)));
}
