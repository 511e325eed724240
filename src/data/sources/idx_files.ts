/**
 * Search for the IDX files of a data set, in the layouts in which they are shipped. Needs Deno.
 * @module
 */
import { FormatError } from "../../errors.ts";
import { folderOf, nameOf } from "../../file_paths.ts";
import { byteCount } from "../../formats/fault.ts";
import type { DataNote } from "../dataset.ts";
import { type IdxFile, listIdxFiles, statOrUndefined } from "./idx_listing.ts";
import type { SetName } from "./raw_rows.ts";

/** The files of one set; absent for a file that does not exist. */
export interface IdxSet {
  readonly images?: IdxFile;
  readonly labels?: IdxFile;
}

/** The files of a data set. */
export interface IdxFiles {
  /** The path that the user named. */
  readonly path: string;
  /** The folder of the files. */
  readonly folder: string;
  /** The files of each set; at least one set has a file. */
  readonly sets: { readonly [set in SetName]?: IdxSet };
  /** The start of the files' names, such as `emnist-letters`; `""` for MNIST. */
  readonly prefix: string;
  /** The name of the file with the class names of EMNIST; absent if it does not exist. */
  readonly mapping?: string;
  /** Decisions of the search, for the user. */
  readonly notes: readonly DataNote[];
}

/** Subfolders of the folder of a data set. */
const RAW_FOLDERS = ["raw", "gzip"];

/** The maximum number of data sets in a message. */
const MAX_SHOWN = 10;

/** Creates the error for a fault. */
type RefuseFiles = (fault: string) => FormatError;

/**
 * Finds the IDX files of a data set. `path` is
 *
 * - a folder with the files, each by its name or in a folder of its name, as Kaggle ships them;
 * - a folder with one of the folders `raw`, `gzip`, `MNIST/raw`, `FashionMNIST/raw`, `EMNIST/raw`, …, as torchvision has them;
 * - one of these followed by the start of the files' names, if the folder has several data sets: `DIR/emnist-letters`.
 *
 * No other folders are searched. A file that exists both unzipped and gzipped is used unzipped.
 *
 * @returns `undefined` if there are no IDX files
 * @throws {FormatError} if the path has several data sets, or if several files could be the same part of one
 */
export async function findIdxFiles(path: string): Promise<IdxFiles | undefined> {
  const refuse: RefuseFiles = (fault) =>
    new FormatError(`Cannot load ${JSON.stringify(path)}: ${fault}`, { file: path });
  const info = await statOrUndefined(path);
  if (info !== undefined && !info.isDirectory) return undefined;
  // A path that does not exist may be a folder followed by the start of its files' names.
  const plain = path.replace(/[\\/]+$/, "") || path;
  const [root, start] = info ? [plain, undefined] : [folderOf(plain), nameOf(plain)];
  if (info === undefined && !(await statOrUndefined(root))?.isDirectory) return undefined;
  const places = (await placesOf(root))
    .map(({ folder, files }) => ({ folder, files: start === undefined ? files : startingWith(start, files) }))
    .filter(({ files }) => files.length > 0);
  if (places.length === 0) return undefined;
  if (places.length > 1) {
    const found = places.map(({ folder }) => JSON.stringify(folder)).join(" and ");
    throw refuse(`IDX files are in ${found}; name one of these folders`);
  }
  const [{ folder, files }] = places;
  const { sets, notes } = setsOf(files, folder, refuse);
  const { prefix } = Object.values(sets)[0].images ?? files[0];
  const mapping = `${prefix}-mapping.txt`;
  const hasMapping = isEmnist({ prefix }) && (await statOrUndefined(`${folder}/${mapping}`))?.isFile;
  return { path, folder, sets, prefix, ...hasMapping && { mapping }, notes };
}

/** Returns whether files are those of EMNIST, by the start of their names. */
export function isEmnist({ prefix }: Pick<IdxFiles, "prefix">): boolean {
  return /^emnist(?:-|$)/i.test(prefix);
}

/** Returns the folders with IDX files: the folder itself, or else those below it in which data sets are shipped. */
async function placesOf(root: string): Promise<{ folder: string; files: readonly IdxFile[] }[]> {
  const { files, subfolders } = await listIdxFiles(root);
  if (files.length > 0) return [{ folder: root, files }];
  const places = [];
  for (const name of subfolders) {
    for (const folder of [`${root}/${name}`, ...RAW_FOLDERS.map((raw) => `${root}/${name}/${raw}`)]) {
      if (!(await statOrUndefined(folder))?.isDirectory) continue;
      const { files } = await listIdxFiles(folder);
      if (files.length === 0) continue;
      places.push({ folder, files });
      break;
    }
  }
  return places;
}

/** Returns the files of the data sets of which a file's name starts with `start`. */
function startingWith(start: string, files: readonly IdxFile[]): IdxFile[] {
  const found = new Set(
    files.filter(({ plain }) => plain.startsWith(`${start}-`)).map(({ prefix }) => prefix),
  );
  return files.filter(({ prefix }) => found.has(start) ? prefix === start : found.has(prefix));
}

/** Returns the files of each set. */
function setsOf(files: readonly IdxFile[], folder: string, refuse: RefuseFiles) {
  const sets: { [set in SetName]?: { images?: IdxFile; labels?: IdxFile } } = {};
  const unused: string[] = [];
  for (const file of files) {
    const set = sets[file.set] ??= {}, other = set[file.content];
    if (other === undefined) set[file.content] = file;
    else if (other.plain === file.plain) set[file.content] = preferred(other, file, refuse);
    else if (other.prefix === file.prefix && isPartOf(other, file)) {
      unused.push(other.path), set[file.content] = file;
    } else if (other.prefix === file.prefix && isPartOf(file, other)) unused.push(file.path);
    else throw ambiguous(files, [other, file], folder, refuse);
  }
  const text = `${unused.join(", ")} not used: parts of the test set, which is there completely`;
  return { sets: sets as IdxFiles["sets"], notes: unused.length === 0 ? [] : [{ text }] };
}

/** Returns whether a file is the part of a test set that another file has completely, as in QMNIST. */
function isPartOf(file: IdxFile, other: IdxFile): boolean {
  return other.part === "test" && /^test\d+k$/.test(file.part);
}

/** Returns one of two files of the same content: an unzipped one, and rather in the folder itself. */
function preferred(one: IdxFile, other: IdxFile, refuse: RefuseFiles): IdxFile {
  if (!one.isGzipped && !other.isGzipped && one.size !== other.size) {
    const [first, second] = [one, other].map(({ path, size }) => `${path} (${byteCount(size)})`);
    throw refuse(`both ${first} and ${second} could be its ${one.part} ${one.content}; keep one`);
  }
  const rankOf = ({ path, isGzipped }: IdxFile) => 2 * Number(isGzipped) + Number(path.includes("/"));
  return rankOf(other) < rankOf(one) ? other : one;
}

/** Creates the error for two files that could be the same part of a set. */
function ambiguous(
  files: readonly IdxFile[],
  [one, other]: readonly [IdxFile, IdxFile],
  folder: string,
  refuse: RefuseFiles,
): FormatError {
  const isComplete = (start: string) =>
    ["images", "labels"].every((content) =>
      files.some((file) => file.prefix === start && file.set === one.set && file.content === content)
    );
  const starts = [...new Set(files.map(({ prefix }) => prefix))].filter(isComplete);
  if (starts.length < 2) {
    return refuse(`both ${one.path} and ${other.path} could be its ${one.part} ${one.content}; keep one`);
  }
  const plain = files.some(({ prefix, part }) => prefix === "" && part === "train") ? "train" : one.part;
  const shown = starts.slice(0, MAX_SHOWN).map((start) => start || plain);
  const list = shown.join(", ") + (starts.length > MAX_SHOWN ? ", ..." : "");
  return refuse(
    `it holds several data sets: ${list}; name one, such as ${JSON.stringify(`${folder}/${shown[0]}`)}`,
  );
}
