/**
 * Data sets in folders of pictures, with a folder for each class.
 * @module
 */
import { FormatError } from "../../errors.ts";
import { digits } from "../../formats/fault.ts";
import { checkFiles } from "../../host.ts";
import { digitSide } from "./center.ts";
import type { ClassFolders } from "./class_folders.ts";
import { type ImageSpec, imageSpecOf } from "../dataset.ts";
import { type ImageShape, imageShapeOf } from "./image_shape.ts";
import type { DataOptions } from "../options.ts";
import { listFolder } from "./picture_files.ts";
import { isCentered, picturePixels } from "./picture_input.ts";
import { readPictures } from "./picture_reading.ts";
import { createSizeNote } from "./size_note.ts";
import { findPictureSets } from "./picture_sets.ts";
import type { RawArray, RawSet, RawSource } from "../sources/raw.ts";
import { checkImageShape } from "./resize.ts";

/** The size to which pictures are brought by default: that of MNIST's. */
const DEFAULT_SIZE: ImageShape = { width: digitSide, height: digitSide, channels: 1 };

/** The maximum size of the pixels of a set, in bytes. */
const MAX_BYTES = 2 ** 32;

/** Options of {@linkcode openPictureFolder}. */
export interface PictureFolderOptions extends Pick<DataOptions, "imageSize" | "like" | "trustSizes"> {
  /** Ends the reading with its reason. */
  readonly signal?: AbortSignal;
  /** Called after each picture. */
  readonly onProgress?: (progress: { readonly read: number; readonly total: number }) => void;
}

/**
 * Opens a folder of class folders with pictures: `DIR/CLASS/*.png`, or `DIR/train/CLASS/*.png` with `DIR/test` and `DIR/val`.
 * The pictures are brought to one size, by default to 28×28 gray. With `like`, they are brought to the size and the background of
 * its images and placed as a prediction places them; those that have its size already are not centered. The names of the folders
 * are the classes. Rows are in the order of classes and file names, on every machine. Needs Deno and read permission.
 *
 * @returns `undefined` if the folder has no class folders and no pictures
 * @throws {FormatError} if a picture cannot be read, or if the folders are not those of classes
 */
export async function openPictureFolder(
  path: string,
  options: PictureFolderOptions = {},
): Promise<RawSource | undefined> {
  checkFiles(`load ${JSON.stringify(path)}`, "read each picture by readPicture()");
  const { imageSize, like, signal, onProgress } = options;
  const size = imageSize ?? (like && imageShapeOf(like)) ?? DEFAULT_SIZE;
  checkImageShape(size);
  const refuse = (fault: string) =>
    new FormatError(`Cannot load ${JSON.stringify(path)}: ${fault}`, { file: path });
  const found = await findPictureSets(path);
  if (found === undefined) {
    const { pictures, others } = await listFolder(path);
    if (pictures.length === 0 || others.length > 0) return undefined;
    throw refuse(
      `it has ${digits(pictures.length)} pictures without class folders, needs a folder for each class`,
    );
  }
  const { notes, train, ...others } = found;
  if (!like && train.classNames.length === 1) {
    const only = JSON.stringify(train.classNames[0]);
    throw refuse(`it has only the class folder ${only}, needs two classes or more`);
  }
  const sets = Object.entries({ train, ...others }).filter(([, set]) => set !== undefined);
  const total = sets.reduce((sum, [, { pictures }]) => sum + pictures.length, 0);
  const bytes = total * size.width * size.height * size.channels;
  if (bytes > MAX_BYTES) {
    const needed = `${digits(total)} pictures of ${size.width}×${size.height} pixels take ${
      digits(bytes)
    } bytes`;
    throw refuse(`${needed}, at most ${digits(MAX_BYTES)} are read: they need a smaller image size`);
  }
  const read = new Map<string, RawSet>(), sizes = createSizeNote(), image = imageLike(like, size);
  let done = 0;
  for (const [name, set] of sets) {
    const pixels = await readPictures(set.pictures, {
      size,
      ...image && { place: (picture) => picturePixels(picture, size, image) },
      signal,
      trustSizes: options.trustSizes,
      onRead: (picture) => {
        sizes.add(picture);
        onProgress?.({ read: ++done, total });
      },
    });
    read.set(name, rawSet(name, set, { pixels, size }));
  }
  const sizeNotes = sizes.note(size, { isCentered: image !== undefined && isCentered(size, image) });
  const isSameSize = sizeNotes.length === 0;
  const isDigitSize = size.width === digitSide && size.height === digitSide && size.channels === 1;
  return {
    file: path,
    ...Object.fromEntries(read) as { readonly train: RawSet },
    classNames: strings("class folders", train.classNames),
    // Pictures of MNIST's size are used as an array of them is.
    image: { white: 255, placement: isSameSize && isDigitSize ? "center" : "resize" },
    notes: [...imageSize ? [] : like ? sizeNotes.map(({ text }) => ({ text })) : sizeNotes, ...notes],
  };
}

/** Returns the image properties of a network or set whose images have this size. */
function imageLike(like: DataOptions["like"], size: ImageShape): ImageSpec | undefined {
  const shape = like && imageShapeOf(like);
  const isSame = shape?.width === size.width && shape.height === size.height &&
    shape.channels === size.channels;
  return like && isSame ? imageSpecOf(like) : undefined;
}

function rawSet(
  name: string,
  { pictures }: ClassFolders,
  { pixels, size }: { readonly pixels: Uint8Array; readonly size: ImageShape },
): RawSet {
  const { width, height, channels } = size;
  const shape = [pictures.length, height, width, ...channels === 1 ? [] : [channels]];
  return {
    inputs: { name: `${name} pictures`, dtype: "|u1", shape, values: pixels },
    labels: strings(`${name} folders`, pictures.map(({ className }) => className!)),
  };
}

function strings(name: string, values: readonly string[]): RawArray {
  const longest = values.reduce((length, text) => Math.max(length, text.length), 1);
  return { name, dtype: `<U${longest}`, shape: [values.length], values: [...values] };
}
