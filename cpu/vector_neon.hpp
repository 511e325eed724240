// The vector of 16 floats for NEON of arm64: four registers, and masks as lanes of ones or zeros. Included by vector.hpp, which
// describes the functions.
#pragma once

#include <arm_neon.h>

namespace MLP_ISA {

struct V {
  float32x4_t a, b, c, d;  // lanes 0 to 3, 4 to 7, 8 to 11, 12 to 15
};
struct M {
  uint32x4_t a, b, c, d;  // every bit of a lane is 1 or 0
};
struct W {
  uint32x4_t a, b, c, d;
};

// ---- memory ----

SHARED_INLINE V load(const float* from) {
  return {vld1q_f32(from), vld1q_f32(from + 4), vld1q_f32(from + 8), vld1q_f32(from + 12)};
}
SHARED_INLINE V load_unaligned(const float* from) { return load(from); }
// Returns `x`, which the compiler then keeps in registers: it would else load a number again for each of its uses.
SHARED_INLINE V in_registers(V x) {
  __asm__("" : "+w"(x.a), "+w"(x.b), "+w"(x.c), "+w"(x.d));
  return x;
}
SHARED_INLINE void store(float* to, V x) {
  vst1q_f32(to, x.a);
  vst1q_f32(to + 4, x.b);
  vst1q_f32(to + 8, x.c);
  vst1q_f32(to + 12, x.d);
}
SHARED_INLINE void store_unaligned(float* to, V x) { store(to, x); }
SHARED_INLINE V splat(float x) {
  const float32x4_t lanes = vdupq_n_f32(x);
  return {lanes, lanes, lanes, lanes};
}
SHARED_INLINE V zero() { return splat(0); }

// ---- words ----

// Reads or writes 16 words at any alignment.
SHARED_INLINE W load_words(const uint32_t* from) {
  return {vld1q_u32(from), vld1q_u32(from + 4), vld1q_u32(from + 8), vld1q_u32(from + 12)};
}
SHARED_INLINE void store_words(uint32_t* to, W x) {
  vst1q_u32(to, x.a);
  vst1q_u32(to + 4, x.b);
  vst1q_u32(to + 8, x.c);
  vst1q_u32(to + 12, x.d);
}
SHARED_INLINE W splat_words(uint32_t x) {
  const uint32x4_t lanes = vdupq_n_u32(x);
  return {lanes, lanes, lanes, lanes};
}
// 0 to 15
SHARED_INLINE W lane_indices() {
  constexpr uint32_t first[4] = {0, 1, 2, 3};
  const uint32x4_t lanes = vld1q_u32(first);
  return {lanes, vaddq_u32(lanes, vdupq_n_u32(4)), vaddq_u32(lanes, vdupq_n_u32(8)), vaddq_u32(lanes, vdupq_n_u32(12))};
}
SHARED_INLINE W operator+(W x, W y) {
  return {vaddq_u32(x.a, y.a), vaddq_u32(x.b, y.b), vaddq_u32(x.c, y.c), vaddq_u32(x.d, y.d)};
}
SHARED_INLINE W operator-(W x, W y) {
  return {vsubq_u32(x.a, y.a), vsubq_u32(x.b, y.b), vsubq_u32(x.c, y.c), vsubq_u32(x.d, y.d)};
}
SHARED_INLINE W operator*(W x, W y) {
  return {vmulq_u32(x.a, y.a), vmulq_u32(x.b, y.b), vmulq_u32(x.c, y.c), vmulq_u32(x.d, y.d)};
}
SHARED_INLINE W operator^(W x, W y) {
  return {veorq_u32(x.a, y.a), veorq_u32(x.b, y.b), veorq_u32(x.c, y.c), veorq_u32(x.d, y.d)};
}
SHARED_INLINE W operator&(W x, W y) {
  return {vandq_u32(x.a, y.a), vandq_u32(x.b, y.b), vandq_u32(x.c, y.c), vandq_u32(x.d, y.d)};
}
SHARED_INLINE W operator|(W x, W y) {
  return {vorrq_u32(x.a, y.a), vorrq_u32(x.b, y.b), vorrq_u32(x.c, y.c), vorrq_u32(x.d, y.d)};
}
template <int n>
SHARED_INLINE W shift_left(W x) {
  return {vshlq_n_u32(x.a, n), vshlq_n_u32(x.b, n), vshlq_n_u32(x.c, n), vshlq_n_u32(x.d, n)};
}
// Zeros come in from the left.
template <int n>
SHARED_INLINE W shift_right(W x) {
  return {vshrq_n_u32(x.a, n), vshrq_n_u32(x.b, n), vshrq_n_u32(x.c, n), vshrq_n_u32(x.d, n)};
}
SHARED_INLINE M greater_equal(W x, W y) {
  return {vcgeq_u32(x.a, y.a), vcgeq_u32(x.b, y.b), vcgeq_u32(x.c, y.c), vcgeq_u32(x.d, y.d)};
}
SHARED_INLINE M equal(W x, W y) {
  return {vceqq_u32(x.a, y.a), vceqq_u32(x.b, y.b), vceqq_u32(x.c, y.c), vceqq_u32(x.d, y.d)};
}
SHARED_INLINE W words_of(V x) {
  return {vreinterpretq_u32_f32(x.a), vreinterpretq_u32_f32(x.b), vreinterpretq_u32_f32(x.c), vreinterpretq_u32_f32(x.d)};
}
SHARED_INLINE V floats_of(W x) {
  return {vreinterpretq_f32_u32(x.a), vreinterpretq_f32_u32(x.b), vreinterpretq_f32_u32(x.c), vreinterpretq_f32_u32(x.d)};
}
// Converts words that are int32_t, rounded to the nearest, even ones if two are as near.
SHARED_INLINE V to_floats(W x) {
  return {vcvtq_f32_s32(vreinterpretq_s32_u32(x.a)), vcvtq_f32_s32(vreinterpretq_s32_u32(x.b)),
          vcvtq_f32_s32(vreinterpretq_s32_u32(x.c)), vcvtq_f32_s32(vreinterpretq_s32_u32(x.d))};
}
// Rounds to int32_t, to the nearest, even ones if two are as near; the magnitude is below 2³¹.
SHARED_INLINE W to_words_nearest(V x) {
  return {vreinterpretq_u32_s32(vcvtnq_s32_f32(x.a)), vreinterpretq_u32_s32(vcvtnq_s32_f32(x.b)),
          vreinterpretq_u32_s32(vcvtnq_s32_f32(x.c)), vreinterpretq_u32_s32(vcvtnq_s32_f32(x.d))};
}
// Rounds toward 0 to int32_t; a lane whose magnitude is not below 2³¹ becomes any word.
SHARED_INLINE W to_words(V x) {
  return {vreinterpretq_u32_s32(vcvtq_s32_f32(x.a)), vreinterpretq_u32_s32(vcvtq_s32_f32(x.b)),
          vreinterpretq_u32_s32(vcvtq_s32_f32(x.c)), vreinterpretq_u32_s32(vcvtq_s32_f32(x.d))};
}
// Reads the words from[index], with indices below 2³¹.
SHARED_INLINE W gather_words(const uint32_t* from, W index) {
  alignas(16) uint32_t lanes[16];
  store_words(lanes, index);
  for (int i = 0; i < 16; i++) lanes[i] = from[lanes[i]];
  return load_words(lanes);
}
// Writes words below 256 as 16 bytes at any alignment.
SHARED_INLINE void store_as_bytes(uint8_t* to, W x) {
  const uint16x8_t low = vmovn_high_u32(vmovn_u32(x.a), x.b), high = vmovn_high_u32(vmovn_u32(x.c), x.d);
  vst1q_u8(to, vmovn_high_u16(vmovn_u16(low), high));
}
// Converts 16 bytes at any alignment.
SHARED_INLINE V bytes_to_floats(const uint8_t* from) {
  const uint8x16_t bytes = vld1q_u8(from);
  const uint16x8_t low = vmovl_u8(vget_low_u8(bytes)), high = vmovl_u8(vget_high_u8(bytes));
  return to_floats({vmovl_u16(vget_low_u16(low)), vmovl_u16(vget_high_u16(low)), vmovl_u16(vget_low_u16(high)),
                    vmovl_u16(vget_high_u16(high))});
}

// ---- masks ----

SHARED_INLINE M operator&(M x, M y) {
  return {vandq_u32(x.a, y.a), vandq_u32(x.b, y.b), vandq_u32(x.c, y.c), vandq_u32(x.d, y.d)};
}
SHARED_INLINE M operator|(M x, M y) {
  return {vorrq_u32(x.a, y.a), vorrq_u32(x.b, y.b), vorrq_u32(x.c, y.c), vorrq_u32(x.d, y.d)};
}
SHARED_INLINE M operator~(M x) { return {vmvnq_u32(x.a), vmvnq_u32(x.b), vmvnq_u32(x.c), vmvnq_u32(x.d)}; }
// Returns the mask of lanes 0 to n - 1, with n from 0 to 16.
SHARED_INLINE M first_lanes(int n) { return ~greater_equal(lane_indices(), splat_words(static_cast<uint32_t>(n))); }
// Returns the mask as a number: bit i is lane i.
SHARED_INLINE uint32_t bits(M x) {
  constexpr uint32_t first[4] = {1, 2, 4, 8};
  const uint32x4_t weights = vld1q_u32(first);
  uint32x4_t sum = vandq_u32(x.a, weights);
  sum = vorrq_u32(sum, vandq_u32(x.b, vshlq_n_u32(weights, 4)));
  sum = vorrq_u32(sum, vandq_u32(x.c, vshlq_n_u32(weights, 8)));
  sum = vorrq_u32(sum, vandq_u32(x.d, vshlq_n_u32(weights, 12)));
  return vaddvq_u32(sum);
}
SHARED_INLINE bool any(M x) { return vmaxvq_u32(vorrq_u32(vorrq_u32(x.a, x.b), vorrq_u32(x.c, x.d))) != 0; }
// A true lane is -1.
SHARED_INLINE int count(M x) {
  const uint32x4_t sum = vaddq_u32(vaddq_u32(x.a, x.b), vaddq_u32(x.c, x.d));
  return -static_cast<int>(vaddvq_u32(sum));
}

// Read and write lanes 0 to n - 1 and no memory beyond, at any alignment; the other lanes are 0.
SHARED_INLINE V load_first(const float* from, int n) {
  alignas(16) float lanes[16] = {};
  for (int i = 0; i < n; i++) lanes[i] = from[i];
  return load(lanes);
}
SHARED_INLINE void store_first(float* to, V x, int n) {
  alignas(16) float lanes[16];
  store(lanes, x);
  for (int i = 0; i < n; i++) to[i] = lanes[i];
}

// ---- comparison: false if a lane is NaN ----

SHARED_INLINE M less(V x, V y) {
  return {vcltq_f32(x.a, y.a), vcltq_f32(x.b, y.b), vcltq_f32(x.c, y.c), vcltq_f32(x.d, y.d)};
}
SHARED_INLINE M less_equal(V x, V y) {
  return {vcleq_f32(x.a, y.a), vcleq_f32(x.b, y.b), vcleq_f32(x.c, y.c), vcleq_f32(x.d, y.d)};
}
SHARED_INLINE M greater(V x, V y) { return less(y, x); }
SHARED_INLINE M greater_equal(V x, V y) { return less_equal(y, x); }
SHARED_INLINE M equal(V x, V y) {
  return {vceqq_f32(x.a, y.a), vceqq_f32(x.b, y.b), vceqq_f32(x.c, y.c), vceqq_f32(x.d, y.d)};
}
// m ? x : y
SHARED_INLINE V select(M m, V x, V y) {
  return {vbslq_f32(m.a, x.a, y.a), vbslq_f32(m.b, x.b, y.b), vbslq_f32(m.c, x.c, y.c), vbslq_f32(m.d, x.d, y.d)};
}
// m ? x : 0
SHARED_INLINE V keep(M m, V x) { return floats_of(words_of(x) & W{m.a, m.b, m.c, m.d}); }

// ---- arithmetic ----

SHARED_INLINE V operator+(V x, V y) {
  return {vaddq_f32(x.a, y.a), vaddq_f32(x.b, y.b), vaddq_f32(x.c, y.c), vaddq_f32(x.d, y.d)};
}
SHARED_INLINE V operator-(V x, V y) {
  return {vsubq_f32(x.a, y.a), vsubq_f32(x.b, y.b), vsubq_f32(x.c, y.c), vsubq_f32(x.d, y.d)};
}
SHARED_INLINE V operator*(V x, V y) {
  return {vmulq_f32(x.a, y.a), vmulq_f32(x.b, y.b), vmulq_f32(x.c, y.c), vmulq_f32(x.d, y.d)};
}
SHARED_INLINE V operator/(V x, V y) {
  return {vdivq_f32(x.a, y.a), vdivq_f32(x.b, y.b), vdivq_f32(x.c, y.c), vdivq_f32(x.d, y.d)};
}
// x y + z
SHARED_INLINE V fma(V x, V y, V z) {
  return {vfmaq_f32(z.a, x.a, y.a), vfmaq_f32(z.b, x.b, y.b), vfmaq_f32(z.c, x.c, y.c), vfmaq_f32(z.d, x.d, y.d)};
}
// z - x y
SHARED_INLINE V fnma(V x, V y, V z) {
  return {vfmsq_f32(z.a, x.a, y.a), vfmsq_f32(z.b, x.b, y.b), vfmsq_f32(z.c, x.c, y.c), vfmsq_f32(z.d, x.d, y.d)};
}
SHARED_INLINE V sqrt(V x) { return {vsqrtq_f32(x.a), vsqrtq_f32(x.b), vsqrtq_f32(x.c), vsqrtq_f32(x.d)}; }
SHARED_INLINE V abs(V x) { return {vabsq_f32(x.a), vabsq_f32(x.b), vabsq_f32(x.c), vabsq_f32(x.d)}; }
SHARED_INLINE V negate(V x) { return {vnegq_f32(x.a), vnegq_f32(x.b), vnegq_f32(x.c), vnegq_f32(x.d)}; }
// x > y ? x : y. The processor's own maximum treats NaN and zeros differently.
SHARED_INLINE V max(V x, V y) { return select(greater(x, y), x, y); }
// x < y ? x : y
SHARED_INLINE V min(V x, V y) { return select(less(x, y), x, y); }
// Rounds down to a whole number.
SHARED_INLINE V floor(V x) { return {vrndmq_f32(x.a), vrndmq_f32(x.b), vrndmq_f32(x.c), vrndmq_f32(x.d)}; }

// Returns x 2ⁿ, rounded once. The first of the two multiplications is exact.
SHARED_INLINE float32x4_t scale_by_power4(float32x4_t x, float32x4_t n) {
  const int32x4_t all = vcvtnq_s32_f32(n), half = vshrq_n_s32(all, 1), bias = vdupq_n_s32(127);
  const int32x4_t first = vshlq_n_s32(vaddq_s32(half, bias), 23);
  const int32x4_t second = vshlq_n_s32(vaddq_s32(vsubq_s32(all, half), bias), 23);
  return vmulq_f32(vmulq_f32(x, vreinterpretq_f32_s32(first)), vreinterpretq_f32_s32(second));
}
// Returns x 2ⁿ, rounded once. Each n is a whole number from -240 to 254, and 2⁻⁸ <= |x| <= 2⁸, or x is NaN.
SHARED_INLINE V scale_by_power(V x, V n) {
  return {scale_by_power4(x.a, n.a), scale_by_power4(x.b, n.b), scale_by_power4(x.c, n.c), scale_by_power4(x.d, n.d)};
}

// ---- across lanes ----

// Adds lanes i and i + 8, then i and i + 4, i and i + 2, i and i + 1.
SHARED_INLINE float add_lanes(V x) {
  const float32x4_t four = vaddq_f32(vaddq_f32(x.a, x.c), vaddq_f32(x.b, x.d));
  const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
  return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}
// Takes the max() of the lanes in the same order, the lower lane first.
SHARED_INLINE float max_lanes(V x) {
  alignas(16) float lanes[16];
  store(lanes, x);
  for (int n = 8; n > 0; n /= 2) {
    for (int i = 0; i < n; i++) lanes[i] = lanes[i] > lanes[i + n] ? lanes[i] : lanes[i + n];
  }
  return lanes[0];
}

// Writes the transpose of a block of 4 x 4 floats.
SHARED_INLINE void transpose4(const float* from, size_t from_stride, float* to, size_t to_stride) {
  const float32x4_t a = vld1q_f32(from), b = vld1q_f32(from + from_stride);
  const float32x4_t c = vld1q_f32(from + 2 * from_stride), d = vld1q_f32(from + 3 * from_stride);
  const float64x2_t ab0 = vreinterpretq_f64_f32(vtrn1q_f32(a, b)), ab1 = vreinterpretq_f64_f32(vtrn2q_f32(a, b));
  const float64x2_t cd0 = vreinterpretq_f64_f32(vtrn1q_f32(c, d)), cd1 = vreinterpretq_f64_f32(vtrn2q_f32(c, d));
  vst1q_f32(to, vreinterpretq_f32_f64(vtrn1q_f64(ab0, cd0)));
  vst1q_f32(to + to_stride, vreinterpretq_f32_f64(vtrn1q_f64(ab1, cd1)));
  vst1q_f32(to + 2 * to_stride, vreinterpretq_f32_f64(vtrn2q_f64(ab0, cd0)));
  vst1q_f32(to + 3 * to_stride, vreinterpretq_f32_f64(vtrn2q_f64(ab1, cd1)));
}
// Writes the transpose of a block of 16 x 16 floats, whose rows are `from_stride` floats apart, at any alignment.
SHARED_INLINE void transpose16(const float* from, size_t from_stride, float* to, size_t to_stride) {
  for (int i = 0; i < 16; i += 4) {
    for (int k = 0; k < 16; k += 4) transpose4(from + i * from_stride + k, from_stride, to + k * to_stride + i, to_stride);
  }
}

}  // namespace MLP_ISA
