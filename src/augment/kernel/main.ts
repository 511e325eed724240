// Deforms images for augmentation: changes the width of a drawing's lines, then rotates, slants, stretches, shifts
// and bends the drawing. The longest side stays the same. The sources are AssemblyScript; `../augmenter.ts` calls the
// kernel.
//
//   deformImages:  target[i] (S, S) = deformed source[i] (S, S), u8
//
// Image i depends only on the seed, i and its pixels. All arithmetic is on whole numbers or IEEE + - * / √, in one
// fixed order and without relaxed SIMD, so that the bits are the same on every machine. One image of 28×28 takes some
// 3.3 µs on one thread. `cpu/deform.cpp` is the same kernel for the library of the cpu backend, with the same bits: a
// change of one is a change of both.
//
// 1. The image is copied into a frame of (S + 2) rows of T bytes, T a multiple of 16, with a blank border.
// 2. The mean width of the lines is w = 2 area / (the area that a dilation by one pixel adds). Dilations, or one
//    erosion, bring it to a random width; the last of them is applied in part.
// 3. The affine map is scaled so that the longest side of the ink stays, and shifted by the center of mass.
// 4. Each pixel is sampled, with bilinear interpolation, at the position that the inverse map and the bend give. The
//    bend is a cubic B-spline with knots S / 4 apart.

import { drawBend, sample } from "./bend";
import { bottom, copyIn, extent, ink, inkX, inkY, left, measure, redraw, right, top } from "./frames";
import { frames, layOut, prepare, side } from "./layout";
import { seedRandom, spread, uniform } from "./random";

/**
 * The strengths of the deformations, in the order of `STRENGTH_ORDER` in `../augmenter.ts`; `Strengths` there documents each.
 */
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

/** Images that a thread takes from the counter at a time. */
const CHUNK: i32 = 64;

/** Returns the bytes that `deformImages` needs at `work` for images of that side. */
export function workBytes(imageSide: i32): usize {
  return layOut(0, imageSide);
}

/**
 * Deforms images of `source` (count, S, S) into `target` (count, S, S); S is from 8 to 256. Every thread calls it
 * with the same arguments except its own `work`. The threads take the images from the counter at `next`, each at most
 * `limit` chunks.
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

  // The map is rotation times slant and stretch, ((a, b), (c, d)). The rotation comes from the tangent of half the
  // angle, so that no sine is needed. A stretch and its inverse are equally likely.
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
