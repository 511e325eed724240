// The mask of a dropout for 16 columns at once, as DropoutMask::apply() defines it for one.
#pragma once

#include "kernels.hpp"
#include "vector.hpp"

namespace MLP_ISA {

// Returns mix32() of each lane.
SHARED_INLINE W mix32(W x) {
  x = (x ^ shift_right<16>(x)) * splat_words(0x85ebca6bu);
  x = (x ^ shift_right<13>(x)) * splat_words(0xc2b2ae35u);
  return x ^ shift_right<16>(x);
}

// Returns the values of columns `column` to `column + 15` after dropout, in the row with this key. A dropped NaN becomes 0.
SHARED_INLINE V dropped_out(const DropoutMask& mask, uint32_t key, int column, V values) {
  const W columns = lane_indices() + splat_words(static_cast<uint32_t>(column));
  const W numbers = mix32(splat_words(key) + columns * splat_words(0x9e3779b9u));
  return keep(greater_equal(numbers, splat_words(mask.threshold)), values * splat(mask.scale));
}

}  // namespace MLP_ISA
