/**
 * Reading of many picture files into one array. Needs Deno.
 * @module
 */
import { readFileBounded } from "../../files.ts";
import type { SizeOptions } from "../../formats/expansion.ts";
import { pictureSize, readPicture } from "../../formats/picture.ts";
import type { Picture } from "../../formats/png.ts";
import { opaque } from "./canvas.ts";
import type { PictureFile } from "./class_folders.ts";
import type { ImageShape } from "./image_shape.ts";
import { resizePicture } from "./resize.ts";

/** The number of files that are read at the same time; more are not faster. */
const WIDTH = 8;
/** The maximum size of a file, in bytes. */
const MAX_FILE_BYTES = 2 ** 28;
/** The maximum number of pixels that are decoded at the same time; a larger picture is decoded alone. */
const MAX_PIXELS_AT_ONCE = 2 ** 22;

/** Options of {@linkcode readPictures}. */
export interface ReadPicturesOptions extends SizeOptions {
  /** The size to which each picture is brought. */
  readonly size: ImageShape;
  /** Brings a picture to that size; by default, the complete picture is scaled. */
  readonly place?: (picture: Picture) => Uint8Array;
  /** Ends the reading with its reason. */
  readonly signal?: AbortSignal;
  /** Called with each picture as it is in its file; the order is not that of the files. */
  readonly onRead?: (picture: Picture) => void;
}

/**
 * Reads pictures, each brought to the same size: bytes `[N, H, W]` for gray, `[N, H, W, 3]` for color. Besides the result, the
 * memory is that of eight files and of 4,194,304 decoded pixels, or of one larger picture.
 *
 * @throws {FormatError} if a picture cannot be read: the error of the first such file
 * @throws {RangeError} if a file has more than 256 MiB
 */
export async function readPictures(
  files: readonly PictureFile[],
  { size, place = (picture) => resizePicture(opaque(picture), size), signal, onRead, trustSizes }:
    ReadPicturesOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const length = size.width * size.height * size.channels;
  const pixels = new Uint8Array(files.length * length);
  const turn = createLimit(MAX_PIXELS_AT_ONCE);
  const faults: { readonly at: number; readonly error: unknown }[] = [];
  let next = 0;
  const readSome = async () => {
    while (next < files.length && faults.length === 0 && !signal?.aborted) {
      const at = next++, name = files[at].path;
      try {
        const bytes = await readFileBounded(name, { maxBytes: MAX_FILE_BYTES });
        const { width, height } = pictureSize(bytes, { name });
        await turn(width * height, async () => {
          const picture = await readPicture(bytes, { name, trustSizes });
          pixels.set(place(picture), at * length);
          onRead?.(picture);
        });
      } catch (error) {
        faults.push({ at, error });
      }
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, readSome));
  signal?.throwIfAborted();
  // Files are begun in order, so that every file before the first faulty one was read.
  const first = faults.sort((a, b) => a.at - b.at)[0];
  if (first) throw first.error;
  return pixels;
}

/** Returns a function that does work in turn, as long as the amounts of the work being done are together at most `most`. */
function createLimit(most: number): (amount: number, work: () => Promise<void>) => Promise<void> {
  const waiting: { readonly amount: number; readonly start: () => void }[] = [];
  let used = 0;
  const startNext = () => {
    while (waiting.length > 0 && (used === 0 || used + waiting[0].amount <= most)) {
      const { amount, start } = waiting.shift()!;
      used += amount;
      start();
    }
  };
  return async (amount, work) => {
    await new Promise<void>((start) => {
      waiting.push({ amount, start });
      startNext();
    });
    try {
      await work();
    } finally {
      used -= amount;
      startNext();
    }
  };
}
