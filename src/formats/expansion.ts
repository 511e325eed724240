/**
 * The limit for the memory that a file may expand to. A small file can declare, or decompress to, gigabytes: deflated zeros are a
 * thousand times as many.
 * @module
 */
import { byteCount, digits, type Refuse } from "./fault.ts";

/** Options for files that expand. */
export interface SizeOptions {
  /**
   * Reads a file also if it expands to more than 16 MiB and 100 times its size. By default, such a file is refused before its
   * memory is allocated.
   */
  readonly trustSizes?: boolean;
}

/** The size that every file may expand to, in bytes. */
const FREE_BYTES = 16 * 1024 * 1024;
/** The size that a file may expand to besides that, as a multiple of its own. */
const MAX_RATIO = 100;

/** Returns the most bytes that a file may expand to. */
export function expansionLimit(fileSize: number, { trustSizes = false }: SizeOptions = {}): number {
  return trustSizes ? Infinity : FREE_BYTES + MAX_RATIO * fileSize;
}

/** Returns the fault of a file of `fileSize` bytes that expands to `size` bytes, for {@linkcode Refuse}. */
export function expansionFault(size: number, fileSize: number, bound: "" | "more than " = ""): string {
  return `has ${byteCount(fileSize)} and expands to ${bound}${digits(size)}, at most ${
    digits(expansionLimit(fileSize))
  } are read (16 MiB and ${MAX_RATIO} times its size) unless option trustSizes is set`;
}

/**
 * Checks the size that a file expands to.
 *
 * @throws {FormatError} made by `refuse` if it is above the limit
 */
export function checkExpansion(
  size: number,
  { fileSize, refuse, ...options }: SizeOptions & {
    readonly fileSize: number;
    readonly refuse: Refuse;
  },
): void {
  if (size > expansionLimit(fileSize, options)) throw refuse(expansionFault(size, fileSize));
}
