// Functions of one number, which every kernel has.
//
// Numerics: WGSL allows an implementation's own exp, log and tanh errors that grow with the argument, or that no test
// could state. These are within a few units in the last place of float32, on every device alike.
// WGSL also lets a compiler assume that no number is NaN or infinite: Mesa turns select(z, 0.0, z < 0.0) into a maximum
// that makes 0 of NaN. Arithmetic keeps NaN on every device; comparisons, max, min, clamp and x - x do not. Choices
// between numbers are therefore made by their bits, as integers.

/** Bits of ∞; those of NaN are above it, without the sign. */
const INFINITY = 0x7f800000u;

/** Whether x is NaN. */
fn is_nan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > INFINITY;
}

/** Whether x is neither NaN nor infinite. */
fn is_finite(x: f32) -> bool {
  return (bitcast<u32>(x) & INFINITY) != INFINITY;
}

/** Whether x is 0 or -0. */
fn is_zero(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) == 0u;
}

/** Whether -∞ <= x < 0; not if x is NaN. */
fn is_negative(x: f32) -> bool {
  return bitcast<u32>(x) - 0x80000001u < INFINITY;
}

/** e^x: x = n ln 2 + r, and the Taylor polynomial of degree 7 for |r| <= ln 2 / 2. */
fn exp_of(x: f32) -> f32 {
  let bounded = clamp(x, -87.3, 88.0); // for NaN any number, which is not used
  let n = round(bounded * 1.44269504);
  let r = fma(n, 2.12194440e-4, kept(fma(n, -0.693359375, bounded)));
  var p = 1.0 / 5040.0;
  p = fma(p, r, 1.0 / 720.0);
  p = fma(p, r, 1.0 / 120.0);
  p = fma(p, r, 1.0 / 24.0);
  p = fma(p, r, 1.0 / 6.0);
  p = fma(p, r, 0.5);
  p = fma(p, r, 1.0);
  p = fma(p, r, 1.0);
  let limit = select(x, 0.0, is_negative(x)); // for ±∞; NaN stays NaN
  return select(limit, p * bitcast<f32>((i32(n) + 127) << 23u), is_finite(x));
}

/**
 * x, by way of a bit that is always 0, which no compiler knows: it may not merge n a + n b into n (a + b), which rounds
 * where the two products do not. Mesa does that to the two parts of ln 2.
 */
fn kept(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) | (step.index & 0x80000000u));
}

/** ln x for a normal x > 0: x = 2^n m with m around 1, and ln m = 2 artanh((m - 1) / (m + 1)). */
fn log_of(x: f32) -> f32 {
  let bits = bitcast<i32>(x);
  let n = (bits - 0x3f3504f3) >> 23u; // so that m lies from 1/√2 to √2
  let m = bitcast<f32>(bits - (n << 23u));
  let s = (m - 1.0) / (m + 1.0);
  let q = s * s;
  var p = 2.0 / 9.0;
  p = fma(p, q, 2.0 / 7.0);
  p = fma(p, q, 2.0 / 5.0);
  p = fma(p, q, 2.0 / 3.0);
  let logarithm = fma(f32(n), 0.693359375, fma(f32(n), -2.12194440e-4, fma(p * q, s, 2.0 * s)));
  return select(logarithm, x, is_nan(x));
}
