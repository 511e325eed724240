// SparseSet: two passes over the dense rows. The first counts the entries of each row, so that every thread knows where its rows
// go; the second copies them. Each thread has a range of rows.
//
// Bytes are read in words of 8, four pairs. If one of them is not 0, all are appended without a branch: each is stored at the end
// of the list, and the end moves on only if the pair is not 0. A row is collected in memory of the thread and then copied,
// because such a store may lie beyond the end of the row, where the first entry of the next one is.
// Cost: reads N I numbers twice, writes the entries once.
#include "sparse_rows.hpp"

#include <algorithm>
#include <cstring>

namespace {

// Four pairs of bytes; the first number is in the lowest byte, as the processors of this library order them.
constexpr int WORD_PAIRS = 4;
uint64_t word_at(const uint8_t* from) {
  uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

int pairs_of(int columns) { return (columns + 1) / 2; }

// Calls `use(pair, numbers)` for the pairs of a row after the last complete word.
template <class Use>
void for_last_pairs(const uint8_t* row, int columns, Use&& use) {
  for (int i = columns / 8 * 8; i < columns; i += 2) {
    const int second = i + 1 < columns ? row[i + 1] : 0;
    use(i / 2, static_cast<uint16_t>(row[i] | second << 8));
  }
}

int count_entries(const uint8_t* row, int columns) {
  constexpr uint64_t LOW_BITS = 0x7fff7fff7fff7fff;
  uint64_t sums = 0;  // in each 16 bits, the entries at one place of a word
  for (int i = 0; i + 8 <= columns; i += 8) {
    const uint64_t word = word_at(row + i);
    sums += (((word & LOW_BITS) + LOW_BITS) | word) >> 15 & 0x0001000100010001;
  }
  int count = static_cast<int>((sums & 0xffff) + (sums >> 16 & 0xffff) + (sums >> 32 & 0xffff) + (sums >> 48));
  for_last_pairs(row, columns, [&](int, uint16_t numbers) { count += numbers != 0; });
  return count;
}

int count_entries(const float* row, int columns) {
  int count = 0;
  for (int i = 0; i + 2 <= columns; i += 2) count += (row[i] != 0) | (row[i + 1] != 0);
  if (columns % 2 != 0) count += row[columns - 1] != 0;
  return count;
}

// The entries of one row, with room for all pairs and for the store after the last entry.
struct Row {
  std::vector<uint32_t> entries;
  std::vector<float> floats;
};

void collect(const uint8_t* from, int columns, Row& row) {
  uint32_t* end = row.entries.data();
  const auto append = [&](int pair, uint16_t numbers) {
    *end = static_cast<uint32_t>(pair) << 16 | numbers;
    end += numbers != 0;
  };
  for (int i = 0; i + 8 <= columns; i += 8) {
    const uint64_t word = word_at(from + i);
    if (word == 0) continue;
    for (int n = 0; n < WORD_PAIRS; n++) append(i / 2 + n, static_cast<uint16_t>(word >> 16 * n));
  }
  for_last_pairs(from, columns, append);
}

void collect(const float* from, int columns, Row& row) {
  size_t end = 0;
  const auto append = [&](int pair, float first, float second) {
    row.entries[end] = static_cast<uint32_t>(pair) << 16;
    row.floats[2 * end] = first;
    row.floats[2 * end + 1] = second;
    end += (first != 0) | (second != 0);
  };
  for (int i = 0; i + 2 <= columns; i += 2) append(i / 2, from[i], from[i + 1]);
  if (columns % 2 != 0) append(columns / 2, from[columns - 1], 0);
}

// Calls `work(thread, first, last)` on every thread with its range of `count` rows.
template <class Work>
void divide(ThreadPool& pool, uint64_t count, Work&& work) {
  const uint64_t threads = pool.threads(), each = count / threads, rest = count % threads;
  pool.run([&](int thread) {
    const uint64_t index = thread, first = index * each + std::min(index, rest);
    work(thread, first, first + each + (index < rest));
  });
}

template <class T>
void reserve(Memory<T>& memory, size_t count) {
  if (count <= memory.count()) return;
  memory = Memory<T>();  // freed before the larger one is allocated
  memory = Memory<T>::unset(count);
}

}  // namespace

double SparseSet::count(const DenseRows& rows, uint64_t row_count, ThreadPool& pool) {
  dense_ = rows;
  starts_.resize(row_count + 1);
  const int columns = rows.columns;
  divide(pool, row_count, [&](int, uint64_t first, uint64_t last) {
    for (uint64_t n = first; n < last; n++) {
      starts_[n + 1] = rows.bytes ? count_entries(rows.bytes + n * columns, columns)
                                  : count_entries(rows.floats + n * columns, columns);
    }
  });
  starts_[0] = 0;
  for (uint64_t n = 0; n < row_count; n++) starts_[n + 1] += starts_[n];
  const double all = static_cast<double>(row_count) * pairs_of(columns);
  return all > 0 ? static_cast<double>(starts_[row_count]) / all : 0;
}

void SparseSet::fill(ThreadPool& pool) {
  const uint64_t total = starts_.back();
  const int columns = dense_.columns;
  const size_t room = pairs_of(columns) + 1;
  reserve(entries_, total);
  if (dense_.floats) reserve(floats_, 2 * total);
  std::vector<Row> rows(pool.threads(), {std::vector<uint32_t>(room), std::vector<float>(dense_.floats ? 2 * room : 0)});
  divide(pool, starts_.size() - 1, [&](int thread, uint64_t first, uint64_t last) {
    Row& row = rows[thread];
    for (uint64_t n = first; n < last; n++) {
      const uint64_t start = starts_[n], count = starts_[n + 1] - start;
      if (count == 0) continue;
      if (dense_.bytes) {
        collect(dense_.bytes + n * columns, columns, row);
      } else {
        collect(dense_.floats + n * columns, columns, row);
        std::memcpy(floats_.get() + 2 * start, row.floats.data(), 2 * count * sizeof(float));
      }
      std::memcpy(entries_.get() + start, row.entries.data(), count * sizeof(uint32_t));
    }
  });
}

SparseRows SparseSet::rows() const {
  return {starts_.data(), entries_.get(), dense_.bytes ? nullptr : floats_.get(), dense_.scale};
}
