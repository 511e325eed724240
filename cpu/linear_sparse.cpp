#include <algorithm>
#include "activations.hpp"
#include "kernels.hpp"
#include "vector.hpp"
#ifndef BLOCK_BYTES
#define BLOCK_BYTES 24576
#endif
#ifndef ROWSN
#define ROWSN 64
#endif
#ifndef AHEAD
#define AHEAD 3
#endif
namespace MLP_ISA {
namespace {

struct ByteValues {
  const uint8_t* bytes;
  const float* table;
  SHARED_INLINE V operator()(uint64_t e) const { return splat(table[bytes[e]]); }
};

struct Entries { uint64_t next, last; };

#if VARIANT == 0
// unblocked
template <int N, class Values>
SHARED_INLINE void sums_of(const Linear& op, const SparseRows& from, const Values& values, const BatchRows& batch, Range rows, int panel, const Panels& sums) {
  const float* w = op.weights.row(panel, 0);
  for (int b = rows.first; b < rows.last; b++) {
    if (b + AHEAD < rows.last) {
      const uint64_t row = batch.row(b + AHEAD);
      for (uint64_t e = from.starts[row]; e < from.starts[row + 1]; e += 32) __builtin_prefetch(from.columns + e);
      for (uint64_t e = from.starts[row]; e < from.starts[row + 1]; e += 64) __builtin_prefetch(from.bytes + e);
    }
    V s[N];
    for (int n = 0; n < N; n++) s[n] = load(op.bias + panel * PANEL + n * LANES);
    const uint64_t row = batch.row(b);
    for (uint64_t e = from.starts[row]; e < from.starts[row + 1]; e++) {
      const float* wk = w + from.columns[e] * (N * LANES);
      const V x = values(e);
      for (int n = 0; n < N; n++) s[n] = fma(x, load(wk + n * LANES), s[n]);
    }
    float* to = sums.row(panel, b);
    for (int n = 0; n < N; n++) store(to + n * LANES, s[n]);
  }
}
#elif VARIANT == 1
// two rows
template <int N, class Values>
SHARED_INLINE void sums_of(const Linear& op, const SparseRows& from, const Values& values, const BatchRows& batch, Range rows, int panel, const Panels& sums) {
  const float* w = op.weights.row(panel, 0);
  int b = rows.first;
  for (; b < rows.last; b += 2) {
    for (int r = b + AHEAD; r < b + AHEAD + 2; r++) if (r < rows.last) {
      const uint64_t row = batch.row(r);
      for (uint64_t e = from.starts[row]; e < from.starts[row + 1]; e += 32) __builtin_prefetch(from.columns + e);
      for (uint64_t e = from.starts[row]; e < from.starts[row + 1]; e += 64) __builtin_prefetch(from.bytes + e);
    }
    const bool two = b + 1 < rows.last;
    V s[N], t[N];
    for (int n = 0; n < N; n++) t[n] = s[n] = load(op.bias + panel * PANEL + n * LANES);
    const uint64_t row = batch.row(b), row2 = batch.row(b + two);
    uint64_t e = from.starts[row], f = from.starts[row2], el = from.starts[row + 1], fl = from.starts[row2 + 1];
    if (!two) fl = f;
    uint64_t both = std::min(el - e, fl - f);
    for (; both > 0; both--, e++, f++) {
      const float* wk = w + from.columns[e] * (N * LANES);
      const V x = values(e);
      for (int n = 0; n < N; n++) s[n] = fma(x, load(wk + n * LANES), s[n]);
      const float* wl = w + from.columns[f] * (N * LANES);
      const V y = values(f);
      for (int n = 0; n < N; n++) t[n] = fma(y, load(wl + n * LANES), t[n]);
    }
    for (; e < el; e++) {
      const float* wk = w + from.columns[e] * (N * LANES);
      const V x = values(e);
      for (int n = 0; n < N; n++) s[n] = fma(x, load(wk + n * LANES), s[n]);
    }
    for (; f < fl; f++) {
      const float* wk = w + from.columns[f] * (N * LANES);
      const V x = values(f);
      for (int n = 0; n < N; n++) t[n] = fma(x, load(wk + n * LANES), t[n]);
    }
    float* to = sums.row(panel, b);
    for (int n = 0; n < N; n++) store(to + n * LANES, s[n]);
    if (two) { to = sums.row(panel, b+1);
    for (int n = 0; n < N; n++) store(to + n * LANES, t[n]); }
  }
}
#else
// blocked
template <int N, class Values>
SHARED_INLINE void sums_of(const Linear& op, const SparseRows& from, const Values& values, const BatchRows& batch, Range rows, int panel, const Panels& sums) {
  const float* w = op.weights.row(panel, 0);
  const int inputs = op.weights.rows;
  const int step = BLOCK_BYTES / (N * LANES * 4);
  const int blocks = (inputs + step - 1) / step;
  for (int first = rows.first; first < rows.last; first += ROWSN) {
    const int count = std::min(ROWSN, rows.last - first);
    Entries entries[ROWSN];
    for (int b = 0; b < count; b++) {
      const uint64_t row = batch.row(first + b);
      entries[b] = {from.starts[row], from.starts[row + 1]};
#if AHEAD > 0
      for (uint64_t e = from.starts[row]; e < from.starts[row + 1]; e += 32) __builtin_prefetch(from.columns + e);
      for (uint64_t e = from.starts[row]; e < from.starts[row + 1]; e += 64) __builtin_prefetch(from.bytes + e);
#endif
    }
    for (int block = 0; block < blocks; block++) {
      const int end = inputs * (block + 1) / blocks;
      for (int b = 0; b < count; b++) {
        float* to = sums.row(panel, first + b);
        V s[N];
        const float* s0 = block == 0 ? op.bias + panel * PANEL : to;
        for (int n = 0; n < N; n++) s[n] = load(s0 + n * LANES);
        uint64_t e = entries[b].next, last = entries[b].last;
        for (; e < last; e++) {
          const int k = from.columns[e];
          if (k >= end) break;
          const float* wk = w + k * (N * LANES);
          const V x = values(e);
          for (int n = 0; n < N; n++) s[n] = fma(x, load(wk + n * LANES), s[n]);
        }
        entries[b].next = e;
        for (int n = 0; n < N; n++) store(to + n * LANES, s[n]);
      }
    }
  }
}
#endif
}  // namespace
void linear_sparse(const Linear& op, const SparseRows& from, const BatchRows& batch, Range rows, Range panels) {
  alignas(64) float table[256];
  for (int v = 0; v < 256; v++) table[v] = from.scale * static_cast<float>(v);
  const ByteValues values{from.bytes, table};
  for (int panel = panels.first; panel < panels.last; panel++) {
    sums_of<4>(op, from, values, batch, rows, panel, op.y);
    with_activation(op.activation, [&](auto activate) {
      float* y = op.y.row(panel, rows.first);
      for (int n = 0; n < rows.count() * 64; n += 16) store(y + n, activate(load(y + n)));
    });
  }
}
}  // namespace MLP_ISA
