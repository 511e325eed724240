// The vector of 16 floats for AVX-512 (F, BW, DQ, VL): one register, and masks in mask registers. Included by vector.hpp, which
// describes the functions.
#pragma once

// The intrinsics of GCC 12 pass deliberately uninitialized registers, for lanes that no mask selects, and warn of them.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#pragma GCC diagnostic pop

namespace MLP_ISA {

struct V {
  __m512 v;
};
struct M {
  __mmask16 m;
};
struct W {
  __m512i w;
};

// ---- memory ----

SHARED_INLINE V load(const float* from) { return {_mm512_load_ps(from)}; }
SHARED_INLINE V load_unaligned(const float* from) { return {_mm512_loadu_ps(from)}; }
// Returns `x`, which the compiler then keeps in registers: it would else load a number again for each of its uses.
SHARED_INLINE V in_registers(V x) {
  __asm__("" : "+v"(x.v));
  return x;
}
SHARED_INLINE void store(float* to, V x) { _mm512_store_ps(to, x.v); }
SHARED_INLINE void store_unaligned(float* to, V x) { _mm512_storeu_ps(to, x.v); }
SHARED_INLINE V splat(float x) { return {_mm512_set1_ps(x)}; }
SHARED_INLINE V zero() { return {_mm512_setzero_ps()}; }

// ---- masks ----

// Returns the mask of lanes 0 to n - 1, with n from 0 to 16.
SHARED_INLINE M first_lanes(int n) { return {static_cast<__mmask16>((1u << n) - 1)}; }
SHARED_INLINE M operator&(M a, M b) { return {static_cast<__mmask16>(a.m & b.m)}; }
SHARED_INLINE M operator|(M a, M b) { return {static_cast<__mmask16>(a.m | b.m)}; }
SHARED_INLINE M operator~(M a) { return {static_cast<__mmask16>(~a.m)}; }
// Returns the mask as a number: bit i is lane i.
SHARED_INLINE uint32_t bits(M a) { return a.m; }
SHARED_INLINE bool any(M a) { return a.m != 0; }
SHARED_INLINE int count(M a) { return __builtin_popcount(a.m); }

// Read and write lanes 0 to n - 1 and no memory beyond, at any alignment; the other lanes are 0.
SHARED_INLINE V load_first(const float* from, int n) { return {_mm512_maskz_loadu_ps(first_lanes(n).m, from)}; }
SHARED_INLINE void store_first(float* to, V x, int n) { _mm512_mask_storeu_ps(to, first_lanes(n).m, x.v); }

// ---- arithmetic ----

SHARED_INLINE V operator+(V a, V b) { return {_mm512_add_ps(a.v, b.v)}; }
SHARED_INLINE V operator-(V a, V b) { return {_mm512_sub_ps(a.v, b.v)}; }
SHARED_INLINE V operator*(V a, V b) { return {_mm512_mul_ps(a.v, b.v)}; }
SHARED_INLINE V operator/(V a, V b) { return {_mm512_div_ps(a.v, b.v)}; }
// a b + c
SHARED_INLINE V fma(V a, V b, V c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
// c - a b
SHARED_INLINE V fnma(V a, V b, V c) { return {_mm512_fnmadd_ps(a.v, b.v, c.v)}; }
SHARED_INLINE V sqrt(V a) { return {_mm512_sqrt_ps(a.v)}; }
SHARED_INLINE V abs(V a) { return {_mm512_and_ps(a.v, _mm512_castsi512_ps(_mm512_set1_epi32(0x7fffffff)))}; }
SHARED_INLINE V negate(V a) { return {_mm512_xor_ps(a.v, _mm512_set1_ps(-0.0f))}; }
// a > b ? a : b
SHARED_INLINE V max(V a, V b) { return {_mm512_max_ps(a.v, b.v)}; }
// a < b ? a : b
SHARED_INLINE V min(V a, V b) { return {_mm512_min_ps(a.v, b.v)}; }
// Rounds down to a whole number.
SHARED_INLINE V floor(V a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)}; }

// Returns x 2ⁿ, rounded once. Each n is a whole number from -240 to 254, and 2⁻⁸ <= |x| <= 2⁸, or x is NaN.
SHARED_INLINE V scale_by_power(V x, V n) { return {_mm512_scalef_ps(x.v, n.v)}; }

// ---- comparison: false if a lane is NaN ----

SHARED_INLINE M less(V a, V b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)}; }
SHARED_INLINE M less_equal(V a, V b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LE_OQ)}; }
SHARED_INLINE M greater(V a, V b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ)}; }
SHARED_INLINE M greater_equal(V a, V b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GE_OQ)}; }
SHARED_INLINE M equal(V a, V b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ)}; }
// m ? a : b
SHARED_INLINE V select(M m, V a, V b) { return {_mm512_mask_blend_ps(m.m, b.v, a.v)}; }
// m ? a : 0
SHARED_INLINE V keep(M m, V a) { return {_mm512_maskz_mov_ps(m.m, a.v)}; }

// ---- words ----

// Reads or writes 16 words at any alignment.
SHARED_INLINE W load_words(const uint32_t* from) { return {_mm512_loadu_si512(from)}; }
SHARED_INLINE void store_words(uint32_t* to, W x) { _mm512_storeu_si512(to, x.w); }
SHARED_INLINE W splat_words(uint32_t x) { return {_mm512_set1_epi32(static_cast<int>(x))}; }
// 0 to 15
SHARED_INLINE W lane_indices() { return {_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)}; }
SHARED_INLINE W operator+(W a, W b) { return {_mm512_add_epi32(a.w, b.w)}; }
SHARED_INLINE W operator-(W a, W b) { return {_mm512_sub_epi32(a.w, b.w)}; }
SHARED_INLINE W operator*(W a, W b) { return {_mm512_mullo_epi32(a.w, b.w)}; }
SHARED_INLINE W operator^(W a, W b) { return {_mm512_xor_si512(a.w, b.w)}; }
SHARED_INLINE W operator&(W a, W b) { return {_mm512_and_si512(a.w, b.w)}; }
SHARED_INLINE W operator|(W a, W b) { return {_mm512_or_si512(a.w, b.w)}; }
template <int n>
SHARED_INLINE W shift_left(W a) { return {_mm512_slli_epi32(a.w, n)}; }
// Zeros come in from the left.
template <int n>
SHARED_INLINE W shift_right(W a) { return {_mm512_srli_epi32(a.w, n)}; }
SHARED_INLINE M greater_equal(W a, W b) { return {_mm512_cmpge_epu32_mask(a.w, b.w)}; }
SHARED_INLINE M equal(W a, W b) { return {_mm512_cmpeq_epi32_mask(a.w, b.w)}; }
SHARED_INLINE W words_of(V a) { return {_mm512_castps_si512(a.v)}; }
SHARED_INLINE V floats_of(W a) { return {_mm512_castsi512_ps(a.w)}; }
// Converts words that are int32_t, rounded to the nearest, even ones if two are as near.
SHARED_INLINE V to_floats(W a) { return {_mm512_cvtepi32_ps(a.w)}; }
// Rounds to int32_t, to the nearest, even ones if two are as near; the magnitude is below 2³¹.
SHARED_INLINE W to_words_nearest(V a) { return {_mm512_cvtps_epi32(a.v)}; }
// Rounds toward 0 to int32_t; a lane whose magnitude is not below 2³¹ becomes any word.
SHARED_INLINE W to_words(V a) { return {_mm512_cvttps_epi32(a.v)}; }
// Reads the words from[index], with indices below 2³¹.
SHARED_INLINE W gather_words(const uint32_t* from, W index) { return {_mm512_i32gather_epi32(index.w, from, 4)}; }
// Writes words below 256 as 16 bytes at any alignment.
SHARED_INLINE void store_as_bytes(uint8_t* to, W a) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi32_epi8(a.w));
}
// Converts 16 bytes at any alignment.
SHARED_INLINE V bytes_to_floats(const uint8_t* from) {
  return {_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))))};
}

// ---- across lanes ----

// Adds lanes i and i + 8, then i and i + 4, i and i + 2, i and i + 1.
SHARED_INLINE float add_lanes(V a) {
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(a.v), _mm512_extractf32x8_ps(a.v, 1));
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
// Takes the max() of the lanes in the same order, the lower lane first.
SHARED_INLINE float max_lanes(V a) {
  const __m256 eight = _mm256_max_ps(_mm512_castps512_ps256(a.v), _mm512_extractf32x8_ps(a.v, 1));
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

// Writes the transpose of a block of 16 x 16 floats, whose rows are `from_stride` floats apart, at any alignment.
SHARED_INLINE void transpose16(const float* from, size_t from_stride, float* to, size_t to_stride) {
  __m512 r[16], q[16];
  for (int i = 0; i < 16; i++) r[i] = _mm512_loadu_ps(from + i * from_stride);
  // Four steps exchange lanes at distance 1 and 2 of four lanes, then groups of four lanes at distance 1 and 2.
  for (int i = 0; i < 16; i += 2) {
    q[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
    q[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    for (int k = 0; k < 2; k++) {
      const __m512d a = _mm512_castps_pd(q[i + k]), b = _mm512_castps_pd(q[i + k + 2]);
      r[i + 2 * k] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
      r[i + 2 * k + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
    }
  }
  // r[4 g + c] holds, in its group of lanes j, rows 4 g to 4 g + 3 of column 4 j + c.
  for (int c = 0; c < 4; c++) {
    const __m512 low = _mm512_shuffle_f32x4(r[c], r[c + 4], 0x88), high = _mm512_shuffle_f32x4(r[c], r[c + 4], 0xdd);
    const __m512 low2 = _mm512_shuffle_f32x4(r[c + 8], r[c + 12], 0x88);
    const __m512 high2 = _mm512_shuffle_f32x4(r[c + 8], r[c + 12], 0xdd);
    q[c] = _mm512_shuffle_f32x4(low, low2, 0x88);
    q[c + 4] = _mm512_shuffle_f32x4(high, high2, 0x88);
    q[c + 8] = _mm512_shuffle_f32x4(low, low2, 0xdd);
    q[c + 12] = _mm512_shuffle_f32x4(high, high2, 0xdd);
  }
  for (int i = 0; i < 16; i++) _mm512_storeu_ps(to + i * to_stride, q[i]);
}

}  // namespace MLP_ISA
