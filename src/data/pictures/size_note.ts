/**
 * The sizes of the pictures of a folder, and what becomes of them.
 * @module
 */
import type { Picture } from "../../formats/png.ts";
import type { DataNote } from "../dataset.ts";
import type { ImageShape } from "./image_shape.ts";

/** The longest side of pictures whose own size is advised. */
const MAX_ADVISED_SIDE = 64;
/** The ratio of the proportions of a picture and of the size from which it is called stretched. */
const STRETCHED = 1.05;

/** A width and height, in pixels. */
type Sides = Pick<Picture, "width" | "height">;

/** A record of the sizes of the pictures that are read. */
export interface SizeNote {
  /** Adds a picture. */
  add(picture: Picture): void;
  /** Returns the note that the pictures, or with `isCentered` their ink, were brought to a size; none if all had it. */
  note(size: ImageShape, options?: { readonly isCentered: boolean }): DataNote[];
}

/** Creates an empty record of sizes. */
export function createSizeNote(): SizeNote {
  let small: Sides | undefined, large: Sides | undefined, hasColor = false;
  let narrow = Infinity, wide = 0;
  return {
    add(picture) {
      const { width, height } = picture, pixels = width * height;
      if (!small || pixels < small.width * small.height) small = { width, height };
      if (!large || pixels > large.width * large.height) large = { width, height };
      narrow = Math.min(narrow, width / height);
      wide = Math.max(wide, width / height);
      hasColor ||= isColored(picture);
    },
    note(size, { isCentered } = { isCentered: false }) {
      if (!small || !large) return [];
      const isSame = small.width === large.width && small.height === large.height && narrow === wide;
      const losesColor = hasColor && size.channels === 1;
      if (isSame && small.width === size.width && small.height === size.height && !losesColor) return [];
      const ratio = size.width / size.height;
      const isStretched = wide / ratio > STRETCHED || ratio / narrow > STRETCHED;
      const sizes = isSame ? sizeText(small) : `${sizeText(small)} to ${sizeText(large)}`;
      const kind = size.channels === 1 ? "gray" : "color";
      const images = `${losesColor ? "color images" : "images"} of ${sizes} pixels`;
      const text = isCentered
        ? `ink of ${images} centered on ${sizeText(size)} ${kind}`
        : `${images} brought to ${sizeText(size)} ${kind}${isStretched ? ", stretched" : ""}`;
      const isSmall = isSame && Math.max(small.width, small.height) <= MAX_ADVISED_SIDE;
      const value = `${isSmall ? sizeText(small, "x") : "WIDTHxHEIGHT"}${losesColor ? "x3" : ""}`;
      return [{ text, option: { name: "imageSize", value } }];
    },
  };
}

/** Returns whether a pixel has a color other than gray. */
function isColored({ channels, pixels }: Picture): boolean {
  if (channels < 3) return false;
  for (let at = 0; at < pixels.length; at += channels) {
    if (pixels[at] !== pixels[at + 1] || pixels[at] !== pixels[at + 2]) return true;
  }
  return false;
}

function sizeText({ width, height }: Sides, by = "×"): string {
  return `${width}${by}${height}`;
}
