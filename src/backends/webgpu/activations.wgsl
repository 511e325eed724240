// The activations of one number. For each NAME of ACTIVATION_TABLE (plan/activations.ts), NAME_of(z) is the activation, and
// NAME_back is the gradient of z, computed from the gradient d of the output and from the output y or from z, as the table
// defines. kernels.ts calls the functions by these names. softmax.wgsl and softmax_backward.wgsl compute softmax.
// Compared with `activate()` and `activateBackward()` of the reference backend.

fn linear_of(z: f32) -> f32 {
  return z;
}

fn linear_back(y: f32, d: f32) -> f32 {
  return d;
}

fn softmax_of(z: f32) -> f32 {
  return z;
}

fn softmax_back(y: f32, d: f32) -> f32 {
  return d;
}

fn relu_of(z: f32) -> f32 {
  return select(z, 0.0, is_negative(z)); // NaN stays NaN
}

fn relu_back(y: f32, d: f32) -> f32 {
  return select(d, 0.0, is_negative(y) || is_zero(y)); // d if y is NaN
}

fn sigmoid_of(z: f32) -> f32 {
  return 1.0 / (1.0 + exp_of(-z));
}

fn sigmoid_back(y: f32, d: f32) -> f32 {
  return d * y * (1.0 - y);
}

/** The bits of 0.3. */
const TANH_SMALL = 0x3e99999au;

/** tanh z. If |z| < 0.3, the formula with e^2|z| would lose digits, and the Taylor polynomial of degree 11 is used. */
fn tanh_of(z: f32) -> f32 {
  let size = bitcast<u32>(z) & 0x7fffffffu;
  let sign = bitcast<u32>(z) & 0x80000000u;
  let s = z * z;
  var p = -1382.0 / 155925.0;
  p = fma(p, s, 62.0 / 2835.0);
  p = fma(p, s, -17.0 / 315.0);
  p = fma(p, s, 2.0 / 15.0);
  p = fma(p, s, -1.0 / 3.0);
  let large = 1.0 - 2.0 / (exp_of(2.0 * bitcast<f32>(size)) + 1.0);
  return select(bitcast<f32>(bitcast<u32>(large) | sign), fma(p * s, z, z), size < TANH_SMALL);
}

fn tanh_back(y: f32, d: f32) -> f32 {
  return d * (1.0 - y * y);
}

fn silu_of(z: f32) -> f32 {
  let h = exp_of(0.5 * z);
  return select(z / (1.0 + exp_of(-z)), z * h * h, is_below_88(z));
}

fn silu_back(z: f32, d: f32) -> f32 {
  let e = exp_of(-z);
  let h = exp_of(0.5 * z);
  let slope = (1.0 + z * (e / (1.0 + e))) / (1.0 + e); // e / (1 + e) is 1 - σ(z)
  return d * select(slope, (1.0 + z) * h * h, is_below_88(z));
}

/** True if -∞ <= z < -88, where exp_of(-z) is constant; false if z is NaN. */
fn is_below_88(z: f32) -> bool {
  return bitcast<u32>(z) - 0xc2b00001u <= 0xff800000u - 0xc2b00001u;
}

/**
 * z t with t = tanh(log(1 + e^z)). With q = e^-|z|, t is (1 + 2 q) / (1 + 2 q + 2 q²) if z >= 0, and
 * (q² + 2 q) / (q² + 2 q + 2) if z < 0. For z < 0, z is multiplied by √q twice, because q underflows before z q.
 */
fn mish_of(z: f32) -> f32 {
  let h = root_of_decay(z);
  let q = h * h;
  let above = z * ((1.0 + 2.0 * q) / (1.0 + 2.0 * q + 2.0 * q * q));
  let below = z * h * h * ((q + 2.0) / (q * (q + 2.0) + 2.0));
  return select(above, below, is_negative(z));
}

/** With D the divisor of t, σ(z) (1 - t²) is 4 (1 + q) q² / D² if z >= 0, and 4 (1 + q) q / D² if z < 0. */
fn mish_back(z: f32, d: f32) -> f32 {
  let h = root_of_decay(z);
  let q = h * h;
  let over = 1.0 + 2.0 * q + 2.0 * q * q;
  let above = (1.0 + 2.0 * q + z * h * h * (4.0 * q * (1.0 + q) / over)) / over;
  let under = q * (q + 2.0) + 2.0;
  let below = h * (h * (q + 2.0) + z * h * (4.0 * (1.0 + q) / under)) / under;
  return d * select(above, below, is_negative(z));
}

/** e^(-|z| / 2), whose square reaches 0. */
fn root_of_decay(z: f32) -> f32 {
  return exp_of(0.5 * bitcast<f32>(bitcast<u32>(z) | 0x80000000u));
}

fn leaky_relu_of(z: f32) -> f32 {
  return select(z, 0.01 * z, is_negative(z));
}

fn leaky_relu_back(y: f32, d: f32) -> f32 {
  return select(d, 0.01 * d, is_negative(y) || is_zero(y)); // d if y is NaN
}

/** z if z >= 0, else e^z - 1. If z > -0.5, the difference would lose digits, and the Taylor polynomial of degree 8 is used. */
fn elu_of(z: f32) -> f32 {
  var p = 1.0 / 40320.0;
  p = fma(p, z, 1.0 / 5040.0);
  p = fma(p, z, 1.0 / 720.0);
  p = fma(p, z, 1.0 / 120.0);
  p = fma(p, z, 1.0 / 24.0);
  p = fma(p, z, 1.0 / 6.0);
  p = fma(p, z, 0.5);
  let is_small = (bitcast<u32>(z) & 0x7fffffffu) < 0x3f000000u;
  let below = select(exp_of(z) - 1.0, fma(p * z, z, z), is_small);
  return select(z, below, is_negative(z));
}

fn elu_back(y: f32, d: f32) -> f32 {
  return select(d, d * (y + 1.0), is_negative(y) || is_zero(y)); // d if y is NaN
}

/** z Φ(z). With x = |z|, Φ(-x) is decay_of(x) tail_of(x), and Φ(x) is 1 - Φ(-x), so that the smaller one keeps its digits. */
fn gelu_of(z: f32) -> f32 {
  let x = bitcast<f32>(bitcast<u32>(z) & 0x7fffffffu);
  let below = decay_of(x) * tail_of(x);
  return z * select(1.0 - below, below, is_negative(z));
}

/** Φ(z) + z φ(z), with φ(x) = decay_of(x) / √(2π). */
fn gelu_back(z: f32, d: f32) -> f32 {
  let x = bitcast<f32>(bitcast<u32>(z) & 0x7fffffffu);
  let below = decay_of(x) * (tail_of(x) - 0.398942280 * x);
  return d * select(1.0 - below, below, is_negative(z));
}

/** The x from which on e^(-x²/2) is below the normal range of float32, and the bits of this x. */
const DECAY_END = 13.2;
const DECAY_END_BITS = 0x41533333u;

/** The smaller of x >= 0 and DECAY_END; DECAY_END if x is NaN. */
fn within_decay(x: f32) -> f32 {
  return select(DECAY_END, x, bitcast<u32>(x) < DECAY_END_BITS);
}

/**
 * e^(-x²/2) for x >= 0; 0 if x >= DECAY_END. x² is not rounded, because its rounding error would be multiplied by x²/2 in
 * the result. The square of the first 12 bits of x is exact, and the rest of x² is small.
 */
fn decay_of(x: f32) -> f32 {
  let bounded = within_decay(x);
  let high = bitcast<f32>(bitcast<u32>(bounded) & 0xfffff000u);
  let decay = exp_of(-0.5 * high * high) * exp_of(-0.5 * (bounded + high) * (bounded - high));
  return select(0.0, decay, bitcast<u32>(x) < DECAY_END_BITS);
}

/** Φ(-x) e^(x²/2) for 0 <= x <= DECAY_END, with an error below 3.8e-7; fitted by tests/fixtures/make_normal_tail.py. */
fn tail_of(x: f32) -> f32 {
  let bounded = within_decay(x);
  var p = 0.00400742749;
  p = fma(p, bounded, 0.0399121307);
  p = fma(p, bounded, 0.181113869);
  p = fma(p, bounded, 0.435458809);
  p = fma(p, bounded, 0.5);
  var q = 0.0100449892;
  q = fma(q, bounded, 0.10005223);
  q = fma(q, bounded, 0.463864952);
  q = fma(q, bounded, 1.19373596);
  q = fma(q, bounded, 1.66880238);
  q = fma(q, bounded, 1.0);
  return p / q;
}
