/**
 * The sets of a folder of pictures: class folders in it, or in its folders `train`, `test` and `val`. Needs Deno.
 * @module
 */
import { digits } from "../../formats/fault.ts";
import {
  type ClassFolders,
  type FolderSearch,
  listNames,
  readClassFolders,
  searchFault,
  searchNotes,
  shownPath,
} from "./class_folders.ts";
import type { DataNote } from "../dataset.ts";
import { type FolderContent, listFolder } from "./picture_files.ts";

/** The sets of a folder. */
export interface PictureSets {
  /** The training set: the class folders in `train`, or in the folder itself. */
  readonly train: ClassFolders;
  /** The test set; absent if there is none. */
  readonly test?: ClassFolders;
  /** The validation set; absent if there is none. */
  readonly validation?: ClassFolders;
  /** Files and folders that are not used. */
  readonly notes: readonly DataNote[];
}

/** The name of a set. */
type SetName = "train" | "test" | "validation";

/** The names of the folders with sets. */
const FOLDER_NAMES: { readonly [set in SetName]: RegExp } = {
  train: /^train(?:ing)?(?:[-_ ]?set)?$/i,
  test: /^test(?:ing)?(?:[-_ ]?set)?$/i,
  validation: /^(?:val|valid|validation|dev)(?:[-_ ]?set)?$/i,
};

/** The maximum number of folders, each alone in the one before, around the class folders, as archives have them. */
const MAX_WRAPPERS = 4;

/**
 * Finds the class folders of a folder. A folder that is alone in the named one is opened instead of it.
 *
 * @returns `undefined` if there are no class folders with pictures
 * @throws {FormatError} if a class folder holds folders, if two are the same, if there are more than 10,000, or if a set has a
 * class that the training set lacks
 */
export async function findPictureSets(path: string): Promise<PictureSets | undefined> {
  const search: FolderSearch = { root: path, found: new Map(), unused: [], empty: [] };
  const content = await unwrapped(await listFolder(path));
  const folders = await setFolders(content, search), notes: DataNote[] = [];
  if (folders === undefined) {
    const train = await readClassFolders(content, search);
    return train && { train, notes: searchNotes(search) };
  }
  const sets: { [set in SetName]?: ClassFolders } = {};
  for (const [set, folder] of Object.entries(folders)) {
    if (folder.folders.length > 0) sets[set as SetName] = await readClassFolders(folder, search);
    else if (folder.pictures.length > 0) {
      const found = `${shownPath(search, folder.path)} has ${digits(folder.pictures.length)} pictures`;
      notes.push({ text: `${found} without class folders, which are not used` });
    }
  }
  const { train, ...others } = sets;
  if (train === undefined) return undefined;
  checkClasses(train, others, search);
  const beside = content.folders.filter((name) => setOf(name) === undefined);
  if (beside.length > 0) notes.push({ text: `folders beside the sets are not used: ${listNames(beside)}` });
  const files = [...content.pictures, ...content.others].map((name) => `${content.path}/${name}`);
  search.unused = [...files, ...search.unused];
  return { train, ...others, notes: [...notes, ...searchNotes(search)] };
}

/** Opens the folder that is alone in a folder, as after the unpacking of an archive. */
async function unwrapped(content: FolderContent): Promise<FolderContent> {
  let inner = content;
  for (let depth = 0; depth < MAX_WRAPPERS; depth++) {
    const { path, folders: [only, ...more], pictures } = inner;
    if (only === undefined || more.length + pictures.length > 0 || setOf(only) === "train") break;
    const next = await listFolder(`${path}/${only}`);
    if (next.folders.length === 0 || next.pictures.length > 0) break; // it is the only class folder
    inner = next;
  }
  return inner;
}

/** Returns the folders of the sets, by the names of the sets; `undefined` if the folder is not divided into sets. */
async function setFolders(
  { path, folders }: FolderContent,
  search: FolderSearch,
): Promise<{ [set in SetName]?: FolderContent } | undefined> {
  const names = new Map<SetName, string>();
  for (const name of folders) {
    const set = setOf(name), other = set && names.get(set);
    if (other !== undefined) {
      throw searchFault(
        search,
        `both ${listNames([other])} and ${listNames([name])} could be its ${set} set`,
      );
    }
    if (set) names.set(set, name);
  }
  if (!names.has("train")) return undefined;
  const contents: { [set in SetName]?: FolderContent } = {};
  for (const [set, name] of names) contents[set] = await listFolder(`${path}/${name}`);
  // A class may have the name of a set; then it holds pictures.
  return contents.train!.folders.length > 0 ? contents : undefined;
}

function setOf(name: string): SetName | undefined {
  return (Object.keys(FOLDER_NAMES) as SetName[]).find((set) => FOLDER_NAMES[set].test(name));
}

function checkClasses(
  { classNames }: ClassFolders,
  others: { readonly [set: string]: ClassFolders | undefined },
  search: FolderSearch,
): void {
  const known = new Set(classNames);
  for (const [set, folders] of Object.entries(others)) {
    const other = folders?.classNames.find((name) => !known.has(name));
    if (other === undefined) continue;
    throw searchFault(
      search,
      `its ${set} set has a class ${listNames([other])}, which its training set lacks`,
    );
  }
}
