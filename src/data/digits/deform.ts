/**
 * Random deformation of lines by an affine map and a smooth elastic displacement, for generated
 * digits. (`src/augment/` deforms images during training.)
 * @module
 */

import type { Random } from "../../random.ts";

/** The strengths of a deformation: each is the standard deviation of a normal distribution, 0 by default. */
export interface DeformOptions {
  /** The angle of rotation, in radians. */
  readonly rotation?: number;
  /** The slant: the shift of x, in pixels, for each pixel of y. */
  readonly slant?: number;
  /** The logarithm of the size factor. */
  readonly scale?: number;
  /** The logarithm of the width factor, with the height unchanged. */
  readonly stretch?: number;
  /** The shift along each axis, in pixels. */
  readonly shift?: number;
  /** The elastic displacement along each axis, in pixels; points less than about 14 pixels apart move together. */
  readonly elastic?: number;
}

/** A deformation, as a map of the plane around a square image: point `p` goes to `middle + matrix (p - middle) + shift + displacement(p)`. */
export interface Warp {
  /** The side of the image, in pixels; the center of a pixel has whole coordinates, from 0 to `side - 1`. */
  readonly side: number;
  /** The affine map's matrix, row by row: xx, xy, yx, yy. */
  readonly matrix: readonly [number, number, number, number];
  /** The shift along x and y, in pixels. */
  readonly shift: readonly [number, number];
  /** The displacement as B-spline coefficients `[K, K, 2]`, in pixels, the last axis x and y; empty for none. */
  readonly knots: Float64Array;
}

/**
 * Pixels between two knots of the displacement. With this spacing a cubic B-spline is near to a Gaussian with σ = 8
 * pixels.
 */
const knotSpacing = 14;
/** The standard deviation of the displacement between knots, if that of the knots is 1: the mean over positions of
 * Σ w² of the B-spline's weights along one axis. */
const splineDamping = 0.48;

/** Draws a random warp for a square image of `side` pixels. */
export function drawWarp(random: Random, side: number, options: DeformOptions): Warp {
  const { rotation = 0, slant = 0, scale = 0, stretch = 0, shift = 0, elastic = 0 } = options;
  const angle = rotation * random.normal(), shear = slant * random.normal();
  const height = Math.exp(scale * random.normal()), width = height * Math.exp(stretch * random.normal());
  const cos = Math.cos(angle), sin = Math.sin(angle);
  return {
    side,
    matrix: [cos * width, (cos * shear - sin) * height, sin * width, (sin * shear + cos) * height],
    shift: [shift * random.normal(), shift * random.normal()],
    knots: drawKnots(random, side, elastic),
  };
}

function drawKnots(random: Random, side: number, elastic: number): Float64Array {
  const perRow = knotsFor(side);
  const knots = new Float64Array(elastic > 0 ? 2 * perRow * perRow : 0);
  for (let i = 0; i < knots.length; i++) knots[i] = elastic / splineDamping * random.normal();
  return knots;
}

/** Maps the point (`x`, `y`) by `warp`. Outside of the image, the displacement is that of the border. */
export function warpPoint(warp: Warp, x: number, y: number): [number, number] {
  const { side, matrix, shift, knots } = warp;
  const middle = (side - 1) / 2, fromX = x - middle, fromY = y - middle;
  let toX = middle + matrix[0] * fromX + matrix[1] * fromY + shift[0];
  let toY = middle + matrix[2] * fromX + matrix[3] * fromY + shift[1];
  if (knots.length > 0) {
    const perRow = knotsFor(side), last = side - 1;
    const atX = Math.min(last, Math.max(0, x)) / knotSpacing,
      atY = Math.min(last, Math.max(0, y)) / knotSpacing;
    const column = Math.floor(atX), row = Math.floor(atY);
    const weightsX = splineWeights(atX - column), weightsY = splineWeights(atY - row);
    for (let j = 0; j < 4; j++) {
      for (let i = 0, at = 2 * ((row + j) * perRow + column); i < 4; i++, at += 2) {
        const weight = weightsX[i] * weightsY[j];
        toX += weight * knots[at];
        toY += weight * knots[at + 1];
      }
    }
  }
  return [toX, toY];
}

/** Returns the number of knots along an axis of `side` pixels; each segment between two knots depends on four. */
function knotsFor(side: number): number {
  return Math.floor((side - 1) / knotSpacing) + 4;
}

/**
 * Returns the weights of a segment's four knots at `t`, from 0 to 1 along the segment: the uniform cubic B-spline.
 */
function splineWeights(t: number): [number, number, number, number] {
  const t2 = t * t, t3 = t2 * t, rest = 1 - t;
  return [rest * rest * rest / 6, (3 * t3 - 6 * t2 + 4) / 6, (3 * (t + t2 - t3) + 1) / 6, t3 / 6];
}
