// linear_backward_weight: dw (I, O) = xᵀ (I, B) dz (B, O); bias_gradient: db (O) = Σ dz. The gradients are stored, or the
// optimizer updates the parameters with them at once, which saves writing and reading them. transpose: the second copy of the
// weights, (O, I).
//
// Split: by groups of 16 inputs, by panels of outputs, or both. The gradient of a group and a panel, up to 16 · 64 sums, is
// computed in memory of the stack, from blocks of 128 rows of the batch: a block of dz (32 KB) stays in the caches for all tiles
// of the group. Then the gradient is used and the new weights are transposed, while they are in the first-level cache.
// Numerics: one chain of multiply-adds from 0 for each slice of the batch, rows ascending; the sums of the slices are added in
// pairs: ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)). Cost: 2 B I O FLOPs; x is read once for each panel, dz once for each group,
// and with an update, parameter and states are read and written once. Compared with `linearBackwardWeight()` and the
// optimizers of the reference backend.
#include "matmul.hpp"
#include "updates.hpp"

namespace MLP_ISA {
namespace {

constexpr int GROUP = 16;        // inputs; the height of a transposed block, and a cache line of x
constexpr int BLOCK_ROWS = 128;  // rows of the batch; 64 are 2 to 4 % slower, 32 another 5 % (Zen 5, measured)

// Sums that are not yet added to those of a neighbor: at most one for each level of the tree, and the last one.
constexpr int HELD_SUMS = 4;
static_assert(MAX_SLICES <= 1 << (HELD_SUMS - 1), "The tree has no more levels than there are buffers");

// Adds sums in pairs as slices are completed, like the carry of a binary counter: calls `add(left, right)` for the numbers of
// two held sums, which are the results of `left`. Returns how many sums are held.
template <class Add>
SHARED_INLINE int add_pairs(int held, int slices_done, const Add& add) {
  for (; slices_done % 2 == 0; slices_done /= 2, held--) add(held - 2, held - 1);
  return held;
}

// ---- weights ----

// A part of dw: `count` inputs from `input` on, and a panel of outputs.
struct Part {
  int input, count, panel;
};

// Computes the gradient of a part over the rows of one slice.
SHARED_INLINE void sum_slice(const Panels& x, const Panels& dz, const Part& part, Range slice, float* sums) {
  const int width = dz.width(part.panel), x_panel = part.input / PANEL;
  const size_t stride = static_cast<size_t>(width), x_stride = static_cast<size_t>(x.width(x_panel));
  for (int at = 0; slice.count() == 0 && at < part.count * width; at += LANES) store(sums + at, zero());
  for (int row = slice.first; row < slice.last; row += BLOCK_ROWS) {
    const int depth = slice.last - row < BLOCK_ROWS ? slice.last - row : BLOCK_ROWS;
    const bool begins = row == slice.first;
    for_tiles({0, part.count}, width / LANES, [&](int first, int count) __attribute__((always_inline)) {
      float* to = sums + first * width;
      multiply<Order::by_column>(count, width / LANES, {x.row(x_panel, row) + part.input % PANEL + first, x_stride,
                                                        dz.row(part.panel, row), stride, begins ? ZEROS : to,
                                                        begins ? 0 : stride, to, stride, depth});
    });
  }
}

// Writes 16 rows and 16 columns of the transposed weights, or as many as there are.
SHARED_INLINE void transpose_block(const Panels& by_input, const Panels& by_output, int input, int output) {
  const size_t from_stride = static_cast<size_t>(by_input.width(output / PANEL));
  const size_t to_stride = static_cast<size_t>(by_output.width(input / PANEL));
  const float* from = by_input.at(input, output);
  float* to = by_output.at(output, input);
  const int inputs = by_input.rows - input, outputs = by_output.rows - output;
  if (inputs >= LANES && outputs >= LANES) return transpose16(from, from_stride, to, to_stride);
  alignas(64) float rows[LANES * LANES] = {}, columns[LANES * LANES];
  for (int i = 0; i < inputs && i < LANES; i++) store(rows + i * LANES, load(from + i * from_stride));
  transpose16(rows, LANES, columns, LANES);
  for (int o = 0; o < outputs && o < LANES; o++) store(to + o * to_stride, load(columns + o * LANES));
}

SHARED_INLINE void transpose_part(const Panels& by_input, const Panels& by_output, const Part& part) {
  const int first = part.panel * PANEL;
  for (int at = 0; at < by_input.width(part.panel); at += LANES) transpose_block(by_input, by_output, part.input, first + at);
}

template <class Work>
SHARED_INLINE void for_parts(Range inputs, Range panels, const Work& work) {
  for (int panel = panels.first; panel < panels.last; panel++) {
    for (int input = inputs.first; input < inputs.last; input += GROUP) {
      work(Part{input, inputs.last - input < GROUP ? inputs.last - input : GROUP, panel});
    }
  }
}

// Computes the gradient, and calls `use(gradient, at)` for 16 numbers of it at a time; `at` is their index in the weights.
template <class Use>
SHARED_INLINE void use_gradient(const LinearBackwardWeight& op, const Slices& slices, Range inputs, Range panels,
                                const Use& use) {
  alignas(64) float sums[HELD_SUMS][GROUP * PANEL];
  for_parts(inputs, panels, [&](const Part& part) __attribute__((always_inline)) {
    const int size = part.count * op.dz.width(part.panel);
    const size_t first = static_cast<size_t>(op.weights.row(part.panel, part.input) - op.weights.data);
    for (int at = 0; op.d_weights && at < size; at += LANES) prefetch_for_writing(op.d_weights + first + at);
    int held = 0;
    for (int slice = 0; slice < slices.count; slice++) {
      sum_slice(op.x, op.dz, part, {slices.bounds[slice], slices.bounds[slice + 1]}, sums[held]);
      held = add_pairs(held + 1, slice + 1, [&](int left, int right) __attribute__((always_inline)) {
        for (int at = 0; at < size; at += LANES) store(sums[left] + at, load(sums[left] + at) + load(sums[right] + at));
      });
    }
    for (int at = 0; at < size; at += LANES) use(load(sums[0] + at), first + static_cast<size_t>(at));
    if (!op.d_weights && op.by_output.data) transpose_part(op.weights, op.by_output, part);
  });
}

// ---- bias ----

template <class Use>
SHARED_INLINE void use_bias_gradient(const BiasGradient& op, const Slices& slices, Range panels, const Use& use) {
  for (int panel = panels.first; panel < panels.last; panel++) {
    const int width = op.dz.width(panel);
    for (int at = 0; at < width; at += LANES) {
      V sums[HELD_SUMS];
      int held = 0;
      for (int slice = 0; slice < slices.count; slice++) {
        V sum = zero();
        for (int row = slices.bounds[slice]; row < slices.bounds[slice + 1]; row++) sum += load(op.dz.row(panel, row) + at);
        sums[held] = sum;
        held = add_pairs(held + 1, slice + 1,
                         [&](int left, int right) __attribute__((always_inline)) { sums[left] += sums[right]; });
      }
      use(sums[0], static_cast<size_t>(panel * PANEL + at));
    }
  }
}

}  // namespace

void linear_backward_weight(const LinearBackwardWeight& op, const Slices& slices, const Update& update, Range inputs,
                            Range panels) {
  if (op.d_weights) {
    use_gradient(op, slices, inputs, panels,
                 [&](V gradient, size_t at) __attribute__((always_inline)) { store(op.d_weights + at, gradient); });
  } else {
    with_updater(op.parameter, update, [&](auto updater) __attribute__((always_inline)) {
      use_gradient(op, slices, inputs, panels, updater);
    });
  }
}

void bias_gradient(const BiasGradient& op, const Slices& slices, const Update& update, Range panels) {
  if (op.d_bias) {
    use_bias_gradient(op, slices, panels,
                      [&](V gradient, size_t at) __attribute__((always_inline)) { store(op.d_bias + at, gradient); });
  } else {
    with_updater(op.parameter, update,
                 [&](auto updater) __attribute__((always_inline)) { use_bias_gradient(op, slices, panels, updater); });
  }
}

void transpose(const Panels& by_input, const Panels& by_output, Range inputs, Range panels) {
  for_parts(inputs, panels, [&](const Part& part) __attribute__((always_inline)) { transpose_part(by_input, by_output, part); });
}

}  // namespace MLP_ISA
