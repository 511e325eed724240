/**
 * Conversion of PNG samples, which have 1 to 16 bits and may be palette indices, to pixels of one byte a channel.
 * @module
 */
import type { Refuse } from "./fault.ts";
import type { PngHeader, PngPass } from "./png_header.ts";

/** The chunks that define the colors of the samples. */
export interface PngMeaning {
  /** The header. */
  readonly header: PngHeader;
  /** Colors `[entries, 3]`; only of an image with a palette. */
  readonly palette?: Uint8Array;
  /** The data of the `tRNS` chunk: alpha of the first palette entries, or the one color that is transparent. */
  readonly transparency?: Uint8Array;
}

/** Returns the number of channels: 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA. */
export function channelsOf({ header: { color, samples }, transparency }: PngMeaning): 1 | 2 | 3 | 4 {
  return (color === "palette" ? 3 : samples) + (transparency ? 1 : 0) as 1 | 2 | 3 | 4;
}

/** Writes line `y` of a pass, with its filter undone, to the pixels of the image. */
export type PlaceLine = (line: Uint8Array, y: number) => void;

/**
 * Returns a function that converts the lines of a pass, and writes them to `pixels` `[height, width, channels]`. It throws the
 * error of `refuse` if a sample is not an index of the palette.
 */
export function linePlacer(
  pass: PngPass,
  { meaning, pixels, refuse }: {
    readonly meaning: PngMeaning;
    /** The pixels of the whole image, `[height, width, channels]`. */
    readonly pixels: Uint8Array;
    readonly refuse: Refuse;
  },
): PlaceLine {
  const { header } = meaning, channels = channelsOf(meaning);
  const startOf = (y: number) => ((pass.top + y * pass.stepY) * header.width + pass.left) * channels;
  const isPlain = header.bitDepth === 8 && header.color !== "palette" && !meaning.transparency;
  if (isPlain && pass.stepX === 1) return (line, y) => pixels.set(line, startOf(y));
  const place = header.color === "palette" ? paletteOf(meaning, refuse) : directOf(meaning);
  return (line, y) => {
    const samples = samplesOf(line, header, pass.width);
    for (let x = 0, at = startOf(y); x < pass.width; x++, at += pass.stepX * channels) {
      place(samples, x, pixels, at);
    }
  };
}

/** Writes pixel `x` of a line of samples to `pixels`, from index `at` on. */
type Place = (samples: ArrayLike<number>, x: number, pixels: Uint8Array, at: number) => void;

function paletteOf({ palette = new Uint8Array(), transparency }: PngMeaning, refuse: Refuse): Place {
  const entries = palette.length / 3;
  return (samples, x, pixels, at) => {
    const entry = samples[x];
    if (entry >= entries) throw refuse(`has a pixel of color ${entry}, its palette has ${entries}`);
    for (let c = 0; c < 3; c++) pixels[at + c] = palette[3 * entry + c];
    if (transparency) pixels[at + 3] = transparency[entry] ?? 255;
  };
}

function directOf({ header: { bitDepth, samples: count }, transparency }: PngMeaning): Place {
  const scale = 255 / (2 ** bitDepth - 1);
  // The chunk has two bytes a sample at every bit depth; only the lower `bitDepth` bits count.
  const clear = transparency && Array.from(
    { length: count },
    (_, c) => ((transparency[2 * c] << 8) | transparency[2 * c + 1]) & (2 ** bitDepth - 1),
  );
  return (samples, x, pixels, at) => {
    for (let c = 0; c < count; c++) pixels[at + c] = Math.round(samples[x * count + c] * scale);
    if (clear) pixels[at + count] = clear.every((value, c) => samples[x * count + c] === value) ? 0 : 255;
  };
}

/** Returns the samples of a line, as whole numbers of `bitDepth` bits. */
function samplesOf(line: Uint8Array, { bitDepth, samples }: PngHeader, width: number): ArrayLike<number> {
  if (bitDepth === 8) return line;
  const count = width * samples;
  if (bitDepth === 16) {
    const wide = new Uint16Array(count);
    for (let i = 0; i < count; i++) wide[i] = (line[2 * i] << 8) | line[2 * i + 1];
    return wide;
  }
  const values = new Uint8Array(count), mask = 2 ** bitDepth - 1;
  for (let i = 0, bit = 0; i < count; i++, bit += bitDepth) {
    values[i] = (line[bit >> 3] >> (8 - bitDepth - (bit & 7))) & mask;
  }
  return values;
}
