// The optimizers, over a stretch of a parameter and the state of the same layout. Numbers that change from step to step
// come from a table that the host computes in float64, so that Adam's bias correction is exact:
//   {learning rate, Adam's step lr √(1 - β₂ᵗ) / (1 - β₁ᵗ), Adam's ε √(1 - β₂ᵗ)}
// With these, p - lr m̂ / (√v̂ + ε) is p - step m / (√v + ε'), one division and one root for each number.

import { madd } from "./prims";

/** Adam and AdamW: `decay` is λ in `g + λ p`; `shrink` is λ in `p - lr λ p`. One of the two is 0. */
export function adam(
  p: usize,
  g: usize,
  m: usize,
  v: usize,
  length: usize,
  rates: usize,
  beta1_: f32,
  rest1_: f32,
  beta2_: f32,
  rest2_: f32,
  decay_: f32,
  shrink: f32,
): void {
  const keep = f32x4.splat(1 - load<f32>(rates) * shrink), decay = f32x4.splat(decay_);
  const step = f32x4.splat(load<f32>(rates, 4)), epsilon = f32x4.splat(load<f32>(rates, 8));
  const beta1 = f32x4.splat(beta1_), beta2 = f32x4.splat(beta2_);
  const rest1 = f32x4.splat(rest1_), rest2 = f32x4.splat(rest2_);
  for (const end = p + length; p < end; p += 16, g += 16, m += 16, v += 16) {
    const w = v128.load(p);
    const d = madd(decay, w, v128.load(g));
    const mm = madd(rest1, d, f32x4.mul(beta1, v128.load(m)));
    const vv = madd(f32x4.mul(rest2, d), d, f32x4.mul(beta2, v128.load(v)));
    v128.store(m, mm);
    v128.store(v, vv);
    const change = f32x4.div(f32x4.mul(step, mm), f32x4.add(f32x4.sqrt(vv), epsilon));
    v128.store(p, f32x4.sub(f32x4.mul(w, keep), change));
  }
}

/** Stochastic gradient descent; `v` is 0 where there is no momentum. */
export function sgd(
  p: usize,
  g: usize,
  v: usize,
  length: usize,
  rates: usize,
  momentum_: f32,
  nesterov: i32,
  decay_: f32,
): void {
  const rate = f32x4.splat(load<f32>(rates)), momentum = f32x4.splat(momentum_), decay = f32x4.splat(decay_);
  for (const end = p + length; p < end; p += 16, g += 16) {
    const w = v128.load(p);
    let d = madd(decay, w, v128.load(g));
    if (v) {
      const velocity = madd(momentum, v128.load(v), d);
      v128.store(v, velocity);
      d = nesterov ? madd(momentum, velocity, d) : velocity;
      v += 16;
    }
    v128.store(p, f32x4.sub(w, f32x4.mul(rate, d)));
  }
}

/** Σ g² in float64 over a stretch, in order. */
export function sumOfSquares(g: usize, length: usize): f64 {
  let s = f64x2.splat(0), t = f64x2.splat(0);
  for (const end = g + length; g < end; g += 16) {
    const x = v128.load(g);
    const low = f64x2.promote_low_f32x4(x), high = f64x2.promote_low_f32x4(v128.shuffle<f64>(x, x, 1, 1));
    s = f64x2.add(s, f64x2.mul(low, low));
    t = f64x2.add(t, f64x2.mul(high, high));
  }
  const sum = f64x2.add(s, t);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** Multiplies a stretch by `factor`. */
export function scale(g: usize, length: usize, factor: f32): void {
  for (const end = g + length; g < end; g += 16) v128.store(g, f32x4.mul(v128.load(g), f32x4.splat(factor)));
}
