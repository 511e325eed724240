/** The rows of the files that `predict` reads, in chunks. @module */
import { readImages } from "../../src/data/images.ts";
import { readNpzRows } from "../../src/data/npz_rows.ts";
import type { DataOptions } from "../../src/data/options.ts";
import {
  chosenRows,
  holdsRows,
  type InputRow,
  openRows,
  type RowRange,
  type Rows,
  scaleDoubtOf,
} from "../../src/data/row_inputs.ts";
import type { NetworkClasses } from "../../src/data/row_labels.ts";
import { shapeText } from "../../src/formats/fault.ts";
import { parseNpy } from "../../src/formats/npy.ts";
import type { Mlp } from "../../src/mlp.ts";
import { shownPath, userPath } from "../terminal/paths.ts";
import { fileError } from "../terminal/system_errors.ts";
import { type Content, isText, openContent } from "./content.ts";
import { withinRange } from "./row_range.ts";
import { tableInputs } from "./table_inputs.ts";

/** Options of {@linkcode readInputs}. */
export interface InputOptions {
  /** True to use pictures unchanged, false to center the ink of all of them; `undefined` if neither was asked for. */
  readonly raw?: boolean;
  /** The set of an `.npz`; by default the test set, or the only set of the file. */
  readonly set?: "test" | "train" | "validation";
  /** The names of the arrays of an `.npz`. */
  readonly arrays?: DataOptions["arrays"];
  /** The rows of each file; all by default. */
  readonly rows?: RowRange;
  /** The factor that scales rows in place of the network's own. */
  readonly inputScale?: number;
  /** The column of a table that identifies rows. */
  readonly id?: string;
  /** The treatment of missing values of a table. */
  readonly missing?: "refuse" | "drop";
  /** Tells the person about a decision or a doubt. */
  readonly note: (text: string) => void;
  /** The classes of the network; absent if it has none. */
  readonly classes?: NetworkClasses;
}

/** The number of rows of an array that are converted at a time. */
const CHUNK_ROWS = 1024;

/** Checks that the files exist. */
export async function checkInputs(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if (path === "-") continue;
    try {
      if ((await Deno.stat(userPath(path))).isDirectory) {
        throw new TypeError(`Cannot read ${JSON.stringify(userPath(path))}: it is a folder, needs a file`);
      }
    } catch (error) {
      throw fileError("Cannot read", userPath(path), error);
    }
  }
}

/** Yields the rows of files, and of stdin for `-`, in chunks. */
export async function* readInputs(
  paths: readonly string[],
  mlp: Mlp,
  options: InputOptions,
): AsyncGenerator<readonly InputRow[]> {
  const told = new Set<string>();
  const note = (kind: string, text: string) => {
    if (told.has(kind)) return;
    told.add(kind);
    options.note(text);
  };
  for (const path of paths) {
    const file = path === "-" ? undefined : userPath(path);
    const name = file === undefined ? "stdin" : shownPath(file);
    try {
      using content = await openContent(file);
      yield* rowsOfContent(content, mlp, { ...options, name, note });
    } catch (error) {
      throw file === undefined ? error : fileError("Cannot read", file, error);
    }
  }
}

interface FileOptions extends Omit<InputOptions, "note"> {
  readonly name: string;
  /** Tells the person something, once for each kind. */
  readonly note: (kind: string, text: string) => void;
}

async function* rowsOfContent(
  content: Content,
  mlp: Mlp,
  options: FileOptions,
): AsyncGenerator<readonly InputRow[]> {
  if (isText(content.head)) {
    for await (const chunk of withinRange(tableInputs(content.pieces(), mlp, options), options)) {
      tellDoubt(chunk, mlp, options);
      yield chunk;
    }
    return;
  }
  const bytes = await content.bytes();
  const { name, raw, set, arrays, classes } = options;
  if (bytes[0] === 0x50 && bytes[1] === 0x4B) {
    const rows = await readNpzRows(bytes, { name, set, arrays, classes });
    for (const text of rows.notes) options.note(text, text);
    return yield* rowChunks(rows, mlp, options);
  }
  if (bytes[0] === 0x93) {
    const array = parseNpy(bytes, { name });
    if (holdsRows(array.shape, mlp, raw)) {
      if (
        raw === undefined && holdsRows(array.shape, mlp, undefined) && !holdsRows(array.shape, mlp, false)
      ) {
        const shape = shapeText(mlp.inputShape);
        options.note(
          "uncentered",
          `${name} has rows of the network's input shape ${shape}, which are used as they are; --no-raw centers their ink`,
        );
      }
      return yield* rowChunks(array, mlp, options);
    }
  }
  yield await readImages(bytes, mlp, {
    ...options,
    raw: raw ?? false,
    set: set === "train" ? "train" : "test",
  });
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
function tellDoubt(chunk: readonly InputRow[], mlp: Mlp, { name, note }: FileOptions): void {
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
