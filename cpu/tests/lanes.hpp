// The functions of vector.hpp that work lane by lane, written once: vector_kernels.cpp compiles them for vectors, and
// vector_test.cpp for single numbers.
#pragma once

#include "sets.hpp"

// Results that are floats, of a, b and c.
#define FLOAT_EXPRESSIONS(use)                                     \
  use(sum, a + b)                                                  \
  use(difference, a - b)                                           \
  use(product, a * b)                                              \
  use(quotient, a / b)                                             \
  use(fused, fma(a, b, c))                                         \
  use(fused_negative, fnma(a, b, c))                               \
  use(root, sqrt(a))                                               \
  use(rounded_down, floor(a))                                      \
  use(chosen_by_is_nan, select(is_nan(a), b, c))                   \
  use(with_sign_of, with_sign(abs(a), b))                          \
  use(from_int, to_floats(words_of(a)))                            \
  use(small_power, scale_by_power(near_one(a, b), to_floats(words_of(c) & splat_words(255)) - splat(240.0f)))  \
  use(large_power, scale_by_power(near_one(a, b), to_floats(words_of(c) & splat_words(255)) - splat(1.0f)))

// Results that are words: every bit counts, also those of NaN.
#define WORD_EXPRESSIONS(use)                                                        \
  use(absolute, words_of(abs(a)))                                                    \
  use(negative, words_of(negate(a)))                                                 \
  use(larger, words_of(max(a, b)))                                                   \
  use(smaller, words_of(min(a, b)))                                                  \
  use(chosen_by_less, words_of(select(less(a, b), b, c)))                            \
  use(chosen_by_less_equal, words_of(select(less_equal(a, b), b, c)))                \
  use(chosen_by_greater, words_of(select(greater(a, b), b, c)))                      \
  use(chosen_by_greater_equal, words_of(select(greater_equal(a, b), b, c)))          \
  use(kept_by_equal, words_of(keep(equal(a, b), c)))                                 \
  use(chosen_by_and, words_of(select(less(a, b) & less(b, c), a, c)))                \
  use(chosen_by_or, words_of(select(less(a, b) | less(b, c), a, c)))                 \
  use(chosen_by_not, words_of(select(~less(a, b), a, c)))                            \
  use(kept_words, keep(less(a, b), words_of(c)))                                     \
  use(chosen_words, select(less(a, b), words_of(c), words_of(b)))                    \
  use(word_sum, words_of(a) + words_of(b))                                           \
  use(word_difference, words_of(a) - words_of(b))                                    \
  use(word_product, words_of(a) * words_of(b))                                       \
  use(word_xor, words_of(a) ^ words_of(b))                                           \
  use(word_and, words_of(a) & words_of(b))                                           \
  use(word_or, words_of(a) | words_of(b))                                            \
  use(word_left_1, shift_left<1>(words_of(a)))                                       \
  use(word_left_23, shift_left<23>(words_of(a)))                                     \
  use(word_right_1, shift_right<1>(words_of(a)))                                     \
  use(word_right_31, shift_right<31>(words_of(a)))                                   \
  use(chosen_by_word_greater_equal, words_of(select(greater_equal(words_of(a), words_of(b)), a, c))) \
  use(chosen_by_word_equal, words_of(select(equal(words_of(a), words_of(b)), a, c))) \
  use(truncated, to_words(keep(less(abs(a), splat(2147483648.0f)), a)))               \
  use(nearest, to_words_nearest(keep(less(abs(a), splat(2147483648.0f)), a)))

// A number with the sign and the digits of a, and one of 8 exponents around 0 by b.
#define NEAR_ONE(a, b)                                                             \
  floats_of((words_of(a) & splat_words(0x807fffffu)) | \
            (shift_left<23>(words_of(b) & splat_words(7)) + splat_words(0x3d800000u)))

// The functions of one instruction set, for 16 numbers. Arrays are aligned to 64 bytes.
struct LaneFunctions {
#define FUNCTION(name, expression) void (*name)(const float* a, const float* b, const float* c, uint32_t* result);
  FLOAT_EXPRESSIONS(FUNCTION)
  WORD_EXPRESSIONS(FUNCTION)
#undef FUNCTION
  float (*add_lanes)(const float* a);
  float (*max_lanes)(const float* a);
  // Writes the bits, count and any() of the mask of a < b.
  void (*mask)(const float* a, const float* b, uint32_t* result);
  uint32_t (*first_lanes)(int n);
  void (*copy_first)(const float* from, float* to, int n);  // with load_first() and store_first()
  void (*load_first)(const float* from, float* to, int n);  // `to` has 16 lanes
  void (*copy_unaligned)(const float* from, float* to);
  void (*constants)(float number, uint32_t word, uint32_t* result);  // 64 words
  void (*bytes_to_floats)(const uint8_t* from, float* to);
  void (*transpose16)(const float* from, size_t from_stride, float* to, size_t to_stride);
};

#define DECLARE(isa, number)                   \
  namespace isa {                              \
  extern const LaneFunctions LANE_FUNCTIONS;   \
  }
FOR_EACH_SET(DECLARE)
#undef DECLARE
