/**
 * Conversion of pictures and arrays from files to the inputs of a network.
 * @module
 */
import { INPUT_SPEC } from "../../argument_kinds.ts";
import { BYTES, checkArgument, checkOptions, fields, FLAG, oneOf, TEXT, whole } from "../../arguments.ts";
import type { FormatError } from "../../errors.ts";
import type { SizeOptions } from "../../formats/expansion.ts";
import { byteCount, type Refuse, refuser } from "../../formats/fault.ts";
import { parseNpy } from "../../formats/npy.ts";
import { readPicture } from "../../formats/picture.ts";
import { readZip } from "../../formats/zip.ts";
import { endsAsZip } from "../../formats/zip_directory.ts";
import { describeContent, PICTURE_FORMATS, pictureFormatOf } from "../../formats/picture_kind.ts";
import { arrayPictureInputs } from "./array_pictures.ts";
import type { InputSpec } from "../dataset.ts";
import { readNpzRows } from "../sources/npz_rows.ts";
import { pictureInputs } from "./picture_input.ts";
import { holdsRows, type InputRow, rowInputs, type Rows } from "../meaning/row_inputs.ts";

/** Options of {@linkcode readImages}. */
export interface ReadImagesOptions extends SizeOptions {
  /** The file's name, for messages. */
  readonly name: string;
  /**
   * True to use the pixels of pictures unchanged; by default the ink on them is found and centered, except on those of an
   * array whose rows fit the network. False to find and center it on those, too, and on those of an `.npz`.
   */
  readonly raw?: boolean;
  /**
   * True to read each digit of a picture, from left to right, as an input of its own, named `photo.png[0]`, `photo.png[1]`, …;
   * by default all of the picture's ink is one digit. Digits that touch each other are not split.
   */
  readonly many?: boolean;
  /** The set of an `.npz` whose rows are read; by default the test set, or the only set of the file. */
  readonly set?: "train" | "test" | "validation";
  /** The first and the last row to read, if a file holds several; all by default. */
  readonly rows?: { readonly first: number; readonly last: number };
}

const OPTIONAL = {
  raw: FLAG,
  many: FLAG,
  set: oneOf(["train", "test", "validation"]),
  rows: fields({ first: whole(), last: whole() }),
};

/**
 * Reads the content of a file as inputs of a network.
 *
 * - A PNG, JPEG, WebP, GIF or BMP, and an `.npy` of shape `[H, W]` or `[N, H, W]`, hold pictures. The network's
 *   `image` properties decide their use: for a network of 28×28 inputs, usually, the ink on them is found and centered, as on
 *   the drawing page; for others, the complete picture is scaled to the input's shape. They are brought to the network's
 *   background, and with `raw`, only to the values of its pixels.
 * - An `.npy` of shape `[I]` or `[N, I]`, or of the network's input shape, and the sets of an `.npz`, hold rows. Their
 *   values are used unchanged, in the units of the rows that the network was trained on.
 *
 * @throws {FormatError} if the file is damaged, or of another format, or if it expands to more than 16 MiB (pictures 64 MiB) and 100 times its size
 * without `trustSizes`
 * @throws {TypeError} if the content does not fit the network's inputs
 * @throws {RangeError} if a requested row does not exist, or a picture has values outside of 0 to 255
 */
export async function readImages(
  bytes: Uint8Array,
  network: InputSpec,
  options: ReadImagesOptions,
): Promise<InputRow[]> {
  checkArgument("bytes", bytes, BYTES);
  checkArgument("network", network, INPUT_SPEC);
  checkOptions(options, { ...OPTIONAL, trustSizes: FLAG }, { name: TEXT });
  const { name, trustSizes } = options;
  const refuse = refuser("image", { name });
  if (pictureFormatOf(bytes)) {
    return pictureInputs(await readPicture(bytes, { name, trustSizes }), network, options);
  }
  if (bytes[0] === 0x50 && bytes[1] === 0x4B) {
    const { outFeatures } = network as { readonly outFeatures?: number }, { classNames } = network;
    const classes = { classNames, classes: classNames?.length ?? outFeatures };
    const rows = await readNpzRows(bytes, { ...options, classes });
    // Images of another size are refused: the first axis of a set is always that of rows.
    const holdsPictures = options.raw === false && holdsRows(rows.shape, network, undefined);
    return arrayRows(rows, network, holdsPictures ? options : { ...options, raw: true });
  }
  if (bytes[0] === 0x93) return arrayRows(parseNpy(bytes, { name }), network, options);
  if (endsAsZip(bytes)) readZip(bytes, { name }); // refuses the bytes before the archive
  throw notAnImage(bytes, refuse);
}

function arrayRows(array: Rows, network: InputSpec, options: ReadImagesOptions): InputRow[] {
  if (holdsRows(array.shape, network, options.raw)) return rowInputs(array, network, options);
  return [...arrayPictureInputs(array, network, options)].flat();
}

function notAnImage(bytes: Uint8Array, refuse: Refuse): FormatError {
  const found = describeContent(bytes);
  const kind = /^is (empty|of no known format)/.test(found)
    ? `is not an image of a supported format (${byteCount(bytes.length)})`
    : found;
  return refuse(`${kind}, needs ${PICTURE_FORMATS.replace(" or ", ", ")}, an .npy or an .npz`);
}
