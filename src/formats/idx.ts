/**
 * IDX files, the format of the original MNIST: a type, a shape and big-endian numbers, gzipped or not.
 * @module
 */
import { FLAG } from "../arguments.ts";
import { swapBytes } from "./byte_order.ts";
import type { SizeOptions } from "./expansion.ts";
import { byteCount, checkReading, digits, type Origin, refuser, shapeText } from "./fault.ts";
import { gunzip, isGzip } from "./gzip.ts";

/** An array of numbers. */
export interface IdxArray {
  /** The shape: one to 255 lengths. */
  readonly shape: readonly number[];
  /** The numbers in C order: the last index moves fastest. */
  readonly values: Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;
}

/** The typed array of each type code. The code is the third byte of a file. */
const TYPES = {
  0x08: Uint8Array,
  0x09: Int8Array,
  0x0B: Int16Array,
  0x0C: Int32Array,
  0x0D: Float32Array,
  0x0E: Float64Array,
} as const;

/**
 * Reads an IDX file. Gzip is recognized by its first bytes. The values of an unzipped file of bytes are a view of
 * `bytes`.
 *
 * @param options the file's name, for messages, and `trustSizes`
 * @throws {FormatError} if the file violates the format, its length does not match its shape, or it expands to more than 16 MiB
 * and 100 times its size without `trustSizes`
 */
export async function parseIdx(bytes: Uint8Array, options: Origin & SizeOptions = {}): Promise<IdxArray> {
  checkReading(bytes, options, { trustSizes: FLAG });
  const refuse = refuser("IDX", options);
  const plain = isGzip(bytes) ? await gunzip(bytes, options) : bytes;
  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
  if (
    plain.length < 4 || plain[0] !== 0 || plain[1] !== 0 || !Object.hasOwn(TYPES, plain[2]) || plain[3] === 0
  ) {
    const start = Array.from(plain.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    throw refuse(
      `begins with ${start || "nothing"}, an IDX file with 00 00, a type (08 to 0e) and a rank from 1`,
      {
        offset: 0,
      },
    );
  }
  const [type, rank] = [plain[2] as keyof typeof TYPES, plain[3]];
  const dataStart = 4 + 4 * rank;
  if (plain.length < dataStart) {
    throw refuse(`has ${byteCount(plain.length)}, a header of rank ${rank} alone needs ${digits(dataStart)}`);
  }
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const count = shape.includes(0) ? 0 : shape.reduce((product, length) => product * length, 1);
  const itemSize = TYPES[type].BYTES_PER_ELEMENT;
  const found = plain.length - dataStart;
  if (found !== count * itemSize) {
    throw refuse(
      `holds ${byteCount(found)} of data, its shape ${shapeText(shape)} needs ${digits(count * itemSize)}`,
      {
        offset: dataStart,
      },
    );
  }
  if (type === 0x08) return { shape, values: plain.subarray(dataStart) };
  const data = new Uint8Array(plain.subarray(dataStart)); // a copy; slice() of a Buffer of Node.js is none
  swapBytes(data, itemSize);
  return { shape, values: new TYPES[type](data.buffer) };
}
