/**
 * A hand that writes digits, each time a little differently.
 * @module
 */

import type { Random } from "../random.ts";
import { centerDigit, digitSide } from "./center.ts";
import { type DeformOptions, drawWarp, type Warp, warpPoint } from "./deform.ts";
import { digitStyles, type Style } from "./digit_strokes.ts";
import { paintLine, type Sheet } from "./raster.ts";

/** Draws the digit `label` once: an image `[28, 28]`, centred like MNIST's. */
export type Hand = (label: number, random: Random) => Uint8Array<ArrayBuffer>;

/**
 * How the hand varies, chosen by eye and by how well a network that learnt from the drawn digits reads MNIST's training
 * set. Lengths in forms are in hundredths of a digit's height.
 */
const habits = {
  /** How far forms are mixed beyond one another. */
  beyond: 0.25,
  /** The least and the greatest standard deviation of a control point. */
  jitter: [1.5, 7.5],
  /** The jitter of a stroke's ends, relative to that of its other points. */
  endJitter: 1.6,
  /** The standard deviation of a whole stroke, where a digit has several. */
  strokeShift: 2.5,
  /** The mean slant to the right. */
  lean: 0.09,
  /** The pen's median radius in pixels of the sheet, and the standard deviation of its logarithm. */
  pen: [2.5, 0.26],
  /** How much thinner long lines are: the radius goes with their length to minus this power. */
  thin: 0.15,
  /** The greatest part of the radius by which a flat nib's line varies with its direction. */
  nib: 0.2,
  /** The standard deviation of the part of the radius by which pressure varies it. */
  pressure: 0.12,
  /** The least and the greatest softness of the line's edge, in pixels of the sheet. */
  softness: [0.6, 1.2],
} as const;

const deformation: DeformOptions = { rotation: 0.1, slant: 0.21, stretch: 0.17, elastic: 1.4 };

/** The longest side of a digit on its sheet: twice that in the image, so that averaging areas gives its edges. */
const sheetBox = 40;
/** The sheet's side, with a pixel of margin for soft edges. */
const sheetSide = sheetBox + 2;
/** Segments of the drawn line between two control points. */
const segmentsASpan = 4;

/** A smooth line, points `[N, 2]`. */
type Line = Float64Array;

/** A style made ready for writing. */
interface Template {
  readonly weight: number;
  readonly formCount: number;
  /** Each stroke's control points `[N, 2]` in each form, and which of the points are corners. */
  readonly strokes: readonly {
    readonly forms: readonly Float64Array[];
    readonly corners: readonly boolean[];
  }[];
}

/** Creates a hand. What it draws depends on the label and the random numbers alone. */
export function createHand(): Hand {
  const templates = digitStyles.map((styles) => styles.map(parseStyle));
  return (label, random) => {
    const template = chooseTemplate(templates[label], random);
    const shares = mixForms(template.formCount, random);
    const jitter = between(habits.jitter, random.next());
    const warp = drawWarp(random, digitSide, deformation);
    const strokeShift = template.strokes.length > 1 ? habits.strokeShift : 0;
    const lines = template.strokes.map(({ forms, corners }) => {
      const points = mixPoints(forms, shares);
      jitterPoints(points, { jitter, strokeShift }, random);
      return bendLine(smoothLine(points, corners), warp);
    });
    return centerDigit(paintDigit(lines, random));
  };
}

function parseStyle({ weight, forms }: Style): Template {
  const parsed = forms.map((form) => form.split(" / ").map((stroke) => stroke.split(" ")));
  const strokes = parsed[0].map((points, s) => ({
    corners: points.map((point) => point.endsWith("!")),
    forms: parsed.map((form) =>
      Float64Array.from(form[s].flatMap((point) => point.replace("!", "").split(",").map(Number)))
    ),
  }));
  return { weight, formCount: forms.length, strokes };
}

function chooseTemplate(templates: readonly Template[], random: Random): Template {
  let left = random.next() * templates.reduce((sum, template) => sum + template.weight, 0);
  return templates.find((template) => (left -= template.weight) < 0) ?? templates[templates.length - 1];
}

/** How much each of `count` forms, at least 2, contributes: two of them share 1, or are carried a little beyond. */
function mixForms(count: number, random: Random): Float64Array {
  const first = random.below(count), second = (first + 1 + random.below(count - 1)) % count;
  const shares = new Float64Array(count);
  shares[first] = between([-habits.beyond, 1 + habits.beyond], random.next());
  shares[second] = 1 - shares[first];
  return shares;
}

function mixPoints(forms: readonly Float64Array[], shares: Float64Array): Float64Array {
  return forms[0].map((_, i) => forms.reduce((sum, form, f) => sum + shares[f] * form[i], 0));
}

/** Moves a stroke's points at random, neighbours partly together, and leans them. */
function jitterPoints(
  points: Float64Array,
  by: { jitter: number; strokeShift: number },
  random: Random,
): void {
  const shiftX = by.strokeShift * random.normal(), shiftY = by.strokeShift * random.normal();
  let moveX = random.normal(), moveY = random.normal();
  for (let i = 0; i < points.length; i += 2) {
    const isEnd = i === 0 || i === points.length - 2;
    const jitter = isEnd ? habits.endJitter * by.jitter : by.jitter;
    points[i] += shiftX + jitter * moveX + habits.lean * (50 - points[i + 1]);
    points[i + 1] += shiftY + jitter * moveY;
    moveX = 0.6 * moveX + 0.8 * random.normal(); // 0.6² + 0.8² = 1: the variance stays
    moveY = 0.6 * moveY + 0.8 * random.normal();
  }
}

/** The Catmull-Rom spline through the points; a corner ends one curve and begins the next. */
function smoothLine(points: Float64Array, corners: readonly boolean[]): Line {
  const count = corners.length;
  const line = new Float64Array(2 * ((count - 1) * segmentsASpan + 1));
  let at = 0;
  for (let i = 0; i + 1 < count; i++) {
    const before = i === 0 || corners[i] ? i : i - 1;
    const after = i + 2 === count || corners[i + 1] ? i + 1 : i + 2;
    for (let step = 0; step < segmentsASpan; step++) {
      const t = step / segmentsASpan, t2 = t * t, t3 = t2 * t;
      const a = (2 * t2 - t3 - t) / 2,
        b = (3 * t3 - 5 * t2 + 2) / 2,
        c = (4 * t2 - 3 * t3 + t) / 2,
        d = (t3 - t2) / 2;
      for (let axis = 0; axis < 2; axis++) {
        line[at++] = a * points[2 * before + axis] + b * points[2 * i + axis] + c * points[2 * i + 2 + axis] +
          d * points[2 * after + axis];
      }
    }
  }
  line.set(points.subarray(-2), at);
  return line;
}

/** Takes a line to an image of 28×28 pixels, in which a digit is 20 high, and through `warp`. */
function bendLine(line: Line, warp: Warp): Line {
  const middle = (digitSide - 1) / 2;
  for (let i = 0; i < line.length; i += 2) {
    const bent = warpPoint(warp, middle + (line[i] - 35) / 5, middle + (line[i + 1] - 50) / 5);
    line[i] = bent[0];
    line[i + 1] = bent[1];
  }
  return line;
}

/** Paints the lines onto a sheet, at the size that fills it, with a random pen. */
function paintDigit(lines: readonly Line[], random: Random): Sheet {
  let left = Infinity, right = -Infinity, top = Infinity, bottom = -Infinity, length = 0;
  for (const line of lines) {
    for (let i = 0; i < line.length; i += 2) {
      left = Math.min(left, line[i]);
      right = Math.max(right, line[i]);
      top = Math.min(top, line[i + 1]);
      bottom = Math.max(bottom, line[i + 1]);
      if (i > 0) length += distance(line, i - 2, i);
    }
  }
  const size = Math.max(right - left, bottom - top);
  const thinning = habits.thin * Math.log(length / size / 2.2); // 2.2: a typical digit's lines, in heights
  const radius = habits.pen[0] * Math.exp(habits.pen[1] * random.normal() - thinning);
  const scale = Math.max(1, sheetBox - 2 * radius) / size;
  const offsetX = (sheetSide - scale * (left + right)) / 2,
    offsetY = (sheetSide - scale * (top + bottom)) / 2;

  const nib = habits.nib * random.next(), nibAngle = 2 * Math.PI * random.next();
  const nibX = nib * Math.cos(nibAngle), nibY = nib * Math.sin(nibAngle);
  const pressure = habits.pressure * random.normal();
  const phase = 2 * Math.PI * random.next(), wavelength = 2 + 6 * random.next();
  const softness = between(habits.softness, random.next());
  const sheet = { values: new Float32Array(sheetSide * sheetSide), width: sheetSide, height: sheetSide };
  for (const line of lines) {
    const count = line.length / 2;
    const points = new Float64Array(3 * count);
    for (let i = 0; i < count; i++) {
      const from = 2 * Math.min(i, count - 2);
      const x = line[from + 2] - line[from], y = line[from + 3] - line[from + 1], squared = x * x + y * y;
      // the cosine of twice the angle between line and nib, by the double-angle formulas
      const width = squared > 0 ? ((x * x - y * y) * nibX + 2 * x * y * nibY) / squared : 0;
      points[3 * i] = offsetX + scale * line[2 * i];
      points[3 * i + 1] = offsetY + scale * line[2 * i + 1];
      points[3 * i + 2] = radius * (1 + width + pressure * Math.sin(phase + i / wavelength));
    }
    paintLine(sheet, points, softness);
  }
  return sheet;
}

function distance(line: Line, from: number, to: number): number {
  const x = line[to] - line[from], y = line[to + 1] - line[from + 1];
  return Math.sqrt(x * x + y * y);
}

function between([low, high]: readonly [number, number], share: number): number {
  return low + (high - low) * share;
}
