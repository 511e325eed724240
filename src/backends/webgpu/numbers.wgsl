// Functions of one number, included in every kernel.
//
// Numerics: the errors that WGSL allows for its exp, log and tanh grow with the argument, or have no bound that a test
// could check. The errors of these functions are a few units in the last place of float32, on every device.
// WGSL also lets a compiler assume that no number is NaN or infinite. For example, Mesa turns select(z, 0.0, z < 0.0) into
// a maximum, which is 0 for NaN. Arithmetic keeps NaN on every device; comparisons, max, min, clamp and x - x do not.
// Therefore numbers are compared by their bits, as integers.

/** The bits of ∞. Without the sign, the bits of NaN are larger. */
const INFINITY = 0x7f800000u;

/** True if x is NaN. */
fn is_nan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > INFINITY;
}

/** True if x is neither NaN nor infinite. */
fn is_finite(x: f32) -> bool {
  return (bitcast<u32>(x) & INFINITY) != INFINITY;
}

/** True if x is 0 or -0. */
fn is_zero(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) == 0u;
}

/** True if -∞ <= x < 0; false if x is NaN. */
fn is_negative(x: f32) -> bool {
  return bitcast<u32>(x) - 0x80000001u < INFINITY;
}

/** e^x, with x = n ln 2 + r and |r| <= ln 2 / 2: 2^n times the Taylor polynomial of degree 7 of e^r. */
fn exp_of(x: f32) -> f32 {
  let bounded = clamp(x, -87.3, 88.0); // any number for NaN, not used
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
 * Returns x, combined with a bit that is always 0, which compilers cannot know. They cannot merge n a + n b into n (a + b),
 * which would lose the exact products with the two parts of ln 2. Mesa merges them otherwise.
 */
fn kept(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) | (step.index & 0x80000000u));
}

/** ln x for a normal x > 0, with x = 2^n m, m near 1, and ln m = 2 artanh((m - 1) / (m + 1)). */
fn log_of(x: f32) -> f32 {
  let bits = bitcast<i32>(x);
  let n = (bits - 0x3f3504f3) >> 23u; // so that 1/√2 <= m < √2
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
