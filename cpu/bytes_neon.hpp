// The vector of 32 bytes for NEON: two registers. Included by bytes.hpp, which describes the types.
#pragma once

#include <arm_neon.h>

namespace MLP_ISA {

struct B {
  uint8x16_t a, b;  // lanes 0 to 15, lanes 16 to 31
};
struct H {
  uint16x8_t a, b, c, d;
};
struct S {
  uint32x4_t v;
};

// Reads or writes 32 bytes at any alignment.
SHARED_INLINE B load_bytes(const uint8_t* from) { return {vld1q_u8(from), vld1q_u8(from + 16)}; }
SHARED_INLINE void store_bytes(uint8_t* to, B x) {
  vst1q_u8(to, x.a);
  vst1q_u8(to + 16, x.b);
}
SHARED_INLINE B splat_bytes(uint8_t x) {
  const uint8x16_t lanes = vdupq_n_u8(x);
  return {lanes, lanes};
}
SHARED_INLINE B max(B x, B y) { return {vmaxq_u8(x.a, y.a), vmaxq_u8(x.b, y.b)}; }
SHARED_INLINE B min(B x, B y) { return {vminq_u8(x.a, y.a), vminq_u8(x.b, y.b)}; }
SHARED_INLINE B operator&(B x, B y) { return {vandq_u8(x.a, y.a), vandq_u8(x.b, y.b)}; }
SHARED_INLINE B operator|(B x, B y) { return {vorrq_u8(x.a, y.a), vorrq_u8(x.b, y.b)}; }
// Returns the lanes that are at least as large as those of `least`, as a number: bit i is lane i.
SHARED_INLINE uint32_t bits_from(B x, B least) {
  constexpr uint8_t BIT[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  const uint8x16_t bit = vld1q_u8(BIT), a = vandq_u8(vcgeq_u8(x.a, least.a), bit), b = vandq_u8(vcgeq_u8(x.b, least.b), bit);
  uint8x16_t sums = vpaddq_u8(a, b);  // of 2, then 4, then 8 lanes
  sums = vpaddq_u8(sums, sums);
  sums = vpaddq_u8(sums, sums);
  return vgetq_lane_u32(vreinterpretq_u32_u8(sums), 0);
}
SHARED_INLINE uint8_t max_lane(B x) { return vmaxvq_u8(vmaxq_u8(x.a, x.b)); }

// Writes 32 words, of which word i has lane i of a as its lowest byte, then those of b, c and d.
SHARED_INLINE void store_interleaved(uint32_t* to, B a, B b, B c, B d) {
  vst4q_u8(reinterpret_cast<uint8_t*>(to), uint8x16x4_t{{a.a, b.a, c.a, d.a}});
  vst4q_u8(reinterpret_cast<uint8_t*>(to + 16), uint8x16x4_t{{a.b, b.b, c.b, d.b}});
}

SHARED_INLINE H widen(B x) {
  return {vmovl_u8(vget_low_u8(x.a)), vmovl_high_u8(x.a), vmovl_u8(vget_low_u8(x.b)), vmovl_high_u8(x.b)};
}
// Narrows half words below 256.
SHARED_INLINE B narrow(H x) { return {vmovn_high_u16(vmovn_u16(x.a), x.b), vmovn_high_u16(vmovn_u16(x.c), x.d)}; }
SHARED_INLINE H splat_halves(uint16_t x) {
  const uint16x8_t lanes = vdupq_n_u16(x);
  return {lanes, lanes, lanes, lanes};
}
SHARED_INLINE H operator+(H x, H y) {
  return {vaddq_u16(x.a, y.a), vaddq_u16(x.b, y.b), vaddq_u16(x.c, y.c), vaddq_u16(x.d, y.d)};
}
SHARED_INLINE H operator*(H x, H y) {
  return {vmulq_u16(x.a, y.a), vmulq_u16(x.b, y.b), vmulq_u16(x.c, y.c), vmulq_u16(x.d, y.d)};
}
// Zeros come in from the left.
template <int n>
SHARED_INLINE H shift_right(H x) {
  return {vshrq_n_u16(x.a, n), vshrq_n_u16(x.b, n), vshrq_n_u16(x.c, n), vshrq_n_u16(x.d, n)};
}

SHARED_INLINE S no_sum() { return {vdupq_n_u32(0)}; }
SHARED_INLINE S operator+(S x, S y) { return {vaddq_u32(x.v, y.v)}; }
// Returns the sum of the lanes.
SHARED_INLINE S sum_of(B x) { return {vpadalq_u16(vpaddlq_u16(vpaddlq_u8(x.a)), vpaddlq_u8(x.b))}; }
// Returns the sum of x w over the lanes, with w below 64.
SHARED_INLINE S sum_of_products(B x, B w) {
  const uint32x4_t first = vpadalq_u16(vpaddlq_u16(vmull_u8(vget_low_u8(x.a), vget_low_u8(w.a))), vmull_high_u8(x.a, w.a));
  return {vpadalq_u16(vpadalq_u16(first, vmull_u8(vget_low_u8(x.b), vget_low_u8(w.b))), vmull_high_u8(x.b, w.b))};
}
SHARED_INLINE uint32_t total(S x) { return vaddvq_u32(x.v); }

}  // namespace MLP_ISA
