/**
 * Scaling of a picture to the inputs of a network.
 * @module
 */
import { PICTURE } from "../../argument_kinds.ts";
import { checkArgument, fields, foundText, NUMBER } from "../../arguments.ts";
import type { Picture } from "../../formats/png.ts";
import { averageAreas } from "./areas.ts";
import type { ImageShape } from "./image_shape.ts";
import { luminanceOf } from "./luminance.ts";

/** The longest side of a picture, in pixels. */
const MAX_SIDE = 65_535;

/**
 * Scales a complete picture to a size. Each value is the mean of the area that the pixel covers. If the proportions differ,
 * the picture is stretched. A picture of the same size keeps its values. A gray value is the luminance, and transparent pixels
 * are blended with white.
 *
 * @returns The bytes `[height, width]` for gray, `[height, width, 3]` for color.
 * @throws {RangeError} if the size is not of whole numbers from 1, or `channels` is neither 1 nor 3
 */
export function resizePicture(picture: Picture, size: ImageShape): Uint8Array<ArrayBuffer> {
  checkArgument("picture", picture, PICTURE);
  checkArgument(
    "size",
    size,
    fields({ width: NUMBER, height: NUMBER, channels: NUMBER }),
  );
  const { width, height, channels } = size;
  checkImageShape(size);
  const scaled = averageAreas(linesOf(picture, channels), width, height);
  return Uint8Array.from(scaled, Math.round);
}

/**
 * Checks a size.
 *
 * @throws {RangeError} if it is not of whole numbers from 1, or `channels` is neither 1 nor 3
 */
export function checkImageShape({ width, height, channels }: ImageShape): void {
  for (const side of [width, height]) {
    if (!Number.isSafeInteger(side) || side < 1 || side > MAX_SIDE) {
      throw new RangeError(
        `Cannot scale a picture to ${foundText(width)}×${
          foundText(height)
        } pixels, needs whole numbers from 1 to ${MAX_SIDE}`,
      );
    }
  }
  if (channels !== 1 && channels !== 3) {
    throw new RangeError(`Cannot scale a picture to ${foundText(channels)} channels, needs 1 or 3`);
  }
}

/** Returns the lines of a picture as gray or as red, green and blue, without transparency. */
function linesOf({ width, height, channels, pixels }: Picture, wanted: 1 | 3) {
  const line = new Float32Array(width * wanted);
  const isGray = channels < 3, hasAlpha = channels % 2 === 0;
  return {
    width,
    height,
    channels: wanted,
    line(y: number): Float32Array {
      for (let x = 0, at = y * width * channels; x < width; x++, at += channels) {
        if (wanted === 1) {
          line[x] = luminanceOf(pixels, at, channels);
          continue;
        }
        const alpha = hasAlpha ? pixels[at + channels - 1] / 255 : 1;
        for (let c = 0; c < 3; c++) line[3 * x + c] = 255 + alpha * (pixels[isGray ? at : at + c] - 255);
      }
      return line;
    },
  };
}
