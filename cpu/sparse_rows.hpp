// The rows of a data set without their zeros, in memory of their own. Whether they pay depends on the share of pairs of columns
// with a number that is not 0: `count()` tells it, and the caller decides.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels.hpp"
#include "memory.hpp"
#include "thread_pool.hpp"

constexpr int MAX_SPARSE_COLUMNS = 131072;  // the number of a pair has 16 bits

// A data set is stored without its zeros if at most this share of its pairs of inputs is not 0. Measured with 64 to 512
// outputs on an AMD EPYC (Zen 5): at 0.64, a layer takes 0.85 to 0.98 of the time of the dense kernels.
constexpr double SPARSE_SHARE = 0.6;

// Below this number of rows, reading a set once costs more than its zeros save.
constexpr uint64_t SPARSE_ROWS = 64;

// Builds SparseRows with the threads of a pool, and owns their memory. A set whose numbers change is built again in that memory.
class SparseSet {
 public:
  // Returns whether a set with so many rows and columns may be stored without its zeros, if it has enough of them.
  static bool takes(uint64_t rows, uint64_t columns) { return rows >= SPARSE_ROWS && columns <= MAX_SPARSE_COLUMNS; }
  // Counts the pairs of each row with a number that is not 0, and returns their share of all pairs. `rows.columns` is from 1 to
  // MAX_SPARSE_COLUMNS. The dense rows are read by this function and by fill() alone, and must not change between them.
  double count(const DenseRows& rows, uint64_t row_count, ThreadPool& pool);
  // Copies the pairs that were counted last. Memory: 4 bytes for each pair of bytes, 12 for each pair of floats, and 8 for each
  // row.
  void fill(ThreadPool& pool);
  // Returns the rows that were filled last. They are valid until fill() is called again.
  SparseRows rows() const;

 private:
  DenseRows dense_ = {};
  std::vector<uint64_t> starts_;  // (N + 1)
  Memory<uint32_t> entries_;
  Memory<float> floats_;
};
