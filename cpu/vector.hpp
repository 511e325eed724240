// A vector of 16 floats, for the instruction set that the compiler was told to use. All intrinsics of this library are in the
// files that this one includes; a kernel is written once, and its numbers have the same bits on every processor:
//
//   AVX-512   one register of 16 floats        vector_avx512.hpp
//   AVX2      two registers of 8 floats        vector_avx2.hpp
//   NEON      four registers of 4 floats       vector_neon.hpp
//
// Types:
//   V   16 floats
//   M   16 truth values, one for each lane: a mask
//   W   16 words, uint32_t
//
// Numerics: + - * / sqrt() fma() fnma() are those of IEEE 754, rounded once, with denormal numbers. Everything else is exact.
// Only the sign and the payload of a NaN that an operation returns depend on the processor. max() and min() are not symmetric:
// of two lanes that are not ordered (a NaN, or zeros of both signs) they return the second one.
//
// A pointer to floats is aligned to 64 bytes, except in functions whose names or comments say otherwise.
#pragma once

#include <cstddef>
#include <cstdint>

#include "panels.hpp"

#ifndef MLP_ISA
#error "MLP_ISA must name the namespace of the instruction set: avx512, avx2 or neon"
#endif

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#include "vector_avx512.hpp"
#elif defined(__AVX2__) && defined(__FMA__)
#include "vector_avx2.hpp"
#elif defined(__aarch64__)
#include "vector_neon.hpp"
#else
#error "No instruction set for vectors of 16 floats: compile for AVX-512 (F, BW, DQ, VL), AVX2 with FMA, or arm64"
#endif

namespace MLP_ISA {

SHARED_INLINE V& operator+=(V& x, V y) { return x = x + y; }
SHARED_INLINE V& operator-=(V& x, V y) { return x = x - y; }
SHARED_INLINE V& operator*=(V& x, V y) { return x = x * y; }

SHARED_INLINE W keep(M m, W a) { return words_of(keep(m, floats_of(a))); }
SHARED_INLINE W select(M m, W a, W b) { return words_of(select(m, floats_of(a), floats_of(b))); }

// Returns the lanes that are NaN.
SHARED_INLINE M is_nan(V x) { return ~equal(x, x); }

// Returns `magnitude` with the sign of `sign`; `magnitude` is not negative.
SHARED_INLINE V with_sign(V magnitude, V sign) {
  return floats_of(words_of(magnitude) | (words_of(sign) & splat_words(0x80000000u)));
}

}  // namespace MLP_ISA
