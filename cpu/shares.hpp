// How the parts of a phase, one for each thread, divide its work. Any division gives the same bits.
#pragma once

#include "panels.hpp"

// Returns part `part` of `parts` of 0 … count - 1, cut at multiples of `step`.
inline Range share_of(int count, int part, int parts, int step = 1) {
  const int64_t blocks = (count + step - 1) / step;
  const int first = static_cast<int>(blocks * part / parts) * step, last = static_cast<int>(blocks * (part + 1) / parts) * step;
  return {first < count ? first : count, last < count ? last : count};
}

// Divides the panels of `matrix` times `rows`, and calls `work(rows, panel)` for the share of a part: ranges of the rows, cut at
// multiples of `step` from the first. Consecutive parts have consecutive panels, so that a thread reads few of them.
template <class Work>
void for_share(const Panels& matrix, Range rows, int step, int part, int parts, const Work& work) {
  const int64_t blocks = (rows.count() + step - 1) / step, vectors = round_up(matrix.columns, LANES) / LANES;
  const int64_t first = blocks * vectors * part / parts, last = blocks * vectors * (part + 1) / parts;
  int64_t start = 0;  // of the panel, counted in vectors times blocks
  for (int panel = 0; panel < matrix.panels(); panel++) {
    const int64_t width = matrix.width(panel) / LANES;
    // A block belongs to the part that its first unit belongs to.
    const auto block_at = [&](int64_t unit) {
      const int64_t block = (unit - start + width - 1) / width;
      return block < 0 ? int64_t(0) : block > blocks ? blocks : block;
    };
    const int64_t from = first <= start ? 0 : block_at(first), to = last <= start ? 0 : block_at(last);
    if (from < to) {
      const int64_t end = rows.first + to * step;
      const Range share = {static_cast<int>(rows.first + from * step), end < rows.last ? static_cast<int>(end) : rows.last};
      work(share, Range{panel, panel + 1});
    }
    start += blocks * width;
  }
}
