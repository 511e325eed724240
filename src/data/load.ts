/** Data sets from files and folders. @module */
import { FormatError } from "../errors.ts";
import { readFileBounded } from "../files.ts";
import { byteCount } from "../formats/fault.ts";
import { type Npz, parseNpz } from "../formats/npz.ts";
import { checkFiles } from "../host.ts";
import type { DatasetPair } from "./dataset.ts";
import { findIdxFiles } from "./idx_files.ts";
import { openIdxSource } from "./idx_source.ts";
import { interpret } from "./interpret.ts";
import { openNpzSource } from "./npz_source.ts";
import type { DataOptions } from "./options.ts";
import { openPictureFolder } from "./picture_folder.ts";
import type { RawSource } from "./raw.ts";
import { openTable } from "./table.ts";
import { openTableFolder } from "./table_folder.ts";

/** The options of {@linkcode loadDataset}. */
export interface LoadOptions extends DataOptions {
  /** Ends the reading of a folder early. */
  readonly signal?: AbortSignal;
  /** Called with the number of pictures of a folder that are read, and their total. */
  readonly onProgress?: (progress: { readonly read: number; readonly total: number }) => void;
}

/**
 * Loads a data set from a file or folder. Needs Deno and read permission for it.
 *
 * - An `.npz` has numbers `x_train` `[N, ...]` and `y_train`, or other names that are in common use. Optional are a test set,
 *   a validation set, and the names of the classes.
 * - A CSV or TSV file has a row for each input. {@linkcode DataOptions} tells which column is the label.
 * - A folder of IDX files has `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, and optionally the same with `t10k`.
 *
 * The training set decides what inputs and labels are, unless `options` declares it:
 *
 * - Images of whole numbers from 0 to 255, some of them above 127, are pixels: they become bytes with the input scale 1/255.
 *   Images have the shape `[N, H, W]`, `[N, H, W, C]` or `[N, C, H, W]`, or a square number of at least 64 columns. Other
 *   inputs are not scaled.
 * - Strings, integers, bools and one-hot rows are class labels, and so are floats that are whole numbers, at most 20 different
 *   ones, and contiguous from 0 or 1, or -1 and 1. Labels other than 0, 1, … become the names of the classes.
 * - Several columns of 0 and 1 that are not one-hot are several labels a row. Other numbers are target values.
 *
 * `notes` of the result has the decisions that an option can change.
 *
 * @throws {FormatError} if a file is damaged, if a part of it is missing, or if its parts do not fit each other or the options
 * @throws {TypeError} outside Deno; {@linkcode datasetFromNpz} reads the bytes of an `.npz` there
 */
export async function loadDataset(path: string, options: LoadOptions = {}): Promise<DatasetPair> {
  checkFiles(`load ${JSON.stringify(path)}`, "pass the bytes of an .npz to datasetFromNpz()");
  return interpret(await openSource(path, options), options);
}

/** Opens a file or folder. */
async function openSource(path: string, options: LoadOptions): Promise<RawSource> {
  const idx = await findIdxFiles(path); // also of a path that is the start of file names
  if (idx) return await openIdxSource(idx);
  return await ((await Deno.stat(path)).isDirectory ? openFolder : openFile)(path, options);
}

/** Opens a file: an `.npz` by its first bytes, else a table. */
async function openFile(path: string, options: DataOptions): Promise<RawSource> {
  const bytes = await readFileBounded(path);
  if (bytes[0] === 0x50 && bytes[1] === 0x4B) {
    return await openNpzSource(await parseNpz(bytes, { name: path }), { file: path, ...options });
  }
  if (!isText(bytes)) {
    const needed = "needs an .npz, a CSV or TSV file, or a folder";
    const fault = `it is neither an .npz archive nor a table of text (${byteCount(bytes.length)}), ${needed}`;
    throw new FormatError(`Cannot load ${JSON.stringify(path)}: ${fault}`, { file: path });
  }
  return await openTable(bytes, { ...options, file: path });
}

/** Returns whether the first bytes may be those of a text: no control characters but tabs and line breaks. */
function isText(bytes: Uint8Array): boolean {
  const start = bytes.subarray(0, 1024);
  const isUtf16 = (start[0] === 0xFF && start[1] === 0xFE) || (start[0] === 0xFE && start[1] === 0xFF);
  return isUtf16 || start.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0D));
}

async function openFolder(path: string, options: LoadOptions): Promise<RawSource> {
  const source = await openTableFolder(path, options) ?? await openPictureFolder(path, options);
  if (source) return source;
  const names: string[] = [];
  for await (const { name } of Deno.readDir(path)) if (names.push(name) > 8) break;
  const found = names.length === 0
    ? "nothing"
    : names.sort().slice(0, 8).join(", ") + (names.length > 8 ? ", …" : "");
  const needed =
    `needs train-images-idx3-ubyte and train-labels-idx1-ubyte, train.csv, or a folder of pictures for each class`;
  throw new FormatError(`Cannot load ${JSON.stringify(path)}: the folder holds ${found}, ${needed}`, {
    file: path,
  });
}

/**
 * Makes data sets from an `.npz`, as {@linkcode loadDataset} does.
 *
 * @param source the archive's bytes, or the opened archive; inputs may be a view of the bytes
 * @param options `name` is the file's name, for messages and as the source of the sets
 * @throws {FormatError} if the archive is damaged, if an array is missing, or if the arrays do not fit each other
 */
export async function datasetFromNpz(
  source: Uint8Array | Npz,
  { name, ...options }: DataOptions & { readonly name?: string } = {},
): Promise<DatasetPair> {
  const npz = source instanceof Uint8Array ? await parseNpz(source, { name }) : source;
  const file = name ?? (npz.file || "npz");
  return interpret(await openNpzSource(npz, { file, ...options }), options);
}
