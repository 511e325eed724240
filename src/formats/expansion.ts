/**
 * The limit for the memory that a file may expand to. A small file can declare, or decompress to, gigabytes: a run of zeros can be
 * a thousand times as large as its deflated data.
 * @module
 */
import { byteCount, digits, type Refuse } from "./fault.ts";

/** Options for files that expand. */
export interface SizeOptions {
  /**
   * Reads a file also if it expands to more than 16 MiB and 100 times its size, or a picture to more than 64 MiB and 100 times
   * its size. By default, such a file is refused before its memory is allocated.
   */
  readonly trustSizes?: boolean;
}

const MIB = 1024 * 1024;
/** The size that every file may expand to, in MiB. */
const FREE = 16;
/**
 * The size that every picture may expand to, in MiB: 16 million pixels with alpha. A drawing on the screen of a tablet, or a
 * screenshot, has few kilobytes for such a number of pixels.
 */
export const FREE_OF_PICTURES = 64;
/** The additional size that a file may expand to, as a multiple of its own size. */
const MAX_RATIO = 100;

/** The limit for a kind of files. */
interface Limit extends SizeOptions {
  /** The size that every file of the kind may expand to, in MiB; 16 by default. */
  readonly free?: number;
}

/** Returns the maximum number of bytes that a file may expand to. */
export function expansionLimit(fileSize: number, { trustSizes = false, free = FREE }: Limit = {}): number {
  return trustSizes ? Infinity : free * MIB + MAX_RATIO * fileSize;
}

/** Returns the fault of a file of `fileSize` bytes that expands to `size` bytes, for {@linkcode Refuse}. */
export function expansionFault(
  size: number,
  fileSize: number,
  { bound = "", free = FREE }: { readonly bound?: "" | "more than "; readonly free?: number } = {},
): string {
  return `has ${byteCount(fileSize)} and expands to ${bound}${digits(size)}, at most ${
    digits(expansionLimit(fileSize, { free }))
  } are read (${free} MiB and ${MAX_RATIO} times its size) unless option trustSizes is set`;
}

/**
 * Checks the size that a file expands to.
 *
 * @throws {FormatError} made by `refuse` if it is above the limit
 */
export function checkExpansion(
  size: number,
  { fileSize, refuse, ...limit }: Limit & {
    readonly fileSize: number;
    readonly refuse: Refuse;
  },
): void {
  if (size > expansionLimit(fileSize, limit)) throw refuse(expansionFault(size, fileSize, limit));
}
