/** Inputs for the reader of PNG files. @module */
import { crc32 } from "node:zlib";
import { refuser } from "../../../src/formats/fault.ts";
import { parsePng, type Picture } from "../../../src/formats/png.ts";
import { readPngChunks } from "../../../src/formats/png_chunks.ts";
import type { Draw } from "../draw.ts";
import type { FuzzReader, Made } from "../kinds.ts";
import { createWriter } from "../writer.ts";
import { zlibbed } from "./deflate.ts";

/** Color types with their samples and bit depths. */
const COLORS = [
  { type: 0, samples: 1, depths: [1, 2, 4, 8, 16] },
  { type: 2, samples: 3, depths: [8, 16] },
  { type: 3, samples: 1, depths: [1, 2, 4, 8] },
  { type: 4, samples: 2, depths: [8, 16] },
  { type: 6, samples: 4, depths: [8, 16] },
] as const;

/** `left, top, stepX, stepY` of the passes of an interlaced picture. */
const PASSES = [
  ...[[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]],
] as const;

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A);

/** Makes a PNG file. Its pixels are known if it is gray or RGB with 8 bits, has no filter, and is not interlaced. */
export function makePng(draw: Draw): Made {
  const { type, samples, depths } = draw.pick(COLORS), depth = draw.pick(depths);
  const width = draw.between(1, 12), height = draw.between(1, 12), isInterlaced = draw.chance(0.25);
  const lines = createWriter(), hasFilters = draw.chance(0.5), pixels: number[] = [];
  for (const [left, top, stepX, stepY] of isInterlaced ? PASSES : [[0, 0, 1, 1]]) {
    const columns = Math.ceil((width - left) / stepX), rows = Math.ceil((height - top) / stepY);
    if (columns <= 0 || rows <= 0) continue;
    for (let row = 0; row < rows; row++) {
      lines.little(draw.number(hasFilters ? draw.below(5) : 0), 1);
      const most = type === 3 ? 1 << depth >> 1 : 256;
      const line = Array.from({ length: Math.ceil(columns * samples * depth / 8) }, () => draw.below(most));
      lines.bytes(line);
      pixels.push(...line);
    }
  }
  const header = createWriter();
  header.big(draw.number(width), 4);
  header.big(draw.number(height), 4);
  for (const value of [depth, type, 0, 0, Number(isInterlaced)]) header.little(draw.number(value), 1);
  const packed = draw.bytes(zlibbed(draw.bytes(lines.done()), draw));
  const cut = draw.chance(0.2) ? draw.below(packed.length + 1) : packed.length;
  const hasAlpha = draw.chance(0.2) && type < 4,
    colors = Uint8Array.from({ length: 3 << Math.min(depth, 8) }, () => draw.below(256));
  const chunks: [string, Uint8Array][] = [
    ["IHDR", header.done()],
    ...draw.chance(0.1) ? [["tEXt", new Uint8Array(9)] as [string, Uint8Array]] : [],
    ...type === 3 ? [["PLTE", draw.bytes(colors)] as [string, Uint8Array]] : [],
    ...hasAlpha
      ? [["tRNS", draw.bytes(new Uint8Array(type === 3 ? 1 : 2 * samples))] as [string, Uint8Array]]
      : [],
    ["IDAT", packed.subarray(0, cut)],
    ...cut < packed.length ? [["IDAT", packed.subarray(cut)] as [string, Uint8Array]] : [],
    ["IEND", new Uint8Array()],
  ];
  const isKnown = depth === 8 && type !== 3 && !hasAlpha && !hasFilters && !isInterlaced;
  const expected = { width, height, channels: samples, pixels: Uint8Array.from(pixels) };
  return { bytes: writeChunks(draw, chunks), ...isKnown && { expected } };
}

/** Writes chunks with their lengths and checksums. */
function writeChunks(draw: Draw, chunks: readonly [string, Uint8Array][]): Uint8Array {
  const file = createWriter();
  file.bytes(draw.chance(0.05) ? draw.bytes(SIGNATURE) : SIGNATURE);
  for (const [type, data] of draw.parts(chunks)) {
    const content = createWriter();
    content.text(draw.chance(0.2) ? draw.text(type) : type);
    content.bytes(data);
    const bytes = content.done();
    file.big(draw.chance(0.2) ? draw.number(data.length) : data.length, 4);
    file.bytes(bytes);
    file.big(draw.chance(0.1) ? draw.number(crc32(bytes)) : crc32(bytes), 4);
  }
  return file.done();
}

/** The reader of PNG files. Its container is the signature, and the chunks with their checksums. */
export const PNG: FuzzReader = {
  name: "png",
  share: 30,
  places: 24,
  free: 64,
  make: makePng,
  read: (bytes) => parsePng(bytes),
  isPast: (bytes) => {
    try {
      for (const _ of readPngChunks(bytes, refuser("png", {}))) { /* only checked */ }
      return true;
    } catch {
      return false;
    }
  },
  fault(result) {
    const { width, height, channels, pixels } = result as Picture;
    const isRight = width >= 1 && height >= 1 && channels >= 1 && channels <= 4;
    if (isRight && pixels.length === width * height * channels) return;
    return `${pixels.length} bytes for ${width}×${height}×${channels}`;
  },
};
