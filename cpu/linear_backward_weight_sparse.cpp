#include "kernels.hpp"
#include "updates.hpp"
#include "vector.hpp"
namespace MLP_ISA {
void linear_backward_weight_sparse(const LinearBackwardWeight& op, const ColumnLists& lists, const Slices& , const Update& update, Range inputs, Range panels) {
  alignas(64) float table[256];
  for (int v = 0; v < 256; v++) table[v] = lists.scale * static_cast<float>(v);
  constexpr int N = 4;
  with_updater(op.parameter, update, [&](auto& updater) {
  for (int panel = panels.first; panel < panels.last; panel++) {
    const float* dz = op.dz.row(panel, 0);
    const size_t at0 = op.weights.row(panel, 0) - op.weights.data;
    for (int k = inputs.first; k < inputs.last; k++) {
      const uint32_t* e = lists.entries + static_cast<size_t>(k) * lists.stride, *last = e + lists.counts[k];
      V s[N];
      for (int n = 0; n < N; n++) s[n] = zero();
      for (; e < last; e++) {
        const float* d = dz + (*e >> 8) * static_cast<size_t>(N * LANES);
        const V x = splat(table[*e & 255]);
        for (int n = 0; n < N; n++) s[n] = fma(x, load(d + n * LANES), s[n]);
      }
      const size_t at = at0 + static_cast<size_t>(k) * N * LANES;
      for (int n = 0; n < N; n++) updater(s[n], at + n * LANES);
    }
  }
  });
}
}
