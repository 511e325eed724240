/** Parts of zip archives, for tests that change their bytes. @module */

/** The first bytes of an entry of the directory. */
export const CENTRAL = [0x50, 0x4B, 1, 2];
/** The first bytes of the end record. */
export const END = [0x50, 0x4B, 5, 6];
/** The content of entries. */
export const HELLO = new TextEncoder().encode("hello, hello, hello, hello");

/** Returns the first offset from `start` on at which these bytes occur. */
export function find(bytes: Uint8Array, wanted: number[], start = 0): number {
  return bytes.findIndex((_, at) => at >= start && wanted.every((byte, index) => bytes[at + index] === byte));
}
