/**
 * The header of a PNG file, and the layout of its lines in the image data.
 * @module
 */
import { byteCount, digits, type Refuse } from "./fault.ts";

/** The content of an `IHDR` chunk. */
export interface PngHeader {
  /** The width in pixels. */
  readonly width: number;
  /** The height in pixels. */
  readonly height: number;
  /** Bits of a sample: 1, 2, 4, 8 or 16. */
  readonly bitDepth: number;
  /** The color type. */
  readonly color: PngColor;
  /** Samples of a pixel. */
  readonly samples: number;
  /** True if the image is stored in seven passes, coarse to fine. */
  readonly interlaced: boolean;
}

/** A color type, by name. */
export type PngColor = "gray" | "RGB" | "palette" | "gray and alpha" | "RGBA";

/** A part of the image with consecutive lines: all of it, or one pass of an interlaced image. */
export interface PngPass {
  /** Pixels of a line, at least 1. */
  readonly width: number;
  /** The number of lines, at least 1. */
  readonly height: number;
  /** The image column of a line's first pixel, and the distance in columns to the next pixel. */
  readonly left: number;
  readonly stepX: number;
  /** The image row of the first line, and the distance in rows to the next line. */
  readonly top: number;
  readonly stepY: number;
}

/** The color types by their number in the file, each with its samples a pixel and its possible bit depths. */
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
 * Parses the data of an `IHDR` chunk. `start` is their offset in the file.
 *
 * @throws {FormatError} made by `refuse` if PNG does not define a value, or the image has more than `maxPixels`
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

/** Returns the passes of an image in the order of its data. Passes without a pixel are left out, as in the data. */
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

/** Returns the bytes of a line of `width` pixels, without the filter byte. */
export function lineBytes({ bitDepth, samples }: PngHeader, width: number): number {
  return Math.ceil(width * samples * bitDepth / 8);
}
