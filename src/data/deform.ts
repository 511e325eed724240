/**
 * Random deformation: an affine map plus a smooth elastic displacement, for the digits that the program draws and for
 * images that a network trains on (Simard, Steinkraus and Platt 2003, "Best practices for convolutional neural
 * networks applied to visual document analysis").
 * @module
 */

import type { Random } from "../random.ts";

/** How far a deformation goes: each number is the standard deviation of a normal distribution, 0 for none at all. */
export interface DeformOptions {
  /** The angle of rotation, in radians. */
  readonly rotation?: number;
  /** The slant: the shift of x, in pixels, for each pixel of y. */
  readonly slant?: number;
  /** The logarithm of the change of size. */
  readonly scale?: number;
  /** The logarithm of the change of width, at an unchanged height. */
  readonly stretch?: number;
  /** The shift along each axis, in pixels. */
  readonly shift?: number;
  /** The elastic displacement along each axis, in pixels; neighbours about 7 pixels apart move together. */
  readonly elastic?: number;
}

/** A map of a square of `side` pixels to itself: `center + matrix (p - center) + shift + displacement(p)`. */
export interface Warp {
  /** The square's side, in pixels; a pixel's centre has whole coordinates, from 0 to `side - 1`. */
  readonly side: number;
  /** The affine map's matrix, by rows: xx, xy, yx, yy. */
  readonly matrix: readonly [number, number, number, number];
  /** The shift along x and y, in pixels. */
  readonly shift: readonly [number, number];
  /** The B-spline weights of the displacement `[knots, knots, 2]`, in pixels, the last axis x and y; empty for none. */
  readonly knots: Float64Array;
}

/** Pixels between two knots of the displacement: a cubic B-spline so wide is near to a Gaussian of σ 4 pixels. */
const knotSpacing = 7;
/** The standard deviation of a displacement whose knots have 1: the mean of (Σ w²) over a cubic B-spline's phases. */
const splineDamping = 0.48;

/** Draws a warp of a square of `side` pixels. */
export function drawWarp(random: Random, side: number, options: DeformOptions): Warp {
  const { rotation = 0, slant = 0, scale = 0, stretch = 0, shift = 0, elastic = 0 } = options;
  const angle = rotation * random.normal(), shear = slant * random.normal();
  const size = Math.exp(scale * random.normal()), width = size * Math.exp(stretch * random.normal());
  const cos = Math.cos(angle), sin = Math.sin(angle);
  // rotation · slant · diag(width, size)
  const xy = (cos * shear - sin) * size, yy = (sin * shear + cos) * size;
  const count = elastic > 0 ? 2 * knotsFor(side) ** 2 : 0;
  const matrix = [cos * width, xy, sin * width, yy] as const;
  const shifts = [shift * random.normal(), shift * random.normal()] as const;
  const knots = Float64Array.from({ length: count }, () => elastic / splineDamping * random.normal());
  return { side, matrix, shift: shifts, knots };
}

/** Where `warp` takes the point (`x`, `y`); outside the square the displacement is that of the border. */
export function warpPoint(warp: Warp, x: number, y: number): [number, number] {
  const { side, matrix, shift, knots } = warp;
  const middle = (side - 1) / 2, fromX = x - middle, fromY = y - middle;
  let toX = middle + matrix[0] * fromX + matrix[1] * fromY + shift[0];
  let toY = middle + matrix[2] * fromX + matrix[3] * fromY + shift[1];
  if (knots.length > 0) {
    const perRow = knotsFor(side);
    const atX = clamp(x, 0, side - 1) / knotSpacing, atY = clamp(y, 0, side - 1) / knotSpacing;
    const column = Math.floor(atX), row = Math.floor(atY);
    for (let j = 0; j < 4; j++) {
      const weightY = splineWeight(atY - row - j + 1);
      for (let i = 0; i < 4; i++) {
        const weight = weightY * splineWeight(atX - column - i + 1);
        const knot = 2 * ((row + j) * perRow + column + i);
        toX += weight * knots[knot];
        toY += weight * knots[knot + 1];
      }
    }
  }
  return [toX, toY];
}

/**
 * Deforms an image of `side`×`side` bytes at random: each pixel shows, bilinearly, the place of `image` that a warp
 * takes it to; beyond the border the image is blank.
 *
 * ```ts
 * import { deformImage } from "./deform.ts";
 * import { createRandom } from "@mlpcuda/mlpcuda";
 *
 * const image = new Uint8Array(28 * 28).fill(255);
 * const deformed = deformImage(image, createRandom(1), { rotation: 0.1, elastic: 1 });
 * ```
 *
 * @param image `[side, side]`; it is not changed.
 * @param into Where the result goes, `[side, side]`, apart from `image`; a new array by default.
 * @returns `into`.
 * @throws {TypeError} When `image` is not square or `into` has another length.
 */
export function deformImage(
  image: Uint8Array,
  random: Random,
  options: DeformOptions & { readonly into?: Uint8Array },
): Uint8Array {
  const side = Math.sqrt(image.length);
  if (!Number.isInteger(side)) {
    throw new TypeError(`Cannot deform an image of ${image.length} pixels: it must be square`);
  }
  const into = options.into ?? new Uint8Array(image.length);
  if (into.length !== image.length) {
    throw new TypeError(`Cannot deform an image of ${image.length} pixels into one of ${into.length}`);
  }
  const warp = drawWarp(random, side, options);
  for (let y = 0, i = 0; y < side; y++) {
    for (let x = 0; x < side; x++, i++) {
      const [fromX, fromY] = warpPoint(warp, x, y);
      into[i] = Math.round(sample(image, side, fromX, fromY));
    }
  }
  return into;
}

/** The image's value at (`x`, `y`), interpolated; 0 outside. */
function sample(image: Uint8Array, side: number, x: number, y: number): number {
  if (!(x > -1 && x < side && y > -1 && y < side)) return 0;
  const left = Math.floor(x), top = Math.floor(y), partX = x - left, partY = y - top;
  const at = top * side + left;
  const hasLeft = left >= 0, hasRight = left < side - 1;
  let value = 0;
  if (top >= 0) {
    value += (1 - partY) * ((hasLeft ? (1 - partX) * image[at] : 0) + (hasRight ? partX * image[at + 1] : 0));
  }
  if (top < side - 1) {
    const below = at + side;
    value += partY * ((hasLeft ? (1 - partX) * image[below] : 0) + (hasRight ? partX * image[below + 1] : 0));
  }
  return value;
}

/** Knots along one axis that cover `side` pixels: one before, one at the start of each span, two beyond the last. */
function knotsFor(side: number): number {
  return Math.floor((side - 1) / knotSpacing) + 4;
}

/** The uniform cubic B-spline at distance `t` from its knot, in knot spacings. */
function splineWeight(t: number): number {
  const distance = Math.abs(t);
  if (distance >= 2) return 0;
  if (distance >= 1) return (2 - distance) ** 3 / 6;
  return 2 / 3 - distance * distance * (1 - distance / 2);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
