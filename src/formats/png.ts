/**
 * Reading of PNG images: every color type, bit depth and filter of the specification, interlaced or not.
 * https://www.w3.org/TR/png-3/
 * @module
 */
import { BYTES, checkArgument, checkOptions, FLAG, TEXT, whole } from "../arguments.ts";
import { checkExpansion, FREE_OF_PICTURES, type SizeOptions } from "./expansion.ts";
import { byteCount, type Refuse, refuser } from "./fault.ts";
import { checkRatio } from "./inflate.ts";
import { readPngChunks } from "./png_chunks.ts";
import { undoFilter } from "./png_filters.ts";
import { lineBytes, parsePngHeader, passesOf, type PngHeader } from "./png_header.ts";
import { channelsOf, linePlacer, type PlaceLine, type PngMeaning } from "./png_pixels.ts";
import { readZlib } from "./zlib.ts";

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
export interface ParsePngOptions extends SizeOptions {
  /** The file's name, for messages. */
  readonly name?: string;
  /** The maximum number of pixels; 67,108,864 by default. */
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
 * image is read. Besides the file and the pixels, memory holds a few lines. Other events are handled while a large file is
 * decoded.
 *
 * @throws {FormatError} if the file is damaged, cut short, or larger than allowed, or if its pixels have more bytes than 64 MiB
 * and 100 times its size without `trustSizes`
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
  checkOptions(options, { name: TEXT, maxPixels: whole(1), trustSizes: FLAG });
  const { name, maxPixels = DEFAULT_MAX_PIXELS, trustSizes } = options;
  const refuse = refuser("png", { name });
  const file = readFile(bytes, maxPixels, refuse);
  const { header } = file, { width, height } = header, channels = channelsOf(file);
  const free = FREE_OF_PICTURES;
  checkExpansion(width * height * channels, { fileSize: bytes.length, trustSizes, free, refuse });
  const refuseData = refuser("png", { name, member: "IDAT" });
  const compressed = file.pieces.reduce((sum, { length }) => sum + length, 0);
  checkRatio(lineBytesOf(header), compressed, refuseData); // before the pixels are allocated
  const pixels = new Uint8Array(width * height * channels);
  await readLines(file, pixels, refuseData);
  return { width, height, channels, pixels };
}

/** Returns the number of bytes of all lines, each with its filter. */
function lineBytesOf(header: PngHeader): number {
  return passesOf(header).reduce(
    (sum, { width, height }) => sum + height * (1 + lineBytes(header, width)),
    0,
  );
}

/** Lines of the same length that follow each other in the compressed data. */
interface Lines {
  /** The number of lines. */
  readonly height: number;
  /** Bytes of a line, after the byte with its filter. */
  readonly bytes: number;
  readonly place: PlaceLine;
}

/** Decompresses the lines, undoes their filters, and writes them to `pixels`. */
async function readLines(file: PngFile, pixels: Uint8Array, refuse: Refuse): Promise<void> {
  const { header } = file, distance = lineBytes(header, 1);
  const passes = passesOf(header).map((pass): Lines => ({
    height: pass.height,
    bytes: lineBytes(header, pass.width),
    place: linePlacer(pass, { meaning: file, pixels, refuse }),
  }));
  const size = lineBytesOf(header);
  const longest = Math.max(...passes.map(({ bytes }) => bytes));
  let line = new Uint8Array(longest), above = new Uint8Array(longest);
  let pass = 0, y = 0, filter = -1, filled = 0;
  const onPiece = (piece: Uint8Array) => {
    for (let at = 0; at < piece.length;) {
      const { height, bytes, place } = passes[pass];
      if (filter < 0) {
        filter = piece[at++];
        continue;
      }
      const count = Math.min(bytes - filled, piece.length - at);
      line.set(piece.subarray(at, at += count), filled);
      filled += count;
      if (filled < bytes) return;
      const whole = line.subarray(0, bytes);
      undoFilter(whole, { filter, above: above.subarray(0, bytes), distance, refuse });
      place(whole, y);
      [line, above, filter, filled] = [above, line, -1, 0];
      if (++y < height) continue;
      above.fill(0);
      pass++;
      y = 0;
    }
  };
  await readZlib(joined(file.pieces), { size, onPiece, refuse });
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
