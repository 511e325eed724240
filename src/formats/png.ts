/**
 * Reading of PNG images: every color type, bit depth and filter of the specification, interlaced or not.
 * https://www.w3.org/TR/png-3/
 * @module
 */
import { BYTES, checkArgument, checkOptions, TEXT, whole } from "../arguments.ts";
import { byteCount, type Refuse, refuser } from "./fault.ts";
import { inflate } from "./inflate.ts";
import { readPngChunks } from "./png_chunks.ts";
import { undoFilters } from "./png_filters.ts";
import { lineBytes, parsePngHeader, passesOf, type PngHeader } from "./png_header.ts";
import { channelsOf, placePass, type PngMeaning } from "./png_pixels.ts";

/** A picture with one byte for each channel of a pixel. */
export interface Picture {
  /** The width in pixels. */
  readonly width: number;
  /** The height in pixels. */
  readonly height: number;
  /** Channels: 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA. Alpha is 255 for an opaque pixel, and not premultiplied. */
  readonly channels: 1 | 2 | 3 | 4;
  /** Values `[height, width, channels]`, row by row. */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** Options of {@linkcode parsePng}. */
export interface ParsePngOptions {
  /** The file's name, for messages. */
  readonly name?: string;
  /** The maximum number of pixels; 67,108,864 by default, which take up to 800 MB while they are decoded. */
  readonly maxPixels?: number;
}

/** The default limit of pixels, 2^26: an image of 8192×8192. */
export const DEFAULT_MAX_PIXELS = 2 ** 26;

/** The chunks from which the pixels are decoded. */
interface PngFile extends PngMeaning {
  /** The compressed lines, in the pieces of the `IDAT` chunks. */
  readonly pieces: readonly Uint8Array[];
}

/**
 * Reads a PNG file. Samples of 1, 2, 4 and 16 bits are scaled to bytes, palette colors are looked up, and a `tRNS`
 * chunk becomes an alpha channel. Gamma and color profiles are not applied. If the file is an animation, its still
 * image is read.
 *
 * @throws {FormatError} if the file is damaged, cut short, or larger than allowed
 *
 * @example
 * ```ts
 * import { formatPng, parsePng } from "@mlpcuda/mlpcuda";
 * import { assertEquals } from "@std/assert";
 *
 * const picture = { width: 2, height: 1, channels: 1, pixels: Uint8Array.of(0, 255) } as const;
 * assertEquals(await parsePng(await formatPng(picture)), picture);
 * ```
 */
export async function parsePng(bytes: Uint8Array, options: ParsePngOptions = {}): Promise<Picture> {
  checkArgument("bytes", bytes, BYTES);
  checkOptions(options, { name: TEXT, maxPixels: whole(1) });
  const { name, maxPixels = DEFAULT_MAX_PIXELS } = options;
  const file = readFile(bytes, maxPixels, refuser("png", { name }));
  const { header } = file, { width, height } = header;
  const passes = passesOf(header);
  const sizeOf = (pass: typeof passes[number]) => pass.height * (1 + lineBytes(header, pass.width));
  const size = passes.reduce((sum, pass) => sum + sizeOf(pass), 0);
  const refuse = refuser("png", { name, member: "IDAT" });
  const data = await inflate(joined(file.pieces), { format: "deflate", size, refuse });

  const channels = channelsOf(file);
  const pixels = new Uint8Array(width * height * channels);
  const distance = lineBytes(header, 1);
  let at = 0;
  for (const pass of passes) {
    const lines = data.subarray(at, at += sizeOf(pass));
    undoFilters(lines, { height: pass.height, bytes: lineBytes(header, pass.width), distance }, refuse);
    placePass(lines, { meaning: file, pass, pixels, refuse });
  }
  return { width, height, channels, pixels };
}

/** Reads the chunks, checks their order, and returns those that the pixels need. */
function readFile(bytes: Uint8Array, maxPixels: number, refuse: Refuse): PngFile {
  let header: PngHeader | undefined, palette: Uint8Array | undefined, transparency: Uint8Array | undefined;
  const pieces: Uint8Array[] = [];
  let last = "";
  for (const { type, data, start } of readPngChunks(bytes, refuse)) {
    const fault = (found: string) => refuse(found, { offset: start });
    if ((type === "IHDR") !== (header === undefined)) {
      throw fault(header ? "has two IHDR chunks" : `begins with a chunk ${type}, needs IHDR`);
    }
    if (type === "IHDR") {
      header = parsePngHeader(data, { start, maxPixels, refuse });
    } else if (type === "PLTE") {
      if (palette) throw fault("has two PLTE chunks");
      if (pieces.length > 0 || transparency) throw fault("has its PLTE chunk too late");
      checkPalette(data, header!, fault);
      palette = data;
    } else if (type === "tRNS") {
      if (transparency) throw fault("has two tRNS chunks");
      if (pieces.length > 0) throw fault("has its tRNS chunk too late");
      checkTransparency(data, header!, palette, fault);
      transparency = data;
    } else if (type === "IDAT") {
      if (pieces.length > 0 && last !== "IDAT") throw fault(`has a chunk ${last} between its IDAT chunks`);
      if (header!.color === "palette" && !palette) throw fault("has no PLTE chunk before its pixels");
      pieces.push(data);
    } else if (type[0] < "a" && type !== "IEND") {
      throw fault(`has a chunk ${type}, which is critical and not supported`);
    }
    last = type;
  }
  if (pieces.length === 0) throw refuse("has no IDAT chunk");
  return { header: header!, pieces, transparency, ...header!.color === "palette" && { palette } };
}

function checkPalette(
  data: Uint8Array,
  { color, bitDepth }: PngHeader,
  fault: (found: string) => Error,
): void {
  if (color.startsWith("gray")) throw fault(`has a palette, ${color} needs none`);
  const entries = data.length / 3, most = color === "palette" ? 2 ** bitDepth : 256;
  if (!Number.isInteger(entries) || entries < 1 || entries > most) {
    throw fault(`has a palette of ${byteCount(data.length)}, needs 3 for each of 1 to ${most} colors`);
  }
}

function checkTransparency(
  { length }: Uint8Array,
  { color, samples }: PngHeader,
  palette: Uint8Array | undefined,
  fault: (found: string) => Error,
): void {
  if (color === "palette") {
    const entries = (palette?.length ?? 0) / 3;
    if (length > entries) throw fault(`has ${length} transparencies, its palette has ${entries} colors`);
  } else if (color === "gray and alpha" || color === "RGBA") {
    throw fault(`has a tRNS chunk, ${color} needs none`);
  } else if (length !== 2 * samples) {
    throw fault(`has a tRNS chunk of ${byteCount(length)}, ${color} needs ${2 * samples}`);
  }
}

/** Joins the pieces into one array; a single piece is not copied. */
function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0];
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
