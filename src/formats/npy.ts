/**
 * NumPy's `.npy` files: one array with its dtype and shape.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 * @module
 */
import { checkArgument, either, fields, FINITE, list, TEXT, TYPED } from "../arguments.ts";
import { byteCount, checkReading, type Origin, type Refuse, refuser, shapeText } from "./fault.ts";
import { decodeValues, encodeValues, type NpyValues, parseNpyDtype } from "./npy_dtype.ts";
import { formatNpyHeader, type NpyHeader, parseNpyHeader } from "./npy_header.ts";

export type { NpyValues } from "./npy_dtype.ts";

/** An array of numbers or strings. */
export interface NpyArray {
  /**
   * The dtype as NumPy writes it on a little-endian machine: `<f4`, `|u1`, `|b1`, `<U3`. For half precision it is
   * `<f2`, although the values are converted to float32.
   */
  readonly dtype: string;
  /** The shape; `[]` for a single value. */
  readonly shape: readonly number[];
  /** The values in C order: the last index moves fastest. Bools are the bytes 0 and 1. */
  readonly values: NpyValues;
}

const ARRAY = fields({
  shape: list(FINITE),
  values: either("a typed array or a list of strings", TYPED, list(TEXT)),
}, { dtype: TEXT });

/** The maximum number of axes that every version of NumPy reads. */
const MAX_AXES = 32;

/**
 * Reads a `.npy` file of numbers, bools or strings; either byte order, C or Fortran order, format version 1 to 3.
 *
 * The values are a view of `bytes` if the file's layout allows it, so `bytes` must not be changed afterwards.
 *
 * @param options for messages: the file's name, and the member's name if the bytes are a member of an archive
 * @throws {FormatError} if the file violates the format, its length does not match its shape, or its dtype is not a
 * number, bool or string
 */
export function parseNpy(bytes: Uint8Array, options: Origin = {}): NpyArray {
  checkReading(bytes, options);
  const refuse = refuser("npy", options);
  const { descr, fortranOrder, shape, dataStart } = parseNpyHeader(bytes, refuse);
  return decodeArray({ descr, fortranOrder, shape }, bytes.subarray(dataStart), refuse, dataStart);
}

/**
 * Decodes the values of an array.
 *
 * @param data the bytes of the values and nothing else
 * @param offset the offset of the data in its file, for messages
 * @throws {FormatError} made by `refuse`, if the length does not match the shape, or the dtype is not a number, bool or string
 */
export function decodeArray(
  { descr, fortranOrder, shape }: Omit<NpyHeader, "dataStart">,
  data: Uint8Array,
  refuse: Refuse,
  offset?: number,
): NpyArray {
  const dtype = parseNpyDtype(descr, refuse);
  const count = countOf(shape);
  const [found, needed] = [data.length, count * dtype.itemSize];
  if (found !== needed) {
    const need = Number.isSafeInteger(needed) ? byteCount(needed) : "more than a file can hold";
    throw refuse(
      `holds ${byteCount(found)} of data, shape ${shapeText(shape)} of ${dtype.name} needs ${need}`,
      { offset },
    );
  }
  const values = decodeValues(data, dtype, refuse);
  return { dtype: dtype.name, shape, values: fortranOrder ? fromFortranOrder(values, shape) : values };
}

/**
 * Writes a `.npy` file, byte for byte as `numpy.save` does for the same array in C order.
 *
 * @param array the values with their shape; `dtype` is optional: a typed array has its own, and strings are written
 * as `<U` with the length of the longest
 * @throws {TypeError} if the shape does not fit the values, or the values cannot be written with the dtype
 * @throws {RangeError} if the shape has more than 32 axes, or a string ends in NUL
 */
export function formatNpy(array: Omit<NpyArray, "dtype"> & Partial<NpyArray>): Uint8Array {
  checkArgument("array", array, ARRAY);
  const { shape, values } = array;
  if (shape.length > MAX_AXES) {
    throw new RangeError(`Cannot write npy: ${shape.length} axes, at most 32 are read`);
  }
  if (
    shape.some((length) => !Number.isSafeInteger(length) || length < 0) || countOf(shape) !== values.length
  ) {
    throw new TypeError(`Cannot write npy: ${values.length} values do not have shape ${shapeText(shape)}`);
  }
  const { dtype, bytes } = encodeValues(values, array.dtype);
  const header = formatNpyHeader(dtype, shape);
  const file = new Uint8Array(header.length + bytes.length);
  file.set(header);
  file.set(bytes, header.length);
  return file;
}

/** Returns the number of values of a shape. */
function countOf(shape: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((product, length) => product * length, 1);
}

/** Copies values in Fortran order, in which the first index moves fastest, into C order. */
function fromFortranOrder(values: NpyValues, shape: readonly number[]): NpyValues {
  if (shape.length < 2 || values.length === 0) return values;
  const ordered = values.slice();
  transpose(values as ArrayLike<unknown>, ordered as { [index: number]: unknown }, shape);
  return ordered;
}

function transpose<T>(source: ArrayLike<T>, target: { [index: number]: T }, shape: readonly number[]): void {
  const rank = shape.length;
  const strides: number[] = [];
  shape.reduce((stride, length, axis) => (strides[axis] = stride) * length, 1);
  const position = new Array<number>(rank).fill(0);
  const [innerLength, innerStride] = [shape[rank - 1], strides[rank - 1]];
  let written = 0;
  let start = 0;
  for (let axis = rank - 2; axis >= 0;) {
    for (let inner = 0; inner < innerLength; inner++) target[written++] = source[start + inner * innerStride];
    for (axis = rank - 2; axis >= 0; axis--) {
      start += strides[axis];
      if (++position[axis] < shape[axis]) break;
      start -= strides[axis] * shape[axis];
      position[axis] = 0;
    }
  }
}
