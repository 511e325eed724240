// Matrices in panels, the layout of every matrix of this library: `PANEL` columns of all rows lie together, so that a tile of a
// product reads one stream of memory for each operand.
#pragma once

#include <cstddef>
#include <cstdint>

#include "shared/inline.hpp"

constexpr int LANES = 16;  // floats of a vector
constexpr int PANEL = 64;  // columns of a panel; a row of it is 256 bytes, four vectors

SHARED_INLINE int round_up(int count, int step) { return (count + step - 1) / step * step; }

// A matrix (rows, columns). Panel p holds columns 64 p to 64 p + 63 of row 0, then those of row 1, and so on. The last panel is
// as narrow as a multiple of 16 allows. Columns beyond the last one are padding: they may hold anything but are always
// readable and writable, and no number of the matrix depends on them. `data` is aligned to 64 bytes.
struct Panels {
  float* data;
  int rows, columns;

  SHARED_INLINE int panels() const { return (columns + PANEL - 1) / PANEL; }
  // Returns the columns of a panel, padding included: 64, or 16, 32, 48 or 64 for the last one.
  SHARED_INLINE int width(int panel) const {
    const int rest = columns - panel * PANEL;
    return rest >= PANEL ? PANEL : round_up(rest, LANES);
  }
  SHARED_INLINE float* row(int panel, int row) const {
    return data + static_cast<size_t>(panel) * PANEL * rows + static_cast<size_t>(row) * width(panel);
  }
  SHARED_INLINE float* at(int row_index, int column) const { return row(column / PANEL, row_index) + column % PANEL; }
  // Returns the number of floats in memory.
  SHARED_INLINE size_t size() const { return static_cast<size_t>(rows) * round_up(columns, LANES); }
};

// The numbers from `first` to `last - 1`.
struct Range {
  int first, last;
  SHARED_INLINE int count() const { return last - first; }
};

