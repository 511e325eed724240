// linear_sparse: y (B, O) = activation(z), z (B, O) = x (B, I) w (I, O) + bias, for rows x of which most numbers are 0.
//
// x comes as lists of entries by pair of columns, for blocks of 128 rows. The sums of a block and a panel, 32 KB, stay in the
// first-level cache, and the weights pass by once: the two rows of a pair are in registers while each entry of its list adds
// 2 x 64 products to the sums of its row. Split: by rows and by panels.
// Numerics: one chain of fused multiply-adds for each sum, from the bias, in ascending order of the columns; see kernels.hpp.
// Cost: 4 O FLOPs for each entry; the weights are read once for each block of rows.
// Compared with `linear()` of the reference backend.
#include "activations.hpp"
#include "sparse.hpp"

namespace MLP_ISA {
namespace {

// Adds the products of a block of rows to `sums`, N vectors of each of its rows. `weights` are those vectors of the first column.
template <int N, class Values>
SHARED_INLINE void add_products(const ColumnLists& lists, size_t list, const Values& values, const float* weights, int inputs,
                                size_t width, float* sums) {
  for (int pair = 0; pair < lists.pairs; pair++, list++, weights += 2 * width) {
    const size_t first = list * LIST_STRIDE, last = first + lists.counts[list];
    if (first == last) continue;
    // If the number of columns is odd, the last pair has no second row of weights. Its second number is 0, so any row will do.
    const float* const next = 2 * pair + 1 < inputs ? weights + width : weights;
    V first_weights[N], second_weights[N];
    for (int n = 0; n < N; n++) first_weights[n] = load(weights + n * LANES);
    for (int n = 0; n < N; n++) second_weights[n] = load(next + n * LANES);
    const uint32_t* const entries = lists.entries;
    for (size_t at = first; at < last; at++) {
      const uint32_t entry = entries[at];
      const Pair x = values(entry, at);
      float* const row = in_register(sums + (entry >> 16) * width);
      for (int n = 0; n < N; n++) {
        const V sum = fma(x.first, first_weights[n], load(row + n * LANES));
        store(row + n * LANES, fma(x.second, second_weights[n], sum));
      }
    }
  }
}

void activate_rows(const Linear& op, Range rows, int panel) {
  const int width = op.y.width(panel), count = rows.count() * width;
  float* const y = op.y.row(panel, rows.first);
  const float* const z = op.z.data ? op.z.row(panel, rows.first) : y;
  with_activation(op.activation, [&](auto activate) __attribute__((always_inline)) {
    for (int at = 0; at < count; at += LANES) store(y + at, activate(load(z + at)));
  });
}

}  // namespace

void linear_sparse(const Linear& op, const ColumnLists& lists, Range rows, Range panels) {
  const Panels& sums = op.z.data ? op.z : op.y;
  with_values(lists, [&](const auto& values) __attribute__((always_inline)) {
    for (int panel = panels.first; panel < panels.last; panel++) {
      const int width = sums.width(panel);
      for (Range block = rows; block.first < rows.last; block.first = block.last) {
        const int number = block.first / LIST_ROWS, end = (number + 1) * LIST_ROWS;
        block.last = end < rows.last ? end : rows.last;
        for (int b = block.first; b < block.last; b++) {
          for (int o = 0; o < width; o += LANES) store(sums.row(panel, b) + o, load(op.bias + panel * PANEL + o));
        }
        // Row `number * LIST_ROWS` is row 0 of the lists.
        float* const first_row = sums.row(panel, number * LIST_ROWS);
        for_vectors(width, [&](auto count, int first) __attribute__((always_inline)) {
          add_products<decltype(count)::VALUE>(lists, static_cast<size_t>(number) * lists.pairs, values,
                                               op.weights.row(panel, 0) + first, op.weights.rows, width, first_row + first);
        });
        activate_rows(op, block, panel);
      }
    }
  });
}

}  // namespace MLP_ISA
