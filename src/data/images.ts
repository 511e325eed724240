/**
 * Conversion of pictures and arrays from files to the inputs of a network.
 * @module
 */
import type { FormatError } from "../errors.ts";
import { byteCount, type Refuse, refuser, shapeText } from "../formats/fault.ts";
import { type NpyArray, parseNpy } from "../formats/npy.ts";
import { parsePng, type Picture } from "../formats/png.ts";
import { isPng } from "../formats/png_chunks.ts";
import type { InputSpec } from "./dataset.ts";
import { centerDigit, digitSide } from "./center.ts";
import { inFeaturesOf } from "./dataset.ts";
import { inkOf } from "./ink.ts";
import { luminanceOf } from "./luminance.ts";
import { readNpzRows } from "./npz_rows.ts";
import { chosenRows, holdsRows, rowInputs } from "./row_inputs.ts";

/** One input of a network, and its origin. */
export interface NetworkImage {
  /** The file, with the row number if it holds several rows: `digits.npy[3]`. */
  readonly name: string;
  /** The inputs of the network, `[I]`, before they are scaled. */
  readonly inputs: Uint8Array | Float32Array;
  /** True if it is a picture on which no ink was found. */
  readonly blank: boolean;
  /** The label, if the file has labels. */
  readonly label?: number;
}

/** Options of {@linkcode readImages}. */
export interface ReadImagesOptions {
  /** The file's name, for messages. */
  readonly name: string;
  /**
   * True to use the pixels of pictures unchanged; by default the ink on them is found and centered, except on those of an
   * array whose shape is that of the network's inputs. False to find and center it on those, too.
   */
  readonly raw?: boolean;
  /** The set of an `.npz` whose rows are read; by default the test set, or the only set of the file. */
  readonly set?: "train" | "test" | "validation";
  /** The first and the last row to read, if a file holds several; all by default. */
  readonly rows?: { readonly first: number; readonly last: number };
}

/** The scale of the inputs of a network that was trained on pixels. */
const PIXEL_SCALE = 1 / 255;

/**
 * Reads the content of a file as inputs of a network.
 *
 * - A PNG, and an `.npy` of shape `[H, W]` or `[N, H, W]`, hold pictures. For a network with 28×28 inputs, the ink on
 *   them is found and centered, as on the drawing page. A network with other inputs needs `raw`, and pictures of its
 *   input shape.
 * - An `.npy` of shape `[I]` or `[N, I]`, or of the network's input shape, and the sets of an `.npz`, hold rows. Their
 *   values are used unchanged, in the units of the rows that the network was trained on.
 *
 * @throws {FormatError} if the file is damaged, or of another format
 * @throws {TypeError} if the content does not fit the network's inputs
 * @throws {RangeError} if a requested row does not exist, or a picture has values outside of 0 to 255
 */
export async function readImages(
  bytes: Uint8Array,
  network: InputSpec,
  options: ReadImagesOptions,
): Promise<NetworkImage[]> {
  const { name } = options;
  const refuse = refuser("image", { name });
  if (isPng(bytes)) return [pictureInput(await parsePng(bytes, { name }), network, options)];
  if (bytes[0] === 0x50 && bytes[1] === 0x4B) {
    const { outFeatures } = network as { readonly outFeatures?: number }, { classNames } = network;
    const classes = { classNames, classes: classNames?.length ?? outFeatures ?? 2 ** 31 };
    return rowInputs(await readNpzRows(bytes, { ...options, classes }), network, options);
  }
  if (bytes[0] === 0x93) {
    const array = parseNpy(bytes, { name });
    if (holdsRows(array.shape, network, options.raw)) return rowInputs(array, network, options);
    return arrayPictures(array, options).map(({ picture, name }) =>
      pictureInput(picture, network, { ...options, name })
    );
  }
  throw notAnImage(bytes, refuse);
}

function notAnImage(bytes: Uint8Array, refuse: Refuse): FormatError {
  const found = bytes[0] === 0xFF && bytes[1] === 0xD8
    ? "is a JPEG"
    : `is not an image of a supported format (${byteCount(bytes.length)})`;
  return refuse(`${found}, needs a PNG, an .npy or an .npz`);
}

/** Converts a picture to an input of the network. */
function pictureInput(
  picture: Picture,
  { inputShape, inputScale = 1 }: InputSpec,
  { name, raw = false }: ReadImagesOptions,
): NetworkImage {
  const fault = (found: string) => new TypeError(`Cannot use ${JSON.stringify(name)}: ${found}`);
  if (inputScale !== PIXEL_SCALE) {
    throw fault(`it is a picture, whose pixels have scale 1/255, the network's inputs have ${inputScale}`);
  }
  if (!raw) {
    if (inFeaturesOf({ inputShape }) !== digitSide ** 2) {
      const needed = `the network takes ${shapeText(inputShape)}`;
      throw fault(`a picture's ink is centered on 28×28 pixels, ${needed}; use raw pixels of that shape`);
    }
    const inputs = centerDigit(inkOf(picture));
    return { name, inputs, blank: inputs.every((value) => value === 0) };
  }
  const shape = [picture.height, picture.width], sides = inputShape.filter((length) => length > 1);
  const isFlat = sides.length === 1 && sides[0] === shape[0] * shape[1];
  if (!isFlat && `${sides}` !== `${shape.filter((length) => length > 1)}`) {
    throw fault(`it is a picture of shape ${shapeText(shape)}, the network needs ${shapeText(inputShape)}`);
  }
  return { name, inputs: bytesOf(picture), blank: false };
}

/** Returns the luminance of a picture as bytes `[H, W]`. */
function bytesOf({ channels, pixels }: Picture): Uint8Array {
  return Uint8Array.from(
    { length: pixels.length / channels },
    (_, i) => Math.round(luminanceOf(pixels, i * channels, channels)),
  );
}

/**
 * Returns the pictures of an array `[H, W]` or `[N, H, W]`, whose values are a brightness from 0 to 255 or from 0 to
 * 1.
 */
function arrayPictures(array: NpyArray, options: ReadImagesOptions): { picture: Picture; name: string }[] {
  const { name } = options, { shape, values } = array;
  if (shape.length < 2 || shape.length > 3 || Array.isArray(values)) {
    const found = `its array has shape ${shapeText(shape)} of ${array.dtype}`;
    throw new TypeError(
      `Cannot use ${JSON.stringify(name)}: ${found}, needs numbers [H, W], [N, H, W] or [N, I]`,
    );
  }
  const isSingle = shape.length === 2, [height, width] = shape.slice(-2);
  if (width * height === 0) {
    throw new TypeError(`Cannot use ${JSON.stringify(name)}: its pictures have no pixels`);
  }
  const { first, last } = isSingle ? { first: 0, last: 0 } : chosenRows(shape[0], options);
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const row = first + i;
    const brightness = Float64Array.from(
      { length: width * height },
      (_, i) => Number(values[row * width * height + i]),
    );
    const shown = isSingle ? name : `${name}[${row}]`;
    const wrong = brightness.find((value) => !(value >= 0 && value <= 255));
    if (wrong !== undefined) {
      throw new RangeError(
        `Cannot use ${JSON.stringify(shown)}: a pixel is ${wrong}, needs 0 to 255, or 0 to 1`,
      );
    }
    const scale = brightness.every((value) => value <= 1) ? 255 : 1;
    const pixels = Uint8Array.from(brightness, (value) => Math.round(value * scale));
    return { picture: { width, height, channels: 1, pixels }, name: shown };
  });
}
