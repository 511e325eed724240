// The rows of a data set without their zeros, in memory of their own. It pays to build them if most numbers are 0: `count()`
// tells the share of the others, and the caller decides.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels.hpp"
#include "team.hpp"

constexpr int MAX_SPARSE_COLUMNS = 65536;  // a column is a uint16_t

// Builds SparseRows with the threads of a team, and owns them. A set whose numbers change is built again in the same memory.
class SparseSet {
 public:
  // Counts the numbers of each row that are not 0, and returns their share of all. `rows.columns` is at most
  // MAX_SPARSE_COLUMNS. The dense rows are read by this function and by fill() alone.
  double count(const DenseRows& rows, uint64_t row_count, Team& team);
  // Copies the numbers that were counted last. Memory is exact: 3 bytes for each number if they are bytes, else 6, and 8 bytes
  // for each row.
  void fill(Team& team);
  // Returns the rows that were filled last. They are valid until fill() is called again.
  SparseRows rows() const;

 private:
  // Numbers that are not initialized, in memory that grows if it must.
  template <class T>
  struct Buffer {
    std::unique_ptr<T[]> data;
    size_t capacity = 0;
    void reserve(size_t count);
  };

  DenseRows dense_ = {};
  std::vector<uint64_t> starts_;  // (N + 1)
  Buffer<uint16_t> columns_;
  Buffer<uint8_t> bytes_;
  Buffer<float> floats_;
};
