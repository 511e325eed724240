/** Conversion between pixels, bytes from 0 (black) to 255 (white), and the input values of a network. @module */
import type { ImageSpec } from "../dataset.ts";

/** Returns pixels as input values, from 0 to `white`: the bytes themselves if white is 255, else float32 numbers. */
export function inputsOfPixels(
  pixels: Uint8Array<ArrayBuffer>,
  { white }: Pick<ImageSpec, "white">,
): Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer> {
  return white === 255 ? pixels : Float32Array.from(pixels, (value) => value * white / 255);
}

/**
 * Returns input values as pixels: rounded to bytes, and those outside of 0 to `white` set to the nearer end. Bytes are
 * returned themselves if white is 255.
 */
export function pixelsOfInputs(
  inputs: Uint8Array | Float32Array,
  { white }: Pick<ImageSpec, "white">,
): Uint8Array {
  if (inputs instanceof Uint8Array && white === 255) return inputs;
  return Uint8Array.from(Uint8ClampedArray.from(inputs, (value) => Math.round(value * 255 / white)));
}

/** Returns the negative of pixels. */
export function negativeOf(pixels: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(pixels, (value) => 255 - value);
}

/** Returns pixels with bright ink on a dark background as the network needs them: on its own background, in its units. */
export function inputsOfInk(
  pixels: Uint8Array<ArrayBuffer>,
  image: ImageSpec,
): Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer> {
  return inputsOfPixels(image.background === "light" ? negativeOf(pixels) : pixels, image);
}

/** Returns input values as pixels with bright ink on a dark background: the inverse of {@linkcode inputsOfInk}. */
export function inkOfInputs(
  inputs: Uint8Array | Float32Array,
  image: Pick<ImageSpec, "white" | "background">,
): Uint8Array {
  const pixels = pixelsOfInputs(inputs, image);
  return image.background === "light" ? negativeOf(pixels) : pixels;
}
