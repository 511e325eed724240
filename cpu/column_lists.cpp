// column_lists: the entries of a batch by pair of columns, from the entries by row.
//
// Every row of the batch is read once, in ascending order, and each of its entries is appended to the list of its pair. Split: by
// columns; the entries of a range of columns are found by bisection. Rows of the data set are read in random order, so those of
// the next ones are fetched ahead.
// Numerics: bytes are kept; floats are scaled, with the same product as in `gather`.
// Cost: reads 4 bytes (floats: 12) for each entry and writes as many.
#include "kernels.hpp"
#include "vector.hpp"

namespace MLP_ISA {
namespace {

constexpr int ROWS_AHEAD = 3;
constexpr int LINE_BYTES = 64;

SHARED_INLINE void prefetch(const void* first, const void* last) {
  for (const char* line = static_cast<const char*>(first); line < last; line += LINE_BYTES) __builtin_prefetch(line);
}

// Returns the first entry from `first` to `last` whose pair is `pair` or later.
SHARED_INLINE uint64_t find(const uint32_t* entries, uint64_t first, uint64_t last, int pair) {
  for (uint64_t count = last - first; count > 0;) {
    const uint64_t half = (count + 1) / 2;
    first += static_cast<int>(entries[first + half - 1] >> 16) < pair ? half : 0;
    count -= half;
  }
  return first;
}

}  // namespace

void column_lists(const SparseRows& from, const BatchRows& batch, Range rows, Range columns, const ColumnLists& to) {
  const Range pairs = {columns.first / 2, (columns.last + 1) / 2};
  const uint64_t* const starts = from.starts;
  uint32_t *counts = nullptr, *entries = nullptr;
  float* values = nullptr;
  for (int b = rows.first; b < rows.last; b++) {
    const uint32_t place = b % LIST_ROWS;
    if (b == rows.first || place == 0) {
      const size_t list = static_cast<size_t>(b / LIST_ROWS) * to.pairs;
      counts = to.counts + list;
      entries = to.entries + list * LIST_STRIDE;
      if (to.values) values = to.values + list * LIST_STRIDE * 2;
      for (int pair = pairs.first; pair < pairs.last; pair++) counts[pair] = 0;
    }
    if (b + ROWS_AHEAD < rows.last) {
      const uint64_t row = batch.row(b + ROWS_AHEAD), first = starts[row], last = starts[row + 1];
      prefetch(from.entries + first, from.entries + last);
      if (from.floats) prefetch(from.floats + 2 * first, from.floats + 2 * last);
    }
    const uint64_t row = batch.row(b);
    uint64_t e = starts[row], last = starts[row + 1];
    if (pairs.last < to.pairs) last = find(from.entries, e, last, pairs.last);
    if (pairs.first > 0) e = find(from.entries, e, last, pairs.first);
    if (from.floats) {
      for (; e < last; e++) {
        const size_t pair = from.entries[e] >> 16, at = pair * LIST_STRIDE + counts[pair]++;
        entries[at] = place << 16;
        values[2 * at] = from.scale * from.floats[2 * e];
        values[2 * at + 1] = from.scale * from.floats[2 * e + 1];
      }
    } else {
      for (; e < last; e++) {
        const uint32_t entry = from.entries[e];
        const size_t pair = entry >> 16;
        entries[pair * LIST_STRIDE + counts[pair]++] = place << 16 | (entry & 0xffff);
      }
    }
  }
}

}  // namespace MLP_ISA
