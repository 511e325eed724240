/** Data sets from files and folders. @module */
import {
  BYTES,
  CALLBACK,
  checkArgument,
  checkOptions,
  either,
  type Fields,
  fields,
  oneOf,
  PATH,
  SIGNAL,
  TEXT,
} from "../arguments.ts";
import { type Content, isText, openContent } from "../content.ts";
import { FormatError } from "../errors.ts";
import { byteCount } from "../formats/fault.ts";
import { type Npz, parseNpz } from "../formats/npz.ts";
import { readZip } from "../formats/zip.ts";
import { endsAsZip } from "../formats/zip_directory.ts";
import { checkFiles } from "../host.ts";
import type { DatasetPair, DatasetSets } from "./dataset.ts";
import { visible } from "../visible.ts";
import { findIdxFiles } from "./sources/idx_files.ts";
import { openIdxRows, openIdxSource } from "./sources/idx_source.ts";
import { interpret, interpretSets } from "./meaning/interpret.ts";
import { hasTrainingSet, openNpzRows, openNpzSource, type SetName } from "./sources/npz_source.ts";
import { DATA_KINDS, type DataOptions } from "./options.ts";
import { openPictureFolder } from "./pictures/picture_folder.ts";
import type { RawSource } from "./sources/raw.ts";
import type { RawRows } from "./sources/raw_rows.ts";
import { openTable } from "./table/table.ts";
import { openTableFolder } from "./table/folder.ts";

/** The options of {@linkcode loadDataset}. */
export interface LoadOptions extends DataOptions {
  /** Ends the reading of a folder early. */
  readonly signal?: AbortSignal;
  /** Called with the number of pictures of a folder that are read, and their total. */
  readonly onProgress?: (progress: { readonly read: number; readonly total: number }) => void;
}

const LOAD_KINDS: Fields = { ...DATA_KINDS, signal: SIGNAL, onProgress: CALLBACK };

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
  checkArgument("path", path, PATH);
  checkOptions(options, LOAD_KINDS);
  checkFiles(`load ${JSON.stringify(path)}`, "pass the bytes of an .npz to datasetFromNpz()");
  return interpret(await openSource(path, options), options);
}

/** The options of {@linkcode loadSets}. */
export interface LoadSetsOptions extends LoadOptions {
  /** The network, which decides the meaning of inputs and labels. */
  readonly like: NonNullable<DataOptions["like"]>;
  /** The set that is read of a source without a training set; by default its test set, else its only set. */
  readonly set?: SetName;
}

/**
 * Loads the sets of a file or folder to evaluate a network on them, as {@linkcode loadDataset} does. The source needs no
 * training set: of an `.npz` or IDX files without one, one set is read. Needs Deno and read permission.
 *
 * @throws {FormatError} for the reasons of {@linkcode loadDataset}, or if a source without a training set lacks the set
 */
export async function loadSets(path: string, options: LoadSetsOptions): Promise<DatasetSets> {
  checkArgument("path", path, PATH);
  checkOptions(options, { ...LOAD_KINDS, set: oneOf(["train", "test", "validation"]) }, {
    like: DATA_KINDS.like,
  });
  checkFiles(`load ${JSON.stringify(path)}`, "pass the bytes of an .npz to datasetFromNpz()");
  return interpretSets(await openSource(path, options, { set: options.set }), options);
}

/** Opens a file or folder. With `rows`, it needs no training set. */
async function openSource(path: string, options: LoadOptions, rows?: Rows): Promise<RawSource | RawRows> {
  const { trustSizes } = options;
  const idx = await findIdxFiles(path); // also of a path that is the start of file names
  if (idx) {
    return await (rows && !idx.sets.train
      ? openIdxRows(idx, { ...rows, trustSizes })
      : openIdxSource(idx, { trustSizes }));
  }
  return (await Deno.stat(path)).isDirectory
    ? await openFolder(path, options)
    : await openFile(path, options, rows);
}

/** The choice of the set of a source without a training set. */
type Rows = Pick<LoadSetsOptions, "set">;

/** Matches the names of files and folders in zip archives and spreadsheets, which arrays do not have. */
const OTHER_FILE =
  /\/$|\.(?:csv|tsv|txt|data|md|xml|rels|json|png|jpe?g|gif|bmp|webp|gz|ubyte|mat|pkl|bin)$/i;

/** The maximum size of a file of an unknown kind that is searched for an archive. */
const MAX_SEARCHED = 2 ** 28;

/** Opens a file: an `.npz` by its first bytes, else a table, which is read piece by piece. */
async function openFile(path: string, options: DataOptions, rows?: Rows): Promise<RawSource | RawRows> {
  const content = await openContent(path);
  try {
    return await readContent(path, content, options, rows);
  } finally {
    content[Symbol.dispose]();
  }
}

async function readContent(
  path: string,
  content: Content,
  options: DataOptions,
  rows: Rows | undefined,
): Promise<RawSource | RawRows> {
  const { head } = content, { trustSizes } = options;
  if (head[0] === 0x50 && head[1] === 0x4B) {
    const npz = await parseNpz(await content.bytes(), { name: path, trustSizes }),
      named = { file: path, ...options };
    if (npz.names.length > 0 && npz.names.every((name) => OTHER_FILE.test(name))) {
      throw new FormatError(
        `Cannot load ${JSON.stringify(path)}: it is a zip archive of files such as ${
          visible(npz.names[0])
        }, not of arrays; unpack it, and name a file or a folder`,
        { file: path },
      );
    }
    return await (rows && !hasTrainingSet(npz, named)
      ? openNpzRows(npz, { ...named, ...rows })
      : openNpzSource(npz, named));
  }
  // The reader of tables tells what UTF-16 texts and compressed files need.
  const isKnown = [[0xFF, 0xFE], [0xFE, 0xFF], [0x1F, 0x8B]].some(([a, b]) => head[0] === a && head[1] === b);
  if (isKnown || isText(head)) return await openTable(content.pieces(), { ...options, file: path });
  const { size } = await Deno.stat(path);
  if (size <= MAX_SEARCHED) {
    const bytes = await content.bytes();
    if (endsAsZip(bytes)) readZip(bytes, { name: path }); // refuses the bytes before the archive
  }
  const found = `it is neither an .npz archive nor a table of text (${byteCount(size)})`;
  throw new FormatError(
    `Cannot load ${JSON.stringify(path)}: ${found}, needs an .npz, a CSV or TSV file, or a folder`,
    { file: path },
  );
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
  options: DataOptions & { readonly name?: string } = {},
): Promise<DatasetPair> {
  checkArgument("source", source, either("a Uint8Array or an opened Npz", BYTES, fields({ read: CALLBACK })));
  checkOptions(options, { ...DATA_KINDS, name: TEXT });
  const { name, trustSizes } = options;
  const npz = source instanceof Uint8Array ? await parseNpz(source, { name, trustSizes }) : source;
  const file = name ?? (npz.file || "npz");
  return interpret(await openNpzSource(npz, { file, ...options }), options);
}
