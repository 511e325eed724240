/** Pictures of an array. @module */
import { shapeText } from "../formats/fault.ts";
import type { NpyArray } from "../formats/npy.ts";
import type { Picture } from "../formats/png.ts";
import type { InputSpec } from "./dataset.ts";
import { imageShapeOf } from "./image_shape.ts";
import { chosenRows, type RowRange } from "./row_inputs.ts";

/**
 * Returns the pictures of an array `[H, W]` or `[N, H, W]`, or for a network of color `[H, W, 3]` or `[N, H, W, 3]`. The values
 * are a brightness from 0 to 255, or from 0 to 1 if none of the array is above 1.
 *
 * @throws {TypeError} if the array has another shape
 * @throws {RangeError} if a requested row does not exist, or if a value is out of range
 */
export function arrayPictures(
  array: NpyArray,
  network: InputSpec,
  options: { readonly name: string; readonly rows?: RowRange },
): { readonly picture: Picture; readonly name: string }[] {
  const { name } = options, { shape, values } = array;
  const channels = imageShapeOf(network)?.channels === 3 && shape[shape.length - 1] === 3 ? 3 : 1;
  const sides = channels === 3 ? shape.slice(0, -1) : shape;
  if (sides.length < 2 || sides.length > 3 || Array.isArray(values)) {
    const found = `its array has shape ${shapeText(shape)} of ${array.dtype}`;
    throw new TypeError(
      `Cannot use ${JSON.stringify(name)}: ${found}, needs numbers [H, W], [N, H, W] or [N, I]`,
    );
  }
  const isSingle = sides.length === 2, [height, width] = sides.slice(-2), size = width * height * channels;
  if (size === 0) {
    throw new TypeError(`Cannot use ${JSON.stringify(name)}: its pictures have no pixels`);
  }
  const { first, last } = isSingle ? { first: 0, last: 0 } : chosenRows(sides[0], options);
  const nameOf = (row: number) => isSingle ? name : `${name}[${row}]`;
  let most = 0;
  for (let at = 0; at < values.length; at++) {
    const value = Number(values[at]);
    if (!(value >= 0 && value <= 255)) {
      const shown = JSON.stringify(nameOf(Math.floor(at / size)));
      throw new RangeError(`Cannot use ${shown}: a pixel is ${value}, needs 0 to 255, or 0 to 1`);
    }
    if (value > most) most = value;
  }
  const scale = most <= 1 ? 255 : 1;
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const pixels = new Uint8Array(size);
    for (let at = 0, from = (first + i) * size; at < size; at++, from++) {
      pixels[at] = Math.round(Number(values[from]) * scale);
    }
    return { picture: { width, height, channels, pixels }, name: nameOf(first + i) };
  });
}
