/**
 * Conversion of rows, from arrays and data sets, to the inputs of a network.
 *
 * Rows are in the units of the rows that the network was trained on: it applies its own scale to them, whatever their type
 * and values are.
 * @module
 */
import { digits, shapeText } from "../../formats/fault.ts";
import type { NpyArray } from "../../formats/npy.ts";
import { backgroundOfEach } from "../pictures/background.ts";
import { toFloats } from "../convert.ts";
import { imageSpecOf, inFeaturesOf, type InputSpec } from "../dataset.ts";
import { imageShapeOf } from "../pictures/image_shape.ts";

/** Rows of inputs. */
export interface Rows {
  /** The shape of all rows, `[N, ...]`, or of a single one. */
  readonly shape: readonly number[];
  /** The values, row by row. */
  readonly values: NpyArray["values"];
  /** The dtype of the array, for messages; absent if it is not known. */
  readonly dtype?: string;
  /** The labels of the rows; absent if the file has none. */
  readonly labels?: Uint32Array;
}

/** One input of a network, and its origin. */
export interface InputRow {
  /** The file, with the row number if it holds several rows: `digits.npy[3]`, or the number of a picture's digit. */
  readonly name: string;
  /** The inputs of the network, `[I]`, before they are scaled. */
  readonly inputs: Uint8Array | Float32Array;
  /** True if it is a picture on which no ink was found. */
  readonly blank: boolean;
  /** The label, if the file has labels. */
  readonly label?: number;
  /** The number of digits that its picture seems to hold, if there are several. */
  readonly parts?: number;
  /** The name of its picture, if the digits of pictures are read one by one. */
  readonly picture?: string;
  /** The value of the column that identifies rows, if it was asked for. */
  readonly id?: string;
}

/** The first and the last row to read, counted from 0. */
export interface RowRange {
  /** The first row. */
  readonly first: number;
  /** The last row. */
  readonly last: number;
}

/** Options of {@linkcode openRows}. */
export interface RowsOptions {
  /** The file's name, for messages. */
  readonly name: string;
  /**
   * The factor that scales the values in place of the network's own, such as 1 for pixels that were divided by 255. By
   * default the values are in the units of the network's inputs.
   */
  readonly inputScale?: number;
}

/** Rows that fit a network. */
export interface OpenRows {
  /** The number of rows. */
  readonly count: number;
  /** Returns the name of a row. */
  nameOf(row: number): string;
  /**
   * Returns rows, whose inputs are views of the array if they need no conversion.
   *
   * @throws {TypeError} if a value is not finite, or does not fit into float32
   */
  read(range: RowRange): InputRow[];
}

/** Returns whether an array holds rows of a network: its shape is `[I]`, `[N, I]`, or the input shape with or without `N`. */
function areRows(shape: readonly number[], network: InputSpec): boolean {
  return isSingleRow(shape, network) || isRowShape(shape.slice(1), network);
}

/**
 * Returns whether an array holds rows of a network and not pictures, which need to be brought to its inputs.
 *
 * @param raw true if all arrays hold rows, false if all that can hold pictures do; `undefined` if those of the network's input
 * shape, or of flat rows, hold rows
 */
export function holdsRows(shape: readonly number[], network: InputSpec, raw: boolean | undefined): boolean {
  if (raw || imageSpecOf(network) === undefined) return true;
  return areRows(shape, network) && (raw === undefined || imageShapeOf(network) === undefined);
}

/** Returns whether a shape is that of one row. A first length of 1 is a number of rows, unless the input shape has it, too. */
export function isSingleRow(shape: readonly number[], network: InputSpec): boolean {
  return isRowShape(shape, network) &&
    (shape[0] !== 1 || shape.length === 1 || `${shape}` === `${network.inputShape}`);
}

/** Returns whether a shape is `[I]` or the input shape; lengths of 1 make no difference. */
function isRowShape(shape: readonly number[], { inputShape }: InputSpec): boolean {
  const sidesOf = (lengths: readonly number[]) => `${lengths.filter((length) => length !== 1)}`;
  return shape.length > 0 &&
    [sidesOf(inputShape), sidesOf([inFeaturesOf({ inputShape })])].includes(sidesOf(shape));
}

/**
 * Opens rows of shape `[I]` or `[N, I]`, or of the network's input shape.
 *
 * @throws {TypeError} if the values are strings, or the shape is another
 */
export function openRows(rows: Rows, network: InputSpec, options: RowsOptions): OpenRows {
  const { shape, values, dtype, labels } = rows, { name } = options, { inputShape } = network;
  const inFeatures = inFeaturesOf(network);
  const refuse = (found: string) => new TypeError(`Cannot use ${JSON.stringify(name)}: ${found}`);
  if (Array.isArray(values) || !areRows(shape, network)) {
    const needed = `the network needs ${shapeText(inputShape)} for each row`;
    throw refuse(`its array has shape ${shapeText(shape)}${dtype ? ` of ${dtype}` : ""}, ${needed}`);
  }
  const isSingle = isSingleRow(shape, network);
  const factor = factorOf(network, options.inputScale);
  const nameOf = (row: number) => isSingle ? name : `${name}[${row}]`;
  return {
    count: isSingle ? 1 : shape[0],
    nameOf,
    read({ first, last }) {
      const part = values.subarray(first * inFeatures, (last + 1) * inFeatures);
      const inputs = part instanceof Uint8Array && factor === 1 ? part : scaledBy(
        toFloats(part, {
          name: "array",
          shape: [-1, ...inputShape],
          firstRow: first,
          refuse: (_kind, found) => refuse(found),
        }),
        factor,
      );
      return Array.from({ length: last - first + 1 }, (_, i) => ({
        name: nameOf(first + i),
        inputs: inputs.subarray(i * inFeatures, (i + 1) * inFeatures),
        blank: false,
        ...labels && { label: labels[first + i] },
      }));
    },
  };
}

/**
 * Returns the factor that brings values to the units of the network's inputs.
 *
 * @param scale the factor that scales the values in place of the network's own; `undefined` if they have its units
 */
export function factorOf({ inputScale = 1 }: InputSpec, scale: number | undefined): number {
  if (scale === undefined || scale === inputScale) return 1;
  const factor = scale / inputScale;
  // 1 / (1 / 255) is 255 in float64; other quotients of whole numbers may be next to it.
  return Math.abs(factor - Math.round(factor)) < 1e-9 * factor ? Math.round(factor) : factor;
}

/** Returns values multiplied by a factor; the same array if the factor is 1. */
export function scaledBy(values: Uint8Array | Float32Array, factor: number): Uint8Array | Float32Array {
  return factor === 1 ? values : Float32Array.from(values, (value) => value * factor);
}

/**
 * Returns the reason to doubt that rows have the units of a network of pixels: `"small"` if it takes values up to 255 and
 * floats are all from 0 to 1, `"large"` if it takes values up to 1 and one is above; `undefined` if there is none.
 */
export function scaleDoubtOf(rows: readonly InputRow[], network: InputSpec): "small" | "large" | undefined {
  const white = imageSpecOf(network)?.white;
  if (white === 1 && rows.some(({ inputs }) => inputs.some((value) => value > 1))) return "large";
  if (white !== 255) return undefined;
  let largest = 0;
  for (const { inputs } of rows) {
    if (inputs instanceof Uint8Array) return undefined;
    for (const value of inputs) {
      if (!(value >= 0 && value <= 1)) return undefined;
      if (value > largest) largest = value;
    }
  }
  return largest > 0 ? "small" : undefined;
}

/**
 * Returns the background that rows have in common, if it is not that of the images which the network was trained on;
 * `undefined` if there is no such difference.
 */
export function otherBackgroundOf(
  rows: readonly Pick<InputRow, "inputs">[],
  network: InputSpec,
): "dark" | "light" | undefined {
  const image = imageSpecOf(network);
  if (image?.background === undefined) return undefined;
  const { inputShape } = network;
  const found = backgroundOfEach(rows.map(({ inputs }) => inputs), { inputShape, white: image.white });
  return found === image.background ? undefined : found;
}

/** Converts rows to inputs of a network. */
export function rowInputs(
  rows: Rows,
  network: InputSpec,
  options: RowsOptions & { readonly rows?: RowRange },
): InputRow[] {
  const opened = openRows(rows, network, options);
  return opened.read(chosenRows(opened.count, options));
}

/** Returns the first and the last of the requested rows, of `count` rows. */
export function chosenRows(
  count: number,
  { name, rows }: { readonly name: string; readonly rows?: RowRange },
): RowRange {
  const quoted = JSON.stringify(name), { first, last } = rows ?? { first: 0, last: count - 1 };
  if (count === 0) throw new RangeError(`Cannot use ${quoted}: it holds no rows`);
  if (first > last || last >= count) {
    throw new RangeError(
      `Cannot use rows ${first}-${last} of ${quoted}: it has rows 0 to ${digits(count - 1)}`,
    );
  }
  return { first, last };
}
