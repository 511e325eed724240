/** Outliers as images of a data set's shape. @module */
import type { Random } from "../../random.ts";
import { type Dataset, type ImageSpec, imageSpecOf, type InputSpec } from "../dataset.ts";
import { drawWarp } from "../digits/deform.ts";
import { bendLine, deformation } from "../digits/handwriting.ts";
import { type Line, paintDigit } from "../digits/pen.ts";
import type { Sheet } from "../digits/raster.ts";
import { averageAreas } from "../pictures/areas.ts";
import { centerDigit, digitSide } from "../pictures/center.ts";
import { type ImageShape, imageShapeOf } from "../pictures/image_shape.ts";
import { inputsOfInk } from "../pictures/pixel_units.ts";
import { createOutlierLines } from "./kinds.ts";
import { between } from "./strokes.ts";

/** Draws one outlier as inputs of a data set, `[I]`. */
export type OutlierWriter = (random: Random) => Uint8Array | Float32Array;

/**
 * Creates a writer of outliers. They are deformed and painted as drawn digits are, and centered if the images of the set are; else
 * they are anywhere in the image. In a set without a common background, paper and ink have random colors.
 *
 * @throws {TypeError} if the inputs are not images
 */
export function createOutlierWriter(spec: InputSpec & { readonly source: string }): OutlierWriter {
  const { image, shape } = drawableOf(spec);
  const draw = createOutlierLines();
  const { width, height, channels } = shape, inFeatures = width * height * channels;
  const isCentered = image.placement === "center" && inFeatures === digitSide * digitSide;
  return (random) => {
    const warp = drawWarp(random, digitSide, deformation);
    const sheet = paintDigit(fitted(draw(random)).map((line) => bendLine(line, warp)), random);
    if (isCentered) return inputsOfInk(centerDigit(sheet), image);
    return colored(placed(sheet, shape, random), shape, image, random);
  };
}

/** Returns inputs as numbers of the kind that a data set has: rounded if they are bytes. */
export function inputsLike(
  { inputs }: Pick<Dataset, "inputs">,
  values: Uint8Array | Float32Array,
): Uint8Array | Float32Array {
  if (inputs instanceof Uint8Array) {
    return values instanceof Uint8Array ? values : Uint8Array.from(values, Math.round);
  }
  return values instanceof Uint8Array ? Float32Array.from(values) : values;
}

/**
 * Returns the properties and the size of a set's images.
 *
 * @throws {TypeError} if the inputs are not images, or have other channels than gray or red, green and blue
 */
export function drawableOf(
  spec: InputSpec & { readonly source: string },
): { readonly image: ImageSpec; readonly shape: ImageShape } {
  const image = imageSpecOf(spec), shape = imageShapeOf(spec);
  if (image && shape) return { image, shape };
  const size = `[${spec.inputShape.join(", ")}]`;
  const found = image
    ? `its images have shape ${size}, needs [H, W], [1, H, W] or [H, W, C] with 1 or 3 channels C`
    : `its inputs of shape ${size} are not known to be images`;
  throw new TypeError(`Cannot draw outliers for ${spec.source}: ${found}`);
}

/** Scales lines, in place, so that the longest side of their bounding box is that of a digit of `bendLine()`. */
function fitted(lines: Line[]): Line[] {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const line of lines) {
    for (let i = 0; i < line.length; i += 2) {
      [left, right] = [Math.min(left, line[i]), Math.max(right, line[i])];
      [top, bottom] = [Math.min(top, line[i + 1]), Math.max(bottom, line[i + 1])];
    }
  }
  const scale = 100 / Math.max(right - left, bottom - top);
  for (const line of lines) {
    for (let i = 0; i < line.length; i += 2) {
      line[i] = 35 + scale * (line[i] - (left + right) / 2);
      line[i + 1] = 50 + scale * (line[i + 1] - (top + bottom) / 2);
    }
  }
  return lines;
}

/** Returns the ink of a sheet, from 0 to 1, at a random size and place of an image, `[H, W]`. */
function placed({ values, width: side }: Sheet, { width, height }: ImageShape, random: Random): Float32Array {
  const least = Math.min(width, height), size = Math.max(1, Math.round(least * between(random, 0.6, 1)));
  const left = random.below(width - size + 1), top = random.below(height - size + 1);
  const line = (y: number) => values.subarray(y * side, (y + 1) * side);
  const scaled = averageAreas({ width: side, height: side, line }, size, size);
  const ink = new Float32Array(width * height);
  for (let y = 0; y < size; y++) ink.set(scaled.subarray(y * size, (y + 1) * size), (top + y) * width + left);
  return ink;
}

/** Returns ink as inputs: bright on a dark background or dark on a light one, or in random colors if there is no background. */
function colored(
  ink: Float32Array,
  { channels }: ImageShape,
  image: ImageSpec,
  random: Random,
): Uint8Array | Float32Array {
  const tones = image.background === undefined ? 2 * channels : 0;
  const drawn = Array.from({ length: tones }, () => 255 * random.next());
  const isGray = random.next() < 0.3;
  const pixels = Uint8Array.from({ length: channels * ink.length }, (_, i) => {
    const channel = isGray ? 0 : i % channels, share = ink[Math.floor(i / channels)];
    const paper = drawn[channel] ?? 0, full = drawn[channels + channel] ?? 255;
    return Math.round(paper + share * (full - paper));
  });
  return inputsOfInk(pixels, image);
}
