// gather: x (B, I) = scale * rows of the data set, from bytes or floats (N, I), row-major, into panels.
//
// Split: by rows. Numerics: one multiplication; a byte is exact as a float. Rows may begin at any address, and nothing is read
// beyond the end of a row. Cost: one read of the rows (I bytes or 4 I), one write of 4 I bytes.
// Compared with `gather()` of the reference backend.
#include "rows.hpp"

namespace MLP_ISA {

namespace {

// Converts `count` bytes; the other lanes are 0.
SHARED_INLINE V load_bytes(const uint8_t* bytes, int count) {
  if (count == LANES) return bytes_to_floats(bytes);
  uint8_t copy[LANES] = {};
  for (int lane = 0; lane < count; lane++) copy[lane] = bytes[lane];
  return bytes_to_floats(copy);
}

template <class Load>
SHARED_INLINE void gather_rows(const Gather& op, const BatchRows& batch, Range rows, const Load& load) {
  const V scale = splat(op.from.scale);
  const size_t columns = static_cast<size_t>(op.from.columns);
  for (int row = rows.first; row < rows.last; row++) {
    const size_t first = batch.row(row) * columns;
    for_columns(op.from.columns, [&](const Place& at) __attribute__((always_inline)) {
      store(at.of(op.x, row), load(first + at.column, at.count) * scale);
    });
  }
}

}  // namespace

void gather(const Gather& op, const BatchRows& batch, Range rows) {
  const DenseRows& from = op.from;
  if (from.bytes) {
    return gather_rows(op, batch, rows, [&](size_t first, int count) __attribute__((always_inline)) {
      return load_bytes(from.bytes + first, count);
    });
  }
  gather_rows(op, batch, rows, [&](size_t first, int count) __attribute__((always_inline)) {
    return load_first(from.floats + first, count);
  });
}

}  // namespace MLP_ISA
