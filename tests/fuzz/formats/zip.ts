/** Inputs for the readers of zip archives and of `.npz` files. @module */
import { crc32 } from "node:zlib";
import type { NpyArray } from "../../../src/formats/npy.ts";
import { parseNpz } from "../../../src/formats/npz.ts";
import { readZip } from "../../../src/formats/zip.ts";
import type { Draw } from "../draw.ts";
import { formatIn, type FuzzReader, type Made, product } from "../kinds.ts";
import { createWriter } from "../writer.ts";
import { deflated } from "./deflate.ts";
import { makeNpy } from "./npy.ts";

/** A file of an archive. */
export interface ZipMember {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const UTF8 = new TextEncoder();

/** The share of archives of other formats whose own fields may have faults. */
const FAULTY = 0.4;

/**
 * Writes an archive whose fields may have faults. Checksums and sizes fit the content, unless they are the fault.
 *
 * @param deflates the share of members that are deflated
 * @param faulty the share of archives whose own fields may have faults
 */
export function writeZip(
  draw: Draw,
  members: readonly ZipMember[],
  deflates = 0.2,
  faulty = FAULTY,
): Uint8Array {
  const file = createWriter(), directory = createWriter(), written = draw.parts(members);
  const isFaulty = draw.chance(faulty), number = (value: number) => isFaulty ? draw.number(value) : value;
  const bytesOf = (value: Uint8Array) => isFaulty ? draw.bytes(value) : value;
  const ends: (() => void)[] = [];
  if (isFaulty && draw.isOdd() && draw.chance(0.3)) file.bytes(draw.bytes(Uint8Array.of(35, 33)));
  for (const { name, bytes } of written) {
    const text = UTF8.encode(draw.text(name)), isDeflated = draw.chance(deflates);
    const packed = isDeflated ? bytesOf(deflated(bytes, draw)) : bytes, start = file.length;
    // Many writers write sizes as zip64, or put them and the checksum behind the data.
    const isWide = draw.chance(0.1), isLate = draw.chance(0.1), sizes = [bytes.length, packed.length];
    const extra = isWide ? wideField(draw, [...sizes, start], number) : new Uint8Array();
    const localExtra = isWide ? wideField(draw, isLate ? [0, 0] : sizes, number) : new Uint8Array();
    const narrow = (size: number) => isWide ? ALL_ONES : number(size);
    const fields = [
      [number(20), 2],
      [number(isLate ? 8 : 0), 2],
      [number(isDeflated ? 8 : 0), 2],
      [0x210000, 4],
      [number(crc32(bytes)), 4],
      [narrow(packed.length), 4],
      [narrow(bytes.length), 4],
    ] as const;
    file.little(number(0x04034B50), 4);
    fields.forEach(([value, size], index) =>
      file.little(isLate && index > 3 && value !== ALL_ONES ? 0 : value, size)
    );
    file.little(text.length, 2);
    file.little(number(localExtra.length), 2);
    file.bytes(bytesOf(text));
    file.bytes(localExtra);
    file.bytes(packed);
    if (isLate) {
      if (draw.chance(0.8)) file.little(number(0x08074B50), 4);
      file.little(number(crc32(bytes)), 4);
      for (const size of [packed.length, bytes.length]) file.little(number(size), isWide ? 8 : 4);
    }
    ends.push(() => {
      directory.little(number(0x02014B50), 4);
      directory.little(20, 2);
      for (const [value, size] of fields) directory.little(value, size);
      directory.little(number(text.length), 2);
      directory.little(number(extra.length), 2);
      directory.little(number(0), 2);
      directory.bytes([0, 0, 0, 0, 0, 0, 0, 0]);
      directory.little(narrow(start), 4);
      directory.bytes(text);
      directory.bytes(extra);
    });
  }
  for (const end of ends) end();
  const start = file.length, size = directory.length, hasWideEnd = draw.chance(0.05);
  file.bytes(directory.done());
  if (hasWideEnd) {
    const at = file.length;
    file.little(number(0x06064B50), 4);
    file.little(44, 8);
    file.bytes([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for (const value of [written.length, written.length, size, start]) file.little(number(value), 8);
    file.little(0x07064B50, 4);
    file.little(0, 4);
    file.little(number(at), 8);
    file.little(1, 4);
  }
  file.little(number(0x06054B50), 4);
  file.little(number(0), 2);
  file.little(0, 2);
  for (const [value, width] of [[written.length, 2], [written.length, 2], [size, 4], [start, 4]]) {
    file.little(number(value), width);
  }
  const comment = draw.chance(0.05) ? draw.text("a comment") : "";
  file.little(number(UTF8.encode(comment).length), 2);
  file.text(comment);
  return bytesOf(file.done());
}

/** The value of a field of 32 bits whose number is in the zip64 field. */
const ALL_ONES = 2 ** 32 - 1;

/** Returns an extra field with the sizes of zip64, perhaps behind another field. */
function wideField(draw: Draw, values: readonly number[], number: (value: number) => number): Uint8Array {
  const field = createWriter();
  if (draw.chance(0.3)) {
    field.little(0x5455, 2);
    field.little(number(1), 2);
    field.bytes([0]);
  }
  field.little(number(1), 2);
  field.little(number(8 * values.length), 2);
  for (const value of values) field.little(number(value), 8);
  return field.done();
}

/** Makes an `.npz` file. */
export function makeNpz(draw: Draw): Made {
  const names = ["x_train", "y_train", "a", "\u00e4\u00f6", "w.0"].slice(0, draw.between(1, 4));
  const made = names.map((name) => ({ name, ...makeNpy(draw) }));
  const bytes = writeZip(draw, made.map(({ name, bytes }) => ({ name: `${name}.npy`, bytes })), 0.05, 0.6);
  const isKnown = made.every(({ expected }) => expected !== undefined);
  return { bytes, ...isKnown && { expected: new Map(made.map(({ name, expected }) => [name, expected])) } };
}

async function readNpz(bytes: Uint8Array): Promise<Map<string, NpyArray>> {
  const npz = await parseNpz(bytes), arrays = new Map<string, NpyArray>();
  for (const name of npz.names) arrays.set(name, await npz.read(name));
  return arrays;
}

/** The reader of `.npz` files. Their container is the archive with its checksums; see {@linkcode formatIn}. */
export const NPZ: FuzzReader = {
  name: "npz",
  share: 100,
  places: 50,
  make: makeNpz,
  read: readNpz,
  isPast: (_, error) => formatIn(error) === "npy" || formatIn(error) === "npz",
  fault(result) {
    for (const [name, { shape, values }] of result as Map<string, NpyArray>) {
      if (values.length !== product(shape)) return `${values.length} values of ${name} for shape [${shape}]`;
    }
  },
};

/** The reader of archives. Its container is the directory: what it lists can be read or not. */
export const ZIP: FuzzReader = {
  name: "zip",
  share: 70,
  places: 45,
  make(draw) {
    const members = Array.from({ length: draw.between(0, 4) }, (_, index) => ({
      name: draw.pick(["a", "folder/b", "c.npy", "data.pkl"]) + index,
      bytes: Uint8Array.from({ length: draw.below(40) }, () => draw.below(4)),
    }));
    const bytes = writeZip(draw, members, 0.1, 1);
    return { bytes, expected: new Map(members.map((member) => [member.name, member.bytes])) };
  },
  async read(bytes) {
    const found = new Map<string, Uint8Array>();
    for (const entry of readZip(bytes)) {
      const content = await entry.read();
      if (content.length !== entry.size) throw new Error(`an entry of ${content.length} bytes`);
      found.set(entry.name, content);
    }
    return found;
  },
  isPast: (bytes) => {
    try {
      readZip(bytes);
      return true;
    } catch {
      return false;
    }
  },
};
