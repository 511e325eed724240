/**
 * The layout of a folder of pictures: class folders, in one set or in several. Needs Deno.
 * @module
 */
import { FormatError } from "../errors.ts";
import { digits } from "../formats/fault.ts";
import type { DataNote } from "./dataset.ts";
import { type FolderContent, listFolder } from "./picture_files.ts";

/** A set of class folders. */
export interface ClassFolders {
  /** The names of the classes: numbers in ascending order, other names in the order of code units. */
  readonly classNames: readonly string[];
  /** The pictures, class by class; those of a class in the order of the code units of their names. */
  readonly pictures: readonly PictureFile[];
}

/** A picture in a folder. */
export interface PictureFile {
  /** Its path, which begins with that of the folder. */
  readonly path: string;
  /** The name of the class folder that it is in; absent if it is in none. */
  readonly className?: string;
}

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

/** A set of a folder. */
type SetName = "train" | "test" | "validation";

/** The names of the folders with sets. */
const SET_NAMES: { readonly [set in SetName]: RegExp } = {
  train: /^train(?:ing)?(?:[-_ ]?set)?$/i,
  test: /^test(?:ing)?(?:[-_ ]?set)?$/i,
  validation: /^(?:val|valid|validation|dev)(?:[-_ ]?set)?$/i,
};

/** The maximum number of class folders of a set. */
const MAX_CLASSES = 10_000;
/** The maximum number of folders, each alone in the one before, around the class folders, as archives have them. */
const MAX_WRAPPERS = 4;
/** The number of names that a message lists. */
const SHOWN_NAMES = 3;

/** The state of one search: the class folders found so far, and what is left out. */
interface Search {
  /** The folder that the caller named. */
  readonly root: string;
  /** The paths of the class folders by their paths without symbolic links. */
  readonly seen: Map<string, string>;
  readonly others: string[];
  readonly empty: string[];
  readonly notes: DataNote[];
}

/**
 * Finds the class folders of a folder: `CLASS/*.png` in it, or in its folders `train`, `test` and `val`. A folder that is alone
 * in the named one is opened instead of it.
 *
 * @returns `undefined` if there are no class folders with pictures
 * @throws {FormatError} if a class folder holds folders, if two are the same, if there are more than 10,000, or if a set has a
 * class that the training set lacks
 */
export async function findClassFolders(path: string): Promise<PictureSets | undefined> {
  const search: Search = { root: path, seen: new Map(), others: [], empty: [], notes: [] };
  const content = await unwrapped(await listFolder(path));
  const sets = await setFoldersOf(content, search);
  if (sets.train === undefined) {
    const train = await readClasses(content, search);
    return train && { train, notes: notesOf(search) };
  }
  const found: { [set in SetName]?: ClassFolders } = {};
  for (const [set, folder] of Object.entries(sets) as [SetName, FolderContent][]) {
    if (set !== "train" && folder.folders.length === 0) {
      if (folder.pictures.length === 0) continue;
      const text =
        `${quoted(search, folder.path)} has ${
          digits(folder.pictures.length)
        } pictures without class folders, ` +
        `which are not used`;
      search.notes.push({ text });
    } else {
      found[set] = await readClasses(folder, search);
    }
  }
  const { train, ...others } = found;
  if (train === undefined) return undefined;
  const known = new Set(train.classNames);
  for (const [set, { classNames }] of Object.entries(others)) {
    const other = classNames.find((name) => !known.has(name));
    if (other !== undefined) {
      throw fault(
        search,
        `its ${set} set has a class ${JSON.stringify(other)}, which its training set lacks`,
      );
    }
  }
  return { train, ...others, notes: notesOf(search) };
}

/** Opens the folder that is alone in a folder, as after the unpacking of an archive. */
async function unwrapped(content: FolderContent): Promise<FolderContent> {
  let inner = content;
  for (let depth = 0; depth < MAX_WRAPPERS; depth++) {
    const { path, folders, pictures } = inner;
    if (folders.length !== 1 || pictures.length > 0) return inner;
    const next = await listFolder(`${path}/${folders[0]}`);
    // The only class folder, or the only set, is no wrapper.
    if (next.folders.length === 0 || next.pictures.length > 0 || SET_NAMES.train.test(folders[0])) {
      return inner;
    }
    inner = next;
  }
  return inner;
}

/** Returns the folders of the sets; none if the folder of the training set is missing or holds no folders. */
async function setFoldersOf(
  { path, folders, others }: FolderContent,
  search: Search,
): Promise<{ [set in SetName]?: FolderContent }> {
  const names: { [set in SetName]?: string } = {}, unused: string[] = [];
  for (const name of folders) {
    const set = (Object.keys(SET_NAMES) as SetName[]).find((set) => SET_NAMES[set].test(name));
    if (set === undefined) {
      unused.push(name);
    } else if (names[set] !== undefined) {
      throw fault(
        search,
        `both ${JSON.stringify(names[set])} and ${JSON.stringify(name)} could be its ${set} set`,
      );
    } else {
      names[set] = name;
    }
  }
  if (names.train === undefined) return {};
  const contents: { [set in SetName]?: FolderContent } = {};
  for (const [set, name] of Object.entries(names)) {
    contents[set as SetName] = await listFolder(`${path}/${name}`);
  }
  // A class can have the name of a set: then it holds pictures.
  if (contents.train!.folders.length === 0) return {};
  if (unused.length > 0) {
    search.notes.push({ text: `folders ${listText(unused)} beside the sets are not used` });
  }
  search.others.push(...others.map((name) => `${path}/${name}`));
  return contents;
}

/** Lists the class folders in a folder; `undefined` if none has pictures. */
async function readClasses(
  { path, folders, pictures: loose, others }: FolderContent,
  search: Search,
): Promise<ClassFolders | undefined> {
  if (folders.length > MAX_CLASSES) {
    const found = `${quoted(search, path)} has ${digits(folders.length)} folders`;
    throw fault(search, `${found}, at most ${digits(MAX_CLASSES)} classes are read`);
  }
  const classNames: string[] = [],
    pictures: PictureFile[] = [],
    nested: FolderContent[] = [],
    empty: string[] = [];
  for (const className of inOrder(folders)) {
    const content = await listFolder(`${path}/${className}`);
    if (content.pictures.length === 0) {
      empty.push(content.path);
    } else {
      await checkNew(content.path, search);
      classNames.push(className);
      for (const name of content.pictures) pictures.push({ path: `${content.path}/${name}`, className });
      search.others.push(...content.others.map((name) => `${content.path}/${name}`));
    }
    if (content.folders.length > 0) nested.push(content);
  }
  if (classNames.length === 0 && !await holdPictures(nested)) return undefined;
  for (const content of nested) {
    const inner = await firstWithContent(content);
    if (inner === undefined) continue;
    const found = `the class folder ${quoted(search, content.path)} holds a folder ${JSON.stringify(inner)}`;
    throw fault(search, `${found}, needs pictures only`);
  }
  search.empty.push(...empty);
  search.others.push(...[...loose, ...others].map((name) => `${path}/${name}`));
  return { classNames, pictures };
}

/** Returns whether the first folder in any of these folders has pictures. */
async function holdPictures(contents: readonly FolderContent[]): Promise<boolean> {
  for (const { path, folders } of contents) {
    if ((await listFolder(`${path}/${folders[0]}`)).pictures.length > 0) return true;
  }
  return false;
}

/** Returns the name of the first folder in a folder that is not empty. */
async function firstWithContent({ path, folders }: FolderContent): Promise<string | undefined> {
  for (const name of folders) {
    const { folders, pictures } = await listFolder(`${path}/${name}`);
    if (folders.length + pictures.length > 0) return name;
  }
}

/** Checks that a class folder is not, by symbolic links, the same as another. */
async function checkNew(path: string, search: Search): Promise<void> {
  const real = await Deno.realPath(path), other = search.seen.get(real);
  if (other !== undefined) {
    throw fault(search, `${quoted(search, other)} and ${quoted(search, path)} are the same folder`);
  }
  search.seen.set(real, path);
}

/** Returns names in ascending order if all are numbers, else in the order of code units. */
function inOrder(names: readonly string[]): readonly string[] {
  if (!names.every((name) => /^\d{1,15}$/.test(name))) return names;
  return names.toSorted((a, b) => Number(a) - Number(b)); // stable: 1 and 01 stay in the order of code units
}

function notesOf({ root, others, empty, notes }: Search): DataNote[] {
  const shown = (paths: readonly string[]) => listText(paths.map((path) => path.slice(root.length + 1)));
  return [
    ...notes,
    ...empty.length > 0 ? [{ text: `folders without pictures are not classes: ${shown(empty)}` }] : [],
    ...others.length > 0
      ? [{
        text: `${digits(others.length)} files that are not pictures of a class are not used: ${
          shown(others)
        }`,
      }]
      : [],
  ];
}

/** Returns a path in quotes, from the named folder on. */
function quoted({ root }: Search, path: string): string {
  return JSON.stringify(path === root ? path : path.slice(root.length + 1));
}

function listText(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map((name) => JSON.stringify(name)).join(", ");
  return names.length > SHOWN_NAMES ? `${shown}, …` : shown;
}

function fault({ root }: Search, found: string): FormatError {
  return new FormatError(`Cannot load ${JSON.stringify(root)}: ${found}`, { file: root });
}
