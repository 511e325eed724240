/**
 * The header of a PNG file, and how the lines of its image lie in the data.
 * @module
 */
import { byteCount, digits, type Refuse } from "./fault.ts";

/** What an `IHDR` chunk says. */
export interface PngHeader {
  /** Pixels a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Bits a sample: 1, 2, 4, 8 or 16. */
  readonly bitDepth: number;
  /** The kind of pixel. */
  readonly color: PngColor;
  /** Samples a pixel. */
  readonly samples: number;
  /** Whether the image comes in seven passes, coarse to fine. */
  readonly interlaced: boolean;
}

/** A kind of pixel. */
export type PngColor = "gray" | "RGB" | "palette" | "gray and alpha" | "RGBA";

/** A part of the image whose lines follow each other: all of it, or one pass of an interlaced image. */
export interface PngPass {
  /** Pixels a line, at least 1. */
  readonly width: number;
  /** Lines, at least 1. */
  readonly height: number;
  /** The column of the image that the first pixel of a line is, and how many columns on the next one is. */
  readonly left: number;
  readonly stepX: number;
  /** The row of the image that the first line is, and how many rows on the next one is. */
  readonly top: number;
  readonly stepY: number;
}

/** Kinds of pixel by the number that stands for them, with the bit depths that each can have. */
const COLORS: {
  readonly [type: number]: readonly [PngColor, samples: number, bitDepths: readonly number[]];
} = {
  0: ["gray", 1, [1, 2, 4, 8, 16]],
  2: ["RGB", 3, [8, 16]],
  3: ["palette", 1, [1, 2, 4, 8]],
  4: ["gray and alpha", 2, [8, 16]],
  6: ["RGBA", 4, [8, 16]],
};

/** `left, top, stepX, stepY` of the seven passes of Adam7. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/**
 * Reads the data of an `IHDR` chunk, which begin at byte `start` of the file.
 *
 * @throws {FormatError} made by `refuse`, where a value is none that PNG knows or the image has more than `maxPixels`
 */
export function parsePngHeader(
  data: Uint8Array,
  { start, maxPixels, refuse }: {
    readonly start: number;
    readonly maxPixels: number;
    readonly refuse: Refuse;
  },
): PngHeader {
  if (data.length !== 13) {
    throw refuse(`has an IHDR chunk of ${byteCount(data.length)}, needs 13`, { offset: start });
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const width = view.getUint32(0), height = view.getUint32(4);
  const [bitDepth, type, compression, filter, interlace] = data.subarray(8);
  if (width === 0 || height === 0) {
    throw refuse(`is ${width}×${height} pixels, needs at least one`, { offset: start });
  }
  if (width * height > maxPixels) {
    throw refuse(`is ${width}×${height} pixels, at most ${digits(maxPixels)} are read`, { offset: start });
  }
  const known = COLORS[type];
  if (known === undefined) {
    throw refuse(`has color type ${type}, needs 0, 2, 3, 4 or 6`, { offset: start + 9 });
  }
  const [color, samples, bitDepths] = known;
  if (!bitDepths.includes(bitDepth)) {
    throw refuse(`has ${bitDepth} bits a sample, ${color} needs one of ${bitDepths.join(", ")}`, {
      offset: start + 8,
    });
  }
  if (compression !== 0 || filter !== 0 || interlace > 1) {
    const found = `compression ${compression}, filter method ${filter} and interlace ${interlace}`;
    throw refuse(`has ${found}, needs 0, 0, and 0 or 1`, { offset: start + 10 });
  }
  return { width, height, bitDepth, color, samples, interlaced: interlace === 1 };
}

/** The passes of an image in the order of its data; those that would have no pixel are left out, as in the data. */
export function passesOf({ width, height, interlaced }: PngHeader): PngPass[] {
  if (!interlaced) return [{ width, height, left: 0, stepX: 1, top: 0, stepY: 1 }];
  return ADAM7.map(([left, top, stepX, stepY]) => ({
    width: Math.ceil((width - left) / stepX),
    height: Math.ceil((height - top) / stepY),
    left,
    stepX,
    top,
    stepY,
  })).filter((pass) => pass.width > 0 && pass.height > 0);
}

/** Bytes of a line of `width` pixels, without its filter's. */
export function lineBytes({ bitDepth, samples }: PngHeader, width: number): number {
  return Math.ceil(width * samples * bitDepth / 8);
}
