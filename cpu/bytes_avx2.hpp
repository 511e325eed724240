// The vector of 32 bytes for AVX2, and for AVX-512: one register. Included by bytes.hpp, which describes the types.
#pragma once

#include <immintrin.h>

namespace MLP_ISA {

struct B {
  __m256i v;
};
struct H {
  __m256i low, high;  // lanes 0 to 7 and 16 to 23; lanes 8 to 15 and 24 to 31
};
struct S {
  __m256i v;
};

// Reads or writes 32 bytes at any alignment.
SHARED_INLINE B load_bytes(const uint8_t* from) { return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))}; }
SHARED_INLINE void store_bytes(uint8_t* to, B x) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), x.v); }
SHARED_INLINE B splat_bytes(uint8_t x) { return {_mm256_set1_epi8(static_cast<char>(x))}; }
SHARED_INLINE B max(B x, B y) { return {_mm256_max_epu8(x.v, y.v)}; }
SHARED_INLINE B min(B x, B y) { return {_mm256_min_epu8(x.v, y.v)}; }
SHARED_INLINE B operator&(B x, B y) { return {_mm256_and_si256(x.v, y.v)}; }
SHARED_INLINE B operator|(B x, B y) { return {_mm256_or_si256(x.v, y.v)}; }
// Returns the lanes that are at least as large as those of `least`, as a number: bit i is lane i.
SHARED_INLINE uint32_t bits_from(B x, B least) {
  return static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(x.v, least.v), x.v)));
}
SHARED_INLINE uint8_t max_lane(B x) {
  __m128i m = _mm_max_epu8(_mm256_castsi256_si128(x.v), _mm256_extracti128_si256(x.v, 1));
  m = _mm_max_epu8(m, _mm_srli_si128(m, 8));
  m = _mm_max_epu8(m, _mm_srli_si128(m, 4));
  m = _mm_max_epu8(m, _mm_srli_si128(m, 2));
  return static_cast<uint8_t>(_mm_cvtsi128_si32(_mm_max_epu8(m, _mm_srli_si128(m, 1))));
}

// Writes 32 words, of which word i has lane i of a as its lowest byte, then those of b, c and d.
SHARED_INLINE void store_interleaved(uint32_t* to, B a, B b, B c, B d) {
  const __m256i ab = _mm256_unpacklo_epi8(a.v, b.v), ab2 = _mm256_unpackhi_epi8(a.v, b.v);
  const __m256i cd = _mm256_unpacklo_epi8(c.v, d.v), cd2 = _mm256_unpackhi_epi8(c.v, d.v);
  // Words 0 to 3 and 16 to 19, and so on.
  const __m256i p = _mm256_unpacklo_epi16(ab, cd), q = _mm256_unpackhi_epi16(ab, cd);
  const __m256i r = _mm256_unpacklo_epi16(ab2, cd2), s = _mm256_unpackhi_epi16(ab2, cd2);
  __m256i* out = reinterpret_cast<__m256i*>(to);
  _mm256_storeu_si256(out, _mm256_permute2x128_si256(p, q, 0x20));
  _mm256_storeu_si256(out + 1, _mm256_permute2x128_si256(r, s, 0x20));
  _mm256_storeu_si256(out + 2, _mm256_permute2x128_si256(p, q, 0x31));
  _mm256_storeu_si256(out + 3, _mm256_permute2x128_si256(r, s, 0x31));
}

SHARED_INLINE H widen(B x) {
  const __m256i zero = _mm256_setzero_si256();
  return {_mm256_unpacklo_epi8(x.v, zero), _mm256_unpackhi_epi8(x.v, zero)};
}
// Narrows half words below 256.
SHARED_INLINE B narrow(H x) { return {_mm256_packus_epi16(x.low, x.high)}; }
SHARED_INLINE H splat_halves(uint16_t x) {
  const __m256i lanes = _mm256_set1_epi16(static_cast<short>(x));
  return {lanes, lanes};
}
SHARED_INLINE H operator+(H x, H y) { return {_mm256_add_epi16(x.low, y.low), _mm256_add_epi16(x.high, y.high)}; }
SHARED_INLINE H operator*(H x, H y) { return {_mm256_mullo_epi16(x.low, y.low), _mm256_mullo_epi16(x.high, y.high)}; }
// Zeros come in from the left.
template <int n>
SHARED_INLINE H shift_right(H x) { return {_mm256_srli_epi16(x.low, n), _mm256_srli_epi16(x.high, n)}; }

SHARED_INLINE S no_sum() { return {_mm256_setzero_si256()}; }
SHARED_INLINE S operator+(S x, S y) { return {_mm256_add_epi32(x.v, y.v)}; }
// Returns the sum of the lanes.
SHARED_INLINE S sum_of(B x) { return {_mm256_sad_epu8(x.v, _mm256_setzero_si256())}; }
// Returns the sum of x w over the lanes, with w below 64.
SHARED_INLINE S sum_of_products(B x, B w) {
  return {_mm256_madd_epi16(_mm256_maddubs_epi16(x.v, w.v), _mm256_set1_epi16(1))};
}
SHARED_INLINE uint32_t total(S x) {
  __m128i sums = _mm_add_epi32(_mm256_castsi256_si128(x.v), _mm256_extracti128_si256(x.v, 1));
  sums = _mm_add_epi32(sums, _mm_srli_si128(sums, 8));
  return static_cast<uint32_t>(_mm_cvtsi128_si32(_mm_add_epi32(sums, _mm_srli_si128(sums, 4))));
}

}  // namespace MLP_ISA
