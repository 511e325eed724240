/** EMNIST as NIST ships it: transposed images, and a file with the characters of the labels. @module */
import type { FormatError } from "../../errors.ts";
import { shapeText } from "../../formats/fault.ts";
import type { NpyValues } from "../../formats/npy.ts";
import type { RawArray } from "./raw.ts";

/** Creates the error for a fault. */
type RefuseArray = (fault: string) => FormatError;

/**
 * Parses a mapping: lines of a label and of one or two character codes, the upper-case letter first. Returns the name of each
 * label in the order of the labels: the character of the first code.
 *
 * @throws the error of `refuse` if a line has another form, or if a label or a character occurs twice
 */
export function parseMapping(text: string, refuse: RefuseArray): ReadonlyMap<number, string> {
  const names = new Map<number, string>(), characters = new Set<string>();
  text.split(/\r\n|\n|\r/).forEach((line, index) => {
    if (line.trim() === "") return;
    const numbers = line.trim().split(/\s+/), [label, code] = numbers.map(Number);
    const isCode = code > 0x20 && code <= 0x10FFFF && !(code >= 0xD800 && code <= 0xDFFF);
    if (numbers.length > 3 || !numbers.every((number) => /^\d{1,7}$/.test(number)) || !isCode) {
      const found = JSON.stringify(line.slice(0, 40));
      throw refuse(`line ${index + 1} is ${found}, needs a label and one or two character codes`);
    }
    const name = String.fromCodePoint(code);
    if (names.has(label)) throw refuse(`line ${index + 1} has label ${label} again`);
    if (characters.has(name)) throw refuse(`line ${index + 1} has character ${name} again`);
    names.set(label, name);
    characters.add(name);
  });
  if (names.size === 0) throw refuse("it has no lines, needs a label and its character codes on each");
  return new Map([...names].sort(([a], [b]) => a - b));
}

/**
 * Replaces labels by their names.
 *
 * @throws the error of `refuse` if a label has no name
 */
export function namedLabels(
  { name, shape, values }: RawArray,
  names: ReadonlyMap<number, string>,
  refuse: RefuseArray,
): RawArray {
  const named = Array.from(values as ArrayLike<number>, (label, index) => {
    const text = names.get(label);
    if (text === undefined) {
      const labels = [...names.keys()], range = `${labels[0]} to ${labels[labels.length - 1]}`;
      throw refuse(
        `"${name}" has label ${label} at [${index}], its mapping has ${names.size} labels, ${range}`,
      );
    }
    return text;
  });
  return { name, shape, dtype: "<U1", values: named };
}

/**
 * Exchanges the rows and columns of each image; square ones in place.
 *
 * @throws the error of `refuse` if the array is not one of images `[N, H, W]`
 */
export function transposedImages(images: RawArray, refuse: RefuseArray): RawArray {
  const { name, shape } = images, [count, height, width] = shape;
  if (shape.length !== 3) {
    throw refuse(`"${name}" has shape ${shapeText(shape)}, images of EMNIST need [N, H, W]`);
  }
  const values = images.values as Exclude<NpyValues, string[] | BigInt64Array | BigUint64Array>;
  if (height === width) {
    for (let start = 0, size = height * width; start < count * size; start += size) {
      for (let row = 1; row < height; row++) {
        for (let column = 0; column < row; column++) {
          const here = start + row * width + column, there = start + column * width + row;
          const value = values[here];
          values[here] = values[there];
          values[there] = value;
        }
      }
    }
    return images;
  }
  const source = values.slice();
  for (let index = 0; index < source.length; index++) {
    const pixel = index % (height * width), row = Math.floor(pixel / width), column = pixel % width;
    values[index - pixel + column * height + row] = source[index];
  }
  return { ...images, shape: [count, width, height] };
}
