// linear_backward_input: dx (B, I) = activation'(z) (dz (B, O) weights (O, I)), with x = activation(z). With dropout between
// the layers, the product is masked first. For MLP_SOFTMAX, dx receives the product.
//
// Split: by rows, by panels of dx, or both. Blocks of 64 outputs: see matmul.hpp. The sums are in dx until they are complete.
// Numerics: one chain of multiply-adds from 0, outputs ascending. Cost: 2 B I O FLOPs; dz is read once for each panel of dx, the
// weights once for each share of rows. Compared with `linearBackwardInput()` of the reference backend.
#include "activations.hpp"
#include "dropout_mask.hpp"
#include "matmul.hpp"

namespace MLP_ISA {
namespace {

// Replaces rows of one panel of d by d after dropout.
SHARED_INLINE void drop(const DropoutMask& mask, uint32_t step, const Panels& d, Range rows, int panel) {
  for (int row = rows.first; row < rows.last; row++) {
    const uint32_t key = mask.key(step, row);
    float* to = d.row(panel, row);
    for (int at = 0; at < d.width(panel); at += LANES) {
      store(to + at, dropped_out(mask, key, panel * PANEL + at, load(to + at)));
    }
  }
}

}  // namespace

void linear_backward_input(const LinearBackwardInput& op, uint32_t step, Range rows, Range panels) {
  with_derivative(op.activation, [&](auto back) __attribute__((always_inline)) {
    for (int panel = panels.first; panel < panels.last; panel++) {
      const int width = op.dx.width(panel);
      multiply_rows(op.dz, op.weights, ZEROS, op.dx, rows, panel, [&](Range tile) __attribute__((always_inline)) {
        if (op.masked) drop(op.mask, step, op.dx, tile, panel);
        const float *x = op.x.row(panel, tile.first), *z = op.z.data ? op.z.row(panel, tile.first) : x;
        float* dx = op.dx.row(panel, tile.first);
        for (int at = 0; at < tile.count() * width; at += LANES) {
          store(dx + at, back(load(x + at), load(z + at), load(dx + at)));
        }
      });
    }
  });
}

}  // namespace MLP_ISA
