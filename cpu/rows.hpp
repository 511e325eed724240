// The loop over a row of a matrix in panels: vector by vector, in ascending order of the columns.
#pragma once

#include "kernels.hpp"
#include "vector.hpp"

namespace MLP_ISA {

// The place of 16 columns of a row, in every matrix of the same width.
struct Place {
  int panel, within;  // the panel, and the first of the columns in it
  int column;         // the first of the columns
  int count;          // the columns that are not padding, 1 to 16
  M mask;             // their lanes

  SHARED_INLINE float* of(const Panels& matrix, int row) const { return matrix.row(panel, row) + within; }
};

// Calls `work(place)` for all columns, 16 at a time. NARROW: there are at most 16 columns.
template <bool NARROW, class Work>
SHARED_INLINE void for_columns(int columns, const Work& work) {
  if (NARROW) return work(Place{0, 0, 0, columns, first_lanes(columns)});
  int column = 0;
  for (; column + LANES <= columns; column += LANES) {
    work(Place{column / PANEL, column % PANEL, column, LANES, first_lanes(LANES)});
  }
  if (column < columns) work(Place{column / PANEL, column % PANEL, column, columns - column, first_lanes(columns - column)});
}
template <class Work>
SHARED_INLINE void for_columns(int columns, const Work& work) {
  for_columns<false>(columns, work);
}

}  // namespace MLP_ISA
