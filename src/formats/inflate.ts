/** Decompression of deflated data (RFC 1951) with pauses: into memory of a known size, or piece by piece. @module */
import { byteCount, digits, type Refuse } from "./fault.ts";
import { type Inflater, openInflater, WINDOW } from "./inflater.ts";
import { createPause } from "./pause.ts";

/** The number of bytes of the output between two checks of the clock. */
const PIECE = 256 * 1024;

/** The largest ratio of decompressed to compressed size: deflate turns two bits into at most 258 bytes. */
const LARGEST_RATIO = 1032;

/**
 * Checks that deflated data can have a size.
 *
 * @throws {FormatError} made by `refuse` if `compressed` bytes cannot decompress to `size` bytes
 */
export function checkRatio(size: number, compressed: number, refuse: Refuse): void {
  if (size <= (compressed + 1) * LARGEST_RATIO) return;
  throw refuse(
    `declares ${byteCount(size)}, ${byteCount(compressed)} of deflated data cannot hold as many`,
  );
}

/** The deflated data in a file. */
export interface Deflated {
  /** The file, or the part of it up to which the data can reach. */
  readonly bytes: Uint8Array;
  /** The offset in `bytes` at which the data begins. */
  readonly start: number;
  /** Creates the error for a fault; receives offsets in `bytes`. */
  readonly refuse: Refuse;
  /** Receives the output piece by piece, in order, such as for a checksum. A piece is valid during the call only. */
  readonly onPiece?: (piece: Uint8Array) => void;
}

/**
 * Decompresses data whose size is declared. Memory of that size is allocated, and only if the input can decompress to it. Other
 * events are handled meanwhile.
 *
 * @returns the offset of the first byte after the data
 * @throws {FormatError} if the bytes are damaged or cut short, or their size is not the declared one
 */
export async function inflate(
  { bytes, start, refuse, onPiece }: Deflated,
  { size, into }: {
    /** The size of the result in bytes, as the file declares it. */
    readonly size: number;
    /** The array that receives the result, of `size` bytes; a new one by default. */
    readonly into?: Uint8Array;
  },
): Promise<{ readonly content: Uint8Array; readonly end: number }> {
  checkRatio(size, bytes.length - start, refuse);
  const content = into ?? new Uint8Array(size);
  const inflater = openInflater(bytes, { start, out: content, refuse });
  const pause = createPause();
  for (let step = "", from = 0; step !== "end"; from = inflater.filled) {
    step = inflater.step(Math.min(size, from + PIECE));
    if (inflater.filled > from) onPiece?.(content.subarray(from, inflater.filled));
    else if (step === "full") throw refuse(`inflates to more than the ${byteCount(size)} that it declares`);
    await pause();
  }
  if (inflater.filled < size) {
    throw refuse(`inflates to ${byteCount(inflater.filled)}, it declares ${digits(size)}`);
  }
  return { content, end: inflater.at };
}

/**
 * Decompresses data without keeping it; needs the memory of one piece. Other events are handled meanwhile.
 *
 * @param options `most` is the maximum size of the output, and `buffer` is that of {@linkcode createBuffer}, for further use
 * @returns the offset of the first byte after the data, and the size of the output; `end` is `undefined` if it is above `most`
 * @throws {FormatError} if the bytes are damaged or cut short
 */
export async function inflatePieces(
  { bytes, start, refuse, onPiece }: Deflated,
  { most = Infinity, buffer = createBuffer() }: {
    readonly most?: number;
    readonly buffer?: Uint8Array;
  } = {},
): Promise<{ readonly end: number | undefined; readonly size: number }> {
  const inflater = openInflater(bytes, { start, out: buffer, refuse });
  const pause = createPause();
  let size = 0;
  for (let step = ""; step !== "end";) {
    const from = inflater.filled;
    step = inflater.step(inflater.out.length);
    size += inflater.filled - from;
    if (size > most) return { end: undefined, size };
    onPiece?.(inflater.out.subarray(from, inflater.filled));
    if (inflater.filled === inflater.out.length) forget(inflater);
    await pause();
  }
  return { end: inflater.at, size };
}

/** Creates the memory that {@linkcode inflatePieces} uses. */
export function createBuffer(): Uint8Array {
  return new Uint8Array(WINDOW + PIECE);
}

/** Forgets the output except the bytes to which the following data can refer. */
function forget(inflater: Inflater): void {
  const { out, filled } = inflater;
  out.copyWithin(0, filled - WINDOW, filled);
  inflater.filled = WINDOW;
}
