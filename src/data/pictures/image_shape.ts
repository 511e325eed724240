/** The size of the images that a network or a data set has as inputs. @module */
import type { InputSpec } from "../dataset.ts";

/** The size of an image, in pixels, and its values a pixel. */
export interface ImageShape {
  /** The height in pixels. */
  readonly height: number;
  /** The width in pixels. */
  readonly width: number;
  /** The number of values a pixel: 1 for gray, 3 for color, each pixel's values side by side. */
  readonly channels: 1 | 3;
}

/**
 * Returns the size of the images of an input's shape: `[H, W]`, `[H, W, 1]`, `[1, H, W]`, `[H, W, 3]`, or `[I]` if `I`
 * is a square number, which is a square gray image. Returns `undefined` for other shapes.
 */
export function imageShapeOf({ inputShape }: Pick<InputSpec, "inputShape">): ImageShape | undefined {
  const [first, second, third] = inputShape;
  if (inputShape.length === 1) {
    const side = Math.sqrt(first);
    return first > 0 && Number.isInteger(side) ? { height: side, width: side, channels: 1 } : undefined;
  }
  if (!inputShape.every((length) => length > 0)) return undefined;
  if (inputShape.length === 2) return { height: first, width: second, channels: 1 };
  if (inputShape.length !== 3) return undefined;
  if (third === 1 || third === 3) return { height: first, width: second, channels: third };
  return first === 1 ? { height: second, width: third, channels: 1 } : undefined;
}
