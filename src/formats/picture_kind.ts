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

/** Names by the characters at an offset. Each character is one byte. */
type Signatures = readonly (readonly [name: string, at: number, characters: RegExp])[];

/** The formats besides PNG. */
const READ: readonly (readonly [PictureFormat, RegExp])[] = [
  ["JPEG", /^\xFF\xD8\xFF/],
  ["WebP", /^RIFF[^]{4}WEBP/],
  ["GIF", /^GIF8[79]a/],
  ["BMP", /^BM[^]{12}(?:\x0C|\x28|\x34|\x38|\x40|\x6C|\x7C)\0\0\0/],
];

/** Content that is not read, and that people have under the name of a picture. */
const OTHER: Signatures = [
  ["a TIFF", 0, /^(?:II[*+]\0|MM\0[*+])/],
  ["an AVIF", 4, /^ftypavi[fs]/],
  ["a HEIC", 4, /^ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)/],
  ["a video", 4, /^ftyp/],
  ["a JPEG XL", 0, /^(?:\xFF\x0A|\0\0\0\x0CJXL )/],
  ["a JPEG 2000", 0, /^(?:\0\0\0\x0CjP {2}|\xFF\x4F\xFF\x51)/],
  ["an icon", 0, /^\0\0[\x01\x02]\0/],
  ["a Photoshop file", 0, /^8BPS/],
  ["an OpenEXR", 0, /^\x76\x2F\x31\x01/],
  ["a Netpbm picture", 0, /^P[1-7]\s/],
  ["a PDF", 0, /^%PDF-/],
  ["a zip archive", 0, /^PK\x03\x04/],
  ["a gzip file", 0, /^\x1F\x8B/],
  ["an .npy", 0, /^\x93NUMPY/],
  ["a Git LFS pointer, without the content of its file", 0, /^version https:\/\/git-lfs/],
  ["an HTML page", 0, /^(?:\xEF\xBB\xBF)?\s*<(?:!doctype html|html)/i],
  ["an SVG", 0, /^(?:\xEF\xBB\xBF)?\s*(?:<\?xml[^]*)?(?:<!--[^]*)?<svg[\s>]/i],
];

/** Returns the format of a picture that {@linkcode readPicture} reads; `undefined` for other content. */
export function pictureFormatOf(bytes: Uint8Array): PictureFormat | undefined {
  if (isPng(bytes)) return "PNG";
  const text = textOf(bytes, 0, 18);
  return READ.find(([, characters]) => characters.test(text))?.[0];
}

/** Describes bytes that are no picture that is read, for messages: `is a TIFF`, `is empty`, `is of no known format (9 bytes)`. */
export function describeContent(bytes: Uint8Array): string {
  if (bytes.length === 0) return "is empty";
  const known = OTHER.find(([, at, characters]) => characters.test(textOf(bytes, at, TEXT_LENGTH)));
  return known ? `is ${known[0]}` : `is of no known format (${byteCount(bytes.length)})`;
}

/** Returns bytes as characters, one for each byte. */
function textOf(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}
