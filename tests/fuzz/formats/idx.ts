/** Inputs for the readers of IDX files, plain and gzipped. @module */
import { crc32 } from "node:zlib";
import { type IdxArray, parseIdx } from "../../../src/formats/idx.ts";
import type { Draw } from "../draw.ts";
import { formatIn, type FuzzReader, type Made, product } from "../kinds.ts";
import { createWriter } from "../writer.ts";
import { deflated } from "./deflate.ts";

/** The types by their code, with their functions of `DataView`. */
const TYPES: Readonly<
  Record<number, { readonly size: number; readonly get: (view: DataView, at: number) => number }>
> = {
  0x08: { size: 1, get: (view, at) => view.getUint8(at) },
  0x09: { size: 1, get: (view, at) => view.getInt8(at) },
  0x0B: { size: 2, get: (view, at) => view.getInt16(at) },
  0x0C: { size: 4, get: (view, at) => view.getInt32(at) },
  0x0D: { size: 4, get: (view, at) => view.getFloat32(at) },
  0x0E: { size: 8, get: (view, at) => view.getFloat64(at) },
};
const ARRAYS = {
  ...{ 0x08: Uint8Array, 0x09: Int8Array, 0x0B: Int16Array, 0x0C: Int32Array, 0x0D: Float32Array },
  0x0E: Float64Array,
} as const;

const CODES = [0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E] as const;

function makeIdx(draw: Draw): Made {
  const code = draw.pick(CODES), { size, get } = TYPES[code];
  const shape = Array.from({ length: draw.pick([1, 1, 2, 3, 3, 4]) }, () => draw.between(1, 5));
  const data = Uint8Array.from({ length: product(shape) * size }, () => draw.below(256));
  const writer = createWriter();
  writer.little(draw.number(0), 2);
  writer.little(draw.number(code), 1);
  writer.little(draw.number(shape.length), 1);
  for (const length of draw.parts(shape)) writer.big(draw.number(length), 4);
  writer.bytes(draw.bytes(data));
  const view = new DataView(data.buffer), values = new ARRAYS[code](product(shape));
  for (let i = 0; i < values.length; i++) values[i] = get(view, i * size);
  return { bytes: writer.done(), expected: { shape, values } };
}

/** Describes what is wrong about an array whose file has these bytes, unzipped. */
function idxFault({ shape, values }: IdxArray, bytes: Uint8Array): string | undefined {
  const count = product(shape), view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (values.length !== count) return `${values.length} values for shape [${shape}]`;
  const { size, get } = TYPES[bytes[2]];
  if (4 + 4 * shape.length + count * size !== bytes.length) return "a shape that does not fill the file";
  for (const index of count === 0 ? [] : [0, count >> 1, count - 1]) {
    const needed = get(view, 4 + 4 * shape.length + index * size);
    if (!Object.is(values[index], needed)) return `value ${index} is ${values[index]}, needs ${needed}`;
  }
}

/** The reader of plain IDX files. Their container is the magic number and the shape. */
export const IDX: FuzzReader = {
  name: "idx",
  share: 120,
  places: 8,
  make: makeIdx,
  read: (bytes) => parseIdx(bytes),
  isPast: (_, error) => formatIn(error) === "IDX" && /holds .* of data/.test(error.message),
  fault: (result, bytes) => idxFault(result as IdxArray, bytes),
};

/** Makes a gzip file of one or more members, each with its checksum. */
function makeGzip(draw: Draw): Made {
  const { bytes, expected } = makeIdx(draw), writer = createWriter();
  const cuts = draw.chance(0.3) ? [draw.below(bytes.length + 1)] : [];
  for (const part of draw.parts([bytes.subarray(0, cuts[0]), ...cuts.map((at) => bytes.subarray(at))])) {
    const header = gzipHeader(draw);
    writer.bytes(header);
    if (header[3] & 2) writer.little(draw.number(crc32(header) & 65535), 2);
    writer.bytes(draw.bytes(deflated(part, draw)));
    writer.little(draw.number(crc32(part)), 4);
    writer.little(draw.number(part.length), 4);
  }
  return { bytes: writer.done(), expected };
}

/** Returns the header of a member, with any of the optional fields. */
function gzipHeader(draw: Draw): Uint8Array {
  const header = createWriter(), flags = draw.chance(0.2) ? draw.pick([1, 2, 4, 8, 16, 30]) : 0;
  header.bytes(draw.bytes(Uint8Array.of(0x1F, 0x8B, 8)));
  header.little(draw.number(flags), 1);
  header.bytes([0, 0, 0, 0, 0, 255]);
  if (flags & 4) {
    const extra = Uint8Array.from({ length: draw.below(9) }, () => draw.below(256));
    header.little(draw.number(extra.length), 2);
    header.bytes(extra);
  }
  if (flags & 8) header.text(draw.text("name\0"));
  if (flags & 16) header.text(draw.text("a comment\0"));
  return header.done();
}

/** The reader of gzipped IDX files. Their container is gzip. */
export const IDX_GZ: FuzzReader = {
  name: "idx.gz",
  share: 30,
  places: 12,
  make: makeGzip,
  read: (bytes) => parseIdx(bytes),
  isPast: (_, error) => formatIn(error) === "IDX",
  fault(result) {
    const { shape, values } = result as IdxArray;
    return values.length === product(shape) ? undefined : `${values.length} values for shape [${shape}]`;
  },
};
