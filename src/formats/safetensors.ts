/**
 * Safetensors files: named tensors, with texts about them.
 * https://github.com/huggingface/safetensors
 * @module
 */
import {
  ANY,
  BYTES,
  checkArgument,
  checkOptions,
  fields,
  FINITE,
  list,
  mapOf,
  oneOf,
  TEXT,
} from "../arguments.ts";
import { bytesOf } from "./byte_order.ts";
import { byteCount, digits, type Refuse, refuser, shapeText } from "./fault.ts";
import { decodeBfloat16, decodeHalf } from "./half.ts";
import {
  formatSafetensorsHeader,
  METADATA,
  parseSafetensorsHeader,
  type TensorRecord,
} from "./safetensors_header.ts";

/** The values of a tensor. Bools are the bytes 0 and 1. */
export type TensorValues =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

/** A tensor of a file. */
export interface SafetensorsTensor {
  /** The dtype as the file names it: `F32`, `BF16`, `I64`, `BOOL`, … */
  readonly dtype: string;
  /** The shape; `[]` for a single value. */
  readonly shape: readonly number[];
  /**
   * Decodes the values, in C order. `F16` and `BF16` are converted to float32. Other values are a view of the file's bytes if
   * their place allows it.
   *
   * @throws {FormatError} if a bool is not 0 or 1
   */
  read(): TensorValues;
}

/** The content of a file. */
export interface Safetensors {
  /** The file's name as passed to the reader; `""` if none was passed. */
  readonly file: string;
  /** The tensors by name, in the order of the header. */
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  /** The texts of `__metadata__`, by name; empty if there are none. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** A tensor for {@linkcode formatSafetensors} to write. Its dtype is that of its array; of bytes it may be `BOOL`. */
export interface SafetensorsInput {
  /** The shape; `[]` for a single value. */
  readonly shape: readonly number[];
  /** The values, in C order. */
  readonly values: TensorValues;
  /** `BOOL` for bytes that are bools. */
  readonly dtype?: "BOOL";
}

const TENSOR = fields({ shape: list(FINITE), values: ANY }, { dtype: oneOf(["BOOL"]) });

/** The typed array of each dtype that needs no conversion, in the order in which files are written. */
const ARRAYS = {
  U64: BigUint64Array,
  I64: BigInt64Array,
  F64: Float64Array,
  F32: Float32Array,
  U32: Uint32Array,
  I32: Int32Array,
  U16: Uint16Array,
  I16: Int16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

/** The dtypes in the order in which files are written: larger values first, as the format's own package does. */
const WRITTEN: readonly string[] = Object.keys(ARRAYS);

/**
 * Reads a safetensors file.
 *
 * Values can be views of `bytes`, so `bytes` must not be changed afterwards.
 *
 * @throws {FormatError} if the header is damaged, a dtype is unknown, a tensor's size does not fit its shape, or the tensors do
 * not cover the file's data exactly once
 */
export function parseSafetensors(
  bytes: Uint8Array,
  options: { readonly name?: string } = {},
): Safetensors {
  checkArgument("bytes", bytes, BYTES);
  checkOptions(options, { name: TEXT });
  const refuse = refuser("safetensors", options);
  const { tensors: records, metadata, dataStart } = parseSafetensorsHeader(bytes, refuse);
  checkPlaces(records, bytes.length - dataStart, refuse);
  const tensors = new Map<string, SafetensorsTensor>();
  for (const [name, { dtype, shape, begin, end }] of records) {
    const data = bytes.subarray(dataStart + begin, dataStart + end);
    const read = () => decode(data, dtype, refuser("safetensors", { ...options, member: name }));
    tensors.set(name, { dtype, shape, read });
  }
  return { file: options.name ?? "", tensors, metadata };
}

/**
 * Writes a safetensors file, byte for byte as the format's own package does: larger dtypes first, then by name. The same
 * content in any order gives the same bytes.
 *
 * @param metadata texts for `__metadata__`, by name
 * @throws {TypeError} if a shape does not fit its values, or a tensor is named `__metadata__`
 */
export function formatSafetensors(
  tensors: ReadonlyMap<string, SafetensorsInput>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array<ArrayBuffer> {
  checkArgument("tensors", tensors, mapOf(TENSOR));
  checkArgument("metadata", metadata, mapOf(TEXT));
  const entries = [...tensors].map(([name, input]) => ({ name, ...input, dtype: dtypeOf(name, input) }));
  entries.sort((a, b) =>
    WRITTEN.indexOf(a.dtype) - WRITTEN.indexOf(b.dtype) || compareCharacters(a.name, b.name)
  );
  let end = 0;
  const records = entries.map(({ name, dtype, shape, values }): [string, TensorRecord] => {
    const begin = end;
    end += values.byteLength;
    return [name, { dtype, shape, begin, end }];
  });
  const header = formatSafetensorsHeader(new Map(records), metadata);
  const file = new Uint8Array(header.length + end);
  file.set(header);
  records.forEach(([, { begin }], index) => file.set(bytesOf(entries[index].values), header.length + begin));
  return file;
}

/** Checks that the tensors have the sizes of their shapes, and that together they cover the data exactly once. */
function checkPlaces(records: ReadonlyMap<string, TensorRecord>, length: number, refuse: Refuse): void {
  for (const [name, { dtype, shape, begin, end }] of records) {
    const itemSize = itemSizeOf(dtype), quoted = JSON.stringify(name);
    if (itemSize === undefined) {
      throw refuse(
        `has ${quoted} of dtype ${JSON.stringify(dtype)}, needs ${WRITTEN.join(", ")}, F16 or BF16`,
      );
    }
    if (begin > end || end > length) {
      throw refuse(
        `has ${quoted} at bytes ${digits(begin)} to ${digits(end)} of its data, which has ${
          byteCount(length)
        }`,
      );
    }
    const needed = shape.includes(0) ? 0 : shape.reduce((product, axis) => product * axis, itemSize);
    if (end - begin !== needed) {
      const need = Number.isSafeInteger(needed) ? byteCount(needed) : "more than a file can hold";
      throw refuse(
        `has ${quoted} in ${byteCount(end - begin)}, shape ${shapeText(shape)} of ${dtype} needs ${need}`,
      );
    }
  }
  let covered = 0;
  const order = [...records].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  for (const [name, { begin, end }] of order) {
    if (begin !== covered) {
      const fault = begin < covered ? "overlaps the tensor before it" : "leaves a hole before it";
      throw refuse(
        `has ${JSON.stringify(name)} at byte ${digits(begin)} of its data, which ${fault}: it needs ${
          digits(covered)
        }`,
      );
    }
    covered = end;
  }
  if (covered !== length) {
    throw refuse(`has ${byteCount(length)} of data, its tensors need ${digits(covered)}`);
  }
}

function itemSizeOf(dtype: string): number | undefined {
  if (dtype === "F16" || dtype === "BF16") return 2;
  if (Object.hasOwn(ARRAYS, dtype)) return ARRAYS[dtype as keyof typeof ARRAYS].BYTES_PER_ELEMENT;
}

function decode(data: Uint8Array, dtype: string, refuse: Refuse): TensorValues {
  const itemSize = itemSizeOf(dtype)!;
  // A copy, if it is not aligned; slice() of a Buffer of Node.js copies nothing.
  const { buffer, byteOffset, length } = data.byteOffset % itemSize === 0 ? data : new Uint8Array(data);
  if (dtype === "F16") return decodeHalf(new Uint16Array(buffer, byteOffset, length / 2));
  if (dtype === "BF16") return decodeBfloat16(new Uint16Array(buffer, byteOffset, length / 2));
  const wrong = dtype === "BOOL" ? data.findIndex((byte) => byte > 1) : -1;
  if (wrong >= 0) throw refuse(`has the bool ${data[wrong]} at index ${wrong}, needs 0 or 1`);
  // Every typed array also accepts a shared buffer, but the type of this union of constructors does not say so.
  return new ARRAYS[dtype as keyof typeof ARRAYS](buffer as ArrayBuffer, byteOffset, length / itemSize);
}

function dtypeOf(name: string, { shape, values, dtype }: SafetensorsInput): string {
  const quoted = JSON.stringify(name);
  if (name === METADATA) throw new TypeError(`Cannot write safetensors: no tensor may be named ${quoted}`);
  const fits = shape.every((axis) => Number.isSafeInteger(axis) && axis >= 0) &&
    shape.reduce((product, axis) => product * axis, 1) === values.length;
  if (!fits) {
    throw new TypeError(
      `Cannot write safetensors: ${quoted} has ${values.length} values, which do not have shape ${
        shapeText(shape)
      }`,
    );
  }
  const found = WRITTEN.find((code) => values instanceof ARRAYS[code as keyof typeof ARRAYS]);
  if (found === undefined) throw new TypeError(`Cannot write safetensors: ${quoted} needs a typed array`);
  if (dtype === undefined || dtype === found || found === "U8") return dtype ?? found;
  throw new TypeError(`Cannot write safetensors: ${quoted} has ${found} values, ${dtype} needs bytes`);
}

/** Compares two texts by their characters; `<` compares the halves of those beyond U+FFFF. */
function compareCharacters(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  const at = left.findIndex((character, index) => character !== right[index]);
  if (at < 0) return left.length - right.length;
  if (at >= right.length) return 1;
  return left[at].codePointAt(0)! - right[at].codePointAt(0)!;
}
