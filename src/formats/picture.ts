/**
 * Reading of pictures: PNG by this library, and JPEG, WebP, GIF and BMP by the decoders of Deno or of a browser.
 * @module
 */
import { BYTES, checkArgument, checkOptions, FLAG, TEXT, whole } from "../arguments.ts";
import { checkExpansion, FREE_OF_PICTURES, type SizeOptions } from "./expansion.ts";
import { type Refuse, refuser } from "./fault.ts";
import { describeContent, PICTURE_FORMATS, type PictureFormat, pictureFormatOf } from "./picture_kind.ts";
import { type PictureSize, pictureSizeOf } from "./picture_size.ts";
import { DEFAULT_MAX_PIXELS, parsePng, type Picture } from "./png.ts";

/** The channels of a picture that the host decodes. */
const CHANNELS = 4;

/** Options of {@linkcode readPicture}. */
export interface ReadPictureOptions extends SizeOptions {
  /** The file's name, for messages. */
  readonly name?: string;
  /** The maximum number of pixels; 67,108,864 by default. */
  readonly maxPixels?: number;
}

/**
 * Reads a picture of any size: PNG, JPEG, WebP, GIF or BMP. The first bytes decide the format, not the file's name.
 *
 * PNG is read by {@linkcode parsePng}, on every host. The other formats are decoded by `createImageBitmap()`:
 *
 * - The orientation that EXIF notes in a JPEG is applied, as viewers do, and in Deno also that of a WebP. In a PNG it is not.
 * - Of an animation, the first frame is read.
 * - The pixels of BMP, GIF and lossless WebP are exact. The pixels of other files can differ by a few levels between hosts, and
 *   so can colors of partly transparent pixels.
 *
 * @throws {FormatError} if the file is damaged, cut short, larger than allowed, or of another format, or if its pixels have more
 * bytes than 64 MiB and 100 times its size without `trustSizes`
 * @throws {TypeError} if the host has no decoder, such as Node.js for other formats than PNG
 *
 * @example
 * ```ts
 * import { formatPng, readPicture } from "@mlpcuda/mlpcuda";
 * import { assertEquals } from "@std/assert";
 *
 * const picture = { width: 2, height: 1, channels: 1, pixels: Uint8Array.of(0, 255) } as const;
 * assertEquals(await readPicture(await formatPng(picture)), picture);
 * ```
 */
export async function readPicture(bytes: Uint8Array, options: ReadPictureOptions = {}): Promise<Picture> {
  checkArgument("bytes", bytes, BYTES);
  checkOptions(options, { name: TEXT, maxPixels: whole(1), trustSizes: FLAG });
  const { name, maxPixels = DEFAULT_MAX_PIXELS, trustSizes } = options;
  const format = formatOf(bytes, name);
  if (format === "PNG") return await parsePng(bytes, options);
  const refuse = refuser(format, { name });
  const { width, height } = pictureSizeOf(bytes, { format, maxPixels, refuse });
  const free = FREE_OF_PICTURES;
  checkExpansion(width * height * CHANNELS, { fileSize: bytes.length, trustSizes, free, refuse });
  if (typeof createImageBitmap === "undefined" || typeof OffscreenCanvas === "undefined") {
    const file = name === undefined ? `${format} bytes` : JSON.stringify(name);
    throw new TypeError(
      `Cannot read ${file}: ${format} needs the decoder of Deno or a browser, convert it to PNG`,
    );
  }
  const bitmap = await decode(bytes, refuse);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d") as unknown as Drawing | null;
  return context
    ? drawn(bitmap, context)
    : await parsePng(await toPng(bitmap, canvas), { name, maxPixels, trustSizes: true });
}

/**
 * Returns the size that a file declares, without decoding it; EXIF may exchange width and height.
 *
 * @throws {FormatError} if the file is damaged, cut short, larger than allowed, or of another format
 */
export function pictureSize(bytes: Uint8Array, options: ReadPictureOptions = {}): PictureSize {
  const { name, maxPixels = DEFAULT_MAX_PIXELS } = options;
  const format = formatOf(bytes, name);
  return pictureSizeOf(bytes, { format, maxPixels, refuse: refuser(format, { name }) });
}

function formatOf(bytes: Uint8Array, name: string | undefined): PictureFormat {
  const format = pictureFormatOf(bytes);
  if (format) return format;
  throw refuser("picture", { name })(`${describeContent(bytes)}, needs ${PICTURE_FORMATS}`);
}

async function decode(bytes: Uint8Array, refuse: Refuse): Promise<ImageBitmap> {
  try {
    // A copy, because a blob takes no bytes of a SharedArrayBuffer.
    return await createImageBitmap(new Blob([bytes.slice()]), { imageOrientation: "from-image" });
  } catch (cause) {
    throw refuse("cannot be decoded: it is damaged, cut short, or of a kind that the decoder does not know", {
      cause,
    });
  }
}

/** The part of a canvas's 2D context that is used; Deno's types have no such context. */
interface Drawing {
  drawImage(bitmap: ImageBitmap, x: number, y: number): void;
  getImageData(x: number, y: number, width: number, height: number): ImageData;
}

/** Returns the pixels by drawing, which browsers can. */
function drawn(bitmap: ImageBitmap, context: Drawing): Picture {
  const { width, height } = bitmap;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  return { width, height, channels: 4, pixels: new Uint8Array(data.buffer as ArrayBuffer) };
}

/**
 * Returns the pixels as a PNG, for Deno, whose canvas cannot draw. Chromium's canvas would lose the orientation of EXIF on this
 * way.
 */
async function toPng(bitmap: ImageBitmap, canvas: OffscreenCanvas): Promise<Uint8Array<ArrayBuffer>> {
  const context = canvas.getContext("bitmaprenderer")!;
  try {
    context.transferFromImageBitmap(bitmap);
    return new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer());
  } finally {
    context.transferFromImageBitmap(null); // frees the pixels, which garbage collection may keep for long
  }
}
