// linear: y (B, O) = activation(z), z (B, O) = x (B, I) weights (I, O) + bias (O). z is stored only if an operation needs it.
// For MLP_SOFTMAX, y receives z.
//
// Split: by rows, by panels of y, or both. Blocks of 64 inputs: see matmul.hpp. If z is not stored, its sums are in y
// until they are complete, and the activation replaces them while the tile is in the first-level cache.
// Numerics: one chain of multiply-adds from the bias, inputs ascending. Cost: 2 B I O FLOPs; x is read once for each panel of y,
// the weights once for each share of rows. Compared with `linear()` of the reference backend.
#include "activations.hpp"
#include "matmul.hpp"

namespace MLP_ISA {

void linear(const Linear& op, Range rows, Range panels) {
  const Panels& z = op.z.data ? op.z : op.y;
  with_activation(op.activation, [&](auto activate) __attribute__((always_inline)) {
    for (int panel = panels.first; panel < panels.last; panel++) {
      const int width = z.width(panel);
      multiply_rows(op.x, op.weights, op.bias + panel * PANEL, z, rows, panel, [&](Range tile) __attribute__((always_inline)) {
        const float* from = z.row(panel, tile.first);
        float* to = op.y.row(panel, tile.first);
        for (int at = 0; at < tile.count() * width; at += LANES) store(to + at, activate(load(from + at)));
      });
    }
  });
}

}  // namespace MLP_ISA
