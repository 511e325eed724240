/**
 * A model of handwriting, which draws digits with random variation. The variation follows studies of handwriting:
 *
 * - A digit has several **allographs**, ways to write it (a 7 with and without a bar), each with a frequency.
 * - The parameters of an allograph's strokes vary each time it is written. Consecutive parts of a movement vary
 *   nearly independently, but they overlap in time and blend smoothly (Plamondon 1995, "A kinematic theory of rapid
 *   human movements"). Here the parameters are mixtures of an allograph's extreme forms: one mixture for the
 *   beginning of the digit and one for its end.
 * - Writers differ in slant, rotation and width; an affine map models this.
 * - A smooth random displacement models the remaining variation, as in the training of Simard, Steinkraus and Platt
 *   on MNIST (2003, "Best practices for convolutional neural networks").
 * - The width of the pen varies with pressure and direction (`pen.ts`).
 *
 * @module
 */

import type { Random } from "../../random.ts";
import { centerDigit, digitSide } from "../pictures/center.ts";
import { type DeformOptions, drawWarp, type Warp, warpPoint } from "./deform.ts";
import { digitStyles } from "./digit_strokes.ts";
import { type Line, paintDigit } from "./pen.ts";
import { smoothLine } from "./smooth_line.ts";
import type { Style } from "./strokes/style.ts";

/** Draws one image `[28, 28]` of the digit `label`, centered as in MNIST. */
export type DigitWriter = (label: number, random: Random) => Uint8Array<ArrayBuffer>;

/**
 * The parameters of the variation. They were chosen by eye, by the distribution of slants and widths in MNIST's
 * training set, and by the accuracy on that set of a network trained on drawn digits. Lengths are in hundredths of a
 * digit's height.
 */
const variation = {
  /** The share by which a mixture can go beyond one of its two forms. */
  beyond: 0.25,
  /** The part of a digit, around its middle, in which the beginning blends into the end. */
  overlap: 1 / 3,
  /** The minimum and the maximum standard deviation of a control point. */
  jitter: [0, 5.5],
  /** The jitter of a stroke's ends, relative to that of its other points. */
  endJitter: 1.6,
  /** The standard deviation of a whole stroke, if a digit has several. */
  strokeShift: 2.5,
  /** The mean slant to the right. */
  lean: 0.09,
} as const;

/** The deformation of drawn digits. */
export const deformation: DeformOptions = { rotation: 0.1, slant: 0.21, stretch: 0.2, elastic: 1.6 };

/** A parsed style. */
interface Template {
  readonly weight: number;
  /** The control points of each form, `[P, 2]`, stroke after stroke. */
  readonly forms: readonly Float64Array[];
  /** For each stroke, true for those of its points that are corners. */
  readonly strokes: readonly (readonly boolean[])[];
}

/** Creates a digit writer. Its images depend only on the label and the random numbers. */
export function createDigitWriter(): DigitWriter {
  const write = createDigitLines();
  return (label, random) => {
    const { lines, warp } = write(label, random);
    return centerDigit(paintDigit(lines.map((line) => bendLine(line, warp)), random));
  };
}

/**
 * Creates a function that returns the lines of a digit, about 100 high, before a warp, and the random warp of a 28×28 image in
 * which the digit is 20 pixels high.
 */
export function createDigitLines(): (label: number, random: Random) => { lines: Line[]; warp: Warp } {
  const templates = digitStyles.map((styles) => styles.map(parseStyle));
  return (label, random) => {
    const { forms, strokes } = chooseTemplate(templates[label], random);
    const points = mixForms(forms, random);
    const jitter = between(variation.jitter, random.next());
    const strokeShift = strokes.length > 1 ? variation.strokeShift : 0;
    const warp = drawWarp(random, digitSide, deformation);
    let at = 0;
    const lines = strokes.map((corners) => {
      const stroke = points.subarray(at, at += 2 * corners.length);
      jitterPoints(stroke, { jitter, strokeShift }, random);
      return smoothLine(stroke, corners);
    });
    return { lines, warp };
  };
}

function parseStyle({ weight, forms }: Style): Template {
  const strokes = forms[0].split(" / ").map((stroke) =>
    stroke.split(" ").map((point) => point.endsWith("!"))
  );
  return {
    weight,
    strokes,
    forms: forms.map((form) => Float64Array.from(form.match(/-?\d+/g) ?? [], Number)),
  };
}

function chooseTemplate(templates: readonly Template[], random: Random): Template {
  let left = random.next() * templates.reduce((sum, { weight }) => sum + weight, 0);
  return templates.find(({ weight }) => (left -= weight) < 0) ?? templates[templates.length - 1];
}

/** Mixes at least two forms: one random mixture at the beginning of the digit, another at its end. */
function mixForms(forms: readonly Float64Array[], random: Random): Float64Array {
  const begin = drawMixture(forms, random), end = drawMixture(forms, random);
  const middle = 0.25 + 0.5 * random.next();
  const points = new Float64Array(forms[0].length), steps = Math.max(1, points.length / 2 - 1);
  for (let i = 0; i < points.length; i++) {
    const along = ((i >> 1) / steps - middle) / variation.overlap + 0.5, t = Math.min(1, Math.max(0, along));
    const share = t * t * (3 - 2 * t);
    points[i] = (1 - share) * begin(i) + share * end(i);
  }
  return points;
}

/**
 * Draws a random mixture of two forms, possibly a little beyond one of them. Returns the function of its coordinates.
 */
function drawMixture(forms: readonly Float64Array[], random: Random): (i: number) => number {
  const count = forms.length, first = random.below(count);
  const a = forms[first], b = forms[(first + 1 + random.below(count - 1)) % count];
  const share = between([-variation.beyond, 1 + variation.beyond], random.next());
  return (i) => b[i] + share * (a[i] - b[i]);
}

/** Moves a stroke's points at random, neighbors partly together, and slants them by the mean slant. */
function jitterPoints(
  points: Float64Array,
  by: { jitter: number; strokeShift: number },
  random: Random,
): void {
  const shiftX = by.strokeShift * random.normal(), shiftY = by.strokeShift * random.normal();
  let moveX = random.normal(), moveY = random.normal();
  for (let i = 0; i < points.length; i += 2) {
    const isEnd = i === 0 || i === points.length - 2;
    const jitter = isEnd ? variation.endJitter * by.jitter : by.jitter;
    points[i] += shiftX + jitter * moveX + variation.lean * (50 - points[i + 1]);
    points[i + 1] += shiftY + jitter * moveY;
    moveX = 0.6 * moveX + 0.8 * random.normal(); // 0.6² + 0.8² = 1, so that the variance does not change
    moveY = 0.6 * moveY + 0.8 * random.normal();
  }
}

/** Scales a line, in place, to an image of 28×28 pixels in which a digit is 20 pixels high, and applies `warp`. */
export function bendLine(line: Line, warp: Warp): Line {
  const middle = (digitSide - 1) / 2;
  for (let i = 0; i < line.length; i += 2) {
    const [x, y] = warpPoint(warp, middle + (line[i] - 35) / 5, middle + (line[i + 1] - 50) / 5);
    line[i] = x;
    line[i + 1] = y;
  }
  return line;
}

function between([low, high]: readonly [number, number], share: number): number {
  return low + (high - low) * share;
}
