// What every kernel shares: the record of its step, and functions of one number.
//
// Numerics: WGSL allows an implementation's own exp, log and tanh errors that grow with the argument, or that no test
// could state. These are within a few units in the last place of float32, on every device alike.
// WGSL also lets a compiler assume that no number is NaN or infinite: Mesa turns select(z, 0.0, z < 0.0) into a maximum
// that makes 0 of NaN. Arithmetic keeps NaN on every device; comparisons, max, min, clamp and x - x do not. Choices
// between numbers are therefore made by their bits, as integers.

/** A step, as steps.ts writes it. */
struct Step {
  first: u32, // where its rows begin in the order of the epoch
  rows: u32,
  index: u32, // its number in this submission
  flags: u32,
  rate: f32, // the learning rate; the others are the optimizer's, see sgd.wgsl and adam.wgsl
  weight_decay: f32,
  momentum: f32,
  beta1: f32,
  beta2: f32,
  one_minus_beta1: f32,
  one_minus_beta2: f32,
  corrected_rate: f32,
  v_root: f32,
  epsilon: f32,
}

const NESTEROV = 1u;
const DECOUPLED = 2u;
const MOMENTUM = 4u;

@group(0) @binding(0) var<uniform> step: Step;

/**
 * 0, which no compiler knows: each kernel with a branch that uniforms alone decide sets it to group.z, and adds it to them.
 * Mesa's Vulkan driver for the CPU compiles such a kernel for the values of its uniforms if half of the code goes away by
 * that, at each dispatch, and keeps every copy: 0.3 to 1 MB a step.
 */
var<private> unknown_zero: u32;

const LINEAR = 0u;
const RELU = 1u;
const SIGMOID = 2u;
const TANH = 3u;

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
  return bitcast<f32>(bitcast<u32>(x) | (step.flags & 0x80000000u));
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

/** Bits of 0.3. */
const TANH_SMALL = 0x3e99999au;

/** tanh x: Taylor's polynomial of degree 11 for |x| < 0.3, where the formula with e^2|x| would lose digits. */
fn tanh_of(x: f32) -> f32 {
  let size = bitcast<u32>(x) & 0x7fffffffu;
  let sign = bitcast<u32>(x) & 0x80000000u;
  let s = x * x;
  var p = -1382.0 / 155925.0;
  p = fma(p, s, 62.0 / 2835.0);
  p = fma(p, s, -17.0 / 315.0);
  p = fma(p, s, 2.0 / 15.0);
  p = fma(p, s, -1.0 / 3.0);
  let large = 1.0 - 2.0 / (exp_of(2.0 * bitcast<f32>(size)) + 1.0);
  return select(bitcast<f32>(bitcast<u32>(large) | sign), fma(p * s, x, x), size < TANH_SMALL);
}

/** An activation of one sum; softmax needs its whole row, and is left to softmax.wgsl. */
fn activate(z: f32, activation: u32) -> f32 {
  switch activation + unknown_zero {
    case RELU: {
      return select(z, 0.0, is_negative(z)); // NaN stays NaN
    }
    case SIGMOID: {
      return 1.0 / (1.0 + exp_of(-z));
    }
    case TANH: {
      return tanh_of(z);
    }
    default: {
      return z;
    }
  }
}

/** The gradient of an activation's input, from that of its output y. */
fn activate_backward(y: f32, d: f32, activation: u32) -> f32 {
  switch activation + unknown_zero {
    case RELU: {
      return select(d, 0.0, is_negative(y) || is_zero(y)); // through NaN it goes as it is
    }
    case SIGMOID: {
      return d * y * (1.0 - y);
    }
    case TANH: {
      return d * (1.0 - y * y);
    }
    default: {
      return d;
    }
  }
}
