#include "shared_rows.hpp"

#include <algorithm>
#include <cmath>

#include "instruction_set.hpp"

namespace {

// Writes the rows of `from`, with their zeros, to memory of zeros.
template <class T>
void expand(const SparseRows& from, uint64_t rows, uint64_t columns, T* to) {
  for (uint64_t row = 0; row < rows; row++) {
    for (uint64_t entry = from.starts[row]; entry < from.starts[row + 1]; entry++) {
      const uint32_t numbers = from.entries[entry];
      for (uint64_t half = 0; half < 2; half++) {
        const uint64_t column = 2 * (numbers >> 16) + half;
        if (column == columns) continue;  // the second number of the last pair, if the number of columns is odd
        to[row * columns + column] =
            from.floats ? static_cast<T>(from.floats[2 * entry + half]) : static_cast<T>(numbers >> 8 * half & 255);
      }
    }
  }
}

bool is_negative_zero(float value) { return value == 0 && std::signbit(value); }

}  // namespace

SharedRows::SharedRows(const uint8_t* bytes, const float* floats, uint64_t count, uint64_t columns)
    : rows_(count / columns), columns_(columns), are_bytes_(bytes != nullptr) {
  if (SparseSet::takes(rows_, columns)) {
    ThreadPool alone(1);
    share_ = sparse_.count({bytes, floats, static_cast<int>(columns), 1}, rows_, alone);
    is_sparse_ = share_ <= SPARSE_SHARE;
    if (is_sparse_) sparse_.fill(alone);
    else sparse_ = {};
  }
  // Of zeros that are not stored, the sign is lost.
  if (is_sparse_ && (bytes || std::none_of(floats, floats + count, is_negative_zero))) return;
  if (bytes) bytes_ = copy_of(bytes, count);
  else floats_ = copy_of(floats, count);
  is_dense_ = true;
}

void SharedRows::make_dense() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (is_dense_) return;
  if (are_bytes_) {
    Memory<uint8_t> made(rows_ * columns_);
    expand(sparse_.rows(), rows_, columns_, made.get());
    bytes_ = std::move(made);
  } else {
    Memory<float> made(rows_ * columns_);
    expand(sparse_.rows(), rows_, columns_, made.get());
    floats_ = std::move(made);
  }
  is_dense_ = true;
}

mlp_rows::mlp_rows(int32_t instruction_set, const uint8_t* bytes, const float* floats, uint64_t count, uint64_t columns)
    : shared((kernels_of(instruction_set), std::make_shared<SharedRows>(bytes, floats, count, columns))) {}
