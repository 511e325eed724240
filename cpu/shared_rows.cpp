#include "shared_rows.hpp"

#include "instruction_set.hpp"

SharedRows::SharedRows(const uint8_t* bytes, const float* floats, uint64_t count, uint64_t columns)
    : rows_(count / columns),
      columns_(columns),
      are_bytes_(bytes != nullptr),
      bytes_(copy_of(bytes, bytes ? count : 0)),
      floats_(copy_of(floats, floats ? count : 0)) {}

double SharedRows::share() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (share_ >= 0) return share_;
  ThreadPool alone(1);
  share_ = sparse_.count(dense(), rows_, alone);
  return share_;
}

void SharedRows::make_sparse() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (is_sparse_) return;
  ThreadPool alone(1);
  sparse_.fill(alone);
  is_sparse_ = true;
}

mlp_rows::mlp_rows(int32_t instruction_set, const uint8_t* bytes, const float* floats, uint64_t count, uint64_t columns)
    : shared((kernels_of(instruction_set), std::make_shared<SharedRows>(bytes, floats, count, columns))) {}
