
#include "activations.hpp"
#include "matmul.hpp"

namespace MLP_ISA {

void linear(const Linear& op, Range rows, Range panels) {
  with_activation(op.activation, [&](auto activate) __attribute__((always_inline)) {
    for (int panel = panels.first; panel < panels.last; panel++) {
      const Panels& sums = op.z.data ? op.z : op.y;
      const int width = sums.width(panel);
      multiply_rows(op.x, op.weights, op.bias + panel * PANEL, sums, rows, panel, [&](int row, int count) __attribute__((always_inline)) {
        const float* z = sums.row(panel, row);
        float* y = op.y.row(panel, row);
        for (int at = 0; at < count * width; at += LANES) store(y + at, activate(load(z + at)));
      });
    }
  });
}

}  // namespace MLP_ISA
