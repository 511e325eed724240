/**
 * Byte order of numbers in files. JavaScript's typed arrays have the machine's order, which is little-endian wherever
 * this library runs; the big-endian numbers of a file have their bytes swapped on the way in.
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

/** The bytes of a typed array, without a copy. */
export function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
