/**
 * Writing of PNG images, with one byte a channel and not interlaced.
 * @module
 */
import { ANY, BYTES, checkArgument, fields, foundText } from "../arguments.ts";
import type { Picture } from "./png.ts";
import { writePngChunks } from "./png_chunks.ts";
import { applyFilters } from "./png_filters.ts";

/** PNG's number of the color type, by number of channels. */
const COLOR_TYPES: { readonly [channels in Picture["channels"]]: number } = { 1: 0, 2: 4, 3: 2, 4: 6 };

/** The longest side that a PNG file can have, in pixels. */
const MAX_SIDE = 2 ** 31 - 1;

/**
 * Writes a PNG file. {@linkcode parsePng} reads it back as the same picture. The compressor is that of Deno or the
 * browser: the same picture gives the same bytes only with the same version of it.
 *
 * @throws {RangeError} if a side is not a whole number from 1
 * @throws {TypeError} if the number of values is not `width * height * channels`, or that of channels not 1 to 4
 */
export async function formatPng(picture: Picture): Promise<Uint8Array<ArrayBuffer>> {
  checkArgument("picture", picture, fields({ width: ANY, height: ANY, channels: ANY, pixels: BYTES }));
  const { width, height, channels, pixels } = picture;
  const type = typeof channels === "number" ? COLOR_TYPES[channels] : undefined;
  if (type === undefined) {
    throw new TypeError(`Cannot write PNG: ${foundText(channels)} channels, needs 1 to 4`);
  }
  for (const side of [width, height]) {
    if (!Number.isInteger(side) || side < 1 || side > MAX_SIDE) {
      throw new RangeError(
        `Cannot write PNG: ${foundText(width)}×${foundText(height)} pixels, needs whole numbers from 1`,
      );
    }
  }
  if (pixels.length !== width * height * channels) {
    const shape = `[${height}, ${width}, ${channels}]`;
    throw new TypeError(`Cannot write PNG: ${pixels.length} values do not have shape ${shape}`);
  }
  const header = new Uint8Array(13), view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, type], 8);
  const lines = applyFilters(pixels, { height, bytes: width * channels, distance: channels });
  const packed = new Blob([lines]).stream().pipeThrough(new CompressionStream("deflate"));
  return writePngChunks([
    { type: "IHDR", data: header },
    { type: "IDAT", data: new Uint8Array(await new Response(packed).arrayBuffer()) },
    { type: "IEND", data: new Uint8Array() },
  ]);
}
