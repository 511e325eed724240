/**
 * Byte order of numbers in files. JavaScript's typed arrays have the byte order of the machine, which is
 * little-endian on every system that this library runs on. The bytes of big-endian numbers in a file are swapped as
 * they are read.
 * @module
 */

/** Reverses the bytes of each number of `itemSize` bytes, in place. */
export function swapBytes(bytes: Uint8Array, itemSize: number): void {
  for (let start = 0; start + itemSize <= bytes.length; start += itemSize) {
    for (let low = start, high = start + itemSize - 1; low < high; low++, high--) {
      const byte = bytes[low];
      bytes[low] = bytes[high];
      bytes[high] = byte;
    }
  }
}

/** Returns the bytes of a typed array, without a copy. */
export function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
