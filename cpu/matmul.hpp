#pragma once

#include "panels.hpp"
#include "vector.hpp"

namespace MLP_ISA {
namespace {

#if defined(__AVX512F__)
constexpr int TILE_VECTORS = 4;
constexpr int TILE_ROWS[TILE_VECTORS + 1] = {0, 14, 12, 8, 6};
#else
constexpr int TILE_VECTORS = 1;
constexpr int TILE_ROWS[TILE_VECTORS + 1] = {0, 6};
#endif
#ifdef __clang__
#define UNROLLED _Pragma("unroll")
#else
#define UNROLLED _Pragma("GCC unroll 16")
#endif

enum class Order { by_row, by_column };

struct Product {
  const float* a;
  size_t a_stride;
  const float* b;
  size_t b_stride;
  const float* start;
  size_t start_stride;
  float* sums;
  size_t sums_stride;
  int depth;
};

template <Order ORDER, int ROWS, int VECTORS>
__attribute__((noinline)) void tile(const Product& product) {
  const size_t a_stride = product.a_stride, b_stride = product.b_stride;
  const size_t start_stride = product.start_stride, sums_stride = product.sums_stride;
  const int depth = product.depth;
  V sums[ROWS][VECTORS];
  {
    const float* start = product.start;
    UNROLLED for (int r = 0; r < ROWS; r++, start += start_stride) {
      UNROLLED for (int v = 0; v < VECTORS; v++) sums[r][v] = load(start + v * LANES);
    }
  }
  constexpr int GROUPS = ORDER == Order::by_row ? (ROWS + 2) / 3 : 1;
  const float *groups[GROUPS], *b = product.b;
  UNROLLED for (int g = 0; g < GROUPS; g++) groups[g] = product.a + 3 * g * a_stride;
  for (int k = 0; k < depth; k++) {
    V right[VECTORS];
    UNROLLED for (int v = 0; v < VECTORS; v++) right[v] = load(b + v * LANES);
    UNROLLED for (int r = 0; r < ROWS; r++) {
      const V left = splat(ORDER == Order::by_row ? groups[r / 3][r % 3 * a_stride] : groups[0][r]);
      UNROLLED for (int v = 0; v < VECTORS; v++) sums[r][v] = fma(left, right[v], sums[r][v]);
    }
    UNROLLED for (int g = 0; g < GROUPS; g++) groups[g] += ORDER == Order::by_row ? 1 : a_stride;
    b += b_stride;
  }
  float* to = product.sums;
  UNROLLED for (int r = 0; r < ROWS; r++, to += sums_stride) {
    UNROLLED for (int v = 0; v < VECTORS; v++) store(to + v * LANES, sums[r][v]);
  }
}

template <Order ORDER, int VECTORS, int ROWS = TILE_ROWS[VECTORS]>
SHARED_INLINE void tile_of(int rows, const Product& product) {
  if constexpr (ROWS > 0) {
    if (rows == ROWS) {
      tile<ORDER, ROWS, VECTORS>(product);
    } else {
      tile_of<ORDER, VECTORS, ROWS - 1>(rows, product);
    }
  }
}

// Calls `work(first, count)` for tiles of rows.
template <class Work>
SHARED_INLINE void for_tiles(int rows, int most, const Work& work) {
  const int tiles = (rows + most - 1) / most;
  if (tiles == 0) return;
  const int least = rows / tiles, larger = rows % tiles;
  for (int t = 0, first = 0; t < tiles; t++) {
    const int count = least + (t < larger);
    work(first, count);
    first += count;
  }
}

SHARED_INLINE int tile_rows(int vectors) { return TILE_ROWS[vectors < TILE_VECTORS ? vectors : TILE_VECTORS]; }

template <Order ORDER, int VECTORS = TILE_VECTORS>
SHARED_INLINE void strip_of(int rows, int vectors, const Product& product) {
  if constexpr (VECTORS > 0) {
    if (vectors == VECTORS) {
      tile_of<ORDER, VECTORS>(rows, product);
    } else {
      strip_of<ORDER, VECTORS - 1>(rows, vectors, product);
    }
  }
}

template <Order ORDER>
SHARED_INLINE void multiply_tile(int rows, int vectors, Product product) {
  for (int v = 0; v < vectors; v += TILE_VECTORS) {
    strip_of<ORDER>(rows, vectors - v < TILE_VECTORS ? vectors - v : TILE_VECTORS, product);
    product.b += TILE_VECTORS * LANES;
    product.start += TILE_VECTORS * LANES;
    product.sums += TILE_VECTORS * LANES;
  }
}

alignas(64) constexpr float ZEROS[PANEL] = {};

#ifndef KP
#define KP 1
#endif
template <class Finish>
SHARED_INLINE void multiply_rows(const Panels& x, const Panels& w, const float* start, const Panels& sums, Range rows, int panel,
                                 const Finish& finish) {
  const int vectors = sums.width(panel) / LANES, blocks = x.panels();
  const size_t stride = sums.width(panel);
  for (int block = 0; block < blocks; block++) {
    const int first = block * PANEL, depth = x.columns - first < PANEL ? x.columns - first : PANEL;
    for_tiles(rows.count(), tile_rows(vectors), [&](int offset, int count) __attribute__((always_inline)) {
      const int row = rows.first + offset;
      float* to = sums.row(panel, row);
      const Product product = {x.row(block, row), static_cast<size_t>(x.width(block)), w.row(panel, first), static_cast<size_t>(w.width(panel)),
                               block == 0 ? start : to, block == 0 ? 0 : stride, to, stride, depth};
      multiply_tile<Order::by_row>(count, vectors, product);
      if (block == blocks - 1) finish(row, count);
    });
  }
}

}  // namespace
}  // namespace MLP_ISA
