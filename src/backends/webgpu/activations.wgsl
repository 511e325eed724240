// The activations of one number. For each NAME of ACTIVATION_TABLE (plan/activations.ts): NAME_of(z), and NAME_back, the
// gradient of z from that of the output, d, and from the output y or from z, whichever the table says.
// kernels.ts calls them by these names. Softmax is left to softmax.wgsl and softmax_backward.wgsl.
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
  return select(d, 0.0, is_negative(y) || is_zero(y)); // through NaN it goes as it is
}

fn sigmoid_of(z: f32) -> f32 {
  return 1.0 / (1.0 + exp_of(-z));
}

fn sigmoid_back(y: f32, d: f32) -> f32 {
  return d * y * (1.0 - y);
}

/** Bits of 0.3. */
const TANH_SMALL = 0x3e99999au;

/** Taylor's polynomial of degree 11 for |z| < 0.3, where the formula with e^2|z| would lose digits. */
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

/** Whether -∞ <= z < -88, beyond which exp_of(-z) stays the same; not if z is NaN. */
fn is_below_88(z: f32) -> bool {
  return bitcast<u32>(z) - 0xc2b00001u <= 0xff800000u - 0xc2b00001u;
}

/**
 * z t with t = tanh(log(1 + e^z)), which is (1 + 2 q) / (1 + 2 q + 2 q²) with q = e^-|z|, or below zero
 * (q² + 2 q) / (q² + 2 q + 2). There z meets the root of q before q itself, which vanishes sooner than z q.
 */
fn mish_of(z: f32) -> f32 {
  let h = root_of_decay(z);
  let q = h * h;
  let above = z * ((1.0 + 2.0 * q) / (1.0 + 2.0 * q + 2.0 * q * q));
  let below = z * h * h * ((q + 2.0) / (q * (q + 2.0) + 2.0));
  return select(above, below, is_negative(z));
}

/** With D the divisor of t, σ(z) (1 - t²) is 4 (1 + q) q² / D², or below zero 4 (1 + q) q / D². */
fn mish_back(z: f32, d: f32) -> f32 {
  let h = root_of_decay(z);
  let q = h * h;
  let over = 1.0 + 2.0 * q + 2.0 * q * q;
  let above = (1.0 + 2.0 * q + z * h * h * (4.0 * q * (1.0 + q) / over)) / over;
  let under = q * (q + 2.0) + 2.0;
  let below = h * (h * (q + 2.0) + z * h * (4.0 * (1.0 + q) / under)) / under;
  return d * select(above, below, is_negative(z));
}

/** e^(-|z| / 2); its square reaches 0. */
fn root_of_decay(z: f32) -> f32 {
  return exp_of(0.5 * bitcast<f32>(bitcast<u32>(z) | 0x80000000u));
}

fn leaky_relu_of(z: f32) -> f32 {
  return select(z, 0.01 * z, is_negative(z));
}

fn leaky_relu_back(y: f32, d: f32) -> f32 {
  return select(d, 0.01 * d, is_negative(y) || is_zero(y)); // through NaN it goes as it is
}

/** e^z - 1 below zero. Between -0.5 and 0, where the difference would lose digits, it is Taylor's polynomial of degree 8. */
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
  return select(d, d * (y + 1.0), is_negative(y) || is_zero(y)); // through NaN it goes as it is
}

/** z Φ(z). With x = |z|, Φ(-x) is decay_of(x) tail_of(x), which keeps its digits where it is tiny, and Φ(x) is 1 - Φ(-x). */
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

/** The largest x whose e^(-x²/2) float32 holds with all digits, and its bits. */
const DECAY_END = 13.2;
const DECAY_END_BITS = 0x41533333u;

/** The smaller of DECAY_END and x >= 0; DECAY_END if x is NaN. */
fn within_decay(x: f32) -> f32 {
  return select(DECAY_END, x, bitcast<u32>(x) < DECAY_END_BITS);
}

/**
 * e^(-x²/2) for x >= 0; 0 from DECAY_END on. x² is not rounded, because a rounding of it would be x²/2 roundings of the
 * result: the square of the first 12 bits of x is exact, and the rest of x² is small.
 */
fn decay_of(x: f32) -> f32 {
  let bounded = within_decay(x);
  let high = bitcast<f32>(bitcast<u32>(bounded) & 0xfffff000u);
  let decay = exp_of(-0.5 * high * high) * exp_of(-0.5 * (bounded + high) * (bounded - high));
  return select(0.0, decay, bitcast<u32>(x) < DECAY_END_BITS);
}

/** Φ(-x) e^(x²/2) for 0 <= x <= DECAY_END, within 3.8e-7 of the value; tests/fixtures/make_normal_tail.py fits it. */
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
