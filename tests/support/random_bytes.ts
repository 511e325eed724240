/** Bytes without a pattern, the same at every call. @module */

/** Returns bytes from 0 to `largest`. */
export function randomBytes(count: number, largest: number, seed = 1): Uint8Array<ArrayBuffer> {
  let state = seed;
  return Uint8Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 16) % (largest + 1);
  });
}
