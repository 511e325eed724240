// linear_backward_weight_sparse: dw (I, O) = xᵀ (I, B) dz (B, O), for rows x of which most numbers are 0; stored, or used for an
// update at once.
//
// x comes as lists of entries by pair of columns. For each pair and panel, the 2 x 64 sums are in registers while its list is
// read: each entry adds the products of two numbers with one row of dz, 256 bytes, which come from the first-level cache if the
// batch has at most 128 rows. Columns without entries have the gradient 0. Split: by columns and by panels.
// Numerics: one chain of fused multiply-adds for each sum and slice, from 0, in ascending order of the rows; see kernels.hpp.
// Cost: 4 O FLOPs for each entry; parameter and states are read and written once.
// Compared with `linearBackwardWeight()` of the reference backend.
#include "sparse.hpp"
#include "updates.hpp"

namespace MLP_ISA {
namespace {

// The sums of N vectors for the two columns of a pair.
template <int N>
struct Sums {
  V first[N], second[N];
};

// The next entry of a pair: entry `entry` of its list in block `block`.
struct Position {
  int block;
  uint32_t entry;
};

// Adds the products of the rows before `row`, and moves the position there. All rows that are left are added if it is the last
// slice. `dz` are the N vectors of row 0.
template <int N, class Values>
SHARED_INLINE Sums<N> sum_rows(const ColumnLists& lists, int pair, int blocks, int row, const Values& values, const float* dz,
                               size_t width, Position& from) {
  Sums<N> sums;
  for (int n = 0; n < N; n++) sums.first[n] = sums.second[n] = zero();
  for (;; from = {from.block + 1, 0}) {
    const size_t list = static_cast<size_t>(from.block) * lists.pairs + pair, start = list * LIST_STRIDE;
    const int rows = row - from.block * LIST_ROWS;  // to add, from the first of the block
    uint32_t last = lists.counts[list];
    if (rows < LIST_ROWS && last > 0 && static_cast<int>(lists.entries[start + last - 1] >> 16) >= rows) {
      for (last = from.entry; static_cast<int>(lists.entries[start + last] >> 16) < rows;) last++;
    }
    const float* const block_dz = dz + static_cast<size_t>(from.block) * LIST_ROWS * width;
    for (; from.entry < last; from.entry++) {
      const size_t at = start + from.entry;
      const uint32_t entry = lists.entries[at];
      const Pair x = values(entry, at);
      const float* const d = block_dz + (entry >> 16) * width;
      for (int n = 0; n < N; n++) {
        const V of_dz = in_registers(load(d + n * LANES));
        sums.first[n] = fma(x.first, of_dz, sums.first[n]);
        sums.second[n] = fma(x.second, of_dz, sums.second[n]);
      }
    }
    if (rows <= LIST_ROWS || from.block + 1 == blocks) return sums;
  }
}

// Returns the sums over all slices, added in pairs. Not inlined: an updater's constants would take registers from the sums.
template <int N, class Values>
__attribute__((noinline)) Sums<N> sum_slices(const ColumnLists& lists, int pair, const Slices& slices, const Values& values,
                                             const float* dz, size_t width) {
  const int blocks = (slices.bounds[slices.count] + LIST_ROWS - 1) / LIST_ROWS;
  Position position = {slices.bounds[0] / LIST_ROWS, 0};
  if (slices.count == 1) return sum_rows<N>(lists, pair, blocks, slices.bounds[1], values, dz, width, position);
  Sums<N> held[MAX_SLICES];
  for (int s = 0; s < slices.count; s++) {
    held[s] = sum_rows<N>(lists, pair, blocks, slices.bounds[s + 1], values, dz, width, position);
  }
  for (int step = 1; step < slices.count; step *= 2) {
    for (int s = 0; s < slices.count; s += 2 * step) {
      for (int n = 0; n < N; n++) {
        held[s].first[n] = held[s].first[n] + held[s + step].first[n];
        held[s].second[n] = held[s].second[n] + held[s + step].second[n];
      }
    }
  }
  return held[0];
}

// Calls `use(sum, at)` for all vectors of the gradient: `at` is the index of its first number in the layout of the weights.
template <class Use>
SHARED_INLINE void for_sums(const LinearBackwardWeight& op, const ColumnLists& lists, const Slices& slices, Range inputs,
                            Range panels, const Use& use) {
  with_values(lists, [&](const auto& values) __attribute__((always_inline)) {
    for (int panel = panels.first; panel < panels.last; panel++) {
      const int width = op.dz.width(panel);
      const float* const dz = op.dz.row(panel, 0);
      for (int input = inputs.first; input < inputs.last; input += 2) {
        const size_t row = op.weights.row(panel, input) - op.weights.data;
        for_vectors(width, [&](auto count, int first) __attribute__((always_inline)) {
          constexpr int N = decltype(count)::VALUE;
          const Sums<N> sums = sum_slices<N>(lists, input / 2, slices, values, dz + first, width);
          const size_t at = row + first;
          for (int n = 0; n < N; n++) use(sums.first[n], at + n * LANES);
          if (input + 1 == op.weights.rows) return;
          for (int n = 0; n < N; n++) use(sums.second[n], at + width + n * LANES);
        });
      }
    }
  });
}

}  // namespace

void linear_backward_weight_sparse(const LinearBackwardWeight& op, const ColumnLists& lists, const Slices& slices,
                                   const Update& update, Range inputs, Range panels) {
  if (op.d_weights) {
    return for_sums(op, lists, slices, inputs, panels, [&](V sum, size_t at) __attribute__((always_inline)) {
      store(op.d_weights + at, sum);
    });
  }
  with_updater(op.parameter, update, [&](const auto& updater) __attribute__((always_inline)) {
    for_sums(op, lists, slices, inputs, panels, [&](V sum, size_t at) __attribute__((always_inline)) { updater(sum, at); });
  });
}

}  // namespace MLP_ISA
