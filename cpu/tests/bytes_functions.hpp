// The functions of bytes.hpp, and those of vector.hpp for bytes, as functions of arrays: bytes_kernels.cpp compiles them for each
// instruction set, and bytes_test.cpp compares them with single numbers.
#pragma once

#include "sets.hpp"

// Arrays of bytes have 32, at any alignment, and words are 16.
struct ByteFunctions {
  void (*larger)(const uint8_t* a, const uint8_t* b, uint8_t* result);
  void (*smaller)(const uint8_t* a, const uint8_t* b, uint8_t* result);
  void (*both)(const uint8_t* a, const uint8_t* b, uint8_t* result);    // &
  void (*either)(const uint8_t* a, const uint8_t* b, uint8_t* result);  // |
  void (*splat)(uint8_t x, uint8_t* result);
  uint32_t (*bits_from)(const uint8_t* a, uint8_t least);
  uint8_t (*max_lane)(const uint8_t* a);
  void (*interleave)(const uint8_t* a, const uint8_t* b, const uint8_t* c, const uint8_t* d, uint32_t* result);  // 32 words
  // (a much + b little + round) / 256, with the low 16 bits of the sums.
  void (*mixed)(const uint8_t* a, const uint8_t* b, uint16_t much, uint16_t little, uint16_t round, uint8_t* result);
  uint32_t (*sum)(const uint8_t* a, int times);
  uint32_t (*products)(const uint8_t* a, const uint8_t* weights);
  void (*gather_words)(const uint32_t* from, const uint32_t* index, uint32_t* result);
  void (*store_as_bytes)(const uint32_t* words, uint8_t* result);
};

#define DECLARE(isa, number)                   \
  namespace isa {                              \
  extern const ByteFunctions BYTE_FUNCTIONS;   \
  }
FOR_EACH_SET(DECLARE)
#undef DECLARE
