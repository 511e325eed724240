
#include "activations.hpp"
#include "matmul.hpp"

namespace MLP_ISA {

void linear_backward_input(const LinearBackwardInput& op, uint32_t step, Range rows, Range panels) {
  with_derivative(op.activation, [&](auto back) __attribute__((always_inline)) {
    for (int panel = panels.first; panel < panels.last; panel++) {
      const int width = op.dx.width(panel);
      multiply_rows(op.dz, op.weights, ZEROS, op.dx, rows, panel, [&](int row, int count) __attribute__((always_inline)) {
        const float *y = op.x.row(panel, row), *z = op.z.data ? op.z.row(panel, row) : y;
        float* d = op.dx.row(panel, row);
        for (int at = 0; at < count * width; at += LANES) store(d + at, back(load(y + at), load(z + at), load(d + at)));
      });
    }
  });
  (void)step;
}

}  // namespace MLP_ISA
