/**
 * Centering of a digit as in MNIST: converts ink anywhere on a sheet to an image like those that the network was
 * trained on.
 * @module
 */
import { INK } from "../../argument_kinds.ts";
import { checkArgument } from "../../arguments.ts";
import { averageAreas } from "./areas.ts";

/** The width and height of a centered image, in pixels. */
export const digitSide = 28;
/** The longest side of a centered digit's bounding box, in pixels. */
const boxSide = 20;
/** Ink fainter than this share of the darkest ink is not part of the bounding box. */
const faint = 1 / 16;

/** Ink on a sheet: 0 is blank paper, and greater values are darker. */
export interface Ink {
  /** The values `[height, width]`, row by row, finite and not negative; their scale has no effect. */
  readonly values: Uint8Array | Uint8ClampedArray | Float32Array;
  /** The sheet's width in pixels. */
  readonly width: number;
  /** The sheet's height in pixels. */
  readonly height: number;
}

/**
 * Scales the ink's bounding box by area averaging to a longest side of 20 pixels, and shifts it by whole pixels so
 * that its center of mass is in the middle of a blank 28×28 image (column 14, row 14, as in MNIST), or as near as the
 * image allows.
 *
 * @returns The image `[28, 28]`, its darkest pixel 255; all 0 if there is no ink.
 * @throws {TypeError} if `values` is not `width * height` long.
 */
export function centerDigit(ink: Ink): Uint8Array<ArrayBuffer> {
  checkInk(ink, "center a digit");
  const { values, width } = ink;
  const image = new Uint8Array(digitSide * digitSide);
  const box = boundsOf(ink);
  if (box === undefined) return image;

  const scale = boxSide / Math.max(box.width, box.height);
  const columns = Math.max(1, Math.round(box.width * scale));
  const rows = Math.max(1, Math.round(box.height * scale));
  const start = box.top * width + box.left;
  const line = (y: number) => values.subarray(start + y * width, start + y * width + box.width);
  const scaled = averageAreas({ width: box.width, height: box.height, line }, columns, rows);

  let sum = 0, sumX = 0, sumY = 0, peak = 0;
  for (let y = 0, i = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, i++) {
      const value = scaled[i];
      sum += value;
      sumX += value * x;
      sumY += value * y;
      if (value > peak) peak = value;
    }
  }
  const left = startOf(sumX / sum, columns), top = startOf(sumY / sum, rows);
  for (let y = 0, i = 0; y < rows; y++) {
    const start = (top + y) * digitSide + left;
    for (let x = 0; x < columns; x++, i++) image[start + x] = Math.round(scaled[i] / peak * 255);
  }
  return image;
}

/**
 * Checks ink.
 *
 * @param attempt the action, such as `center a digit`
 * @throws {TypeError} if `values` is not `width * height` long
 */
export function checkInk(ink: Ink, attempt: string): void {
  checkArgument("ink", ink, INK);
  const { values, width, height } = ink;
  if (values.length === width * height) return;
  throw new TypeError(
    `Cannot ${attempt}: its ink has ${values.length} values, ${width}×${height} pixels need ${
      width * height
    }`,
  );
}

/** Returns the start of a box of `length` pixels with its center of mass, `center` from its start, in the middle. */
function startOf(center: number, length: number): number {
  return Math.min(digitSide - length, Math.max(0, Math.round(digitSide / 2 - center)));
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Returns the smallest box around the ink, or `undefined` if there is no ink. */
function boundsOf({ values, width, height }: Ink): Box | undefined {
  let peak = 0;
  for (let i = 0; i < values.length; i++) if (values[i] > peak) peak = values[i];
  if (peak === 0) return undefined;

  const threshold = peak * faint;
  let left = width, right = -1, top = height, bottom = -1;
  for (let y = 0; y < height; y++) {
    const start = y * width;
    let first = 0;
    while (first < width && values[start + first] <= threshold) first++;
    if (first === width) continue;
    let last = width - 1;
    while (values[start + last] <= threshold) last--;
    if (top > y) top = y;
    bottom = y;
    if (first < left) left = first;
    if (last > right) right = last;
  }
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}
