// clipByNorm: every gradient times min(1, maxNorm / (norm + 1e-6)); the norm is that of all gradients together.
//
// sum_of_squares adds a share of a gradient, and scale multiplies one; the host adds the shares, which must be the same for any
// number of threads, in a fixed order. Numerics: squares are exact in float64, and are added in float64: one chain for each
// column modulo 16, over the vectors of a row and then the rows, and the 16 chains in pairs. Padding does not count.
// Cost: two reads and one write of every gradient. Compared with `clipByNorm()` of the reference backend.
#include "rows.hpp"

namespace MLP_ISA {

double sum_of_squares(const Panels& gradient, int panel, Range rows) {
  const int rest = gradient.columns - panel * PANEL, columns = rest < PANEL ? rest : PANEL;
  const int whole = columns / LANES * LANES;
  double sums[LANES] = {};
  for (int row = rows.first; row < rows.last; row++) {
    const float* values = gradient.row(panel, row);
    for (int first = 0; first < whole; first += LANES) {
      for (int lane = 0; lane < LANES; lane++) {
        const double value = values[first + lane];
        sums[lane] += value * value;
      }
    }
    for (int column = whole; column < columns; column++) {
      const double value = values[column];
      sums[column - whole] += value * value;
    }
  }
  for (int half = LANES / 2; half > 0; half /= 2) {
    for (int lane = 0; lane < half; lane++) sums[lane] += sums[lane + half];
  }
  return sums[0];
}

void scale(float* values, float factor, size_t count) {
  const V factors = splat(factor);
  for (size_t at = 0; at < count; at += LANES) store(values + at, load(values + at) * factors);
}

}  // namespace MLP_ISA
