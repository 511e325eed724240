// Functions that the kernels share: the panel layout, a multiply-add, and functions of a vector of numbers, such as e^x.
//
// A matrix of `rows` by `columns` is stored as panels of 16 columns. Element (row, column) has the index
// ((column / 16) * stride + row) * 16 + column % 16; `stride` is the number of rows allocated. A row of a panel is one cache
// line of 64 bytes, or four vectors. The rows that a thread works on are contiguous in each panel. Columns after the last
// one are padding: zero in weights and gradients, any finite number in activations.

/** The bytes of one row of a panel. */
export const ROW: usize = 64;

/** Returns the address of row `row` of panel `panel`. */
// @ts-ignore: decorator

export function rowAt(matrix: usize, stride: i32, panel: i32, row: i32): usize {
  return matrix + (<usize>panel * stride + row) * ROW;
}

/** Returns the number of panels of a matrix with `columns` columns. */
// @ts-ignore: decorator

export function panelsOf(columns: i32): i32 {
  return (columns + 15) >> 4;
}

/** Returns the address of element (row, column). */
// @ts-ignore: decorator

export function elementAt(matrix: usize, stride: i32, row: i32, column: i32): usize {
  return rowAt(matrix, stride, column >> 4, row) + (<usize>(column & 15) << 2);
}

/** Computes `a * b + c`, with one rounding if the build has relaxed SIMD and the processor a fused multiply-add, else two. */
// @ts-ignore: decorator

export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Returns the sum of a vector's four lanes, in a fixed order. */
// @ts-ignore: decorator

export function sumOf(v: v128): f32 {
  return (f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 2)) +
    (f32x4.extract_lane(v, 1) + f32x4.extract_lane(v, 3));
}

/**
 * Computes e^x within 2 units in the last place for x from -87.3 to 88.7; other x are clamped to this range. NaN stays NaN.
 *
 * x = n ln 2 + r with |r| ≤ ln 2 / 2. e^r is computed by its Taylor polynomial of degree 7 (the next term is below 6e-9), and
 * 2^n by setting its exponent bits. ln 2 is split in two parts, so that n times the first part is exact.
 */
export function exp(x: v128): v128 {
  x = f32x4.min(f32x4.max(x, f32x4.splat(-87.3)), f32x4.splat(88.7));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504)));
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  let p = f32x4.splat(1.0 / 5040);
  p = madd(p, r, f32x4.splat(1.0 / 720));
  p = madd(p, r, f32x4.splat(1.0 / 120));
  p = madd(p, r, f32x4.splat(1.0 / 24));
  p = madd(p, r, f32x4.splat(1.0 / 6));
  p = madd(p, r, f32x4.splat(0.5));
  p = madd(p, r, f32x4.splat(1));
  p = madd(p, r, f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(p, power);
}

/** Computes e^x within 5 units in the last place, down to 0 and up to ∞, as the square of e^(x / 2). NaN stays NaN. */
export function wideExp(x: v128): v128 {
  const root = exp(f32x4.mul(x, f32x4.splat(0.5)));
  return f32x4.mul(root, root);
}

/**
 * Computes e^x - 1 for x <= 0. If x > -0.35, the difference would lose digits, and x times the Taylor polynomial of degree 7
 * of (e^x - 1) / x is used (relative error below 1e-8). NaN stays NaN.
 */
export function expm1(x: v128): v128 {
  let p = f32x4.splat(1.0 / 40320);
  p = madd(p, x, f32x4.splat(1.0 / 5040));
  p = madd(p, x, f32x4.splat(1.0 / 720));
  p = madd(p, x, f32x4.splat(1.0 / 120));
  p = madd(p, x, f32x4.splat(1.0 / 24));
  p = madd(p, x, f32x4.splat(1.0 / 6));
  p = madd(p, x, f32x4.splat(0.5));
  const small = madd(f32x4.mul(p, x), x, x);
  return v128.bitselect(small, f32x4.sub(exp(x), f32x4.splat(1)), f32x4.gt(x, f32x4.splat(-0.35)));
}

/**
 * Computes log(1 + x) for x from 0 to 1 with a relative error below 3e-7, as 2 s Σ s²ⁿ / (2n + 1) with s = x / (2 + x), up
 * to n = 6 (the next term is below 2e-8). NaN stays NaN.
 */
export function log1p(x: v128): v128 {
  const s = f32x4.div(x, f32x4.add(f32x4.splat(2), x)), t = f32x4.mul(s, s);
  let p = f32x4.splat(2.0 / 13);
  p = madd(p, t, f32x4.splat(2.0 / 11));
  p = madd(p, t, f32x4.splat(2.0 / 9));
  p = madd(p, t, f32x4.splat(2.0 / 7));
  p = madd(p, t, f32x4.splat(2.0 / 5));
  p = madd(p, t, f32x4.splat(2.0 / 3));
  p = madd(p, t, f32x4.splat(2));
  return f32x4.mul(s, p);
}

/** The |x| from which on e^(-x² / 2), there 1.6e-38, is set to 0. */
const BELL_END: f32 = 13.2;

/**
 * Computes e^(-x² / 2) within 4 units in the last place; 0 if |x| >= 13.2 or x is NaN. Let h be x rounded to 12 bits. Then
 * x² is h² + (x - h) (x + h), and h² is exact. The exponential of the second part, which is small, is computed by its Taylor
 * polynomial.
 */
export function bell(x: v128): v128 {
  const inside = f32x4.lt(f32x4.abs(x), f32x4.splat(BELL_END));
  x = v128.and(x, inside);
  const h = v128.and(i32x4.add(x, i32x4.splat(0x800)), i32x4.splat(~0xfff)), half = f32x4.splat(-0.5);
  const r = f32x4.mul(f32x4.mul(f32x4.sub(x, h), f32x4.add(x, h)), half);
  let p = f32x4.splat(1.0 / 6);
  p = madd(p, r, f32x4.splat(0.5));
  p = madd(p, r, f32x4.splat(1));
  p = madd(p, r, f32x4.splat(1));
  return v128.and(f32x4.mul(exp(f32x4.mul(f32x4.mul(h, h), half)), p), inside);
}

/**
 * Computes Φ(x), the share of the standard normal distribution below x, with a relative error below 6e-7 even if it is tiny.
 * `e` is `bell(x)`. Φ(-|x|) is e P(|x|) / Q(|x|), fitted by tests/fixtures/make_normal_tail.py on [0, 13.5]. Returns 1 for
 * NaN.
 */
export function normalCdf(x: v128, e: v128): v128 {
  const a = f32x4.min(f32x4.abs(x), f32x4.splat(BELL_END));
  let p = f32x4.splat(0.00400742749);
  p = madd(p, a, f32x4.splat(0.0399121307));
  p = madd(p, a, f32x4.splat(0.181113869));
  p = madd(p, a, f32x4.splat(0.435458809));
  p = madd(p, a, f32x4.splat(0.5));
  let q = f32x4.splat(0.0100449892);
  q = madd(q, a, f32x4.splat(0.10005223));
  q = madd(q, a, f32x4.splat(0.463864952));
  q = madd(q, a, f32x4.splat(1.19373596));
  q = madd(q, a, f32x4.splat(1.66880238));
  q = madd(q, a, f32x4.splat(1));
  const below = f32x4.mul(e, f32x4.div(p, q));
  return v128.bitselect(below, f32x4.sub(f32x4.splat(1), below), f32x4.lt(x, f32x4.splat(0)));
}

/**
 * Computes tanh x as 1 - 2 / (e^2|x| + 1) with the sign of x. If |x| < 0.3, that formula would lose digits, and the Taylor
 * polynomial of degree 11 is used (relative error below 1e-8).
 */
export function tanh(x: v128): v128 {
  const size = f32x4.abs(x);
  const one = f32x4.splat(1);
  const large = f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(exp(f32x4.add(size, size)), one)));
  const signed = v128.or(large, v128.and(x, f32x4.splat(-0.0)));
  const s = f32x4.mul(x, x);
  let p = f32x4.splat(-1382.0 / 155925);
  p = madd(p, s, f32x4.splat(62.0 / 2835));
  p = madd(p, s, f32x4.splat(-17.0 / 315));
  p = madd(p, s, f32x4.splat(2.0 / 15));
  p = madd(p, s, f32x4.splat(-1.0 / 3));
  const small = madd(f32x4.mul(p, s), x, x);
  return v128.bitselect(small, signed, f32x4.lt(size, f32x4.splat(0.3)));
}
