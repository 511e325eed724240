/**
 * Conversion of pictures to the inputs of a network: to its size, to its background and to the values of its pixels.
 * @module
 */
import { digits as shownNumber, shapeText } from "../../formats/fault.ts";
import type { Picture } from "../../formats/png.ts";
import { backgroundOf } from "./background.ts";
import { opaque } from "./canvas.ts";
import { centerDigit, digitSide, type Ink } from "./center.ts";
import { type ImageSpec, imageSpecOf, inFeaturesOf, type InputSpec } from "../dataset.ts";
import { digitsOfInk } from "./digit_parts.ts";
import { type ImageShape, imageShapeOf } from "./image_shape.ts";
import { inkOf } from "./ink.ts";
import { luminanceOf } from "./luminance.ts";
import { inputsOfInk, inputsOfPixels, negativeOf } from "./pixel_units.ts";
import { resizePicture } from "./resize.ts";
import type { InputRow } from "../meaning/row_inputs.ts";

/** Options of {@linkcode pictureInputs}. */
export interface PictureOptions {
  /** The picture's name, for messages and for the inputs. */
  readonly name: string;
  /** True to use the pixels unchanged; the picture then needs the shape of the network's inputs. */
  readonly raw?: boolean;
  /** True to read each digit of a picture that holds several. */
  readonly many?: boolean;
}

/** The maximum number of digits that are read from a picture. */
const MAX_DIGITS = 1000;

/**
 * Converts a picture to an input of the network, or with `many` to an input for each digit on it, from left to right. The
 * network's {@linkcode ImageSpec} decides: its ink is centered on 28×28 pixels, or the complete picture is scaled to the input's
 * shape. The result has the network's background, and pixels from 0 to its `white`.
 *
 * @throws {TypeError} if the network's inputs are not images of that kind, or if the picture has another shape and is `raw`
 * @throws {RangeError} if more than 1,000 digits are to be read
 */
export function pictureInputs(
  picture: Picture,
  network: InputSpec,
  { name, raw = false, many = false }: PictureOptions,
): InputRow[] {
  const refuse = (found: string) => new TypeError(`Cannot use ${JSON.stringify(name)}: ${found}`);
  const image = imageSpecOf(network), takes = shapeText(network.inputShape);
  if (image === undefined) {
    throw refuse(
      `it is a picture, the inputs of the network are not known to be pixels: it needs rows of ${takes}`,
    );
  }
  if (raw) return [{ name, inputs: rawInput(picture, network, { image, refuse }), blank: false }];
  if (image.placement === "center") {
    if (inFeaturesOf(network) !== digitSide ** 2) {
      throw refuse(
        `a picture's ink is centered on 28×28 pixels, the network takes ${takes}; use raw pixels of that shape`,
      );
    }
    return centeredInputs(picture, image, { name, many });
  }
  const shape = imageShapeOf(network);
  if (shape === undefined) {
    throw refuse(`it is a picture, the network takes ${takes}, which is not [H, W] or [H, W, 3]`);
  }
  if (many) {
    throw refuse(`digits are read one by one by networks of 28×28 inputs, the network takes ${takes}`);
  }
  return [{ name, inputs: inputsOfPixels(resized(picture, shape, image), image), blank: false }];
}

/**
 * Returns a picture as pixels `[H, W]` or `[H, W, 3]` of a network of images: bytes on the background of its images, placed as
 * {@linkcode pictureInputs} places it. A picture of the size of the inputs is not centered, as the images of an array are not.
 */
export function picturePixels(
  picture: Picture,
  shape: ImageShape,
  image: ImageSpec,
): Uint8Array<ArrayBuffer> {
  if (!isCentered(shape, image)) return resized(picture, shape, image);
  const isSameSize = picture.width === shape.width && picture.height === shape.height;
  if (isSameSize) return resized(picture, shape, { ...image, background: image.background ?? "dark" });
  return inputsOfInk(centerDigit(inkOf(picture)), { ...image, white: 255 }) as Uint8Array<ArrayBuffer>;
}

/** Returns whether the ink of pictures is centered, which needs inputs of MNIST's size. */
export function isCentered({ width, height, channels }: ImageShape, { placement }: ImageSpec): boolean {
  return placement === "center" && width === digitSide && height === digitSide && channels === 1;
}

function centeredInputs(
  picture: Picture,
  image: ImageSpec,
  { name, many }: { readonly name: string; readonly many: boolean },
): InputRow[] {
  const ink = inkOf(picture), digits = digitsOfInk(ink), { length } = digits;
  const inputOf = (ink: Ink) => inputsOfInk(centerDigit(ink), image);
  const known = { ...many && { picture: name }, ...length > 1 && { parts: length } };
  if (!many || length === 0) return [{ name, inputs: inputOf(ink), blank: length === 0, ...known }];
  if (length > MAX_DIGITS) {
    throw new RangeError(
      `Cannot use ${JSON.stringify(name)}: it seems to hold ${shownNumber(length)} digits, at most ${
        shownNumber(MAX_DIGITS)
      } are read`,
    );
  }
  return digits.map((digit, i) => ({
    name: `${name}[${i}]`,
    inputs: inputOf(digit),
    blank: false,
    ...known,
  }));
}

/** Returns the pixels of the complete picture, scaled to a shape, on the background of the network's images. */
function resized(picture: Picture, shape: ImageShape, { background }: ImageSpec): Uint8Array<ArrayBuffer> {
  const whole = opaque(picture), { width, height, channels } = whole;
  const pixels = resizePicture(whole, shape);
  if (background === undefined) return pixels;
  const found = backgroundOf({ inputs: whole.pixels, inputShape: [height, width, channels] }, 255);
  return found === undefined || found === background ? pixels : negativeOf(pixels);
}

/** Returns the pixels of a picture unchanged, as inputs of the network. */
function rawInput(
  picture: Picture,
  { inputShape }: InputSpec,
  { image, refuse }: { readonly image: ImageSpec; readonly refuse: (found: string) => TypeError },
): Uint8Array | Float32Array {
  const { width, height } = picture, needed = imageShapeOf({ inputShape });
  const channels = needed?.channels ?? 1, shape = [height, width, ...channels === 1 ? [] : [channels]];
  const sides = inputShape.filter((length) => length > 1);
  const isFlat = sides.length === 1 && sides[0] === width * height;
  if (!isFlat && `${sides}` !== `${shape.filter((length) => length > 1)}`) {
    throw refuse(`it is a picture of shape ${shapeText(shape)}, the network needs ${shapeText(inputShape)}`);
  }
  return inputsOfPixels(
    channels === 3 ? resizePicture(picture, { width, height, channels }) : grayOf(picture),
    image,
  );
}

/** Returns the luminance of a picture as bytes `[H, W]`. */
function grayOf({ channels, pixels }: Picture): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    { length: pixels.length / channels },
    (_, i) => Math.round(luminanceOf(pixels, i * channels, channels)),
  );
}
