/** The rows of the files and folders that `predict` reads, in chunks. @module */
import { basename } from "node:path";
import { readImages } from "../../src/data/pictures/images.ts";
import type { DataOptions } from "../../src/data/options.ts";
import { listPictures } from "../../src/data/pictures/picture_list.ts";
import type { InputRow, RowRange } from "../../src/data/meaning/row_inputs.ts";
import { labelOfText, type NetworkClasses } from "../../src/data/meaning/row_labels.ts";
import { openContent } from "../../src/content.ts";
import { readFileBounded } from "../../src/files.ts";
import type { Mlp } from "../../src/mlp.ts";
import { TaskError } from "../terminal/errors.ts";
import { shownPath, userPath } from "../terminal/paths.ts";
import { fileError } from "../terminal/system_errors.ts";
import { arrayInputs, tellDoubt } from "./array_inputs.ts";
import { isTable } from "./content.ts";
import { withinRange } from "./row_range.ts";
import { tableInputs } from "./table_inputs.ts";

/** Options of {@linkcode readInputs}. */
export interface InputOptions {
  /** True to use pictures unchanged, false to center the ink of all of them; `undefined` if neither was asked for. */
  readonly raw?: boolean;
  /** True to read each digit of a picture. */
  readonly many?: boolean;
  /** The set of an `.npz` or of a folder; by default the test set, or the only set. */
  readonly set?: "test" | "train" | "validation";
  /** The names of the arrays of an `.npz`. */
  readonly arrays?: DataOptions["arrays"];
  /** The rows of each file or folder; all by default. */
  readonly rows?: RowRange;
  /** The factor that scales rows in place of the network's own. */
  readonly inputScale?: number;
  /** The column of a table that identifies rows. Pictures are identified by their file names. */
  readonly id?: string;
  /** True to read also files that expand to more than 16 MiB and 100 times their size. */
  readonly trustSizes?: boolean;
  /** The treatment of missing values of a table. */
  readonly missing?: "refuse" | "drop";
  /** The classes of the network; absent if it has none. */
  readonly classes?: NetworkClasses;
  /** Tells the person about a decision or a doubt. */
  readonly note: (text: string) => void;
  /** Receives the fault of a file, which is left out if this does not throw. */
  readonly onFault: (error: unknown) => void;
}

/** Options for one file or folder. */
export interface FileOptions extends Omit<InputOptions, "note"> {
  /** Its name, for messages and for the names of its rows. */
  readonly name: string;
  /** Tells the person something, once for each kind. */
  readonly note: (kind: string, text: string) => void;
}

/** Returns the files and folders that exist, and `-`; `onFault` receives the fault of each other one. */
export async function existingInputs(
  paths: readonly string[],
  onFault: (error: unknown) => void,
): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    try {
      if (path !== "-") await Deno.stat(userPath(path));
      found.push(path);
    } catch (error) {
      onFault(fileError("Cannot read", userPath(path), error));
    }
  }
  return found;
}

/** Yields the rows of files and folders, and of stdin for `-`, in chunks. */
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
      const isFolder = file !== undefined && (await Deno.stat(file)).isDirectory;
      if (isFolder) yield* folderRows(file, mlp, { ...options, name, note });
      else yield* fileRows(file, mlp, { ...options, name, note });
    } catch (error) {
      options.onFault(file === undefined ? error : fileError("Cannot read", file, error));
    }
  }
}

async function* fileRows(
  file: string | undefined,
  mlp: Mlp,
  options: FileOptions,
): AsyncGenerator<readonly InputRow[]> {
  using content = await openContent(file);
  if (isTable(content.head, options.name)) {
    for await (const chunk of withinRange(tableInputs(content.pieces(), mlp, options), options)) {
      tellDoubt(chunk, mlp, options);
      yield chunk;
    }
    return;
  }
  const bytes = await content.bytes(), chunks = await arrayInputs(bytes, mlp, options);
  if (chunks) yield* chunks;
  else yield await pictureRows(bytes, mlp, options);
}

/** Yields the pictures of a folder one by one, labeled by their class folders. */
async function* folderRows(
  folder: string,
  mlp: Mlp,
  options: FileOptions,
): AsyncGenerator<readonly InputRow[]> {
  const { name, set, classes, note } = options;
  const { pictures, notes } = await listPictures(folder, { set });
  for (const { text } of notes) note(`${name}: ${text}`, `${name}: ${text}`);
  if (pictures.length === 0) {
    const lacks = set === undefined ? "" : ` in class folders, or no set ${JSON.stringify(set)}`;
    throw new TaskError(`Cannot read ${JSON.stringify(name)}: the folder has no pictures${lacks}`);
  }
  const rows = async function* () {
    for (const { path, className } of pictures) {
      const found = await folderPicture(path, mlp, options);
      const label = className === undefined || !classes ? undefined : labelOfText(className, classes);
      if (className !== undefined && classes && label === undefined) {
        const text = `${name} has folders such as ${
          JSON.stringify(className)
        }, which are not classes of the network`;
        note("folders", text);
      }
      yield label === undefined ? found : found.map((row) => ({ ...row, label }));
    }
  };
  yield* withinRange(rows(), options);
}

async function folderPicture(path: string, mlp: Mlp, options: FileOptions): Promise<InputRow[]> {
  try {
    return await pictureRows(await readFileBounded(path), mlp, {
      ...options,
      name: shownPath(path),
      rows: undefined,
    });
  } catch (error) {
    options.onFault(fileError("Cannot read", path, error));
    return [];
  }
}

async function pictureRows(bytes: Uint8Array, mlp: Mlp, options: FileOptions): Promise<InputRow[]> {
  const { name, raw = false, many, rows, id, note, trustSizes } = options;
  const found = await readImages(bytes, mlp, { name, raw, many, rows, trustSizes });
  const several = many ? undefined : found.find(({ parts }) => parts !== undefined);
  if (several) {
    note("several", `${several.name} seems to hold ${several.parts} digits; --many reads them one by one`);
  }
  return id === undefined ? found : found.map((row) => ({ ...row, id: basename(row.name) }));
}
