// The functions of vector.hpp as functions of arrays, for vector_test.cpp; compiled for each instruction set.
#include "vector.hpp"

#include "lanes.hpp"

namespace MLP_ISA {

namespace {

SHARED_INLINE V near_one(V a, V b) { return NEAR_ONE(a, b); }
SHARED_INLINE W as_words(V x) { return words_of(x); }
SHARED_INLINE W as_words(W x) { return x; }

}  // namespace

const LaneFunctions LANE_FUNCTIONS = {
#define FUNCTION(name, expression)                                                 \
  [](const float* from_a, const float* from_b, const float* from_c, uint32_t* result) { \
    [[maybe_unused]] const V a = load(from_a), b = load(from_b), c = load(from_c); \
    store_words(result, as_words(expression));                                     \
  },
    FLOAT_EXPRESSIONS(FUNCTION)
    WORD_EXPRESSIONS(FUNCTION)
#undef FUNCTION
    [](const float* a) { return add_lanes(load(a)); },
    [](const float* a) { return max_lanes(load(a)); },
    [](const float* a, const float* b, uint32_t* result) {
      const M m = less(load(a), load(b));
      result[0] = bits(m), result[1] = static_cast<uint32_t>(count(m)), result[2] = any(m);
    },
    [](int n) { return bits(first_lanes(n)); },
    [](const float* from, float* to, int n) { store_first(to, load_first(from, n), n); },
    [](const float* from, float* to, int n) { store(to, load_first(from, n)); },
    [](const float* from, float* to) { store_unaligned(to, load_unaligned(from)); },
    [](float number, uint32_t word, uint32_t* result) {
      store_words(result, words_of(splat(number)));
      store_words(result + 16, splat_words(word));
      store_words(result + 32, lane_indices());
      store_words(result + 48, words_of(zero()));
    },
    [](const uint8_t* from, float* to) { store(to, bytes_to_floats(from)); },
    [](const float* from, size_t from_stride, float* to, size_t to_stride) { transpose16(from, from_stride, to, to_stride); },
};

}  // namespace MLP_ISA
