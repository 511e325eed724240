/** The option `--image-size`: the size to which the pictures of a folder are brought. @module */
import type { ImageShape } from "../../src/data/pictures/image_shape.ts";
import type { ArgumentTable } from "../terminal/command.ts";
import { UsageError } from "../terminal/errors.ts";

/** The maximum width and height. */
const MAX_SIDE = 4096;

/** The size of pictures. */
export const IMAGE_SIZE_OPTION = {
  imageSize: {
    kind: "text",
    value: "SIZE",
    help:
      "size to which the pictures of a folder are brought, such as 28x28 or 28 for gray (the default), 32x32x3 for color",
  },
} as const satisfies ArgumentTable;

/**
 * Parses the value of `--image-size`: `WIDTHxHEIGHT`, or `SIDE` for a square, each in gray, or with `x3` in color.
 *
 * @throws {UsageError} if it has another form, or if a side is not from 1 to 4,096
 */
export function parseImageSize(text: string): ImageShape {
  const [, first, second, third] = /^\s*(\d{1,9})(?:[x×](\d{1,9}))?(?:[x×](\d{1,9}))?\s*$/i.exec(text) ?? [];
  const width = Number(first), height = Number(second ?? first), channels = Number(third ?? 1);
  const isSide = (side: number) => side >= 1 && side <= MAX_SIDE;
  if (isSide(width) && isSide(height) && (channels === 1 || channels === 3)) {
    return { width, height, channels };
  }
  throw new UsageError(
    `--image-size needs WIDTHxHEIGHT, each from 1 to 4,096, found ${JSON.stringify(text)}`,
    { hint: "such as --image-size 28x28, or --image-size 32x32x3 for color" },
  );
}
