/**
 * Finds the ink on a picture of a digit, such as a scan, a screenshot or an image of MNIST.
 * @module
 */
import { PICTURE } from "../../argument_kinds.ts";
import { checkArgument } from "../../arguments.ts";
import type { Picture } from "../../formats/png.ts";
import { canvasOf } from "./canvas.ts";
import type { Ink } from "./center.ts";
import { connectedParts } from "./connected.ts";
import { luminanceOf } from "./luminance.ts";
import { fitPaper, type Sheet } from "./paper.ts";

/** The longest side, in pixels, to which larger pictures are scaled down; the digit itself needs only 20 pixels. */
const MAX_SIDE = 1024;
/** The minimum mean difference of ink from the paper, of 255; below it the picture is blank. */
const MIN_CONTRAST = 20;
/**
 * The minimum differences of ink from the paper, of a pixel and in the mean, in standard deviations of the paper's
 * noise.
 */
const MIN_DEVIATIONS = 4, MIN_MEAN_DEVIATIONS = 5;
/** The share of the ink's mean difference from the paper below which a pixel is shade, not ink. */
const SHADE = 1 / 8;
/** The share of the ink of the largest connected part below which another part is a speck. */
const SPECK = 1 / 32;

/**
 * Finds the ink of a picture: the difference from the paper for each pixel of ink, and 0 for all other pixels.
 *
 * Colors are converted to luminance, over a white canvas if they are transparent, or over a black one if the strokes on a
 * transparent canvas are bright. The edges of the picture are assumed to be paper. Pixels darker than the paper, or brighter than it, are ink, whichever there is more of. The
 * paper may be shaded and noisy: pixels that hardly differ from it, and specks far smaller than the rest, become 0. A
 * picture with a side of more than 1024 pixels is scaled down by a whole number.
 *
 * @returns the ink, at most as large as the picture; all 0 if no pixel differs enough from the paper
 * @throws {TypeError} if the number of values is not `width * height * channels`
 */
export function inkOf(picture: Picture): Ink {
  checkArgument("picture", picture, PICTURE);
  const sheet = brightnessOf(picture), { width, height } = sheet;
  const paper = fitPaper(sheet);
  const values = sheet.values.map((value, at) => value - paper.values[at]);
  const least = MIN_DEVIATIONS * paper.noise;
  let brighter = 0, darker = 0;
  for (const value of values) {
    if (value > least) brighter += value;
    else if (value < -least) darker -= value;
  }
  const sign = brighter > darker ? 1 : -1;
  // In the mean, each difference is weighted by itself, so that shade hardly counts beside strokes.
  let sum = 0, squares = 0;
  for (let at = 0; at < values.length; at++) {
    values[at] = Math.max(0, sign * values[at]);
    if (values[at] <= least) continue;
    sum += values[at];
    squares += values[at] ** 2;
  }
  const mean = squares / sum; // NaN if there is no ink
  if (!(mean >= Math.max(MIN_CONTRAST, MIN_MEAN_DEVIATIONS * paper.noise))) values.fill(0);
  const floor = Math.max(least, SHADE * mean);
  for (let at = 0; at < values.length; at++) if (values[at] <= floor) values[at] = 0;
  removeSpecks(values, width);
  return { values, width, height };
}

/** Returns the brightness of the scaled-down picture, from 0 to 255: each pixel is the mean of a square of pixels. */
function brightnessOf(picture: Picture): Sheet {
  const { channels, pixels } = picture;
  if (pixels.length !== picture.width * picture.height * channels) {
    const shape = `[${picture.height}, ${picture.width}, ${channels}]`;
    throw new TypeError(`Cannot read a picture: ${pixels.length} values do not have shape ${shape}`);
  }
  const canvas = canvasOf(picture), step = Math.ceil(Math.max(picture.width, picture.height, 1) / MAX_SIDE);
  const width = Math.ceil(picture.width / step), height = Math.ceil(picture.height / step);
  const values = new Float32Array(width * height), counts = new Uint32Array(width * height);
  for (let y = 0, at = 0; y < picture.height; y++) {
    const start = Math.floor(y / step) * width;
    for (let x = 0; x < picture.width; x++, at += channels) {
      const place = start + Math.floor(x / step);
      values[place] += luminanceOf(pixels, at, channels, canvas);
      counts[place]++;
    }
  }
  return { values: values.map((sum, at) => sum / counts[at]), width, height };
}

/** Sets connected parts with little ink compared to the largest one to 0. */
function removeSpecks(values: Float32Array, width: number): void {
  const { count, partOf } = connectedParts(values, width);
  const inks = new Float64Array(count + 1); // the first is that of no part
  for (let at = 0; at < values.length; at++) inks[partOf[at]] += values[at];
  const least = SPECK * inks.reduce((a, b) => Math.max(a, b));
  for (let at = 0; at < values.length; at++) if (inks[partOf[at]] < least) values[at] = 0;
}
