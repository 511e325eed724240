/** Pictures of a report, as PNG files in data addresses. @module */
import { imageSpecOf, type InputSpec } from "../data/dataset.ts";
import { type ImageShape, imageShapeOf } from "../data/pictures/image_shape.ts";
import { resizePicture } from "../data/pictures/resize.ts";
import { formatPng } from "../formats/png_write.ts";
import type { Picture } from "../formats/png.ts";

/** The longest side of a picture, in pixels; a larger one is made smaller. */
const MAX_SIDE = 96;

/** The colors of a weight of 1, of 0 and of -1, as red, green and blue; between them, they are mixed. */
const PLUS = [178, 24, 43], ZERO = [255, 255, 255], MINUS = [33, 102, 172];

/** Inputs that are images: their size, and the value of a white pixel. */
export interface Images extends ImageShape {
  readonly white: number;
}

/** Returns how inputs are shown as images; `undefined` if they are not images. */
export function imagesOf(spec: InputSpec): Images | undefined {
  const shape = imageShapeOf(spec), image = imageSpecOf(spec);
  return shape && image && { ...shape, white: image.white };
}

/** Returns the picture of an input `[I]`. */
export async function inputPicture(input: ArrayLike<number>, images: Images): Promise<string> {
  return await addressOf(inputPixels(input, images));
}

/** Returns the pixels of an input `[I]`, from 0 for black to 255 for white. */
export function inputPixels(input: ArrayLike<number>, { width, height, channels, white }: Images): Picture {
  const pixels = Uint8ClampedArray.from(input, (value) => 255 * value / white);
  return { width, height, channels, pixels: new Uint8Array(pixels.buffer) };
}

/** Returns the picture of a unit's weights `[I]`, in which `largest` has the full color. */
export async function weightsPicture(
  weights: ArrayLike<number>,
  images: Images,
  largest: number,
): Promise<string> {
  return await addressOf(weightsPixels(weights, images, largest));
}

/**
 * Returns the pixels of a unit's weights `[I]`: red above 0, white at 0, and blue below, or for color images the color of the
 * three weights of a pixel around gray.
 */
export function weightsPixels(weights: ArrayLike<number>, images: Images, largest: number): Picture {
  const { width, height, channels } = images, pixels = new Uint8Array(width * height * 3);
  for (let at = 0; at < weights.length; at++) {
    const weight = largest === 0 ? 0 : weights[at] / largest;
    if (channels === 3) pixels[at] = Math.round(127.5 + 127.5 * weight);
    else pixels.set(colorOf(weight), 3 * at);
  }
  return { width, height, channels: 3, pixels };
}

/** Returns the color of a weight from -1 to 1. */
export function colorOf(weight: number): number[] {
  const end = weight < 0 ? MINUS : PLUS;
  return ZERO.map((zero, i) => Math.round(zero + Math.abs(weight) * (end[i] - zero)));
}

/** Returns the picture of a confusion matrix `[C, C]`, a pixel an entry: white for 0, dark for all rows of the label. */
export async function matrixPicture(confusion: Uint32Array, classes: number): Promise<string> {
  const pixels = new Uint8Array(3 * classes * classes);
  for (let label = 0; label < classes; label++) {
    const total = confusion.subarray(label * classes, (label + 1) * classes).reduce((a, b) => a + b, 0);
    for (let guess = 0; guess < classes; guess++) {
      const at = label * classes + guess, share = total === 0 ? 0 : Math.sqrt(confusion[at] / total);
      pixels.set(colorOf(label === guess ? -share : share), 3 * at);
    }
  }
  return await addressOf({ width: classes, height: classes, channels: 3, pixels }, { isWhole: true });
}

/** Returns a picture as an address that contains it. */
async function addressOf(picture: Picture, { isWhole = false } = {}): Promise<string> {
  const { width, height, channels } = picture, factor = MAX_SIDE / Math.max(width, height);
  const size = {
    width: Math.max(1, Math.round(width * factor)),
    height: Math.max(1, Math.round(height * factor)),
  };
  const shown = factor >= 1 || isWhole
    ? picture
    : { ...size, channels, pixels: resizePicture(picture, { ...size, channels: channels === 1 ? 1 : 3 }) };
  const bytes = await formatPng(shown);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return `data:image/png;base64,${btoa(text)}`;
}
