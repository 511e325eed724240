// The inputs of a data set that several plans read, on any threads at the same time. They stay as long as a plan or the caller of
// the library has them.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

#include "kernels.hpp"
#include "memory.hpp"
#include "sparse_rows.hpp"

class SharedRows {
 public:
  // Copies inputs (N, columns), `count` numbers: bytes or floats; the other address is null.
  SharedRows(const uint8_t* bytes, const float* floats, uint64_t count, uint64_t columns);

  uint64_t count() const { return rows_; }
  bool are_bytes() const { return are_bytes_; }
  // Returns the rows as they are, with a scale of 1.
  DenseRows dense() const { return {bytes_.get(), floats_.get(), static_cast<int>(columns_), 1}; }
  // Returns the share of the pairs of inputs that are not 0. There are at most MAX_SPARSE_COLUMNS columns.
  double share() const;
  // Makes the rows without their zeros, if no plan has done so before; after share().
  void make_sparse() const;
  // Returns the rows without their zeros; after make_sparse().
  SparseRows sparse() const { return sparse_.rows(); }

 private:
  const uint64_t rows_, columns_;
  const bool are_bytes_;
  const Memory<uint8_t> bytes_;
  const Memory<float> floats_;
  // Made by the first plan that needs them; the others wait for it.
  mutable std::mutex mutex_;
  mutable SparseSet sparse_;
  mutable double share_ = -1;  // -1 until the pairs are counted
  mutable bool is_sparse_ = false;
};

// The caller's hold on shared rows; each plan has one of its own.
struct mlp_rows {
  mlp_rows(int32_t instruction_set, const uint8_t* bytes, const float* floats, uint64_t count, uint64_t columns);
  const std::shared_ptr<const SharedRows> shared;
};
