// The vector of 16 floats for AVX2 with FMA: two registers, and masks as lanes of ones or zeros. Included by vector.hpp, which
// describes the functions.
#pragma once

#include <immintrin.h>

namespace MLP_ISA {

struct V {
  __m256 a, b;  // lanes 0 to 7, lanes 8 to 15
};
struct M {
  __m256 a, b;  // every bit of a lane is 1 or 0
};
struct W {
  __m256i a, b;
};

// ---- memory ----

SHARED_INLINE V load(const float* from) { return {_mm256_load_ps(from), _mm256_load_ps(from + 8)}; }
SHARED_INLINE V load_unaligned(const float* from) { return {_mm256_loadu_ps(from), _mm256_loadu_ps(from + 8)}; }
// Returns `x`, which the compiler then keeps in registers: it would else load a number again for each of its uses.
SHARED_INLINE V in_registers(V x) {
  __asm__("" : "+x"(x.a), "+x"(x.b));
  return x;
}
SHARED_INLINE void store(float* to, V x) {
  _mm256_store_ps(to, x.a);
  _mm256_store_ps(to + 8, x.b);
}
SHARED_INLINE void store_unaligned(float* to, V x) {
  _mm256_storeu_ps(to, x.a);
  _mm256_storeu_ps(to + 8, x.b);
}
SHARED_INLINE V splat(float x) {
  const __m256 lanes = _mm256_set1_ps(x);
  return {lanes, lanes};
}
SHARED_INLINE V zero() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }

// ---- masks ----

// Returns the mask of lanes 0 to n - 1, with n from 0 to 16.
SHARED_INLINE M first_lanes(int n) {
  const __m256i limit = _mm256_set1_epi32(n);
  return {_mm256_castsi256_ps(_mm256_cmpgt_epi32(limit, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))),
          _mm256_castsi256_ps(_mm256_cmpgt_epi32(limit, _mm256_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15)))};
}
SHARED_INLINE M operator&(M x, M y) { return {_mm256_and_ps(x.a, y.a), _mm256_and_ps(x.b, y.b)}; }
SHARED_INLINE M operator|(M x, M y) { return {_mm256_or_ps(x.a, y.a), _mm256_or_ps(x.b, y.b)}; }
SHARED_INLINE M operator~(M x) {
  const __m256 ones = _mm256_castsi256_ps(_mm256_set1_epi32(-1));
  return {_mm256_xor_ps(x.a, ones), _mm256_xor_ps(x.b, ones)};
}
// Returns the mask as a number: bit i is lane i.
SHARED_INLINE uint32_t bits(M x) {
  return static_cast<uint32_t>(_mm256_movemask_ps(x.a)) | static_cast<uint32_t>(_mm256_movemask_ps(x.b)) << 8;
}
SHARED_INLINE bool any(M x) { return bits(x) != 0; }
SHARED_INLINE int count(M x) { return __builtin_popcount(bits(x)); }

// Read and write lanes 0 to n - 1 and no memory beyond, at any alignment; the other lanes are 0.
SHARED_INLINE V load_first(const float* from, int n) {
  const M m = first_lanes(n);
  return {_mm256_maskload_ps(from, _mm256_castps_si256(m.a)), _mm256_maskload_ps(from + 8, _mm256_castps_si256(m.b))};
}
SHARED_INLINE void store_first(float* to, V x, int n) {
  const M m = first_lanes(n);
  _mm256_maskstore_ps(to, _mm256_castps_si256(m.a), x.a);
  _mm256_maskstore_ps(to + 8, _mm256_castps_si256(m.b), x.b);
}

// ---- arithmetic ----

SHARED_INLINE V operator+(V x, V y) { return {_mm256_add_ps(x.a, y.a), _mm256_add_ps(x.b, y.b)}; }
SHARED_INLINE V operator-(V x, V y) { return {_mm256_sub_ps(x.a, y.a), _mm256_sub_ps(x.b, y.b)}; }
SHARED_INLINE V operator*(V x, V y) { return {_mm256_mul_ps(x.a, y.a), _mm256_mul_ps(x.b, y.b)}; }
SHARED_INLINE V operator/(V x, V y) { return {_mm256_div_ps(x.a, y.a), _mm256_div_ps(x.b, y.b)}; }
// x y + z
SHARED_INLINE V fma(V x, V y, V z) { return {_mm256_fmadd_ps(x.a, y.a, z.a), _mm256_fmadd_ps(x.b, y.b, z.b)}; }
// z - x y
SHARED_INLINE V fnma(V x, V y, V z) { return {_mm256_fnmadd_ps(x.a, y.a, z.a), _mm256_fnmadd_ps(x.b, y.b, z.b)}; }
SHARED_INLINE V sqrt(V x) { return {_mm256_sqrt_ps(x.a), _mm256_sqrt_ps(x.b)}; }
SHARED_INLINE V abs(V x) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  return {_mm256_andnot_ps(sign, x.a), _mm256_andnot_ps(sign, x.b)};
}
SHARED_INLINE V negate(V x) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  return {_mm256_xor_ps(sign, x.a), _mm256_xor_ps(sign, x.b)};
}
// x > y ? x : y
SHARED_INLINE V max(V x, V y) { return {_mm256_max_ps(x.a, y.a), _mm256_max_ps(x.b, y.b)}; }
// x < y ? x : y
SHARED_INLINE V min(V x, V y) { return {_mm256_min_ps(x.a, y.a), _mm256_min_ps(x.b, y.b)}; }
// Rounds down to a whole number.
SHARED_INLINE V floor(V x) { return {_mm256_floor_ps(x.a), _mm256_floor_ps(x.b)}; }

// Returns 2ⁿ, with n from -126 to 127.
SHARED_INLINE __m256 power(__m256i n) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23));
}
// Returns x 2ⁿ, rounded once. Each n is a whole number from -240 to 254, and 2⁻⁸ <= |x| <= 2⁸, or x is NaN. The first of the
// two multiplications is exact.
SHARED_INLINE V scale_by_power(V x, V n) {
  const __m256i a = _mm256_cvtps_epi32(n.a), b = _mm256_cvtps_epi32(n.b);
  const __m256i half_a = _mm256_srai_epi32(a, 1), half_b = _mm256_srai_epi32(b, 1);
  x = x * V{power(half_a), power(half_b)};
  return x * V{power(_mm256_sub_epi32(a, half_a)), power(_mm256_sub_epi32(b, half_b))};
}

// ---- comparison: false if a lane is NaN ----

SHARED_INLINE M less(V x, V y) { return {_mm256_cmp_ps(x.a, y.a, _CMP_LT_OQ), _mm256_cmp_ps(x.b, y.b, _CMP_LT_OQ)}; }
SHARED_INLINE M less_equal(V x, V y) { return {_mm256_cmp_ps(x.a, y.a, _CMP_LE_OQ), _mm256_cmp_ps(x.b, y.b, _CMP_LE_OQ)}; }
SHARED_INLINE M greater(V x, V y) { return {_mm256_cmp_ps(x.a, y.a, _CMP_GT_OQ), _mm256_cmp_ps(x.b, y.b, _CMP_GT_OQ)}; }
SHARED_INLINE M greater_equal(V x, V y) {
  return {_mm256_cmp_ps(x.a, y.a, _CMP_GE_OQ), _mm256_cmp_ps(x.b, y.b, _CMP_GE_OQ)};
}
SHARED_INLINE M equal(V x, V y) { return {_mm256_cmp_ps(x.a, y.a, _CMP_EQ_OQ), _mm256_cmp_ps(x.b, y.b, _CMP_EQ_OQ)}; }
// m ? x : y
SHARED_INLINE V select(M m, V x, V y) { return {_mm256_blendv_ps(y.a, x.a, m.a), _mm256_blendv_ps(y.b, x.b, m.b)}; }
// m ? x : 0
SHARED_INLINE V keep(M m, V x) { return {_mm256_and_ps(m.a, x.a), _mm256_and_ps(m.b, x.b)}; }

// ---- words ----

// Reads or writes 16 words at any alignment.
SHARED_INLINE W load_words(const uint32_t* from) {
  return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)),
          _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + 8))};
}
SHARED_INLINE void store_words(uint32_t* to, W x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), x.a);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 8), x.b);
}
SHARED_INLINE W splat_words(uint32_t x) {
  const __m256i lanes = _mm256_set1_epi32(static_cast<int>(x));
  return {lanes, lanes};
}
// 0 to 15
SHARED_INLINE W lane_indices() {
  return {_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15)};
}
SHARED_INLINE W operator+(W x, W y) { return {_mm256_add_epi32(x.a, y.a), _mm256_add_epi32(x.b, y.b)}; }
SHARED_INLINE W operator-(W x, W y) { return {_mm256_sub_epi32(x.a, y.a), _mm256_sub_epi32(x.b, y.b)}; }
SHARED_INLINE W operator*(W x, W y) { return {_mm256_mullo_epi32(x.a, y.a), _mm256_mullo_epi32(x.b, y.b)}; }
SHARED_INLINE W operator^(W x, W y) { return {_mm256_xor_si256(x.a, y.a), _mm256_xor_si256(x.b, y.b)}; }
SHARED_INLINE W operator&(W x, W y) { return {_mm256_and_si256(x.a, y.a), _mm256_and_si256(x.b, y.b)}; }
SHARED_INLINE W operator|(W x, W y) { return {_mm256_or_si256(x.a, y.a), _mm256_or_si256(x.b, y.b)}; }
template <int n>
SHARED_INLINE W shift_left(W x) { return {_mm256_slli_epi32(x.a, n), _mm256_slli_epi32(x.b, n)}; }
// Zeros come in from the left.
template <int n>
SHARED_INLINE W shift_right(W x) { return {_mm256_srli_epi32(x.a, n), _mm256_srli_epi32(x.b, n)}; }
SHARED_INLINE M equal(W x, W y) {
  return {_mm256_castsi256_ps(_mm256_cmpeq_epi32(x.a, y.a)), _mm256_castsi256_ps(_mm256_cmpeq_epi32(x.b, y.b))};
}
SHARED_INLINE M greater_equal(W x, W y) { return equal(W{_mm256_max_epu32(x.a, y.a), _mm256_max_epu32(x.b, y.b)}, x); }
SHARED_INLINE W words_of(V x) { return {_mm256_castps_si256(x.a), _mm256_castps_si256(x.b)}; }
SHARED_INLINE V floats_of(W x) { return {_mm256_castsi256_ps(x.a), _mm256_castsi256_ps(x.b)}; }
// Converts words that are int32_t, rounded to the nearest, even ones if two are as near.
SHARED_INLINE V to_floats(W x) { return {_mm256_cvtepi32_ps(x.a), _mm256_cvtepi32_ps(x.b)}; }
// Rounds to int32_t, to the nearest, even ones if two are as near; the magnitude is below 2³¹.
SHARED_INLINE W to_words_nearest(V x) { return {_mm256_cvtps_epi32(x.a), _mm256_cvtps_epi32(x.b)}; }
// Rounds toward 0 to int32_t; a lane whose magnitude is not below 2³¹ becomes any word.
SHARED_INLINE W to_words(V x) { return {_mm256_cvttps_epi32(x.a), _mm256_cvttps_epi32(x.b)}; }
// Reads the words from[index], with indices below 2³¹.
SHARED_INLINE W gather_words(const uint32_t* from, W index) {
  const int* words = reinterpret_cast<const int*>(from);
  return {_mm256_i32gather_epi32(words, index.a, 4), _mm256_i32gather_epi32(words, index.b, 4)};
}
// Writes words below 256 as 16 bytes at any alignment.
SHARED_INLINE void store_as_bytes(uint8_t* to, W x) {
  const __m256i halves = _mm256_permute4x64_epi64(_mm256_packus_epi32(x.a, x.b), 0xd8);
  const __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
}
// Converts 16 bytes at any alignment.
SHARED_INLINE V bytes_to_floats(const uint8_t* from) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  return to_floats({_mm256_cvtepu8_epi32(bytes), _mm256_cvtepu8_epi32(_mm_srli_si128(bytes, 8))});
}

// ---- across lanes ----

// Adds lanes i and i + 8, then i and i + 4, i and i + 2, i and i + 1.
SHARED_INLINE float add_lanes(V x) {
  const __m256 eight = _mm256_add_ps(x.a, x.b);
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
// Takes the max() of the lanes in the same order, the lower lane first.
SHARED_INLINE float max_lanes(V x) {
  const __m256 eight = _mm256_max_ps(x.a, x.b);
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

// Writes the transpose of a block of 8 x 8 floats.
SHARED_INLINE void transpose8(const float* from, size_t from_stride, float* to, size_t to_stride) {
  __m256 r[8], q[8];
  for (int i = 0; i < 8; i++) r[i] = _mm256_loadu_ps(from + i * from_stride);
  for (int i = 0; i < 8; i += 2) {
    q[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
    q[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    for (int k = 0; k < 2; k++) {
      const __m256d a = _mm256_castps_pd(q[i + k]), b = _mm256_castps_pd(q[i + k + 2]);
      r[i + 2 * k] = _mm256_castpd_ps(_mm256_unpacklo_pd(a, b));
      r[i + 2 * k + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(a, b));
    }
  }
  // r[4 g + c] holds, in its half j, rows 4 g to 4 g + 3 of column 4 j + c.
  for (int c = 0; c < 4; c++) {
    _mm256_storeu_ps(to + c * to_stride, _mm256_permute2f128_ps(r[c], r[c + 4], 0x20));
    _mm256_storeu_ps(to + (c + 4) * to_stride, _mm256_permute2f128_ps(r[c], r[c + 4], 0x31));
  }
}
// Writes the transpose of a block of 16 x 16 floats, whose rows are `from_stride` floats apart, at any alignment.
SHARED_INLINE void transpose16(const float* from, size_t from_stride, float* to, size_t to_stride) {
  for (int i = 0; i < 16; i += 8) {
    for (int k = 0; k < 16; k += 8) transpose8(from + i * from_stride + k, from_stride, to + k * to_stride + i, to_stride);
  }
}

}  // namespace MLP_ISA
