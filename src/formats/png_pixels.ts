/**
 * From the samples of a PNG file, of 1 to 16 bits and perhaps into a palette, to pixels of a byte a channel.
 * @module
 */
import type { Refuse } from "./fault.ts";
import { lineBytes, type PngHeader, type PngPass } from "./png_header.ts";

/** What gives the samples their meaning. */
export interface PngMeaning {
  /** The header. */
  readonly header: PngHeader;
  /** Colors `[entries, 3]`; for images with a palette alone. */
  readonly palette?: Uint8Array;
  /** The data of the `tRNS` chunk: alpha of the first palette entries, or the one pixel that is transparent. */
  readonly transparency?: Uint8Array;
}

/** Channels of the pixels: 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA. */
export function channelsOf({ header: { color, samples }, transparency }: PngMeaning): 1 | 2 | 3 | 4 {
  return (color === "palette" ? 3 : samples) + (transparency ? 1 : 0) as 1 | 2 | 3 | 4;
}

/**
 * Puts the lines of a pass, `[height, 1 + bytes]` without their filters, where they belong in `pixels`.
 *
 * @throws {FormatError} made by `refuse`, where a sample names an entry that the palette has not
 */
export function placePass(
  lines: Uint8Array,
  { meaning, pass, pixels, refuse }: {
    readonly meaning: PngMeaning;
    readonly pass: PngPass;
    /** `[height, width, channels]` of the whole image. */
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

/** Writes pixel `x` of a line of samples to `pixels[at]` and after. */
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
  // Two bytes a sample, whatever the depth; of these only the sample's bits count.
  const clear = transparency && Array.from(
    { length: count },
    (_, c) => ((transparency[2 * c] << 8) | transparency[2 * c + 1]) & (2 ** bitDepth - 1),
  );
  return (samples, x, pixels, at) => {
    for (let c = 0; c < count; c++) pixels[at + c] = Math.round(samples[x * count + c] * scale);
    if (clear) pixels[at + count] = clear.every((value, c) => samples[x * count + c] === value) ? 0 : 255;
  };
}

/** The samples of a line, as whole numbers of `bitDepth` bits. */
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
