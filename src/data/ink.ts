/**
 * From a picture of a digit, such as a scan, a screenshot or an image of MNIST, to the ink on it.
 * @module
 */
import type { Picture } from "../formats/png.ts";
import type { Ink } from "./center.ts";
import { luminanceOf } from "./luminance.ts";
import { fitPaper, type Sheet } from "./paper.ts";

/** Larger pictures are averaged down until no side is longer: 20 pixels of the digit are enough. */
const LONGEST_SIDE = 1024;
/** Differences from the paper, of 255, below which there is no ink at all. */
const FAINTEST_INK = 20;
/** Ink is darker than the paper by more than this many standard deviations of its noise, and in the mean by more. */
const LEAST_DEVIATIONS = 4, LEAST_MEAN_DEVIATIONS = 5;
/** What differs from the paper by less than this share of the ink's difference is shade, not ink. */
const SHADE = 1 / 8;
/** A connected part of less than this share of the ink in the largest one is a speck. */
const SPECK = 1 / 32;

/**
 * Finds the ink of a picture: how far each pixel is from the paper, on the side where the ink is.
 *
 * Color counts by its luminance, and transparency lies over white. The edges of the picture are taken for paper: ink is
 * what is darker than bright edges or brighter than dark ones, whichever there is more of. The paper may be shaded and
 * noisy; what hardly stands out from it and specks far smaller than the rest become 0. A picture of more than 1024 pixels
 * a side is averaged down by a whole number.
 *
 * @returns the ink, at most as large as the picture; all 0 where nothing stands out from the paper
 * @throws {TypeError} where the picture has not `width * height * channels` values
 */
export function inkOf(picture: Picture): Ink {
  const sheet = brightnessOf(picture), { width, height } = sheet;
  const paper = fitPaper(sheet);
  const values = sheet.values.map((value, at) => value - paper.values[at]);
  const least = LEAST_DEVIATIONS * paper.noise;
  let brighter = 0, darker = 0;
  for (const value of values) {
    if (value > least) brighter += value;
    else if (value < -least) darker -= value;
  }
  const sign = brighter > darker ? 1 : -1;
  // Weighed by itself, the mean is that of the strokes, however much shade there is.
  let sum = 0, squares = 0;
  for (let at = 0; at < values.length; at++) {
    values[at] = Math.max(0, sign * values[at]);
    if (values[at] <= least) continue;
    sum += values[at];
    squares += values[at] ** 2;
  }
  const mean = squares / sum; // NaN where nothing stands out
  if (!(mean >= Math.max(FAINTEST_INK, LEAST_MEAN_DEVIATIONS * paper.noise))) values.fill(0);
  const floor = Math.max(least, SHADE * mean);
  for (let at = 0; at < values.length; at++) if (values[at] <= floor) values[at] = 0;
  removeSpecks(values, width);
  return { values, width, height };
}

/** How bright the pixels are, from 0 to 255, each one the mean of a square of the picture's. */
function brightnessOf(picture: Picture): Sheet {
  const { channels, pixels } = picture;
  if (pixels.length !== picture.width * picture.height * channels) {
    const shape = `[${picture.height}, ${picture.width}, ${channels}]`;
    throw new TypeError(`Cannot read a picture: ${pixels.length} values do not have shape ${shape}`);
  }
  const step = Math.ceil(Math.max(picture.width, picture.height, 1) / LONGEST_SIDE);
  const width = Math.ceil(picture.width / step), height = Math.ceil(picture.height / step);
  const values = new Float32Array(width * height), counts = new Uint32Array(width * height);
  for (let y = 0, at = 0; y < picture.height; y++) {
    const start = Math.floor(y / step) * width;
    for (let x = 0; x < picture.width; x++, at += channels) {
      const place = start + Math.floor(x / step);
      values[place] += luminanceOf(pixels, at, channels);
      counts[place]++;
    }
  }
  return { values: values.map((sum, at) => sum / counts[at]), width, height };
}

/** Sets to 0 the connected parts that have little ink beside the largest one; corners connect. */
function removeSpecks(values: Float32Array, width: number): void {
  const parts = new Uint32Array(values.length); // 0 where no part is known yet
  const inks = [0], open: number[] = [];
  for (let first = 0; first < values.length; first++) {
    if (values[first] === 0 || parts[first] > 0) continue;
    const part = inks.length;
    inks.push(0);
    parts[first] = part;
    open.push(first);
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      inks[part] += values[at];
      const column = at % width;
      for (let dx = column === 0 ? 0 : -1; dx <= (column === width - 1 ? 0 : 1); dx++) {
        for (let next = at + dx - width; next <= at + dx + width; next += width) {
          if (!(values[next] > 0) || parts[next] > 0) continue; // outside of the sheet there is `undefined`
          parts[next] = part;
          open.push(next);
        }
      }
    }
  }
  const least = SPECK * inks.reduce((a, b) => Math.max(a, b));
  for (let at = 0; at < values.length; at++) if (inks[parts[at]] < least) values[at] = 0;
}
