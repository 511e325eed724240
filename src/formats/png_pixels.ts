/**
 * Conversion of PNG samples, which have 1 to 16 bits and may be palette indices, to pixels of one byte a channel.
 * @module
 */
import type { Refuse } from "./fault.ts";
import { lineBytes, type PngHeader, type PngPass } from "./png_header.ts";

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

/**
 * Converts the lines of a pass, `[height, 1 + bytes]` with their filters undone, and writes them to `pixels`.
 *
 * @throws {FormatError} made by `refuse` if a sample is not an index of the palette
 */
export function placePass(
  lines: Uint8Array,
  { meaning, pass, pixels, refuse }: {
    readonly meaning: PngMeaning;
    readonly pass: PngPass;
    /** The pixels of the whole image, `[height, width, channels]`. */
    readonly pixels: Uint8Array;
    readonly refuse: Refuse;
  },
): void {
  const { header } = meaning, channels = channelsOf(meaning);
  const bytes = lineBytes(header, pass.width);
  const place = header.color === "palette" ? paletteOf(meaning, refuse) : directOf(meaning);
  for (let y = 0; y < pass.height; y++) {
    const start = y * (bytes + 1) + 1;
    const samples = samplesOf(lines.subarray(start, start + bytes), header, pass.width);
    let at = ((pass.top + y * pass.stepY) * header.width + pass.left) * channels;
    for (let x = 0; x < pass.width; x++, at += pass.stepX * channels) place(samples, x, pixels, at);
  }
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
    return Uint16Array.from({ length: count }, (_, i) => (line[2 * i] << 8) | line[2 * i + 1]);
  }
  const values = new Uint8Array(count), mask = 2 ** bitDepth - 1;
  for (let i = 0, bit = 0; i < count; i++, bit += bitDepth) {
    values[i] = (line[bit >> 3] >> (8 - bitDepth - (bit & 7))) & mask;
  }
  return values;
}
