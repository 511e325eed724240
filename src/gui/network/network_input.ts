/** The input of the network that the page shows: images that a person can draw, or rows of a table. @module */
import { imageSpecOf } from "../../data/dataset.ts";
import { digitSide } from "../../data/pictures/center.ts";
import { imageShapeOf } from "../../data/pictures/image_shape.ts";
import type { Mlp } from "../../mlp.ts";
import { type ImageInput, INK_SIDE, type TableInput } from "../protocol/protocol.ts";
import { type KnownRows, tableInputOf } from "./table_input.ts";

/** The longest side of an image that the page shows, and the maximum number of its pixels. */
const MAX_SIDE = 1024, MAX_PIXELS = 2 ** 18;
/** The maximum number of columns of a form. */
const MAX_COLUMNS = 100;

/**
 * Returns the description of a network's input: of images if it has pixels, else of a table.
 *
 * @throws {TypeError} if the page can show neither
 */
export function inputViewOf(mlp: Mlp, known: KnownRows = {}): ImageInput | TableInput {
  const { columns, inFeatures, inputShape, inputScale, image } = mlp, shown = `[${inputShape.join(", ")}]`;
  const spec = columns ? undefined : imageSpecOf(mlp), shape = spec && imageShapeOf(mlp);
  if (spec && shape) return imageInputOf(shape, spec, shown);
  if (image && !columns) throw refusal(`its inputs have shape ${shown}, drawings need [H, W]`);
  const count = columns?.length ?? inFeatures;
  if (count <= MAX_COLUMNS) return tableInputOf(mlp, known);
  const found = count.toLocaleString("en-US");
  if (columns) throw refusal(`its table has ${found} columns, the page needs at most ${MAX_COLUMNS}`);
  throw refusal(
    `its inputs have scale ${inputScale}, pixels from 0 to 255 need ${1 / 255}; ` +
      `a table needs at most ${MAX_COLUMNS} columns, found ${found}`,
  );
}

function imageInputOf(
  { width, height, channels }: NonNullable<ReturnType<typeof imageShapeOf>>,
  { background }: Pick<ImageInput, "background">,
  shown: string,
): ImageInput {
  if (channels !== 1) throw refusal(`its inputs are color images of shape ${shown}, drawings need gray ones`);
  const longer = Math.max(width, height), count = (pixels: number) => pixels.toLocaleString("en-US");
  if (longer > MAX_SIDE || width * height > MAX_PIXELS) {
    throw refusal(
      `its images have ${count(width)}×${count(height)} pixels, the page shows at most ` +
        `${count(MAX_PIXELS)}, and ${count(MAX_SIDE)} a side`,
    );
  }
  const scale = Math.max(1, Math.round(INK_SIDE / longer));
  const sheet = { sheetWidth: scale * width, sheetHeight: scale * height };
  return { kind: "image", width, height, ...sheet, ...background && { background } };
}

/** Returns whether drawings become images by the centering of their ink. */
export function isCentering(mlp: Mlp, { width, height }: ImageInput): boolean {
  return imageSpecOf(mlp)?.placement === "center" && width === digitSide && height === digitSide;
}

/** Returns the error for a network that the page cannot show. */
export function refusal(fault: string): TypeError {
  return new TypeError(`The page cannot show this network: ${fault}`);
}
