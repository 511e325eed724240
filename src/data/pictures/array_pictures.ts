/** Pictures of an array. @module */
import { shapeText } from "../../formats/fault.ts";
import type { Picture } from "../../formats/png.ts";
import type { InputSpec } from "../dataset.ts";
import { imageShapeOf } from "./image_shape.ts";
import { pictureInputs, type PictureOptions } from "./picture_input.ts";
import {
  chosenRows,
  holdsRows,
  type InputRow,
  isSingleRow,
  type RowRange,
  type Rows,
} from "../meaning/row_inputs.ts";

/** The number of pictures that are converted at a time. */
const CHUNK_PICTURES = 1024;

/**
 * Yields the pictures of an array as inputs of a network, some at a time, with the labels of the array.
 *
 * @throws {TypeError} if the array has another shape than {@linkcode arrayPictures} takes
 * @throws {RangeError} if a requested row does not exist, or if a value is out of range
 */
export function* arrayPictureInputs(
  array: Rows,
  network: InputSpec,
  options: PictureOptions & { readonly rows?: RowRange },
): Generator<InputRow[]> {
  const { labels } = array, first = options.rows?.first ?? 0;
  let rows: InputRow[] = [], at = first;
  for (const { picture, name } of arrayPictures(array, network, options)) {
    const found = pictureInputs(picture, network, { ...options, name }), label = labels?.[at++];
    rows.push(...label === undefined ? found : found.map((row) => ({ ...row, label })));
    if (rows.length < CHUNK_PICTURES) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}

/**
 * Yields the pictures of an array `[H, W]` or `[N, H, W]`, or for a network of color `[H, W, 3]` or `[N, H, W, 3]`, or of rows
 * that fit the network. The values are a brightness from 0 to 255, or from 0 to 1 if none of the array is above 1.
 *
 * @throws {TypeError} if the array has another shape
 * @throws {RangeError} if a requested row does not exist, or if a value is out of range
 */
export function* arrayPictures(
  array: Rows,
  network: InputSpec,
  options: { readonly name: string; readonly rows?: RowRange },
): Generator<{ readonly picture: Picture; readonly name: string }> {
  const { name } = options, { values } = array, shape = pictureShape(array.shape, network);
  const channels = imageShapeOf(network)?.channels === 3 && shape[shape.length - 1] === 3 ? 3 : 1;
  const sides = channels === 3 ? shape.slice(0, -1) : shape;
  if (sides.length < 2 || sides.length > 3 || Array.isArray(values)) {
    const found = `its array has shape ${shapeText(shape)}${array.dtype ? ` of ${array.dtype}` : ""}`;
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
  for (let row = first; row <= last; row++) {
    const pixels = new Uint8Array(size);
    for (let at = 0, from = row * size; at < size; at++, from++) {
      pixels[at] = Math.round(Number(values[from]) * scale);
    }
    yield { picture: { width, height, channels, pixels }, name: nameOf(row) };
  }
}

/** Returns the shape of an array as that of its pictures: `[N, H, W]` for rows `[N, I]` of a network of images `[H, W]`. */
function pictureShape(shape: readonly number[], network: InputSpec): readonly number[] {
  const image = imageShapeOf(network);
  if (image === undefined || !holdsRows(shape, network, undefined)) return shape;
  const { width, height, channels } = image, sides = [height, width, ...channels === 3 ? [channels] : []];
  return isSingleRow(shape, network) ? sides : [shape[0], ...sides];
}
