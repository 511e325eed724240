/**
 * The sizes that the headers of PNG, JPEG, WebP, GIF and BMP files declare. They are read before a file is decoded, because a
 * file of 100 bytes can declare a picture of gigabytes.
 * @module
 */
import { byteCount, digits, type Refuse } from "./fault.ts";
import type { PictureFormat } from "./picture_kind.ts";

/** A declared width and height, in pixels. */
export interface PictureSize {
  /** The width, from 1. */
  readonly width: number;
  /** The height, from 1. */
  readonly height: number;
}

/** Reads of a file at offsets, each refused beyond its end. */
interface Fields {
  /** The number of bytes of the file. */
  readonly end: number;
  /** Returns an unsigned integer of `length` bytes, the least significant first. */
  little(at: number, length: number): number;
  /** Returns an unsigned integer of `length` bytes, the most significant first. */
  big(at: number, length: number): number;
  /** Returns the four characters at an offset. */
  name(at: number): string;
  /** Returns the offset of the next byte of this value; `end` if there is none. */
  next(byte: number, from: number): number;
  /** Creates the error for a fault. */
  readonly refuse: Refuse;
}

/** The readers of the headers; each yields every size that the first picture of the file declares. */
const READERS: {
  readonly [format in PictureFormat]: (file: Fields) => Iterable<PictureSize>;
} = {
  PNG: pngSizes,
  JPEG: jpegSizes,
  WebP: webpSizes,
  GIF: gifSizes,
  BMP: bmpSizes,
};

/** The maximum number of scans of a JPEG: each takes the time of a complete picture, and pictures have at most dozens. */
const MAX_SCANS = 500;

/** Processes of JPEG that decoders do not know, by marker. */
const OTHER_JPEG: { readonly [marker: number]: string } = {
  0xC3: "lossless",
  0xC5: "hierarchical",
  0xC6: "hierarchical",
  0xC7: "hierarchical",
  0xC9: "arithmetic-coded",
  0xCA: "arithmetic-coded",
  0xCB: "arithmetic-coded",
  0xCD: "hierarchical",
  0xCE: "hierarchical",
  0xCF: "hierarchical",
};

/**
 * Returns the size of the picture in a file, as it is stored: EXIF may turn it. The complete file is searched for a second,
 * larger size.
 *
 * @throws {FormatError} made by `refuse` if the header is damaged, or a size has more than `maxPixels`
 */
export function pictureSizeOf(
  bytes: Uint8Array,
  { format, maxPixels, refuse }: {
    readonly format: PictureFormat;
    readonly maxPixels: number;
    readonly refuse: Refuse;
  },
): PictureSize {
  const sizes = [...READERS[format](fieldsOf(bytes, refuse))];
  for (const { width, height } of sizes) {
    if (width === 0 || height === 0) throw refuse(`is ${width}×${height} pixels, needs at least one`);
    if (width * height > maxPixels) {
      throw refuse(`is ${width}×${height} pixels, at most ${digits(maxPixels)} are read`);
    }
  }
  return sizes[0];
}

function fieldsOf(bytes: Uint8Array, refuse: Refuse): Fields {
  const byteAt = (at: number) => {
    if (at >= bytes.length) throw refuse("is cut short", { offset: bytes.length });
    return bytes[at];
  };
  const fields: Fields = {
    end: bytes.length,
    little(at, length) {
      let value = 0;
      for (let i = length - 1; i >= 0; i--) value = value * 256 + byteAt(at + i);
      return value;
    },
    big(at, length) {
      let value = 0;
      for (let i = 0; i < length; i++) value = value * 256 + byteAt(at + i);
      return value;
    },
    name: (at) => String.fromCharCode(...[0, 1, 2, 3].map((i) => byteAt(at + i))),
    next(byte, from) {
      const found = bytes.indexOf(byte, from);
      return found < 0 ? bytes.length : found;
    },
    refuse,
  };
  return fields;
}

/** Reads the first chunk of a PNG; {@linkcode parsePng} checks it. */
function* pngSizes(file: Fields): Generator<PictureSize, void, void> {
  yield { width: file.big(16, 4), height: file.big(20, 4) };
}

/** Walks the segments of a JPEG to its end: a decoder may use any of its frame headers. */
function* jpegSizes(file: Fields): Generator<PictureSize, void, void> {
  const { refuse } = file;
  let frames = 0, scans = 0;
  for (let at = 2;;) {
    at = file.next(0xFF, at);
    while (at < file.end && file.big(at, 1) === 0xFF) at++;
    if (at >= file.end) {
      throw refuse("is cut short: its end-of-image marker is missing", { offset: file.end });
    }
    const marker = file.big(at++, 1);
    if (marker === 0xD9) break;
    // 0 follows a byte FF of compressed data; the others are markers without a segment.
    if (marker <= 0x01 || (marker >= 0xD0 && marker <= 0xD8)) continue;
    const start = at, length = file.big(at, 2);
    if (length < 2) throw refuse(`has a segment of ${length} bytes, needs at least 2`, { offset: at });
    at += length;
    if (marker === 0xDA && ++scans > MAX_SCANS) {
      throw refuse(`has more than ${MAX_SCANS} scans`, { offset: start });
    }
    const isFrame = marker >= 0xC0 && marker <= 0xCF && marker !== 0xC4 && marker !== 0xC8 && marker !== 0xCC;
    if (!isFrame) continue;
    if (OTHER_JPEG[marker]) {
      throw refuse(`is a JPEG that is ${OTHER_JPEG[marker]}, needs baseline or progressive`, {
        offset: start,
      });
    }
    const bits = file.big(start + 2, 1);
    if (bits !== 8) throw refuse(`is a JPEG of ${bits} bits a sample, needs 8`, { offset: start + 2 });
    if (++frames > 1) throw refuse("has two frame headers", { offset: start });
    yield { width: file.big(start + 5, 2), height: file.big(start + 3, 2) };
  }
  if (frames === 0 || scans === 0) throw refuse(`has no ${frames === 0 ? "frame header" : "scan"}`);
}

/** Reads the chunks of a WebP up to its first picture, which has its own size besides that of the canvas. */
function* webpSizes(file: Fields): Generator<PictureSize, void, void> {
  const needed = 8 + file.little(4, 4);
  if (file.end < needed) {
    throw file.refuse(`is cut short: it declares ${byteCount(needed)}`, { offset: file.end });
  }
  for (let at = 12, isSized = false; at < file.end;) {
    const name = file.name(at), length = file.little(at + 4, 4), data = at + 8;
    if (name === "VP8X") {
      isSized = true;
      yield { width: 1 + file.little(data + 4, 3), height: 1 + file.little(data + 7, 3) };
    } else if (name === "ANMF") {
      isSized = true;
      yield { width: 1 + file.little(data + 6, 3), height: 1 + file.little(data + 9, 3) };
      at = data + 16; // the chunks of its first picture
      continue;
    } else if (name === "VP8 ") {
      if ((file.little(data, 1) & 1) !== 0 || file.big(data + 3, 3) !== 0x9D012A) {
        throw file.refuse("has a damaged VP8 header", { offset: data });
      }
      return yield { width: file.little(data + 6, 2) & 0x3FFF, height: file.little(data + 8, 2) & 0x3FFF };
    } else if (name === "VP8L") {
      if (file.little(data, 1) !== 0x2F) throw file.refuse("has a damaged VP8L header", { offset: data });
      const sides = file.little(data + 1, 4);
      return yield { width: 1 + (sides & 0x3FFF), height: 1 + ((sides >>> 14) & 0x3FFF) };
    } else if (!isSized) {
      throw file.refuse(`begins with a chunk ${JSON.stringify(name)}, needs "VP8 ", "VP8L" or "VP8X"`, {
        offset: at,
      });
    }
    at = data + length + length % 2;
  }
  throw file.refuse("has no picture");
}

/** Reads the blocks of a GIF up to its first frame, which has its own size besides that of the screen. */
function* gifSizes(file: Fields): Generator<PictureSize, void, void> {
  yield { width: file.little(6, 2), height: file.little(8, 2) };
  const flags = file.little(10, 1);
  let at = 13 + ((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1));
  for (let block; (block = file.little(at, 1)) !== 0x2C;) {
    if (block === 0x3B) throw file.refuse("has no picture", { offset: at });
    if (block !== 0x21) throw file.refuse(`has an unknown block ${block}`, { offset: at });
    at += 2;
    for (let length; (length = file.little(at, 1)) !== 0;) at += 1 + length;
    at++;
  }
  yield { width: file.little(at + 5, 2), height: file.little(at + 7, 2) };
}

/** Reads the header of a BMP. Its height is negative if its first line is at the top. */
function* bmpSizes(file: Fields): Generator<PictureSize, void, void> {
  if (file.little(14, 4) === 12) return yield { width: file.little(18, 2), height: file.little(20, 2) };
  const [width, height] = [18, 22].map((at) => Math.abs(file.little(at, 4) | 0));
  yield { width, height };
}
