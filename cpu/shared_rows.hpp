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
  // Copies inputs (N, columns), `count` numbers, without their zeros if most of them are 0: bytes or floats; the other address is
  // null.
  SharedRows(const uint8_t* bytes, const float* floats, uint64_t count, uint64_t columns);

  uint64_t count() const { return rows_; }
  uint64_t columns() const { return columns_; }
  bool are_bytes() const { return are_bytes_; }
  // Returns the share of the pairs of inputs that are not 0; 1 if they were not counted.
  double share() const { return share_; }
  bool is_sparse() const { return is_sparse_; }
  // Returns the rows without their zeros, if is_sparse().
  SparseRows sparse() const { return sparse_.rows(); }
  // Makes the rows with their zeros, if they are not there: the numbers that were copied, bit for bit.
  void make_dense() const;
  // Returns the rows with their zeros and a scale of 1, after make_dense().
  DenseRows dense() const { return {bytes_.get(), floats_.get(), static_cast<int>(columns_), 1}; }

 private:
  const uint64_t rows_, columns_;
  const bool are_bytes_;
  SparseSet sparse_;
  double share_ = 1;
  bool is_sparse_ = false;
  // Made by the first plan that needs them, if they are not kept from the start; the others wait for it.
  mutable std::mutex mutex_;
  mutable bool is_dense_ = false;
  mutable Memory<uint8_t> bytes_;
  mutable Memory<float> floats_;
};

// The caller's hold on shared rows; each plan has one of its own.
struct mlp_rows {
  mlp_rows(int32_t instruction_set, const uint8_t* bytes, const float* floats, uint64_t count, uint64_t columns);
  const std::shared_ptr<const SharedRows> shared;
};
