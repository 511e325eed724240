// The random bend of an image (an elastic displacement), and the sampling of an image under an affine map and a bend.
import { firstX, firstY, lastX, lastY } from "./frames";
import { KNOT_COLUMN, KNOTS, knots, lines, side, splineAt, stride, weights } from "./layout";
import { uniform } from "./random";

/**
 * The standard deviation of the bend between knots, if that of the knots is 1: the B-spline's mean Σ w², in two
 * dimensions.
 */
const SPLINE_DAMPING: f64 = 0.48;

/**
 * Draws random knots, (column, [x, y], row) f32, and computes from them the bend of each row of knots along x,
 * (row, [x, y], side).
 */
export function drawBend(deviation: f64): void {
  const most = deviation / SPLINE_DAMPING * 1.7320508075688772;
  for (let i = 0; i < KNOTS; i++) {
    for (let j: usize = 0; j < 2 * 32; j += 4) {
      if ((j & 31) < 4 * KNOTS) store<f32>(knots + <usize>i * KNOT_COLUMN + j, <f32>(most * (2 * uniform() - 1)));
    }
  }
  for (let x = 0; x < side; x++) {
    const w = weights + (<usize>x << 4), k = knots + <usize>(<i32>splineAt(x)) * KNOT_COLUMN, o = lines + (<usize>x << 2);
    const w0 = v128.load32_splat(w), w1 = v128.load32_splat(w, 4), w2 = v128.load32_splat(w, 8), w3 = v128.load32_splat(w, 12);
    for (let axis: usize = 0; axis < 2; axis++) {
      const p = k + 32 * axis, q = o + 4 * stride * axis, next: usize = 8 * stride;
      const upper = splined(p, KNOT_COLUMN, w0, w1, w2, w3), lower = splined(p + 16, KNOT_COLUMN, w0, w1, w2, w3);
      v128.store32_lane(q, upper, 0), v128.store32_lane(q + next, upper, 1);
      v128.store32_lane(q + 2 * next, upper, 2), v128.store32_lane(q + 3 * next, upper, 3);
      v128.store32_lane(q + 4 * next, lower, 0), v128.store32_lane(q + 5 * next, lower, 1);
      v128.store32_lane(q + 6 * next, lower, 2);
    }
  }
}

/** Returns Σ wᵢ v[l + i next], for four numbers at once. */
// @ts-ignore: decorator
@inline
function splined(l: usize, next: usize, w0: v128, w1: v128, w2: v128, w3: v128): v128 {
  const first = f32x4.add(f32x4.mul(w0, v128.load(l)), f32x4.mul(w1, v128.load(l + next)));
  return f32x4.add(first, f32x4.add(f32x4.mul(w2, v128.load(l + 2 * next)), f32x4.mul(w3, v128.load(l + 3 * next))));
}

/** 2²³: the sum of it and a whole number from 0 to below 2²³ has that number as its low bits. */
const WHOLE: f32 = 8388608;

/** Returns four whole numbers from 0 to below 2²³, given as floats, as integers; cheaper than a conversion that saturates. */
// @ts-ignore: decorator
@inline
function integers(whole: v128): v128 {
  return v128.xor(f32x4.add(whole, f32x4.splat(WHOLE)), f32x4.splat(WHOLE));
}

/**
 * Computes target (x, y) = frame at (xx x + xy y + x0, yx x + yy y + y0) plus the bend of (x, y), four pixels at a
 * time. Pixels whose position is outside the extent that `measure` found are blank.
 */
export function sample(frame: usize, target: usize, xx: f32, xy: f32, x0: f32, yx: f32, yy: f32, y0: f32, contrast: f32): void {
  const most = f32x4.splat(<f32>(side + 1)), zero = f32x4.splat(0), one = f32x4.splat(1);
  const stepX = f32x4.splat(xx), stepY = f32x4.splat(yx), rowBytes = f32x4.splat(<f32>stride), byte = i32x4.splat(255);
  // Position p interpolates pixels ⌊p⌋ - 1 and ⌊p⌋ of the image.
  const leastX = f32x4.splat(<f32>firstX), leastY = f32x4.splat(<f32>firstY);
  const endX = f32x4.splat(<f32>(lastX + 2)), endY = f32x4.splat(<f32>(lastY + 2));
  const gain = f32x4.splat(contrast), gray = f32x4.splat(128), white = f32x4.splat(255), half = f32x4.splat(0.5);
  for (let y = 0; y < side; y++, target += side) {
    const w = weights + (<usize>y << 4), line = lines + <usize>(<i32>splineAt(y)) * 8 * stride;
    const w0 = v128.load32_splat(w), w1 = v128.load32_splat(w, 4), w2 = v128.load32_splat(w, 8), w3 = v128.load32_splat(w, 12);
    // Positions count from the blank pixel before the image's first one.
    const startX = f32x4.splat(x0 + xy * <f32>y + 1), startY = f32x4.splat(y0 + yy * <f32>y + 1);
    for (let x = 0; x < side; x += 4) {
      const l = line + (<usize>x << 2), next: usize = 8 * stride;
      const bendX = splined(l, next, w0, w1, w2, w3), bendY = splined(l + 4 * stride, next, w0, w1, w2, w3);
      const at = f32x4.add(f32x4.splat(<f32>x), f32x4(0, 1, 2, 3));
      let px = f32x4.add(f32x4.add(startX, f32x4.mul(stepX, at)), bendX);
      let py = f32x4.add(f32x4.add(startY, f32x4.mul(stepY, at)), bendY);
      const isInX = v128.and(f32x4.ge(px, leastX), f32x4.lt(px, endX));
      const isInY = v128.and(f32x4.ge(py, leastY), f32x4.lt(py, endY));
      if (!v128.any_true(v128.and(isInX, isInY))) {
        blank(target, x);
        continue;
      }
      px = f32x4.pmin(f32x4.pmax(px, zero), most), py = f32x4.pmin(f32x4.pmax(py, zero), most);
      const floorX = f32x4.floor(px), floorY = f32x4.floor(py);
      const shareX = f32x4.sub(px, floorX), shareY = f32x4.sub(py, floorY);
      const place = integers(f32x4.add(f32x4.mul(floorY, rowBytes), floorX));
      const p0 = frame + i32x4.extract_lane(place, 0), p1 = frame + i32x4.extract_lane(place, 1);
      const p2 = frame + i32x4.extract_lane(place, 2), p3 = frame + i32x4.extract_lane(place, 3);
      const upper = i32x4(load<u16>(p0), load<u16>(p1), load<u16>(p2), load<u16>(p3));
      const q0 = p0 + stride, q1 = p1 + stride, q2 = p2 + stride, q3 = p3 + stride;
      const lower = i32x4(load<u16>(q0), load<u16>(q1), load<u16>(q2), load<u16>(q3));
      if (!v128.any_true(v128.or(upper, lower))) {
        blank(target, x);
        continue;
      }
      const u = between(upper, byte, shareX), v = between(lower, byte, shareX);
      let value = f32x4.add(u, f32x4.mul(shareY, f32x4.sub(v, u)));
      value = f32x4.add(f32x4.mul(f32x4.sub(value, gray), gain), gray);
      value = f32x4.add(f32x4.pmin(f32x4.pmax(value, zero), white), half);
      const whole = integers(f32x4.floor(value)), words = i16x8.narrow_i32x4_u(whole, whole);
      const bytes = i32x4.extract_lane(i8x16.narrow_i16x8_u(words, words), 0);
      if (x + 4 <= side) store<u32>(target + x, bytes);
      else for (let i = x, rest = bytes; i < side; i++, rest >>>= 8) store<u8>(target + i, rest);
    }
  }
}

/** Sets the four pixels of a row from x on, or fewer at its end, to 0. */
// @ts-ignore: decorator
@inline
function blank(row: usize, x: i32): void {
  if (x + 4 <= side) store<u32>(row + x, 0);
  else for (let i = x; i < side; i++) store<u8>(row + i, 0);
}

/** Interpolates between the low byte of each pair and the high one. */
// @ts-ignore: decorator
@inline
function between(pairs: v128, byte: v128, share: v128): v128 {
  const here = f32x4.convert_i32x4_s(v128.and(pairs, byte)), after = f32x4.convert_i32x4_s(i32x4.shr_u(pairs, 8));
  return f32x4.add(here, f32x4.mul(share, f32x4.sub(after, here)));
}
