/**
 * The format of a picture, by the first bytes of its file.
 * @module
 */
import { byteCount } from "./fault.ts";
import { isPng } from "./png_chunks.ts";

/** A format that {@linkcode readPicture} reads. */
export type PictureFormat = "PNG" | "JPEG" | "WebP" | "GIF" | "BMP";

/** The formats that are read, for messages. */
export const PICTURE_FORMATS = "a PNG, JPEG, WebP, GIF or BMP";

/** The characters of a file in which {@linkcode describeContent} looks for a name. */
const TEXT_LENGTH = 256;

/** The first bytes of the formats besides PNG, as characters; `?` stands for any byte. */
const READ: readonly (readonly [PictureFormat, start: string])[] = [
  ["JPEG", "\xFF\xD8\xFF"],
  ["WebP", "RIFF????WEBP"],
  ["GIF", "GIF8?a"],
  ["BMP", "BM?????????????\0\0\0"],
];

/** Content that is not read, and that people have under the name of a picture: its first bytes, in the same form. */
const OTHER: readonly (readonly [name: string, ...starts: string[]])[] = [
  ["a TIFF", "II*\0", "MM\0*", "II+\0", "MM\0+"],
  ["an AVIF", "????ftypavi"],
  ["a HEIC", "????ftyphe", "????ftypmif1", "????ftypmsf1"],
  ["a video", "????ftyp", "\x1A\x45\xDF\xA3"],
  ["a JPEG XL", "\xFF\x0A", "\0\0\0\x0CJXL "],
  ["a JPEG 2000", "\0\0\0\x0CjP  ", "\xFF\x4F\xFF\x51"],
  ["an icon", "\0\0\x01\0", "\0\0\x02\0"],
  ["a Photoshop file", "8BPS"],
  ["an OpenEXR", "v/1\x01"],
  ["a Netpbm picture", "P1\n", "P2\n", "P3\n", "P4\n", "P5\n", "P6\n", "P7\n"],
  ["a PDF", "%PDF-"],
  ["a zip archive", "PK\x03\x04"],
  ["a gzip file", "\x1F\x8B"],
  ["an .npy", "\x93NUMPY"],
  ["a Git LFS pointer, not the file that it stands for", "version https://git-lfs"],
];

/** The same for texts, which may begin with spaces, declarations and comments. */
const OTHER_TEXTS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["an SVG", /^(?:\xEF\xBB\xBF)?\s*<(?:\?xml|!--|!DOCTYPE svg)[^]*<svg[\s>]|^(?:\xEF\xBB\xBF)?\s*<svg[\s>]/],
  ["an HTML page", /^(?:\xEF\xBB\xBF)?\s*<(?:!doctype html|html)/i],
];

/** Returns the format of a picture that {@linkcode readPicture} reads; `undefined` for other content. */
export function pictureFormatOf(bytes: Uint8Array): PictureFormat | undefined {
  if (isPng(bytes)) return "PNG";
  return READ.find(([, start]) => hasStart(bytes, start))?.[0];
}

/** Describes bytes that are no picture that is read, for messages: `is a TIFF`, `is empty`, `is of no known format (9 bytes)`. */
export function describeContent(bytes: Uint8Array): string {
  if (bytes.length === 0) return "is empty";
  const text = String.fromCharCode(...bytes.subarray(0, TEXT_LENGTH));
  const known = OTHER.find(([, ...starts]) => starts.some((start) => hasStart(bytes, start))) ??
    OTHER_TEXTS.find(([, pattern]) => pattern.test(text));
  return known ? `is ${known[0]}` : `is of no known format (${byteCount(bytes.length)})`;
}

/** Returns whether bytes begin with these characters. */
function hasStart(bytes: Uint8Array, start: string): boolean {
  if (bytes.length < start.length) return false;
  for (let at = 0; at < start.length; at++) {
    if (start[at] !== "?" && start.charCodeAt(at) !== bytes[at]) return false;
  }
  return true;
}
