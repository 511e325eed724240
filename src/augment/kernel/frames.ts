// Frames: an image with a border of blank pixels. Measures the ink of a frame, and makes its lines thinner or
// thicker.
import { columns, frameBytes, mask, side, spans, stride } from "./layout";

/** Ink fainter than this is not part of the extent; `centerDigit` has the same threshold. */
const FAINT: i32 = 16;
/** The growth of a line's half width, in pixels, by a dilation over the four neighbors, and over all eight. */
const CROSS: f64 = 1, SQUARE: f64 = 1.2;
/** The minimum peak after an erosion; lines that would be fainter are not eroded, because they would break up. */
const LEAST_PEAK: i32 = 48;

// The results of `measure`.
export let ink: i64, inkX: i64, inkY: i64;
export let left: i32, right: i32, top: i32, bottom: i32;
/** The extent of all pixels that are not 0, faint ones included. */
export let firstX: i32, lastX: i32, firstY: i32, lastY: i32;

// @ts-ignore: decorator
@inline
function rowOf(frame: usize, y: i32): usize {
  return frame + <usize>(y + 1) * stride;
}

/** Copies an image into a frame. Pixel (x, y) goes to `rowOf(frame, y) + x + 1`. */
export function copyIn(source: usize, frame: usize): void {
  for (let y = 0; y < side; y++, source += side) memory.copy(rowOf(frame, y) + 1, source, side);
}

/**
 * Measures the sum, the moments and the extent of a frame's ink, and the extent of each row; `right` is -1 without
 * ink.
 */
export function measure(frame: usize): void {
  ink = inkX = inkY = 0;
  left = side, right = -1, top = side, bottom = -1;
  firstX = firstY = side, lastX = lastY = -1;
  memory.fill(columns, 0, 2 * stride);
  for (let y = 0; y < side; y++) {
    const row = rowOf(frame, y);
    let sums = i32x4.splat(0), first = -1, last = -1;
    for (let x: usize = 0; x < stride; x += 16) {
      const v = v128.load(row + x), o = columns + 2 * x;
      v128.store(o, i16x8.add(v128.load(o), i16x8.extend_low_i8x16_u(v)));
      v128.store(o, i16x8.add(v128.load(o, 16), i16x8.extend_high_i8x16_u(v)), 16);
      sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(v)));
      const dark = i8x16.bitmask(i8x16.gt_u(v, i8x16.splat(<i8>FAINT)));
      if (dark) {
        if (first < 0) first = <i32>x + ctz(dark) - 1;
        last = <i32>x + 30 - clz(dark);
      }
    }
    const sum = <i64>sumOf(sums);
    ink += sum;
    inkY += sum * y;
    if (sum) firstY = min(firstY, y), lastY = y;
    store<i32>(spans + (<usize>y << 3), first);
    store<i32>(spans + (<usize>y << 3), last, 4);
    if (first < 0) continue;
    left = min(left, first), right = max(right, last), top = min(top, y), bottom = y;
  }
  for (let x = 0; x < side; x++) {
    const sum = <i64>load<u16>(columns + (<usize>(x + 1) << 1));
    inkX += sum * x;
    if (sum) firstX = min(firstX, x), lastX = x;
  }
}

// @ts-ignore: decorator
@inline
function sumOf(v: v128): i32 {
  return i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1) + i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3);
}

// @ts-ignore: decorator
@inline
function outer(a: v128, b: v128, thicker: bool): v128 {
  return thicker ? i8x16.max_u(a, b) : i8x16.min_u(a, b);
}

/**
 * Sets each pixel to the largest (if `thicker`, else the smallest) of itself and its four neighbors, or eight if
 * `square`. Returns the sum of all pixels.
 */
function spreadInk(from: usize, to: usize, thicker: bool, square: bool): i64 {
  let sums = i32x4.splat(0);
  for (let y = 0; y < side; y++) {
    const row = rowOf(from, y), o = rowOf(to, y);
    for (let x: usize = 0; x < stride; x += 16) {
      const p = row + x, above = p - stride, below = p + stride;
      let v = outer(outer(v128.load(p - 1), v128.load(p + 1), thicker), v128.load(p), thicker);
      v = outer(v, outer(v128.load(above), v128.load(below), thicker), thicker);
      if (square) {
        v = outer(v, outer(v128.load(above - 1), v128.load(above + 1), thicker), thicker);
        v = outer(v, outer(v128.load(below - 1), v128.load(below + 1), thicker), thicker);
      }
      v = v128.and(v, v128.load(mask + x));
      v128.store(o + x, v);
      sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(v)));
    }
  }
  return sumOf(sums);
}

/** Computes `to = from + share * (to - from)`, with the share in 256ths. Returns the largest pixel. */
function mix(from: usize, to: usize, share: f64): i32 {
  const much = i16x8.splat(<i16>(256 * share + 0.5)), little = i16x8.sub(i16x8.splat(256), much), round = i16x8.splat(128);
  let peak = i8x16.splat(0);
  for (let y = 0; y < side; y++) {
    const p = rowOf(from, y), o = rowOf(to, y);
    for (let x: usize = 0; x < stride; x += 16) {
      const a = v128.load(p + x), b = v128.load(o + x);
      const low = i16x8.add(i16x8.mul(i16x8.extend_low_i8x16_u(a), little), i16x8.mul(i16x8.extend_low_i8x16_u(b), much));
      const high = i16x8.add(i16x8.mul(i16x8.extend_high_i8x16_u(a), little), i16x8.mul(i16x8.extend_high_i8x16_u(b), much));
      const v = i8x16.narrow_i16x8_u(i16x8.shr_u(i16x8.add(low, round), 8), i16x8.shr_u(i16x8.add(high, round), 8));
      v128.store(o + x, v);
      peak = i8x16.max_u(peak, v);
    }
  }
  let most = 0;
  v128.store(columns, peak);
  for (let i: usize = 0; i < 16; i++) most = max(most, <i32>load<u8>(columns + i));
  return most;
}

/** Brings the lines of `original` to a width of about `width` pixels. Returns the frame that holds the result. */
export function redraw(original: usize, width: f64): usize {
  let from = original, to = original + frameBytes, spare = to + frameBytes;
  const more = spreadInk(original, to, true, false) - ink;
  let missing = (width - 2 * <f64>ink / <f64>max<i64>(1, more)) / 2;
  if (missing < 0) {
    spreadInk(original, to, false, false);
    const peak = mix(original, to, min(1, -missing));
    if (peak < LEAST_PEAK) return original;
    brighten(to, peak);
    return to;
  }
  let square = false, step = CROSS;
  while (missing > step) {
    missing -= step;
    square = !square, step = square ? SQUARE : CROSS;
    const next = from == original ? spare : from;
    from = to, to = next;
    spreadInk(from, to, true, square);
  }
  mix(from, to, missing / step);
  return to;
}

/** Scales a frame so that its largest pixel, `peak`, becomes 255 or slightly less. */
function brighten(frame: usize, peak: i32): void {
  const gain = i16x8.splat(<i16>(65280 / peak)); // 255 in 256ths
  for (let y = 0; y < side; y++) {
    const row = rowOf(frame, y);
    for (let x: usize = 0; x < stride; x += 16) {
      const v = v128.load(row + x);
      const low = i16x8.shr_u(i16x8.mul(i16x8.extend_low_i8x16_u(v), gain), 8);
      const high = i16x8.shr_u(i16x8.mul(i16x8.extend_high_i8x16_u(v), gain), 8);
      v128.store(row + x, i8x16.narrow_i16x8_u(low, high));
    }
  }
}

/** Returns the longest side, in pixels, of the measured frame's ink under the map ((a, b), (c, d)). */
export function extent(a: f64, b: f64, c: f64, d: f64): f64 {
  let leastX = Infinity, mostX = -Infinity, leastY = Infinity, mostY = -Infinity;
  for (let y = top; y <= bottom; y++) {
    const first = <f64>load<i32>(spans + (<usize>y << 3)), last = <f64>load<i32>(spans + (<usize>y << 3), 4);
    if (last < 0) continue;
    const w = <f64>y;
    leastX = min(leastX, min(a * first, a * last) + b * w), mostX = max(mostX, max(a * first, a * last) + b * w);
    leastY = min(leastY, min(c * first, c * last) + d * w), mostY = max(mostY, max(c * first, c * last) + d * w);
  }
  // The extent of a pixel itself, which is a square, is added.
  return max(mostX - leastX + abs(a) + abs(b), mostY - leastY + abs(c) + abs(d));
}
