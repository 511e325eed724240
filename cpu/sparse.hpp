// The parts of both kernels of sparse inputs: the numbers of an entry, and the vectors of a panel that they compute at once.
#pragma once

#include "kernels.hpp"
#include "vector.hpp"

namespace MLP_ISA {
namespace {

// The sums of these vectors, or the weights of two columns, stay in registers: 8 registers of AVX-512, 8 of AVX2, 16 of NEON.
#if defined(__AVX512F__)
constexpr int PAIR_VECTORS = 4;
#else
constexpr int PAIR_VECTORS = 2;
#endif

// The two numbers of an entry, each in all lanes.
struct Pair {
  V first, second;
};

// Numbers that are bytes: a table of the 256 products with the scale.
struct ByteValues {
  alignas(64) float table[256];
  SHARED_INLINE explicit ByteValues(const ColumnLists& lists) {
    for (int byte = 0; byte < 256; byte++) table[byte] = lists.scale * static_cast<float>(byte);
  }
  SHARED_INLINE Pair operator()(uint32_t entry, size_t) const {
    return {splat(table[entry & 255]), splat(table[entry >> 8 & 255])};
  }
};

struct FloatValues {
  const float* values;
  SHARED_INLINE explicit FloatValues(const ColumnLists& lists) : values(lists.values) {}
  SHARED_INLINE Pair operator()(uint32_t, size_t at) const { return {splat(values[2 * at]), splat(values[2 * at + 1])}; }
};

// Calls `work(values)`: `values(entry, at)` returns the numbers of the entry at `at`.
template <class Work>
SHARED_INLINE void with_values(const ColumnLists& lists, const Work& work) {
  if (lists.values) return work(FloatValues(lists));
  work(ByteValues(lists));
}

// Returns an address, which the compiler then keeps in a register: it would else compute one for each vector of the row. On an
// AMD EPYC (Zen 5, GCC 12), the first layer of an epoch on MNIST, 784 to 128, then took 18.0 instead of 16.4 ms on one thread.
SHARED_INLINE float* in_register(float* address) {
  __asm__("" : "+r"(address));
  return address;
}

template <int N>
struct Count {
  static constexpr int VALUE = N;
};
// Calls `work(count, first)` for the vectors of a panel, several at once: `count` vectors from column `first` on.
template <class Work>
SHARED_INLINE void for_vectors(int width, const Work& work) {
  int first = 0;
  for (; width - first >= PAIR_VECTORS * LANES; first += PAIR_VECTORS * LANES) work(Count<PAIR_VECTORS>(), first);
  if (PAIR_VECTORS > 2 && width - first >= 2 * LANES) {
    work(Count<2>(), first);
    first += 2 * LANES;
  }
  if (width - first >= LANES) work(Count<1>(), first);
}

}  // namespace
}  // namespace MLP_ISA
