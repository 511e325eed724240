/** The kinds of inputs: pixels, pixels that were scaled before, and other numbers. @module */
import { inFeaturesOf } from "../dataset.ts";
import type { NumericArray } from "../arrays.ts";

/** The kind of inputs. */
export type InputKind = "pixels" | "scaled pixels" | "numbers";

/** The fewest columns of flat rows that may be images: 8×8 pixels. */
const FEWEST_PIXELS = 64;
/** The numbers of channels that images have: gray, gray with alpha, color, color with alpha. */
const MAX_CHANNELS = 4;

/**
 * Returns whether inputs of this shape may be images: `[H, W]`, `[H, W, C]`, `[C, H, W]`, or a square number of at least 64
 * values in a row.
 */
export function isImageShape(inputShape: readonly number[]): boolean {
  if (inputShape.length === 1) {
    return inputShape[0] >= FEWEST_PIXELS && Number.isInteger(Math.sqrt(inputShape[0]));
  }
  if (inputShape.length === 2) return true;
  return inputShape.length === 3 && Math.min(inputShape[0], inputShape[2]) <= MAX_CHANNELS;
}

/**
 * Returns the kind of inputs `[N, I]`:
 *
 * - `"pixels"` if they have the shape of images, and all are whole numbers from 0 to 255, some above 127;
 * - `"scaled pixels"` if they have the shape of images, and all are from 0 to 1, some above 1/2;
 * - `"numbers"` otherwise.
 */
export function inputKindOf(inputs: NumericArray, inputShape: readonly number[]): InputKind {
  if (!isImageShape(inputShape)) return "numbers";
  let largest = 0, areWhole = true;
  if (inputs instanceof Uint8Array) {
    for (let i = 0; i < inputs.length && largest <= 127; i++) if (inputs[i] > largest) largest = inputs[i];
  } else {
    for (let i = 0; i < inputs.length; i++) {
      const value = Number(inputs[i]);
      if (!(value >= 0 && value <= 255)) return "numbers";
      if (value > largest) largest = value;
      if (!Number.isInteger(value)) areWhole = false;
      if (!areWhole && largest > 1) return "numbers";
    }
  }
  if (largest > 127) return "pixels";
  return largest <= 1 && largest > 0.5 ? "scaled pixels" : "numbers";
}

/** The ranges of columns: the largest and the smallest width, without constant columns. */
export interface Spread {
  /** The width of the widest column: its maximum - its minimum. */
  readonly widest: number;
  /** The width of the narrowest column that is not constant. */
  readonly narrowest: number;
}

/** Returns the spread of the columns of inputs `[N, I]`; `undefined` if every column is constant. */
export function spreadOf(inputs: NumericArray, inputShape: readonly number[]): Spread | undefined {
  const width = inFeaturesOf({ inputShape });
  const least = new Float64Array(width).fill(Infinity), most = new Float64Array(width).fill(-Infinity);
  for (let start = 0; start < inputs.length; start += width) {
    for (let column = 0; column < width; column++) {
      const value = Number(inputs[start + column]);
      if (value < least[column]) least[column] = value;
      if (value > most[column]) most[column] = value;
    }
  }
  let widest = 0, narrowest = Infinity;
  for (let column = 0; column < width; column++) {
    const range = most[column] - least[column];
    if (range > widest) widest = range;
    if (range > 0 && range < narrowest) narrowest = range;
  }
  return widest > 0 ? { widest, narrowest } : undefined;
}
