// The parts of softmax and of the losses that need a complete row. Lanes that are padding are left out.
#pragma once

#include <cmath>

#include "math.hpp"
#include "rows.hpp"

namespace MLP_ISA {

// Returns the largest number of a row. NaN counts only if all numbers are NaN; the result is then -∞.
template <bool NARROW>
SHARED_INLINE float largest_of_row(const Panels& matrix, int row) {
  const V lowest = splat(-INFINITY);
  V largest = lowest;
  for_columns<NARROW>(matrix.columns, [&](const Place& at) __attribute__((always_inline)) {
    largest = max(select(at.mask, load(at.of(matrix, row)), lowest), largest);  // of NaN and x, x
  });
  return max_lanes(largest);
}

// Writes e^(z - largest) of a row to `to`, and returns its sum. With the largest number of the row, it cannot overflow. It is 0
// if z - largest is below `lowest`.
template <bool NARROW>
SHARED_INLINE float exp_of_row(const Panels& z, const Panels& to, int row, float largest, float lowest = -INFINITY) {
  const V top = splat(largest), bottom = splat(lowest);
  V sum = zero();
  for_columns<NARROW>(z.columns, [&](const Place& at) __attribute__((always_inline)) {
    const V below = load(at.of(z, row)) - top;
    const V power = select(less(below, bottom), zero(), exp(max(bottom, below)));  // of NaN, NaN
    store(at.of(to, row), power);
    sum += keep(at.mask, power);
  });
  return add_lanes(sum);
}

}  // namespace MLP_ISA
