// average: average ← decay average + (1 - decay) parameter.
//
// Split: any range of numbers that begins at a multiple of 16. Padding is averaged like other numbers. Cost: one read of
// parameter and average, one write of the average. Compared with `average()` of the reference backend.
#include "updates.hpp"

namespace MLP_ISA {

void average(const float* parameter, float* average, float decay, float complement, size_t count) {
  const V decays = splat(decay), complements = splat(complement);
  for (size_t at = 0; at < count; at += LANES) {
    store(average + at, updated_average(load(average + at), load(parameter + at), decays, complements));
  }
}

}  // namespace MLP_ISA
