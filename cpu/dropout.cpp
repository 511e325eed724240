// dropout: y (B, I) = x (B, I), with 0 for the values that the mask drops and the others scaled.
//
// Split: by rows. The mask is a function of seed, layer, step, row and column, computed in integers and not stored. Numerics:
// exact but for one multiplication. Cost: one read of x, one write of y, 3 multiplications of words for each number.
// Compared with `dropout()` of the reference backend.
#include "dropout_mask.hpp"
#include "rows.hpp"

namespace MLP_ISA {

void dropout(const Dropout& op, uint32_t step, Range rows) {
  for (int row = rows.first; row < rows.last; row++) {
    const uint32_t key = op.mask.key(step, row);
    for_columns(op.x.columns, [&](const Place& at) __attribute__((always_inline)) {
      store(at.of(op.y, row), dropped_out(op.mask, key, at.column, load(at.of(op.x, row))));
    });
  }
}

}  // namespace MLP_ISA
