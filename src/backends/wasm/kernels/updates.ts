// The optimizers, over a stretch of a parameter and the state of the same layout. The numbers of a step come from the host,
// which computes them in float64 (`numbersOf` in updates.ts), so that Adam's bias correction is exact. An unknown update traps.

import { Update } from "./generated";
import { madd } from "./prims";

/**
 * Updates the `length` bytes at `p` from their gradient at `g`.
 *
 * @param distance bytes from the parameter to its first state, and from that to its second
 * @param numbers `[STEP_NUMBERS]` f32, in the order that each update gives
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

/** Stochastic gradient descent: {learning rate, momentum, 1 for Nesterov's, λ}; there is no `v` without momentum. */
function sgd(p: usize, g: usize, length: usize, v: usize, numbers: usize): void {
  const rate = v128.load32_splat(numbers), momentum = v128.load32_splat(numbers, 4);
  const moves = load<f32>(numbers, 4) > 0, nesterov = load<f32>(numbers, 8) > 0;
  const decay = v128.load32_splat(numbers, 12);
  for (const end = p + length; p < end; p += 16, g += 16) {
    const w = v128.load(p);
    let d = madd(decay, w, v128.load(g));
    if (moves) {
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
 * `g + λ p`, λ in `p - lr λ p`}. With these, p - lr m̂ / (√v̂ + ε) is p - step m / (√v + ε'), one division and one root
 * for each number.
 */
function adam(p: usize, g: usize, length: usize, m: usize, v: usize, numbers: usize): void {
  const keep = f32x4.splat(1 - load<f32>(numbers) * load<f32>(numbers, 32));
  const step = v128.load32_splat(numbers, 4), epsilon = v128.load32_splat(numbers, 8);
  const beta1 = v128.load32_splat(numbers, 12), rest1 = v128.load32_splat(numbers, 16);
  const beta2 = v128.load32_splat(numbers, 20), rest2 = v128.load32_splat(numbers, 24);
  const decay = v128.load32_splat(numbers, 28);
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

/** RMSprop: {learning rate, decay, 1 - decay, ε, λ}. */
function rmsprop(p: usize, g: usize, length: usize, v: usize, numbers: usize): void {
  const rate = v128.load32_splat(numbers), keep = v128.load32_splat(numbers, 4), rest = v128.load32_splat(numbers, 8);
  const epsilon = v128.load32_splat(numbers, 12), decay = v128.load32_splat(numbers, 16);
  for (const end = p + length; p < end; p += 16, g += 16, v += 16) {
    const w = v128.load(p);
    const d = madd(decay, w, v128.load(g));
    const vv = madd(f32x4.mul(rest, d), d, f32x4.mul(keep, v128.load(v)));
    v128.store(v, vv);
    v128.store(p, f32x4.sub(w, f32x4.div(f32x4.mul(rate, d), f32x4.add(f32x4.sqrt(vv), epsilon))));
  }
}

/** Lion: {learning rate, β₁, 1 - β₁, β₂, 1 - β₂, λ}. */
function lion(p: usize, g: usize, length: usize, m: usize, numbers: usize): void {
  const rate = v128.load32_splat(numbers), decay = v128.load32_splat(numbers, 20);
  const beta1 = v128.load32_splat(numbers, 4), rest1 = v128.load32_splat(numbers, 8);
  const beta2 = v128.load32_splat(numbers, 12), rest2 = v128.load32_splat(numbers, 16);
  for (const end = p + length; p < end; p += 16, g += 16, m += 16) {
    const w = v128.load(p), d = v128.load(g), mm = v128.load(m);
    const direction = sign(madd(rest1, d, f32x4.mul(beta1, mm)));
    v128.store(p, f32x4.sub(w, f32x4.mul(rate, madd(decay, w, direction))));
    v128.store(m, madd(rest2, d, f32x4.mul(beta2, mm)));
  }
}

/** 1 with the sign of x, 0 for 0, NaN for NaN. */
function sign(x: v128): v128 {
  const one = v128.or(f32x4.splat(1), v128.and(x, f32x4.splat(-0.0)));
  return v128.bitselect(x, one, v128.or(f32x4.ne(x, x), f32x4.eq(x, f32x4.splat(0))));
}

/** Takes a stretch into its average at `a`: `a = decay a + rest p`, with rest = 1 - decay. */
export function average(p: usize, length: usize, a: usize, decay: f32, rest: f32): void {
  const keep = f32x4.splat(decay), share = f32x4.splat(rest);
  for (const end = p + length; p < end; p += 16, a += 16) {
    v128.store(a, madd(share, v128.load(p), f32x4.mul(keep, v128.load(a))));
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
