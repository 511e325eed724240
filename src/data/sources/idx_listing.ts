/** The IDX files in one folder, and the subfolders in which data sets are shipped. Needs Deno. @module */
import { FormatError } from "../../errors.ts";
import { digits } from "../../formats/fault.ts";
import { type IdxName, parseIdxName } from "./idx_names.ts";

/** An IDX file. */
export interface IdxFile extends IdxName {
  /** Its path in the folder: its name, or `NAME/NAME` if it is in a folder of its own. */
  readonly path: string;
  /** Its size in bytes. */
  readonly size: number;
}

/** The content of a folder. */
export interface IdxListing {
  /** The IDX files, in the order of their paths. */
  readonly files: readonly IdxFile[];
  /** The names of subfolders that may hold IDX files: `raw`, `MNIST`, …. */
  readonly subfolders: readonly string[];
}

/** The names of folders in which the data sets are shipped, or to which programs download them. */
const SUBFOLDER = /^(?:raw|gzip|(?:[ekq]|fashion[-_]?)?mnist|emnist_source_files)$/i;

/** The maximum number of IDX files in a folder; EMNIST has 24. */
const MAX_FILES = 1000;

/** Lists the IDX files of a folder. Each has its name there, or is in a folder of its name, as Kaggle ships them. */
export async function listIdxFiles(folder: string): Promise<IdxListing> {
  const names: string[] = [], subfolders: string[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (parseIdxName(name)) names.push(name);
    else if (!isFile && SUBFOLDER.test(name)) subfolders.push(name);
    if (names.length > MAX_FILES) {
      const found = `it holds more than ${digits(MAX_FILES)} IDX files`;
      throw new FormatError(`Cannot load ${JSON.stringify(folder)}: ${found}`, { file: folder });
    }
  }
  const files: IdxFile[] = [];
  for (const name of names.sort()) {
    const file = await fileAt(folder, name);
    if (file) files.push(file);
  }
  return { files, subfolders: subfolders.sort() };
}

/** Returns the file of that name, or the one in the folder of that name; `undefined` if the folder holds none. */
async function fileAt(folder: string, name: string): Promise<IdxFile | undefined> {
  const parts = parseIdxName(name)!;
  const info = await statOrUndefined(`${folder}/${name}`);
  if (info === undefined) {
    const fault = `${name} is a link to nothing, needs a file`;
    throw new FormatError(`Cannot load ${JSON.stringify(folder)}: ${fault}`, { file: folder });
  }
  const { isDirectory, size } = info;
  if (!isDirectory) return { ...parts, path: name, size };
  const dotted = parts.plain.replace(/-(?=idx\d-[a-z]+$)/, ".");
  for (const inner of [parts.plain, dotted, `${parts.plain}.gz`, `${dotted}.gz`]) {
    const info = await statOrUndefined(`${folder}/${name}/${inner}`);
    if (info?.isFile) return { ...parseIdxName(inner)!, path: `${name}/${inner}`, size: info.size };
  }
  return undefined;
}

/** Returns the kind and size of a file; `undefined` if it does not exist, or is a link in a circle of links. */
export async function statOrUndefined(path: string): Promise<Deno.FileInfo | undefined> {
  const { NotFound, NotADirectory, FilesystemLoop } = Deno.errors;
  try {
    return await Deno.stat(path);
  } catch (error) {
    if ([NotFound, NotADirectory, FilesystemLoop].some((kind) => error instanceof kind)) return undefined;
    throw error;
  }
}
