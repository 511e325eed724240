/** The rows of an `.npy` or `.npz` to predict. @module */
import { arrayPictureInputs } from "../../src/data/pictures/array_pictures.ts";
import { imageSpecOf } from "../../src/data/dataset.ts";
import { readNpzRows } from "../../src/data/sources/npz_rows.ts";
import {
  chosenRows,
  holdsRows,
  type InputRow,
  openRows,
  otherBackgroundOf,
  type Rows,
  scaleDoubtOf,
} from "../../src/data/meaning/row_inputs.ts";
import { shapeText } from "../../src/formats/fault.ts";
import { parseNpy } from "../../src/formats/npy.ts";
import type { Mlp } from "../../src/mlp.ts";
import type { FileOptions } from "./inputs.ts";

/** The number of rows of an array that are converted at a time. */
const CHUNK_ROWS = 1024;

/** Returns the rows of a file, in chunks; `undefined` if it holds pictures, or is neither `.npy` nor `.npz`. */
export async function arrayInputs(
  bytes: Uint8Array,
  mlp: Mlp,
  options: FileOptions,
): Promise<Iterable<InputRow[]> | undefined> {
  const { name, raw, set, arrays, classes, note, trustSizes } = options;
  if (bytes[0] === 0x50 && bytes[1] === 0x4B) {
    const rows = await readNpzRows(bytes, { name, set, arrays, classes, trustSizes });
    for (const text of rows.notes) note(text, text);
    if (raw === false && holdsRows(rows.shape, mlp, undefined) && !holdsRows(rows.shape, mlp, raw)) {
      return arrayPictureInputs(rows, mlp, options);
    }
    return rowChunks(rows, mlp, options);
  }
  if (bytes[0] !== 0x93) return undefined;
  const array = parseNpy(bytes, { name });
  if (!holdsRows(array.shape, mlp, raw)) return undefined;
  const isFlat = array.shape[array.shape.length - 1] === mlp.inFeatures;
  if (raw === undefined && !isFlat && imageSpecOf(mlp)?.placement === "center") {
    const shape = shapeText(mlp.inputShape);
    note(
      "uncentered",
      `${name} has rows of the network's input shape ${shape}, which are used as they are; --no-raw centers their ink`,
    );
  }
  return rowChunks(array, mlp, options);
}

/** Yields the rows of an array, a part of which is converted at a time. */
function* rowChunks(rows: Rows, mlp: Mlp, options: FileOptions): Generator<InputRow[]> {
  const opened = openRows(rows, mlp, options);
  const { first, last } = chosenRows(opened.count, options);
  for (let from = first; from <= last; from += CHUNK_ROWS) {
    const chunk = opened.read({ first: from, last: Math.min(last, from + CHUNK_ROWS - 1) });
    tellDoubt(chunk, mlp, { ...options, remedy: "add --no-raw to convert them" });
    yield chunk;
  }
}

/** Tells the person if rows have probably another scale, or another background, than those that the network was trained on. */
export function tellDoubt(
  chunk: readonly InputRow[],
  mlp: Mlp,
  { name, note, remedy }: Pick<FileOptions, "name" | "note"> & { readonly remedy?: string },
): void {
  const doubt = scaleDoubtOf(chunk, mlp), background = doubt ? undefined : otherBackgroundOf(chunk, mlp);
  if (doubt === "small") {
    note(
      doubt,
      `${name} has values from 0 to 1, the network takes pixels from 0 to 255; for pixels / 255, add --input-scale none`,
    );
  } else if (doubt === "large") {
    note(
      doubt,
      `${name} has values above 1, the network takes pixels from 0 to 1; for pixels from 0 to 255, add --input-scale pixels`,
    );
  } else if (background) {
    const needed = imageSpecOf(mlp)!.background;
    note(
      "background",
      `${name} has images with a ${background} background, the network was trained on images with a ${needed} one; ` +
        (remedy ?? "such rows are probably classified wrong"),
    );
  }
}
