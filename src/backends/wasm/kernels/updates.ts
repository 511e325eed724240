// The optimizers, on a range of a parameter and of its state, which has the same layout. The host computes the numbers of a
// step in float64 (`numbersOf` in updates.ts), so that Adam's bias correction is exact. An unknown update traps.

import { Update } from "./generated";
import { madd } from "./prims";

/**
 * Updates the `length` bytes at `p` from their gradient at `g`.
 *
 * @param distance bytes from the parameter to its first state, and from the first state to the second
 * @param numbers `[STEP_NUMBERS]` f32, in the order that the comment of each update gives
 */
export function update(kind: i32, p: usize, g: usize, length: usize, distance: usize, numbers: usize): void {
  switch (kind) {
    case Update.sgd:
      return sgd(p, g, length, p + distance, numbers);
    case Update.adam:
      return adam(p, g, length, p + distance, p + 2 * distance, numbers);
    case Update.rmsprop:
      return rmsprop(p, g, length, p + distance, numbers);
    case Update.lion:
      return lion(p, g, length, p + distance, numbers);
    default:
      unreachable();
  }
}

/** Stochastic gradient descent: {learning rate, momentum, 1 for Nesterov's, λ}. Without momentum, `v` is not used. */
function sgd(p: usize, g: usize, length: usize, v: usize, numbers: usize): void {
  const rate = v128.load32_splat(numbers), momentum = v128.load32_splat(numbers, 4);
  const hasMomentum = load<f32>(numbers, 4) > 0, nesterov = load<f32>(numbers, 8) > 0;
  const weightDecay = v128.load32_splat(numbers, 12);
  for (const end = p + length; p < end; p += 16, g += 16) {
    const w = v128.load(p);
    let d = madd(weightDecay, w, v128.load(g));
    if (hasMomentum) {
      const velocity = madd(momentum, v128.load(v), d);
      v128.store(v, velocity);
      d = nesterov ? madd(momentum, velocity, d) : velocity;
      v += 16;
    }
    v128.store(p, f32x4.sub(w, f32x4.mul(rate, d)));
  }
}

/**
 * Adam and AdamW: {learning rate, step = lr √(1 - β₂ᵗ) / (1 - β₁ᵗ), ε' = ε √(1 - β₂ᵗ), β₁, 1 - β₁, β₂, 1 - β₂, λ in
 * `g + λ p`, λ in `p - lr λ p`}. Then p - lr m̂ / (√v̂ + ε) equals p - step m / (√v + ε'), with one division and one square
 * root for each number.
 */
function adam(p: usize, g: usize, length: usize, m: usize, v: usize, numbers: usize): void {
  const shrinkage = f32x4.splat(1 - load<f32>(numbers) * load<f32>(numbers, 32));
  const step = v128.load32_splat(numbers, 4), epsilon = v128.load32_splat(numbers, 8);
  const beta1 = v128.load32_splat(numbers, 12), oneMinusBeta1 = v128.load32_splat(numbers, 16);
  const beta2 = v128.load32_splat(numbers, 20), oneMinusBeta2 = v128.load32_splat(numbers, 24);
  const weightDecay = v128.load32_splat(numbers, 28);
  for (const end = p + length; p < end; p += 16, g += 16, m += 16, v += 16) {
    const w = v128.load(p);
    const d = madd(weightDecay, w, v128.load(g));
    const mm = madd(oneMinusBeta1, d, f32x4.mul(beta1, v128.load(m)));
    const vv = madd(f32x4.mul(oneMinusBeta2, d), d, f32x4.mul(beta2, v128.load(v)));
    v128.store(m, mm);
    v128.store(v, vv);
    const change = f32x4.div(f32x4.mul(step, mm), f32x4.add(f32x4.sqrt(vv), epsilon));
    v128.store(p, f32x4.sub(f32x4.mul(w, shrinkage), change));
  }
}

/** RMSprop: {learning rate, decay, 1 - decay, ε, λ}. */
function rmsprop(p: usize, g: usize, length: usize, v: usize, numbers: usize): void {
  const rate = v128.load32_splat(numbers), decay = v128.load32_splat(numbers, 4);
  const oneMinusDecay = v128.load32_splat(numbers, 8), epsilon = v128.load32_splat(numbers, 12);
  const weightDecay = v128.load32_splat(numbers, 16);
  for (const end = p + length; p < end; p += 16, g += 16, v += 16) {
    const w = v128.load(p);
    const d = madd(weightDecay, w, v128.load(g));
    const vv = madd(f32x4.mul(oneMinusDecay, d), d, f32x4.mul(decay, v128.load(v)));
    v128.store(v, vv);
    v128.store(p, f32x4.sub(w, f32x4.div(f32x4.mul(rate, d), f32x4.add(f32x4.sqrt(vv), epsilon))));
  }
}

/** Lion: {learning rate, β₁, 1 - β₁, β₂, 1 - β₂, λ}. */
function lion(p: usize, g: usize, length: usize, m: usize, numbers: usize): void {
  const rate = v128.load32_splat(numbers), weightDecay = v128.load32_splat(numbers, 20);
  const beta1 = v128.load32_splat(numbers, 4), oneMinusBeta1 = v128.load32_splat(numbers, 8);
  const beta2 = v128.load32_splat(numbers, 12), oneMinusBeta2 = v128.load32_splat(numbers, 16);
  for (const end = p + length; p < end; p += 16, g += 16, m += 16) {
    const w = v128.load(p), d = v128.load(g), mm = v128.load(m);
    const direction = sign(madd(oneMinusBeta1, d, f32x4.mul(beta1, mm)));
    v128.store(p, f32x4.sub(w, f32x4.mul(rate, madd(weightDecay, w, direction))));
    v128.store(m, madd(oneMinusBeta2, d, f32x4.mul(beta2, mm)));
  }
}

/** Returns 1 with the sign of x, 0 for 0, or NaN for NaN. */
function sign(x: v128): v128 {
  const one = v128.or(f32x4.splat(1), v128.and(x, f32x4.splat(-0.0)));
  return v128.bitselect(x, one, v128.or(f32x4.ne(x, x), f32x4.eq(x, f32x4.splat(0))));
}

/** Updates the average at `a` of a range of parameters: `a = decay a + (1 - decay) p`. */
export function average(p: usize, length: usize, a: usize, decay: f32, oneMinusDecay: f32): void {
  const keep = f32x4.splat(decay), share = f32x4.splat(oneMinusDecay);
  for (const end = p + length; p < end; p += 16, a += 16) {
    v128.store(a, madd(share, v128.load(p), f32x4.mul(keep, v128.load(a))));
  }
}

/** Returns Σ g² over a range, in float64 and in a fixed order. */
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

/** Multiplies a range by `factor`. */
export function scale(g: usize, length: usize, factor: f32): void {
  for (const end = g + length; g < end; g += 16) v128.store(g, f32x4.mul(v128.load(g), f32x4.splat(factor)));
}
