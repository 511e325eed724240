// exp, expm1, log, log1p, tanh, the logistic function and the normal distribution, for 16 floats at once.
//
// Numerics: the largest errors over all 2³² floats, in ulp (units in the last place), as `make -C cpu math` measures them:
//
//   exp 1.042   expm1 1.554   log 0.930   log1p 1.476   tanh 1.332   sigmoid 1.975   normal_cdf 1.414
//
// Infinities, zeros, denormal numbers and results that overflow or underflow are right; NaN gives NaN. The functions use only
// those of vector.hpp, so that they have the same bits on every processor.
//
// Method: the argument is reduced to an interval on which a polynomial of degree 4 to 9 has an error below 2⁻²⁵ of the result.
// The polynomials are minimax fits, whose coefficients are floats (tests/fit_polynomials.py). There are no tables and branches.
// Cost: 14 operations on vectors for exp, about 30 for tanh and sigmoid, 20 for log, 60 for normal_cdf; tanh, sigmoid and
// normal_cdf have one division. Reference: libm in double precision (tests/math_test.cpp).
#pragma once

#include "vector.hpp"

namespace MLP_ISA {

// Returns c[0] + c[1] x + c[2] x² + …, by Horner's rule.
template <int count>
SHARED_INLINE V polynomial(const float (&c)[count], V x) {
  V sum = splat(c[count - 1]);
  for (int i = count - 2; i >= 0; i--) sum = fma(sum, x, splat(c[i]));
  return sum;
}

// log 2 as a sum. The first term has 15 bits, so that its product with a whole number up to 512 is exact.
constexpr float LOG2_HIGH = 0.693145751953125f, LOG2_LOW = 1.42860677e-6f;

// A number x as n log 2 + r, n whole and |r| <= log(2) / 2 (a little more due to rounding).
struct Reduced {
  V n, r;
  W shifted;  // n in the lowest bits
  // Returns 2ⁿ, with n from -126 to 127.
  SHARED_INLINE V power() const { return floats_of(shift_left<23>(shifted) + splat_words(0x3f800000u)); }
};
SHARED_INLINE Reduced reduce(V x) {
  // Numbers near 1.5 · 2²³ are 1 apart: the addition rounds to a whole number.
  const V shift = splat(12582912.0f), shifted = fma(x, splat(1.44269504f), shift), n = shifted - shift;
  return {n, fnma(n, splat(LOG2_LOW), fnma(n, splat(LOG2_HIGH), x)), words_of(shifted)};
}

constexpr float EXP[] = {0.5f, 0.166665316f, 0.041666165f, 0.00836803112f, 0.00139735662f};
// Returns e^r - 1 - r for a reduced r: r² q(r), q of degree 4, with an error of 2⁻²⁶ (e^r - 1).
SHARED_INLINE V expm1_rest(V r) { return r * r * polynomial(EXP, r); }
// Returns e^r - 1.
SHARED_INLINE V expm1_reduced(V r) { return fma(r * r, polynomial(EXP, r), r); }

// e^x = 2ⁿ e^r. Beyond the limits, the result is 0 or infinity already. A limit is the first argument, so that NaN stays.
SHARED_INLINE V exp(V x) {
  const Reduced x_ = reduce(min(splat(89.0f), max(splat(-104.0f), x)));
  return scale_by_power(expm1_reduced(x_.r) + splat(1), x_.n);
}

// e^x - 1 = 2 (2ⁿ⁻¹ (e^r - 1) + 2ⁿ⁻¹ - 1/2), halved because 2ⁿ may overflow if the result does not.
SHARED_INLINE V expm1(V x) {
  const Reduced x_ = reduce(min(splat(89.0f), max(splat(-18.0f), x)));
  const V half_power = floats_of(shift_left<23>(x_.shifted) + splat_words(0x3f000000u));
  const V half = fma(half_power, expm1_reduced(x_.r), half_power - splat(0.5f));
  return select(less(abs(x), splat(0x1p-25f)), x, half + half);
}

// Returns k log 2 + log(1 + f), with √½ - 1 <= f <= √2 - 1. Exact in f if k is 0 and f is tiny.
SHARED_INLINE V log_of_parts(V k, V f) {
  constexpr float P[] = {0.333333313f, -0.250008225f, 0.200012624f, -0.166233569f,
                         0.142010227f, -0.131593391f, 0.127658144f, -0.0764174834f};
  const V log1p = fma(f * f, fma(f, polynomial(P, f), splat(-0.5f)), f);
  return fma(k, splat(LOG2_HIGH), fma(k, splat(LOG2_LOW), log1p));
}

// A positive normal number as m 2ᵏ, with √½ <= m < √2.
struct Scaled {
  V k, m;
};
SHARED_INLINE Scaled scaled(V x) {
  // The exponent changes at √½, whose bits are 0x3f3504f3.
  const W moved = words_of(x) + splat_words(0x3f800000u - 0x3f3504f3u);
  return {to_floats(shift_right<23>(moved)) - splat(127),
          floats_of((moved & splat_words(0x007fffffu)) + splat_words(0x3f3504f3u))};
}

// The results for arguments at the edge of a logarithm: `x` of the logarithm is 0, negative, infinite or NaN.
SHARED_INLINE V log_with_edges(V x, V result) {
  result = select(less(x, splat(__builtin_inff())), result, x);
  result = select(equal(x, zero()), splat(-__builtin_inff()), result);
  return select(less(x, zero()), splat(__builtin_nanf("")), result);
}

// log x = k log 2 + log m
SHARED_INLINE V log(V x) {
  const M denormal = less(x, splat(0x1p-126f));
  const Scaled parts = scaled(select(denormal, x * splat(0x1p24f), x));
  return log_with_edges(x, log_of_parts(parts.k - keep(denormal, splat(24)), parts.m - splat(1)));
}

// log(1 + x). The sum is rounded; what is missing is added to f, for k = 0 exactly.
SHARED_INLINE V log1p(V x) {
  const V sum = x + splat(1), one = sum - x;
  const V missing = (splat(1) - one) + (x - (sum - one));
  const Scaled parts = scaled(sum);
  const V inverse_power = floats_of(splat_words(0x3f800000u) - shift_left<23>(words_of(parts.k + splat(12582912.0f))));
  const V f = (parts.m - splat(1)) + keep(less(x, splat(0x1p26f)), missing * inverse_power);
  return select(equal(x, zero()), x, log_with_edges(sum, log_of_parts(parts.k, f)));
}

// tanh x = x + x³ p(x²) if |x| < 0.625, else 1 - 2 / (e^2x + 1), with the sign of x.
SHARED_INLINE V tanh(V x) {
  constexpr float P[] = {-0.333332807f, 0.133314058f, -0.0537365153f, 0.0206281655f, -0.00569228921f};
  const V size = abs(x), square = x * x;
  const V small = fma(polynomial(P, square), square * x, x);
  const Reduced twice = reduce(min(splat(20.0f), size + size));
  const V power = twice.power();
  const V large = splat(1) - splat(2) / (fma(power, expm1_reduced(twice.r), power) + splat(1));
  return select(less(size, splat(0.625f)), small, with_sign(large, x));
}

// 1 / (1 + e^-x): with q = e^-|x|, it is 1 / (1 + q), or q / (1 + q) if x is negative. No term overflows.
// The rounding of the sum is corrected after the division, to the first order.
SHARED_INLINE V sigmoid(V x) {
  const V q = exp(negate(abs(x))), sum = q + splat(1), sum_low = q - (sum - splat(1));
  const V rounded = select(less(x, zero()), q, splat(1)) / sum;
  return fnma(rounded, sum_low, rounded);
}

// Returns 1 - Φ(t), the share of the standard normal distribution above t, with 0.65 <= t <= 14.5.
//
// It is e^(-t²/2) w P(w), with w = 1 / (t + 2.5) and a polynomial P. The roundings of t², r, t + 2.5, w, P(w) and h = w P(w) are
// computed, too, and added at the end: the result is 2ⁿ (h + h r + low), with all small terms in `low`.
SHARED_INLINE V normal_tail(V t) {
  constexpr float P[] = {0.398932219f, 0.998132348f, 2.06852913f, 3.73284912f, -4.01976395f,
                         36.6111412f,  -253.154938f, 633.688843f, -730.346008f, 332.913483f};
  constexpr float SHIFT = 2.5f;
  const V square = t * t, square_low = fma(t, t, negate(square));
  const Reduced power = reduce(square * splat(-0.5f));
  const V r = power.r, exact = fnma(power.n, splat(LOG2_HIGH), square * splat(-0.5f));
  const V r_low = fma(square_low, splat(-0.5f), fnma(power.n, splat(LOG2_LOW), exact - r));

  const V sum = t + splat(SHIFT), sum_low = t - (sum - splat(SHIFT)), w = splat(1) / sum;
  const V w_low = fnma(sum_low, w, fnma(sum, w, splat(1)));  // relative to w
  V above = splat(P[9]);
  for (int i = 8; i > 0; i--) above = fma(above, w, splat(P[i]));
  const V p = fma(above, w, splat(P[0])), p_low = fma(above, w, splat(P[0]) - p);
  // For w (1 + x), the result is w P + x w (P + w P'). For w P', 1.5 (P - P(0)) is near enough.
  const V slope = fma(p, splat(2.5f), splat(-1.5f * P[0]));
  const V h = w * p, h_low = fma(w, fma(w_low, slope, p_low), fma(w, p, negate(h)));
  const V rest = expm1_rest(r), growth = splat(1) + r + rest;
  const V low = fma(h, fma(r_low, growth, rest), h_low * growth);
  return scale_by_power(h + fma(h, r, low), power.n);
}

// Φ(x), the share of the standard normal distribution below x: 1/2 + x P(x²) if |x| < 0.7, else from the tail.
SHARED_INLINE V normal_cdf(V x) {
  constexpr float P[] = {0.398942292f, -0.0664905831f, 0.00997433811f, -0.0011865577f, 0.000107675703f};
  const V size = abs(x), tail = normal_tail(min(splat(14.5f), max(splat(0.65f), size)));
  const V middle = fma(x, polynomial(P, x * x), splat(0.5f));
  return select(less(size, splat(0.7f)), middle, select(less(x, zero()), tail, splat(1) - tail));
}

}  // namespace MLP_ISA
