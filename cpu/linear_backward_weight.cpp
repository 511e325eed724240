
#include "matmul.hpp"
#include "updates.hpp"

namespace MLP_ISA {
namespace {

#ifndef GROUP_
#define GROUP_ 16
#endif
#ifndef BR
#define BR 64
#endif
constexpr int GROUP = GROUP_;
constexpr int BLOCK_ROWS = BR;
constexpr int LEVELS = 4;

SHARED_INLINE void sum_slice(const Panels& x, const Panels& dz, int input, int inputs, int panel, Range rows, float* sums) {
  const int width = dz.width(panel), vectors = width / LANES, x_panel = input / PANEL;
  const size_t x_stride = x.width(x_panel), stride = width;
  if (rows.count() == 0) {
    for (int at = 0; at < inputs * width; at += LANES) store(sums + at, zero());
  }
  for (int first = rows.first; first < rows.last; first += BLOCK_ROWS) {
    const int depth = rows.last - first < BLOCK_ROWS ? rows.last - first : BLOCK_ROWS;
    for_tiles(inputs, tile_rows(vectors), [&](int offset, int count) __attribute__((always_inline)) {
      float* to = sums + offset * stride;
      const bool begin = first == rows.first;
      multiply_tile<Order::by_column>(count, vectors, Product{x.row(x_panel, first) + input % PANEL + offset, x_stride, dz.row(panel, first), stride,
                                      begin ? ZEROS : to, begin ? 0 : stride, to, stride, depth});
    });
  }
}

SHARED_INLINE const float* sum_slices(const LinearBackwardWeight& op, const Slices& slices, int input, int inputs, int panel,
                                     float (*scratch)[GROUP * PANEL]) {
  const int size = inputs * op.dz.width(panel);
  int held = 0;
  for (int slice = 0; slice < slices.count; slice++) {
    sum_slice(op.x, op.dz, input, inputs, panel, {slices.bounds[slice], slices.bounds[slice + 1]}, scratch[held]);
    held++;
    for (int pairs = slice + 1; pairs % 2 == 0; pairs /= 2, held--) {
      float *left = scratch[held - 2], *right = scratch[held - 1];
      for (int at = 0; at < size; at += LANES) store(left + at, load(left + at) + load(right + at));
    }
  }
  return scratch[0];
}

SHARED_INLINE void transpose_block(const Panels& by_input, const Panels& by_output, int input, int output) {
  transpose16(by_input.at(input, output), by_input.width(output / PANEL), by_output.at(output, input), by_output.width(input / PANEL));
}

template <class Use>
SHARED_INLINE void for_groups(const LinearBackwardWeight& op, const Slices& slices, Range inputs, Range panels, const Use& use) {
  alignas(64) float scratch[LEVELS][GROUP * PANEL];
  for (int panel = panels.first; panel < panels.last; panel++) {
    for (int input = inputs.first; input < inputs.last; input += GROUP) {
      const int count = inputs.last - input < GROUP ? inputs.last - input : GROUP;
      const float* sums = sum_slices(op, slices, input, count, panel, scratch);
      const size_t first = op.weights.row(panel, input) - op.weights.data;
      for (int at = 0; at < count * op.dz.width(panel); at += LANES) use(first + at, load(sums + at));
      if (op.by_output.data && !op.d_weights) {
        for (int i = 0; i < count; i += LANES)
        for (int o = 0; o < op.dz.width(panel); o += LANES) transpose_block(op.weights, op.by_output, input + i, panel * PANEL + o);
      }
    }
  }
}

}

void linear_backward_weight(const LinearBackwardWeight& op, const Slices& slices, const Update& update, Range inputs, Range panels) {
  if (op.d_weights) {
    for_groups(op, slices, inputs, panels, [&](size_t at, V sum) __attribute__((always_inline)) { store(op.d_weights + at, sum); });
  } else {
    with_updater(op.parameter, update, [&](auto updater) __attribute__((always_inline)) {
      for_groups(op, slices, inputs, panels, [&](size_t at, V sum) __attribute__((always_inline)) { updater(sum, at); });
    });
  }
}

}  // namespace MLP_ISA
