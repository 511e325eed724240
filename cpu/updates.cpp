// update: the update of a parameter from its stored gradient; the formulas are in updates.hpp.
//
// Split: any range of numbers that begins at a multiple of 16. Padding is updated like other numbers.
// Cost: one read of gradient, parameter and state, one write of parameter and state.
// Compared with `update()` of the reference backend.
#include "updates.hpp"

namespace MLP_ISA {

void update(const Parameter& parameter, const float* gradient, const Update& update, size_t count) {
  with_updater(parameter, update, [&](const auto& updater) __attribute__((always_inline)) {
    for (size_t at = 0; at < count; at += LANES) updater(load(gradient + at), at);
  });
}

}  // namespace MLP_ISA
