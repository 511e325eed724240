/**
 * The chunks of a PNG file: each has a length, a type of four letters, data, and a CRC-32 of type and data.
 * https://www.w3.org/TR/png-3/#5DataRep
 * @module
 */
import { crc32 } from "./crc32.ts";
import { byteCount, type Refuse } from "./fault.ts";

/** A chunk. */
export interface PngChunk {
  /** Its type, such as `IDAT`. */
  readonly type: string;
  /** Its content. */
  readonly data: Uint8Array;
}

/** A chunk that was read from a file. */
export interface PngChunkAt extends PngChunk {
  /** The offset of its data in the file, in bytes. */
  readonly start: number;
}

/**
 * The first bytes of a PNG file. A transfer that changes line breaks or drops the eighth bit damages them visibly.
 */
const SIGNATURE = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];
/** Bytes of a chunk besides its data. */
const FRAME = 12;

/** Returns whether the bytes begin as a PNG file does. */
export function isPng(bytes: Uint8Array): boolean {
  return bytes.length >= SIGNATURE.length && SIGNATURE.every((byte, at) => bytes[at] === byte);
}

/**
 * Reads the chunks of a file up to `IEND`; bytes after that are ignored. The data are views of `bytes`.
 *
 * @throws {FormatError} made by `refuse` if the signature is missing or a chunk is damaged or cut short
 */
export function* readPngChunks(bytes: Uint8Array, refuse: Refuse): Generator<PngChunkAt, void, void> {
  if (!isPng(bytes)) throw refuse("is not a PNG file: it does not begin with PNG's signature", { offset: 0 });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = SIGNATURE.length, type = ""; type !== "IEND";) {
    if (at + FRAME > bytes.length) {
      throw refuse(`is cut short after ${byteCount(bytes.length)}: its IEND chunk is missing`);
    }
    const length = view.getUint32(at), start = at + 8, end = start + length;
    const name = bytes.subarray(at + 4, start);
    if (!name.every(isLetter)) {
      throw refuse("has a chunk whose type is not four letters", { offset: at + 4 });
    }
    type = String.fromCharCode(...name);
    if (end + 4 > bytes.length) {
      const found = byteCount(bytes.length - start);
      throw refuse(`is cut short: its ${type} chunk declares ${byteCount(length)}, ${found} are left`, {
        offset: at,
      });
    }
    if (crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end)) {
      throw refuse(`has a damaged ${type} chunk: its checksum does not match`, { offset: at });
    }
    yield { type, data: bytes.subarray(start, end), start };
    at = end + 4;
  }
}

/** Returns a PNG file of these chunks. */
export function writePngChunks(chunks: readonly PngChunk[]): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(
    chunks.reduce((sum, { data }) => sum + FRAME + data.length, SIGNATURE.length),
  );
  const view = new DataView(file.buffer);
  file.set(SIGNATURE);
  let at = SIGNATURE.length;
  for (const { type, data } of chunks) {
    view.setUint32(at, data.length);
    for (let i = 0; i < 4; i++) file[at + 4 + i] = type.charCodeAt(i);
    file.set(data, at + 8);
    at += 8 + data.length;
    view.setUint32(at, crc32(file.subarray(at - data.length - 4, at)));
    at += 4;
  }
  return file;
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7A;
}
