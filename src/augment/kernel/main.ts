// Deformed images: each drawing thinner or thicker, turned, slanted, stretched and bent, with the longest side and the
// centre of mass of before. AssemblyScript; `../augmenter.ts` says what it is for.
//
//   deformImages:  target[i] (S, S) = deformed source[i] (S, S), u8
//
// Image i depends on the seed, i and its pixels alone. All arithmetic is of whole numbers or IEEE + - * / √, in one fixed
// order, without relaxed SIMD: the same bits on every machine. One image of 28×28 takes some 7 µs.
//
// 1. The image is copied into a frame of (S + 2) rows of T bytes, T a multiple of 16, blank all around it.
// 2. A line is on average w = 2 area / (what a dilation by one pixel adds) wide. It is brought to a width drawn at random by
//    dilations, or one erosion, the last of them in part.
// 3. What the ink's extent and centre of mass would become under the affine map gives its scale and shift.
// 4. Each pixel shows the place that the inverse map, and a bend (a cubic B-spline whose knots lie S / 4 apart), takes it to; bilinear.

/** How far deformations go: f64 in the order of `Strengths` in `../augmenter.ts`, which describes each. */
@unmanaged
class Strengths {
  rotation: f64;
  slant: f64;
  stretch: f64;
  shift: f64;
  bend: f64;
  redrawn: f64;
  thinnest: f64;
  thickest: f64;
  contrast: f64;
}

/** Images that a thread takes at a time. */
const CHUNK: i32 = 64;
/** Knots along an axis: four share in each quarter of it. */
const KNOTS: i32 = 7;
/** Bytes of a column of knots, padded to whole vectors: 8 numbers for x, then 8 for y. */
const KNOT_COLUMN: usize = 64;
/** The standard deviation of a bend between knots that have 1: the B-spline's mean Σ w², in two dimensions. */
const SPLINE_DAMPING: f64 = 0.48;
/** Ink fainter than this does not widen the extent; `centerDigit` draws the same line. */
const FAINT: i32 = 16;
/** What a dilation by the four neighbours, and by all eight, adds to a line's half width, in pixels. */
const CROSS: f64 = 1, SQUARE: f64 = 1.2;
/** A line that an erosion leaves fainter than this is not eroded: it would fall to pieces. */
const LEAST_PEAK: i32 = 48;

// The places of what an image needs, found by `layOut`.
let side: i32, stride: usize, frameBytes: usize;
let frames: usize, mask: usize, columns: usize, knots: usize, lines: usize, weights: usize, spans: usize;

// The ink of a frame, found by `measure`.
let ink: i64, inkX: i64, inkY: i64;
let left: i32, right: i32, top: i32, bottom: i32;

/** Bytes that `deformImages` needs at `work` for images of that side. */
export function workBytes(imageSide: i32): usize {
  return layOut(0, imageSide);
}

/**
 * Deforms images of `source` (count, S, S) into `target` (count, S, S); S is from 8 to 256. Threads call it with the same
 * numbers but their own `work`, and take the images from the counter at `next`, each at most `limit` chunks of them.
 */
export function deformImages(
  source: usize, target: usize, imageSide: i32, count: i32, seed: i32, strengths: usize, next: usize, limit: i32, work: usize,
): void {
  layOut(work, imageSide);
  prepare();
  const s = changetype<Strengths>(strengths), image = <usize>(side * side);
  for (let chunk = 0; chunk < limit; chunk++) {
    const from = atomic.add<i32>(next, CHUNK);
    if (from >= count) return;
    for (let i = from, to = min(count, from + CHUNK); i < to; i++) {
      seedRandom(seed, i);
      deform(source + <usize>i * image, target + <usize>i * image, s);
    }
  }
}

function layOut(work: usize, imageSide: i32): usize {
  side = imageSide;
  stride = (<usize>side + 2 + 15) & ~15;
  frameBytes = (<usize>side + 2) * stride + 32; // neighbours of the first and the last row are read
  frames = work + 16;
  mask = frames + 3 * frameBytes;
  columns = mask + stride;
  knots = columns + 2 * stride;
  lines = knots + KNOTS * KNOT_COLUMN;
  weights = lines + <usize>KNOTS * 8 * stride;
  spans = weights + 16 * stride;
  return spans + 8 * stride - work;
}

/** What is the same for every image: blank frames, the mask of a row's pixels, the spline's weights. */
function prepare(): void {
  memory.fill(frames - 16, 0, mask - frames + 16);
  memory.fill(mask, 0, stride);
  memory.fill(mask + 1, 255, side);
  for (let x = 0; x < side; x++) {
    const at = splineAt(x), t = at - Mathf.floor(at), t2 = t * t, t3 = t2 * t, rest: f32 = 1 - t;
    const w = weights + (<usize>x << 4);
    store<f32>(w, rest * rest * rest / 6);
    store<f32>(w, (3 * t3 - 6 * t2 + 4) / 6, 4);
    store<f32>(w, (3 * (t + t2 - t3) + 1) / 6, 8);
    store<f32>(w, t3 / 6, 12);
  }
}

/** Where pixel `x` lies between the knots: from 0 to below 4. */
// @ts-ignore: decorator
@inline
function splineAt(x: i32): f32 {
  return <f32>4 * <f32>x / <f32>side;
}

function deform(source: usize, target: usize, s: Strengths): void {
  const original = frames;
  copyIn(source, original);
  measure(original);
  if (right < 0) {
    memory.copy(target, source, <usize>(side * side));
    return;
  }
  const longest: f64 = max(right - left, bottom - top) + 1;
  const unit = <f64>side / 28;
  const toX = <f64>inkX / <f64>ink + s.shift * unit * spread(), toY = <f64>inkY / <f64>ink + s.shift * unit * spread();
  let drawn = original;
  if (uniform() < s.redrawn) {
    drawn = redraw(original, unit * (s.thinnest + (s.thickest - s.thinnest) * uniform()));
    measure(drawn);
  }
  const contrast: f64 = 1 + s.contrast * uniform();

  // The map: rotation times slant and stretch, ((a, b), (c, d)). An angle by the tangent of its half, so that no sine is
  // needed; a stretch and its inverse are equally likely.
  const half = s.rotation * spread() / 2, cos = (1 - half * half) / (1 + half * half), sin = 2 * half / (1 + half * half);
  const slant = s.slant * spread(), h = s.stretch * spread() / 2, stretch = (1 + h) / (1 - h);
  const a = cos * stretch, b = cos * slant - sin, c = sin * stretch, d = sin * slant + cos;
  const scale = longest / extent(a, b, c, d), determinant = scale * (a * d - b * c);
  const fromX = <f64>inkX / <f64>ink, fromY = <f64>inkY / <f64>ink;
  const xx = d / determinant, xy = -b / determinant, yx = -c / determinant, yy = a / determinant;
  drawBend(s.bend * unit);
  sample(drawn, target, <f32>xx, <f32>xy, <f32>(fromX - xx * toX - xy * toY), <f32>yx, <f32>yy,
    <f32>(fromY - yx * toX - yy * toY), <f32>contrast);
}

// ---- random numbers: xoshiro128**, as in src/random.ts ----

let r0: u32, r1: u32, r2: u32, r3: u32;

function mix32(x: u32): u32 {
  x = (x ^ (x >>> 16)) * 0x85ebca6b;
  x = (x ^ (x >>> 13)) * 0xc2b2ae35;
  return x ^ (x >>> 16);
}

function seedRandom(seed: u32, stream: u32): void {
  const start = mix32(mix32(seed) ^ stream);
  r0 = mix32(start + 0x9e3779b9);
  r1 = mix32(start + 2 * 0x9e3779b9);
  r2 = mix32(start + 3 * 0x9e3779b9);
  r3 = mix32(start + 4 * 0x9e3779b9) | 1;
}

/** From 0 to below 1. */
function uniform(): f64 {
  const result = rotl<u32>(r1 * 5, 7) * 9, shifted = r1 << 9;
  r2 ^= r0;
  r3 ^= r1;
  r1 ^= r2;
  r0 ^= r3;
  r2 ^= shifted;
  r3 = rotl<u32>(r3, 11);
  return <f64>result / 4294967296.0;
}

/** Near to a normal distribution of mean 0 and standard deviation 1, but never beyond 3.5. */
function spread(): f64 {
  return (uniform() + uniform() + uniform() + uniform() - 2) * 1.7320508075688772;
}

// ---- frames ----

// @ts-ignore: decorator
@inline
function rowOf(frame: usize, y: i32): usize {
  return frame + <usize>(y + 1) * stride;
}

/** Pixel (x, y) stands at `rowOf(frame, y) + x + 1`. */
function copyIn(source: usize, frame: usize): void {
  for (let y = 0; y < side; y++, source += side) memory.copy(rowOf(frame, y) + 1, source, side);
}

/** Sum, moments and extent of a frame's ink, and each row's; `right` is -1 where there is none. */
function measure(frame: usize): void {
  ink = inkX = inkY = 0;
  left = side, right = -1, top = side, bottom = -1;
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
    store<i32>(spans + (<usize>y << 3), first);
    store<i32>(spans + (<usize>y << 3), last, 4);
    if (first < 0) continue;
    left = min(left, first), right = max(right, last), top = min(top, y), bottom = y;
  }
  for (let x = 0; x < side; x++) inkX += <i64>load<u16>(columns + (<usize>(x + 1) << 1)) * x;
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

/** The largest (or least) of each pixel and its four neighbours, or where `square` is true its eight. Returns the sum. */
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

/** `to = from + share * (to - from)`, in 256ths. Returns the largest pixel. */
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

/** Brings the lines of `original` to a width of about `width` pixels; returns the frame that has the result. */
function redraw(original: usize, width: f64): usize {
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

/** Scales a frame so that its largest pixel, `peak`, becomes 255 or nearly so. */
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

/** The longest side, in pixels, that the measured frame's ink has under the map ((a, b), (c, d)). */
function extent(a: f64, b: f64, c: f64, d: f64): f64 {
  let leastX = Infinity, mostX = -Infinity, leastY = Infinity, mostY = -Infinity;
  for (let y = top; y <= bottom; y++) {
    const first = <f64>load<i32>(spans + (<usize>y << 3)), last = <f64>load<i32>(spans + (<usize>y << 3), 4);
    if (last < 0) continue;
    const w = <f64>y;
    leastX = min(leastX, min(a * first, a * last) + b * w), mostX = max(mostX, max(a * first, a * last) + b * w);
    leastY = min(leastY, min(c * first, c * last) + d * w), mostY = max(mostY, max(c * first, c * last) + d * w);
  }
  // A pixel is a square with its own extent.
  return max(mostX - leastX + abs(a) + abs(b), mostY - leastY + abs(c) + abs(d));
}

// ---- the bend, and sampling ----

/** Draws the knots, (column, [x, y], row) f32, and from them the bend of each row of knots along x: (row, [x, y], side). */
function drawBend(deviation: f64): void {
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

/** Σ wᵢ v[l + i next], for four numbers at once. */
// @ts-ignore: decorator
@inline
function splined(l: usize, next: usize, w0: v128, w1: v128, w2: v128, w3: v128): v128 {
  const first = f32x4.add(f32x4.mul(w0, v128.load(l)), f32x4.mul(w1, v128.load(l + next)));
  return f32x4.add(first, f32x4.add(f32x4.mul(w2, v128.load(l + 2 * next)), f32x4.mul(w3, v128.load(l + 3 * next))));
}

/** target (x, y) = frame at (xx x + xy y + x0, yx x + yy y + y0) and the bend of (x, y). Four pixels at a time. */
function sample(frame: usize, target: usize, xx: f32, xy: f32, x0: f32, yx: f32, yy: f32, y0: f32, contrast: f32): void {
  const most = f32x4.splat(<f32>(side + 1)), zero = f32x4.splat(0), one = f32x4.splat(1);
  const stepX = f32x4.splat(xx), stepY = f32x4.splat(yx), rowBytes = i32x4.splat(<i32>stride), byte = i32x4.splat(255);
  const gain = f32x4.splat(contrast), grey = f32x4.splat(128), white = f32x4.splat(255), half = f32x4.splat(0.5);
  for (let y = 0; y < side; y++, target += side) {
    const w = weights + (<usize>y << 4), line = lines + <usize>(<i32>splineAt(y)) * 8 * stride;
    const w0 = v128.load32_splat(w), w1 = v128.load32_splat(w, 4), w2 = v128.load32_splat(w, 8), w3 = v128.load32_splat(w, 12);
    // The frame has a blank pixel before the first: places count from it.
    const startX = f32x4.splat(x0 + xy * <f32>y + 1), startY = f32x4.splat(y0 + yy * <f32>y + 1);
    for (let x = 0; x < side; x += 4) {
      const l = line + (<usize>x << 2), next: usize = 8 * stride;
      const bendX = splined(l, next, w0, w1, w2, w3), bendY = splined(l + 4 * stride, next, w0, w1, w2, w3);
      const at = f32x4.add(f32x4.splat(<f32>x), f32x4(0, 1, 2, 3));
      let px = f32x4.add(f32x4.add(startX, f32x4.mul(stepX, at)), bendX);
      let py = f32x4.add(f32x4.add(startY, f32x4.mul(stepY, at)), bendY);
      px = f32x4.min(f32x4.max(px, zero), most), py = f32x4.min(f32x4.max(py, zero), most);
      const ix = i32x4.trunc_sat_f32x4_s(px), iy = i32x4.trunc_sat_f32x4_s(py);
      const shareX = f32x4.sub(px, f32x4.convert_i32x4_s(ix)), shareY = f32x4.sub(py, f32x4.convert_i32x4_s(iy));
      const place = i32x4.add(i32x4.mul(iy, rowBytes), ix);
      const p0 = frame + i32x4.extract_lane(place, 0), p1 = frame + i32x4.extract_lane(place, 1);
      const p2 = frame + i32x4.extract_lane(place, 2), p3 = frame + i32x4.extract_lane(place, 3);
      const upper = i32x4(load<u16>(p0), load<u16>(p1), load<u16>(p2), load<u16>(p3));
      const q0 = p0 + stride, q1 = p1 + stride, q2 = p2 + stride, q3 = p3 + stride;
      const lower = i32x4(load<u16>(q0), load<u16>(q1), load<u16>(q2), load<u16>(q3));
      if (!v128.any_true(v128.or(upper, lower))) {
        if (x + 4 <= side) store<u32>(target + x, 0);
        else for (let i = x; i < side; i++) store<u8>(target + i, 0);
        continue;
      }
      const u = between(upper, byte, shareX), v = between(lower, byte, shareX);
      let value = f32x4.add(u, f32x4.mul(shareY, f32x4.sub(v, u)));
      value = f32x4.add(f32x4.mul(f32x4.sub(value, grey), gain), grey);
      value = f32x4.add(f32x4.min(f32x4.max(value, zero), white), half);
      const whole = i32x4.trunc_sat_f32x4_s(value), words = i16x8.narrow_i32x4_u(whole, whole);
      const bytes = i32x4.extract_lane(i8x16.narrow_i16x8_u(words, words), 0);
      if (x + 4 <= side) store<u32>(target + x, bytes);
      else for (let i = x, rest = bytes; i < side; i++, rest >>>= 8) store<u8>(target + i, rest);
    }
  }
}

/** Between the low byte of each pair and the one after it. */
// @ts-ignore: decorator
@inline
function between(pairs: v128, byte: v128, share: v128): v128 {
  const here = f32x4.convert_i32x4_s(v128.and(pairs, byte)), after = f32x4.convert_i32x4_s(i32x4.shr_u(pairs, 8));
  return f32x4.add(here, f32x4.mul(share, f32x4.sub(after, here)));
}
