// softmax: replaces each row of sums z (B, C) by its softmax, e^(z - max z) / Σ e^(z - max z), and
// softmax_backward: replaces the gradient d (B, C) of the outputs y (B, C) by that of the sums, y (d - Σ y d).
//
// Split: by rows. Numerics: float32; a sum is one chain for each of 16 lanes, which are then added in the tree of add_lanes().
// A row with NaN becomes NaN. Cost: softmax reads a row three times and writes it twice, softmax_backward reads it twice, from
// the caches. Compared with `activate()` and `activateBackward()` of the reference backend.
#include "softmax.hpp"

namespace MLP_ISA {

void softmax(const Panels& y, Range rows) {
  for (int row = rows.first; row < rows.last; row++) {
    const V sum = splat(exp_of_row<false>(y, y, row, largest_of_row<false>(y, row)));
    for_columns(y.columns, [&](const Place& at) __attribute__((always_inline)) {
      float* values = at.of(y, row);
      store(values, load(values) / sum);
    });
  }
}

void softmax_backward(const Panels& y, const Panels& d, Range rows) {
  for (int row = rows.first; row < rows.last; row++) {
    V products = zero();
    for_columns(y.columns, [&](const Place& at) __attribute__((always_inline)) {
      products = fma(keep(at.mask, load(at.of(y, row))), keep(at.mask, load(at.of(d, row))), products);
    });
    const V dot = splat(add_lanes(products));
    for_columns(y.columns, [&](const Place& at) __attribute__((always_inline)) {
      float* gradients = at.of(d, row);
      store(gradients, load(at.of(y, row)) * (load(gradients) - dot));
    });
  }
}

}  // namespace MLP_ISA
