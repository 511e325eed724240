/** The rows of an `.npy` or `.npz` to predict. @module */
import { imageSpecOf } from "../../src/data/dataset.ts";
import { readNpzRows } from "../../src/data/npz_rows.ts";
import {
  chosenRows,
  holdsRows,
  type InputRow,
  openRows,
  type Rows,
  scaleDoubtOf,
} from "../../src/data/row_inputs.ts";
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
  const { name, raw, set, arrays, classes, note } = options;
  if (bytes[0] === 0x50 && bytes[1] === 0x4B) {
    const rows = await readNpzRows(bytes, { name, set, arrays, classes });
    for (const text of rows.notes) note(text, text);
    return rowChunks(rows, mlp, options);
  }
  if (bytes[0] !== 0x93) return undefined;
  const array = parseNpy(bytes, { name });
  if (!holdsRows(array.shape, mlp, raw)) return undefined;
  if (raw === undefined && imageSpecOf(mlp)?.placement === "center" && !holdsRows(array.shape, mlp, false)) {
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
    tellDoubt(chunk, mlp, options);
    yield chunk;
  }
}

/** Tells the person if the values of rows have probably another scale than the network's. */
export function tellDoubt(chunk: readonly InputRow[], mlp: Mlp, { name, note }: FileOptions): void {
  const doubt = scaleDoubtOf(chunk, mlp);
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
  }
}
