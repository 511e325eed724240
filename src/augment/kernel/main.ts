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

import { drawBend, sample } from "./bend";
import { bottom, copyIn, extent, ink, inkX, inkY, left, measure, redraw, right, top } from "./frames";
import { frames, layOut, prepare, side } from "./layout";
import { seedRandom, spread, uniform } from "./random";

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
