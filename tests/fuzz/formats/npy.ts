/** Inputs for the reader of `.npy` files. @module */
import { parseNpyHeader } from "../../../src/formats/npy_header.ts";
import { formatNpy, type NpyArray, parseNpy } from "../../../src/formats/npy.ts";
import { refuser } from "../../../src/formats/fault.ts";
import type { Draw } from "../draw.ts";
import { formatIn, type FuzzReader, isSame, type Made, product } from "../kinds.ts";
import { createWriter } from "../writer.ts";

/** A dtype, with its function of `DataView`; strings have none. */
interface Kind {
  readonly code: string;
  readonly size: number;
  readonly get?: (view: DataView, at: number, isLittle: boolean) => number | bigint;
}

const KINDS: readonly Kind[] = [
  { code: "u1", size: 1, get: (view, at) => view.getUint8(at) },
  { code: "i1", size: 1, get: (view, at) => view.getInt8(at) },
  { code: "b1", size: 1, get: (view, at) => view.getUint8(at) },
  { code: "u2", size: 2, get: (view, at, isLittle) => view.getUint16(at, isLittle) },
  { code: "i2", size: 2, get: (view, at, isLittle) => view.getInt16(at, isLittle) },
  { code: "u4", size: 4, get: (view, at, isLittle) => view.getUint32(at, isLittle) },
  { code: "i4", size: 4, get: (view, at, isLittle) => view.getInt32(at, isLittle) },
  { code: "u8", size: 8, get: (view, at, isLittle) => view.getBigUint64(at, isLittle) },
  { code: "i8", size: 8, get: (view, at, isLittle) => view.getBigInt64(at, isLittle) },
  { code: "f4", size: 4, get: (view, at, isLittle) => view.getFloat32(at, isLittle) },
  { code: "f8", size: 8, get: (view, at, isLittle) => view.getFloat64(at, isLittle) },
  { code: "f2", size: 2, get: (view, at, isLittle) => halfOf(view.getUint16(at, isLittle)) },
  { code: "U2", size: 8 },
  { code: "S3", size: 3 },
];

/** Dtypes that are refused, and forms that no program writes. */
const OTHER_DTYPES = [
  "c8",
  "O",
  "V4",
  "M8[ns]",
  "m8",
  "f16",
  "g",
  "?",
  "U0",
  "S536870912",
  "U536870912",
  "i3",
];

/** The first bytes of a file. */
const MAGIC = Uint8Array.of(0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59);

/** Makes a `.npy` file, with the values that it holds. */
export function makeNpy(draw: Draw): Made {
  const kind = draw.pick(KINDS), isBig = kind.size > 1 && kind.code !== "S3" && draw.chance(0.2);
  const isFortran = draw.chance(0.15), rank = draw.pick([0, 1, 1, 1, 2, 2, 3]);
  const shape = Array.from({ length: rank }, () => draw.between(draw.chance(0.05) ? 0 : 1, 5));
  const count = product(shape), data = new Uint8Array(count * kind.size);
  fill(data, kind, isBig, draw);
  const bytes = writeNpy(draw, { kind, isBig, isFortran, shape, data });
  return { bytes, expected: isFortran ? undefined : expectedOf(kind, isBig, shape, data) };
}

/** Writes a `.npy` file whose fields may have faults. */
export function writeNpy(
  draw: Draw,
  { kind, isBig = false, isFortran = false, shape, data }: {
    readonly kind: { readonly code: string; readonly size: number };
    readonly isBig?: boolean;
    readonly isFortran?: boolean;
    readonly shape: readonly number[];
    readonly data: Uint8Array;
  },
): Uint8Array {
  const isByte = kind.size === 1 || kind.code[0] === "S";
  let descr = `'${isBig ? ">" : isByte ? "|" : "<"}${kind.code}'`;
  if (draw.isOdd()) {
    descr = draw.chance(0.3)
      ? `[('a', '<i4'), ('b', ${descr})]`
      : `'${draw.pick(["<", ">", "|", "=", "", "!"])}${
        draw.pick([...OTHER_DTYPES, ...KINDS.map(({ code }) => code)])
      }'`;
  }
  const lengths = shape.map((length) => draw.literal(length));
  const tuple = lengths.length === 1 ? `(${lengths[0]},)` : `(${lengths.join(", ")})`;
  const fields = draw.parts([
    `'${draw.text("descr")}': ${descr}`,
    `'${draw.text("fortran_order")}': ${draw.text(isFortran ? "True" : "False")}`,
    `'${draw.text("shape")}': ${tuple}`,
  ]);
  let text = `{${fields.join(", ")}, }`;
  if (draw.chance(0.3)) text = draw.text(text);
  const major = draw.pick([1, 1, 1, 2, 3]), start = major === 1 ? 10 : 12;
  const isAligned = draw.chance(0.8);
  if (isAligned) text += " ".repeat(-(start + text.length + 1) & 63);
  const writer = createWriter(), header = latin1(`${text}\n`);
  writer.bytes(draw.chance(0.3) ? draw.bytes(MAGIC) : MAGIC);
  writer.little(draw.chance(0.3) ? draw.number(major) : major, 1);
  writer.little(draw.chance(0.3) ? draw.number(0) : 0, 1);
  writer.little(draw.number(header.length), major === 1 ? 2 : 4);
  writer.bytes(header);
  writer.bytes(draw.bytes(data));
  return writer.done();
}

function latin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = text.charCodeAt(at); // the lowest eight bits
  return bytes;
}

function fill(data: Uint8Array, { code, size }: Kind, isBig: boolean, draw: Draw): void {
  for (let i = 0; i < data.length; i++) {
    data[i] = code === "b1" ? draw.below(2) : code === "S3" ? draw.between(32, 126) : draw.below(256);
  }
  if (code !== "U2") return;
  const view = new DataView(data.buffer);
  for (let at = 0; at < data.length; at += size / 2) view.setUint32(at, draw.between(33, 0x24F), !isBig);
}

/** Decodes the values one by one. */
function expectedOf(kind: Kind, isBig: boolean, shape: readonly number[], data: Uint8Array): NpyArray {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength), { code, size, get } = kind;
  const items = Array.from({ length: data.length / size }, (_, index) => index * size);
  const prefix = size === 1 || code === "S3" ? "|" : "<";
  if (get === undefined) {
    const unit = code === "U2" ? 4 : 1;
    const texts = items.map((at) => {
      let text = "";
      for (let i = 0; i < size; i += unit) {
        text += String.fromCodePoint(unit === 4 ? view.getUint32(at + i, !isBig) : view.getUint8(at + i));
      }
      return text;
    });
    return { dtype: `${prefix}${code}`, shape, values: texts };
  }
  const values = arrayOf(code, items.length) as unknown as (number | bigint)[];
  items.forEach((at, index) => values[index] = get(view, at, !isBig));
  return { dtype: `${prefix}${code}`, shape, values: values as unknown as NpyArray["values"] };
}

function arrayOf(code: string, length: number) {
  const Kinds = {
    ...{ u1: Uint8Array, b1: Uint8Array, i1: Int8Array, u2: Uint16Array, i2: Int16Array, u4: Uint32Array },
    ...{ i4: Int32Array, u8: BigUint64Array, i8: BigInt64Array, f2: Float32Array, f4: Float32Array },
    f8: Float64Array,
  };
  return new Kinds[code as keyof typeof Kinds](length);
}

/** Decodes a number of half precision by its formula. */
function halfOf(bits: number): number {
  const exponent = bits >> 10 & 31, fraction = bits & 1023, sign = bits >> 15 ? -1 : 1;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** Describes what is wrong about an array of a file whose last bytes are its data. */
export function npyFault(array: NpyArray, bytes: Uint8Array): string | undefined {
  const { dtype, shape, values } = array, count = product(shape);
  if (values.length !== count) return `${values.length} values for shape [${shape}]`;
  const [, order, code] = /^([<|])([a-zA-Z]\d+)$/.exec(dtype) ?? [];
  if (code === undefined) return `dtype ${JSON.stringify(dtype)}`;
  if (Array.isArray(values)) {
    return /^[US]/.test(code) && values.every((value) => typeof value === "string") ? undefined : "no texts";
  }
  const kind = KINDS.find((known) => known.code === code);
  if (kind?.get === undefined || (order === "|") !== (kind.size === 1)) return `dtype ${dtype} of numbers`;
  if (!(values instanceof arrayOf(code, 0).constructor)) return `${values.constructor.name} of ${dtype}`;
  if (count === 0) return;
  const text = String.fromCharCode(...bytes.subarray(0, Math.min(bytes.length - count * kind.size, 4000)));
  const isBig = /descr['"]\s*:\s*['"]>/.test(text), isFortran = /fortran_order['"]\s*:\s*True/.test(text);
  if (isFortran) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const index of [0, count >> 1, count - 1]) {
    const needed = kind.get(view, bytes.length - (count - index) * kind.size, !isBig);
    if (!Object.is(values[index], needed)) return `value ${index} is ${values[index]}, needs ${needed}`;
  }
  if (code === "f2") return;
  if (!isSame(parseNpy(formatNpy(array)), array)) return "another array after it was written and read";
}

/** The reader of `.npy` files. Its container is the header up to the end of its dict. */
export const NPY: FuzzReader = {
  name: "npy",
  share: 120,
  places: 16,
  make: makeNpy,
  read: (bytes) => parseNpy(bytes),
  isPast(bytes, error) {
    if (formatIn(error) !== "npy") return false;
    try {
      parseNpyHeader(bytes, refuser("npy", {}));
      return true;
    } catch {
      return false;
    }
  },
  fault: (result, bytes) => npyFault(result as NpyArray, bytes),
};
