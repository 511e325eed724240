/** WebP files of two colors, written without a library. @module */

/** Writes bits, the lowest first. */
function bitWriter() {
  const bytes: number[] = [];
  let used = 0;
  return {
    put(value: number, bits: number) {
      for (let i = 0; i < bits; i++, used++) {
        if (used % 8 === 0) bytes.push(0);
        bytes[bytes.length - 1] |= (value >> i & 1) << used % 8;
      }
    },
    bytes,
  };
}

/** Returns a lossless WebP of a square gray picture in which values from 128 become white, and others black. */
export function blackAndWhiteWebp(pixels: Uint8Array, side: number): Uint8Array<ArrayBuffer> {
  const { put, bytes } = bitWriter();
  put(0x2F, 8); // signature
  for (const length of [side, side]) put(length - 1, 14);
  put(0, 1); // without transparency
  put(0, 3); // version
  for (let i = 0; i < 3; i++) put(0, 1); // no transform, no color cache, one group of codes
  /** Writes a code of one or two symbols; with two, 0 and 255, each pixel takes a bit of it. */
  const code = (...symbols: number[]) => {
    put(1, 1);
    put(symbols.length - 1, 1);
    put(Number(symbols[0] > 1), 1);
    put(symbols[0], symbols[0] > 1 ? 8 : 1);
    if (symbols.length > 1) put(symbols[1], 8);
  };
  for (let color = 0; color < 3; color++) code(0, 255);
  code(255); // alpha
  code(0); // distance
  for (const value of pixels) for (let color = 0; color < 3; color++) put(Number(value >= 128), 1);
  const padded = bytes.length + bytes.length % 2,
    file = new Uint8Array(20 + padded),
    view = new DataView(file.buffer);
  const text = (name: string, at: number) => file.set(new TextEncoder().encode(name), at);
  text("RIFF", 0);
  view.setUint32(4, 12 + padded, true);
  text("WEBPVP8L", 8);
  view.setUint32(16, bytes.length, true);
  file.set(bytes, 20);
  return file;
}
