/**
 * Digits that the program draws itself: a data set for a machine that reaches no other.
 * @module
 */

import { createRandom, type Random } from "../random.ts";
import { centerDigit, digitSide } from "./center.ts";
import type { Dataset, DatasetPair } from "./dataset.ts";
import { type DeformOptions, drawWarp, type Warp, warpPoint } from "./deform.ts";
import { digitStyles } from "./digit_strokes.ts";
import { paintLine } from "./raster.ts";

/** What `drawDigits()` draws. */
export interface DrawDigitsOptions {
  /** How many images to train on; 60,000 by default. */
  readonly count?: number;
  /** How many images to test on; 10,000 by default. */
  readonly testCount?: number;
  /** The seed, a whole number from 0 to 2³² - 1; 1 by default. */
  readonly seed?: number;
}

/** A style ready to draw: its strokes' points in each form, and which of them are corners. */
interface Template {
  readonly weight: number;
  readonly strokes: readonly {
    readonly forms: readonly Float64Array[];
    readonly corners: readonly boolean[];
  }[];
}

/** A smooth line in a digit's own coordinates, `[N, 2]`. */
type Line = Float64Array;

/** The longest side of a digit on the sheet that it is drawn on: twice that of the image, for soft edges. */
const sheetBox = 40;
const sheetSide = sheetBox + 2;
/** Points that the curve gets between two control points. */
const pointsASpan = 5;

/** How the hand that writes varies from digit to digit. */
const hand = {
  lean: 0.11,
  jitter: [1, 10],
  stroke: 2.5,
  penRadius: 2.5,
  penSpread: 0.26,
  thin: 0.15,
} as const;

const handWarp: DeformOptions = { rotation: 0.1, slant: 0.21, stretch: 0.17, elastic: 1.8 };

/**
 * Draws handwritten-looking digits, centred like MNIST's: images of 28×28 bytes with labels 0 to 9. Image `i` is a
 * function of the seed and `i` alone, so a larger set begins with a smaller one's images; each ten in a row hold every
 * digit once.
 *
 * ```ts
 * import { drawDigits } from "@mlpcuda/mlpcuda";
 *
 * const { train, test } = drawDigits({ count: 100, testCount: 10, seed: 1 });
 * console.log(train.inputs.length / 784, test?.labels);
 * ```
 *
 * @throws {RangeError} When a count or the seed is not a whole number in its range.
 */
export function drawDigits(options: DrawDigitsOptions = {}): DatasetPair {
  const { count = 60_000, testCount = 10_000, seed = 1 } = options;
  const templates = digitStyles.map((styles) => styles.map(templateOf));
  const drawSet = (rows: number, set: number): Dataset => {
    const inputs = new Uint8Array(rows * digitSide * digitSide);
    const labels = new Uint32Array(rows);
    let order: number[] = [];
    for (let i = 0; i < rows; i++) {
      if (i % 10 === 0) order = shuffledDigits(createRandom(seed, streamOf(i, 2 + set)));
      labels[i] = order[i % 10];
      const image = drawDigit(templates[labels[i]], createRandom(seed, streamOf(i, set)));
      inputs.set(image, i * image.length);
    }
    return {
      inputs,
      inputShape: [digitSide, digitSide],
      inputScale: 1 / 255,
      labels,
      outFeatures: 10,
      classNames: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
      source: "drawn digits",
    };
  };
  return { train: drawSet(count, 0), test: drawSet(testCount, 1) };
}

function streamOf(i: number, kind: number): number {
  return (i * 4 + kind) >>> 0;
}

function shuffledDigits(random: Random): number[] {
  const digits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  for (let i = digits.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [digits[i], digits[j]] = [digits[j], digits[i]];
  }
  return digits;
}

/** Draws one image of the digit that has these styles. */
function drawDigit(styles: readonly Template[], random: Random): Uint8Array {
  const template = chooseStyle(styles, random);
  const warp = drawWarp(random, digitSide, handWarp);
  const shares = mixForms(template.strokes[0].forms.length, random);
  const haste = random.next();
  const jitter = hand.jitter[0] + (hand.jitter[1] - hand.jitter[0]) * haste * haste;
  const lines = template.strokes.map(({ forms, corners }) => {
    const points = mixPoints(forms, shares);
    const shiftX = template.strokes.length > 1 ? hand.stroke * random.normal() : 0;
    const shiftY = template.strokes.length > 1 ? hand.stroke * random.normal() : 0;
    let x = random.normal(), y = random.normal();
    for (let i = 0; i < points.length; i += 2) {
      const end = i === 0 || i === points.length - 2 ? 1.6 : 1;
      points[i] += shiftX + end * jitter * x + hand.lean * (50 - points[i + 1]);
      points[i + 1] += shiftY + end * jitter * y;
      x = 0.6 * x + 0.8 * random.normal();
      y = 0.6 * y + 0.8 * random.normal();
    }
    return bend(smoothLine(points, corners), warp);
  });
  return centerDigit(write(lines, random));
}

function chooseStyle(styles: readonly Template[], random: Random): Template {
  let left = random.next() * styles.reduce((sum, style) => sum + style.weight, 0);
  for (const style of styles) if ((left -= style.weight) < 0) return style;
  return styles[styles.length - 1];
}

/** How much each of `count` forms contributes: shares whose sum is 1, most of it two forms', some a little beyond 0 or 1. */
function mixForms(count: number, random: Random): number[] {
  const beyond = 0.4;
  const first = random.below(count), second = (first + 1 + random.below(count - 1)) % count;
  const share = random.next() * (1 + 2 * beyond) - beyond;
  const shares = new Array<number>(count).fill(0);
  shares[first] += 1 - share;
  shares[second] += share;
  return shares;
}

function mixPoints(forms: readonly Float64Array[], shares: readonly number[]): Float64Array {
  const points = new Float64Array(forms[0].length);
  for (let f = 0; f < forms.length; f++) {
    for (let i = 0; i < points.length; i++) points[i] += shares[f] * forms[f][i];
  }
  return points;
}

/** A Catmull-Rom spline through the points, in which a corner ends one curve and begins the next. */
function smoothLine(points: Float64Array, corners: readonly boolean[]): Line {
  const count = corners.length;
  const line = new Float64Array(2 * ((count - 1) * pointsASpan + 1));
  let at = 0;
  for (let i = 0; i + 1 < count; i++) {
    const before = i === 0 || corners[i] ? i : i - 1;
    const after = i + 2 === count || corners[i + 1] ? i + 1 : i + 2;
    for (let step = 0; step < pointsASpan; step++) {
      const t = step / pointsASpan, t2 = t * t, t3 = t2 * t;
      const a = (-t3 + 2 * t2 - t) / 2, b = (3 * t3 - 5 * t2 + 2) / 2;
      const c = (-3 * t3 + 4 * t2 + t) / 2, d = (t3 - t2) / 2;
      for (let axis = 0; axis < 2; axis++) {
        line[at++] = a * points[2 * before + axis] + b * points[2 * i + axis] + c * points[2 * i + 2 + axis] +
          d * points[2 * after + axis];
      }
    }
  }
  line[at] = points[2 * count - 2];
  line[at + 1] = points[2 * count - 1];
  return line;
}

/** The line as the warp of a 28×28 image, in which the digit is 20 pixels high, deforms it. */
function bend(line: Line, warp: Warp): Line {
  for (let i = 0; i < line.length; i += 2) {
    const [x, y] = warpPoint(warp, 13.5 + (line[i] - 35) * 0.2, 13.5 + (line[i + 1] - 50) * 0.2);
    line[i] = x;
    line[i + 1] = y;
  }
  return line;
}

/** Writes the lines onto a sheet that they fill. */
function write(
  lines: readonly Line[],
  random: Random,
): { values: Float32Array; width: number; height: number } {
  let left = Infinity, right = -Infinity, top = Infinity, bottom = -Infinity;
  let way = 0;
  for (const line of lines) {
    for (let i = 0; i < line.length; i += 2) {
      if (i > 0) way += Math.sqrt((line[i] - line[i - 2]) ** 2 + (line[i + 1] - line[i - 1]) ** 2);
      left = Math.min(left, line[i]);
      right = Math.max(right, line[i]);
      top = Math.min(top, line[i + 1]);
      bottom = Math.max(bottom, line[i + 1]);
    }
  }
  const length = Math.max(right - left, bottom - top, 1e-6);
  const radius = hand.penRadius * Math.exp(hand.penSpread * random.normal() - hand.thin * Math.log(way / length / 2.2));
  const scale = (sheetBox - 2 * radius) / length;
  const offsetX = (sheetSide - scale * (right + left)) / 2,
    offsetY = (sheetSide - scale * (bottom + top)) / 2;
  const sheet = { values: new Float32Array(sheetSide * sheetSide), width: sheetSide, height: sheetSide };
  const softness = 0.6 + 0.6 * random.next();
  const nibAngle = Math.PI * random.next(), nib = 0.2 * random.next();
  const nibX = Math.cos(2 * nibAngle), nibY = Math.sin(2 * nibAngle);
  const wave = 0.12 * random.normal(), wavePhase = 2 * Math.PI * random.next();
  const waveLength = 4 + 12 * random.next();
  for (const line of lines) {
    const points = new Float64Array(line.length / 2 * 3);
    for (let i = 0, p = 0; i < line.length; i += 2, p += 3) {
      const other = i + 2 < line.length ? i + 2 : i - 2;
      const dx = line[other] - line[i], dy = line[other + 1] - line[i + 1], d2 = dx * dx + dy * dy || 1;
      const along = ((dx * dx - dy * dy) * nibX + 2 * dx * dy * nibY) / d2; // cos of twice the angle to the nib
      points[p] = offsetX + scale * line[i];
      points[p + 1] = offsetY + scale * line[i + 1];
      points[p + 2] = radius * (1 + nib * along + wave * Math.sin(wavePhase + i / waveLength));
    }
    paintLine(sheet, { points, softness });
  }
  return sheet;
}

function templateOf(style: { weight: number; forms: readonly string[] }): Template {
  const forms = style.forms.map((form) => form.split(" / ").map((stroke) => stroke.split(" ")));
  const strokes = forms[0].map((points, s) => ({
    corners: points.map((point) => point.endsWith("!")),
    forms: forms.map((form) =>
      Float64Array.from(form[s].flatMap((p) => p.replace("!", "").split(",").map(Number)))
    ),
  }));
  return { weight: style.weight, strokes };
}
