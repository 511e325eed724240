/** The background of images: dark, as MNIST's, or light, as paper. @module */
import { checkArgument, fields, list, NUMBERS, POSITIVE, whole } from "../../arguments.ts";
import type { InputSpec } from "../dataset.ts";
import { type ImageShape, imageShapeOf } from "./image_shape.ts";

/** The minimum share of a set's images whose borders must agree; otherwise the set has no common background. */
const AGREEMENT = 0.9;

/** Images, row by row: `inputs` `[N, I]` and the shape of each. */
export interface ImageRows extends Pick<InputSpec, "inputShape"> {
  /** The values `[N, I]`, row by row. */
  readonly inputs: ArrayLike<number>;
}

const IMAGES = fields({ inputs: NUMBERS, inputShape: list(whole()) });

/**
 * Returns the common background of a set of images: `"dark"` if the mean of the pixels at the border is below half of
 * `white` in at least 90 % of the images, `"light"` if it is above that in at least 90 %, else `undefined`, such as for
 * photos. The result is `undefined`, too, if there are no images, or if `inputShape` is not the shape of an image.
 */
export function backgroundOf(images: ImageRows, white: number): "dark" | "light" | undefined {
  checkArgument("images", images, IMAGES);
  checkArgument("white", white, POSITIVE);
  const { inputs, inputShape } = images;
  const shape = imageShapeOf({ inputShape });
  if (shape === undefined || inputs.length === 0) return undefined;
  const size = shape.height * shape.width * shape.channels, count = createCount(shape, white);
  for (let start = 0; start < inputs.length; start += size) count.add(inputs, start);
  return count.common();
}

/** Returns the common background of images in arrays of their own, as {@linkcode backgroundOf} does. */
export function backgroundOfEach(
  images: readonly ArrayLike<number>[],
  { inputShape, white }: Pick<InputSpec, "inputShape"> & { readonly white: number },
): "dark" | "light" | undefined {
  const shape = imageShapeOf({ inputShape });
  if (shape === undefined || images.length === 0) return undefined;
  const count = createCount(shape, white);
  for (const image of images) count.add(image, 0);
  return count.common();
}

/** Counts the images with a dark and with a light border. */
function createCount(shape: ImageShape, white: number) {
  const border = borderOf(shape);
  let images = 0, dark = 0, light = 0;
  return {
    add(inputs: ArrayLike<number>, start: number): void {
      let sum = 0;
      for (const at of border) sum += inputs[start + at];
      const twice = 2 * sum / border.length;
      if (twice < white) dark++;
      else if (twice > white) light++;
      images++;
    },
    common(): "dark" | "light" | undefined {
      const least = AGREEMENT * images;
      return dark >= least ? "dark" : light >= least ? "light" : undefined;
    },
  };
}

/** Returns the places of the values of the pixels at the border of an image. */
function borderOf({ height, width, channels }: ImageShape): Uint32Array {
  const places: number[] = [];
  for (let y = 0; y < height; y++) {
    const step = y === 0 || y === height - 1 ? 1 : Math.max(1, width - 1);
    for (let x = 0; x < width; x += step) {
      for (let channel = 0; channel < channels; channel++) places.push((y * width + x) * channels + channel);
    }
  }
  return Uint32Array.from(places);
}
