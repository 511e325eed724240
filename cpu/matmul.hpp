// The product of two matrices, C (M, N) = start + A (M, K) B (K, N), for the three dense operations of a layer:
//
//   linear                  A = x (B, I)      B = weights (I, O)   C = z (B, O)
//   linear_backward_input   A = dz (B, O)     B = weights (O, I)   C = dx (B, I)
//   linear_backward_weight  A = xᵀ (I, B)     B = dz (B, O)        C = dw (I, O)
//
// Blocking: tile() computes ROWS rows of VECTORS · 16 columns of C in registers. For each k it loads one row of B and ROWS
// numbers of A, and does ROWS · VECTORS vector multiply-adds, each on a sum of its own: a processor that starts two in every
// cycle and takes four cycles for one needs at least eight sums. K is cut into blocks, so that a block of B (64 · 64 floats,
// 16 KB) stays in the first-level cache while all tiles of rows use it; between blocks, the sums are in memory. Tiles of a
// product have as nearly the same height as possible, because a low tile has too few sums.
// Numerics: every number of C is one chain of fused multiply-adds with k ascending, whatever the tiles, blocks and shares.
// Cost: 2 M N K FLOPs; C is read and written once for each block. On an AMD EPYC (Zen 5), multiply-adds in registers reach 260
// to 275 GFLOP/s on one core with AVX-512 and 130 to 137 with AVX2; products of layers of 512 inputs and outputs have 91 to 97 %
// of that, and 128 to 64 outputs 87 to 95 % (batch 128; bench/products.cpp).
#pragma once

#include "panels.hpp"
#include "vector.hpp"

#ifdef __clang__
#define UNROLLED _Pragma("unroll")
#else
#define UNROLLED _Pragma("GCC unroll 16")
#endif

namespace MLP_ISA {
namespace {

// Vectors across a tile, and the rows of tiles by their vectors: the registers hold all sums, a row of B and a number of A.
#if defined(__AVX512F__)
constexpr int TILE_VECTORS = 4, TILE_ROWS[] = {0, 16, 8, 8, 6};  // 32 registers of 16 floats; chosen on Zen 5
#elif defined(__AVX2__)
constexpr int TILE_VECTORS = 1, TILE_ROWS[] = {0, 6};  // 16 registers of 8 floats; chosen on Zen 5
#else
// 32 registers of 4 floats, not timed. GCC loads the numbers of A of all rows before they are used, so that six rows do not fit.
constexpr int TILE_VECTORS = 1, TILE_ROWS[] = {0, 5};
#endif

// How A is stored: `by_row`, the numbers of a row lie together, or `by_column`.
enum class Order { by_row, by_column };

// A part of a product. Strides are distances in floats between rows (of A by column: between columns).
struct Product {
  const float* a;
  size_t a_stride;
  const float* b;
  size_t b_stride;
  const float* start;
  size_t start_stride;  // 0 if all rows start with the same numbers
  float* sums;          // C
  size_t sums_stride;
  int depth;  // K
};

// Loads a cache line to the second-level cache. It may be beyond the end of a matrix: prefetching does not fail.
SHARED_INLINE void prefetch_for_reading(const float* line) { __builtin_prefetch(line, 0, 2); }
SHARED_INLINE void prefetch_for_writing(const float* line) { __builtin_prefetch(line, 1, 2); }

// The start of sums that start from 0.
alignas(64) constexpr float ZEROS[PANEL] = {};

template <Order ORDER, int ROWS, int VECTORS>
__attribute__((noinline)) void tile(const Product& product) {
  constexpr bool BY_ROW = ORDER == Order::by_row;
  const size_t a_stride = product.a_stride, b_stride = product.b_stride;
  const size_t start_stride = product.start_stride, sums_stride = product.sums_stride;
  const int depth = product.depth;
  V sums[ROWS][VECTORS];
  const float* start = product.start;
  UNROLLED for (int row = 0; row < ROWS; row++, start += start_stride) {
    UNROLLED for (int v = 0; v < VECTORS; v++) sums[row][v] = load(start + v * LANES);
  }

  // Three rows share a pointer: x86 adds 0, 1 or 2 strides to it in a load. 16 pointers would not fit in the registers.
  constexpr int POINTERS = BY_ROW ? (ROWS + 2) / 3 : 1;
  const float *a[POINTERS], *b = product.b;
  UNROLLED for (int p = 0; p < POINTERS; p++) a[p] = product.a + 3 * p * a_stride;
  for (int k = 0; k < depth; k++) {
    V right[VECTORS];
    UNROLLED for (int v = 0; v < VECTORS; v++) right[v] = load(b + v * LANES);
    UNROLLED for (int row = 0; row < ROWS; row++) {
      const V left = splat(BY_ROW ? a[row / 3][row % 3 * a_stride] : a[0][row]);
      UNROLLED for (int v = 0; v < VECTORS; v++) sums[row][v] = fma(left, right[v], sums[row][v]);
    }
    UNROLLED for (int p = 0; p < POINTERS; p++) a[p] += BY_ROW ? 1 : a_stride;
    b += b_stride;
  }

  float* to = product.sums;
  UNROLLED for (int row = 0; row < ROWS; row++, to += sums_stride) {
    UNROLLED for (int v = 0; v < VECTORS; v++) store(to + v * LANES, sums[row][v]);
  }
}

// Computes a tile of 1 to ROWS rows.
template <Order ORDER, int VECTORS, int ROWS = TILE_ROWS[VECTORS]>
SHARED_INLINE void tile_of_rows(int rows, const Product& product) {
  if constexpr (ROWS > 0) {
    if (rows == ROWS) return tile<ORDER, ROWS, VECTORS>(product);
    tile_of_rows<ORDER, VECTORS, ROWS - 1>(rows, product);
  }
}

// Computes a tile of 1 to VECTORS vectors.
template <Order ORDER, int VECTORS = TILE_VECTORS>
SHARED_INLINE void tile_of(int rows, int vectors, const Product& product) {
  if constexpr (VECTORS > 0) {
    if (vectors == VECTORS) return tile_of_rows<ORDER, VECTORS>(rows, product);
    tile_of<ORDER, VECTORS - 1>(rows, vectors, product);
  }
}

// Computes the rows of a tile for all vectors of a panel.
template <Order ORDER>
SHARED_INLINE void multiply(int rows, int vectors, Product product) {
  for (int rest = vectors; rest > 0; rest -= TILE_VECTORS) {
    tile_of<ORDER>(rows, rest < TILE_VECTORS ? rest : TILE_VECTORS, product);
    product.b += TILE_VECTORS * LANES;
    product.start += TILE_VECTORS * LANES;
    product.sums += TILE_VECTORS * LANES;
  }
}

// Divides rows of a panel of `vectors` into tiles, and calls `work(first, count)` for each.
template <class Work>
SHARED_INLINE void for_tiles(Range rows, int vectors, const Work& work) {
  const int most = TILE_ROWS[vectors < TILE_VECTORS ? vectors : TILE_VECTORS], tiles = (rows.count() + most - 1) / most;
  for (int tile = 0, row = rows.first; tile < tiles; tile++) {
    const int count = (rows.last - row + tiles - tile - 1) / (tiles - tile);
    work(row, count);
    row += count;
  }
}

// Computes rows of one panel of C = start + A B, and calls `finish(rows)` for the rows of each tile when their sums are complete.
// `start` has the numbers of the panel that each row starts with. Each tile loads its share of the next block of B to the
// second-level cache: with it, a layer of 2500 inputs and 2000 outputs reaches 220 GFLOP/s, without it 190 (64 rows, Zen 5).
template <class Finish>
SHARED_INLINE void multiply_rows(const Panels& a, const Panels& b, const float* start, const Panels& c, Range rows, int panel,
                                 const Finish& finish) {
  const int width = c.width(panel), vectors = width / LANES, blocks = a.panels();
  const size_t stride = static_cast<size_t>(width);
  for (int block = 0; block < blocks; block++) {
    const int k = block * PANEL, depth = a.columns - k < PANEL ? a.columns - k : PANEL;
    const float* b_block = b.row(panel, k);
    const auto next_line = [&](int row) { return (row - rows.first) * (PANEL * vectors) / rows.count(); };
    for_tiles(rows, vectors, [&](int row, int count) __attribute__((always_inline)) {
      for (int line = next_line(row); line < next_line(row + count); line++) {
        prefetch_for_reading(b_block + (depth * vectors + line) * LANES);
      }
      float* sums = c.row(panel, row);
      const bool begins = block == 0;
      multiply<Order::by_row>(count, vectors, {a.row(block, row), static_cast<size_t>(a.width(block)), b_block, stride,
                                               begins ? start : sums, begins ? 0 : stride, sums, stride, depth});
      if (block == blocks - 1) finish(Range{row, row + count});
    });
  }
}

}  // namespace
}  // namespace MLP_ISA
