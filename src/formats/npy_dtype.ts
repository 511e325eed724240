/**
 * The dtypes of `.npy` files that this library reads and writes, and the conversion between bytes and values.
 * @module
 */
import { bytesOf, swapBytes } from "./byte_order.ts";
import { byteCount, type Refuse } from "./fault.ts";
import { decodeHalf } from "./half.ts";

/** The values of an array: a typed array for numbers and bools, strings for the dtypes U and S. */
export type NpyValues =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | string[];

/** A dtype that can be read. */
export interface NpyDtype {
  /** Its normal form: little-endian, or `|` if byte order does not apply, such as `<f4`, `|u1`, `<U3`. */
  readonly name: string;
  /** Its kind and size without the byte order, such as `f4`; `U` and `S` for strings. */
  readonly code: string;
  /** Bytes of a value. */
  readonly itemSize: number;
  /** True if the file's values are big-endian. */
  readonly swapped: boolean;
}

/** The typed array of each numeric dtype that needs no conversion. */
const ARRAYS = {
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  u8: BigUint64Array,
  i8: BigInt64Array,
  f4: Float32Array,
  f8: Float64Array,
} as const;

/** The maximum length of a string in characters or bytes; NumPy's own limit is 2 GiB for a value. */
const MAX_STRING_LENGTH = 2 ** 29 - 1;

/** Kinds of dtype that are refused, with their names in messages. */
const REFUSED_KINDS: Readonly<Record<string, string>> = {
  c: "complex numbers",
  m: "time spans",
  M: "dates",
  V: "raw or structured records",
};

/**
 * Parses a dtype such as `>f4`.
 *
 * @throws {FormatError} made by `refuse`, with the dtype in the message, if it is not a number, bool or string
 */
export function parseNpyDtype(descr: string, refuse: Refuse): NpyDtype {
  if (/^[[(]/.test(descr)) {
    throw refuse(`has the structured dtype ${shorten(descr)}; save each field as a separate array`);
  }
  const [, order, kind, digits] = /^([<>=|]?)([A-Za-z?])(\d*)(?:\[\w*\])?$/.exec(descr) ?? [];
  if (kind === "O") throw refuse("is an object array, which needs pickle; save it with a numeric dtype");
  if (kind in REFUSED_KINDS) {
    throw refuse(`has dtype ${descr} (${REFUSED_KINDS[kind]}); save it with a numeric dtype`);
  }
  const size = digits === "" ? NaN : Number(digits);
  if ((kind === "U" || kind === "S") && size > 0 && size <= MAX_STRING_LENGTH) {
    const itemSize = kind === "U" ? 4 * size : size;
    return {
      name: `${kind === "U" ? "<" : "|"}${kind}${size}`,
      code: kind,
      itemSize,
      swapped: order === ">",
    };
  }
  const code = kind === "?" ? "b1" : `${kind}${digits}`;
  if (code !== "b1" && code !== "f2" && !Object.hasOwn(ARRAYS, code)) {
    throw refuse(`has dtype ${shorten(descr)}, needs b1, i1 to i8, u1 to u8, f2, f4, f8, U or S`);
  }
  return { name: `${size > 1 ? "<" : "|"}${code}`, code, itemSize: size || 1, swapped: order === ">" };
}

/**
 * Decodes the values of an array. Numbers are a view of `bytes` if byte order and alignment allow it.
 *
 * @param bytes the array's data and nothing else
 * @throws {FormatError} made by `refuse` if a bool is not 0 or 1, or a string is not valid text
 */
export function decodeValues(bytes: Uint8Array, dtype: NpyDtype, refuse: Refuse): NpyValues {
  const { code, itemSize } = dtype;
  if (code === "b1") {
    const wrong = bytes.findIndex((byte) => byte > 1);
    if (wrong >= 0) throw refuse(`has the bool ${bytes[wrong]} at index ${wrong} of its data, needs 0 or 1`);
    return bytes;
  }
  if (code === "S") return decodeStrings(bytes, itemSize, (item) => decodeUtf8(item, refuse));
  if (code === "u1") return bytes;
  const unit = code === "U" ? 4 : itemSize;
  const isCopied = dtype.swapped || bytes.byteOffset % unit !== 0;
  const native = isCopied ? new Uint8Array(bytes) : bytes; // slice() of a Buffer of Node.js copies nothing
  if (dtype.swapped) swapBytes(native, unit);
  if (code === "U") return decodeStrings(native, itemSize, (item) => decodeUtf32(item, refuse));
  const { buffer, byteOffset, length } = native;
  if (code === "f2") return decodeHalf(new Uint16Array(buffer, byteOffset, length / 2));
  // Every typed array also accepts a shared buffer, but the type of this union of constructors does not say so.
  return new ARRAYS[code as keyof typeof ARRAYS](buffer as ArrayBuffer, byteOffset, length / itemSize);
}

/**
 * Returns the dtype in which `values` are written, and their bytes.
 *
 * @param wanted the dtype to write, which must fit the values; by default that of the typed array, and for strings
 * `<U` with the length of the longest
 * @throws {TypeError} if the values cannot be written as `wanted`
 * @throws {RangeError} if a string ends in NUL, because NumPy would drop it
 */
export function encodeValues(values: NpyValues, wanted?: string): { dtype: string; bytes: Uint8Array } {
  if (Array.isArray(values)) return encodeStrings(values, wanted);
  const code = Object.entries(ARRAYS).find(([, array]) => values instanceof array)?.[0];
  if (code === undefined) throw new TypeError("Cannot write npy: values need to be a typed array or strings");
  const dtype = `${values.BYTES_PER_ELEMENT > 1 ? "<" : "|"}${code}`;
  if (wanted === "|b1" && code === "u1") return { dtype: wanted, bytes: bytesOf(values) };
  if (wanted !== undefined && wanted !== dtype) {
    throw new TypeError(
      `Cannot write npy: a ${values.constructor.name} is written as ${dtype}, found dtype ${wanted}`,
    );
  }
  return { dtype, bytes: bytesOf(values) };
}

function encodeStrings(values: readonly string[], wanted?: string): { dtype: string; bytes: Uint8Array } {
  const points = values.map((value) => Array.from(value, (character) => character.codePointAt(0)!));
  const longest = points.reduce((most, { length }) => Math.max(most, length), 1);
  const width = wanted === undefined ? longest : Number(/^<U([1-9]\d*)$/.exec(wanted)?.[1]);
  if (!(width >= longest)) {
    throw new TypeError(`Cannot write npy: strings need dtype <U${longest}, found ${wanted}`);
  }
  const units = new Uint32Array(points.length * width);
  points.forEach((characters, index) => {
    if (characters.at(-1) === 0) {
      throw new RangeError(
        `Cannot write npy: ${JSON.stringify(values[index])} ends in NUL, which NumPy would drop`,
      );
    }
    units.set(characters, index * width);
  });
  return { dtype: `<U${width}`, bytes: bytesOf(units) };
}

function decodeStrings(bytes: Uint8Array, itemSize: number, decode: (item: Uint8Array) => string): string[] {
  return Array.from(
    { length: bytes.length / itemSize },
    (_, index) => decode(bytes.subarray(index * itemSize, (index + 1) * itemSize)),
  );
}

function decodeUtf32(item: Uint8Array, refuse: Refuse): string {
  const points = new Uint32Array(item.buffer, item.byteOffset, item.length / 4);
  let text = "";
  for (const point of points.subarray(0, points.findLastIndex((point) => point !== 0) + 1)) {
    if (point > 0x10FFFF) {
      throw refuse(`has a string with 0x${point.toString(16)}, which is no Unicode character`);
    }
    text += String.fromCodePoint(point);
  }
  return text;
}

function decodeUtf8(item: Uint8Array, refuse: Refuse): string {
  const used = item.subarray(0, item.findLastIndex((byte) => byte !== 0) + 1);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(used.slice());
  } catch (cause) {
    throw refuse(`has a byte string of ${byteCount(used.length)} that is not UTF-8`, { cause });
  }
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
