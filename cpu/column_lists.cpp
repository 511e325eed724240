#include "kernels.hpp"
#include "vector.hpp"
namespace MLP_ISA {
void column_lists(const SparseRows& from, const BatchRows& batch, Range rows, Range columns, const ColumnLists& to) {
  for (int k = columns.first; k < columns.last; k++) to.counts[k] = 0;
  for (int b = rows.first; b < rows.last; b++) {
    if (b + 3 < rows.last) {
      const uint64_t row = batch.row(b + 3);
      for (uint64_t e = from.starts[row]; e < from.starts[row + 1]; e += 32) __builtin_prefetch(from.columns + e);
      for (uint64_t e = from.starts[row]; e < from.starts[row + 1]; e += 64) __builtin_prefetch(from.bytes + e);
    }
    const uint64_t row = batch.row(b);
    uint64_t e = from.starts[row], last = from.starts[row + 1];
    if (columns.first > 0) {
      // first entry with column >= columns.first
      uint64_t n = last - e;
      while (n > 1) { const uint64_t half = n / 2; e += from.columns[e + half - 1] < columns.first ? half : 0; n -= half; }
      if (n == 1) e += from.columns[e] < columns.first;
    }
    for (; e < last; e++) {
      const int k = from.columns[e];
      if (k >= columns.last) break;
      const uint32_t n = to.counts[k]++;
      to.entries[static_cast<size_t>(k) * to.stride + n] = static_cast<uint32_t>(b) << 8 | from.bytes[e];
    }
  }
}
}
