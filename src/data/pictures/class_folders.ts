/**
 * The pictures of a set: in a folder for each class. Needs Deno.
 * @module
 */
import { FormatError } from "../../errors.ts";
import { digits } from "../../formats/fault.ts";
import type { DataNote } from "../dataset.ts";
import { type FolderContent, listFolder } from "./picture_files.ts";

/** A picture in a folder. */
export interface PictureFile {
  /** Its path, which begins with that of the folder. */
  readonly path: string;
  /** The name of the class folder that it is in; absent if it is in none. */
  readonly className?: string;
}

/** A set of class folders. */
export interface ClassFolders {
  /** The names of the classes: numbers in ascending order, other names in the order of code units. */
  readonly classNames: readonly string[];
  /** The pictures, class by class; those of a class in the order of the code units of their names. */
  readonly pictures: readonly PictureFile[];
}

/** The state of the search in one folder, which may have several sets. */
export interface FolderSearch {
  /** The folder that the caller named. */
  readonly root: string;
  /** The paths of the class folders by their paths without symbolic links. */
  readonly found: Map<string, string>;
  /** The paths of files that are not used. */
  unused: readonly string[];
  /** The paths of folders without pictures. */
  empty: readonly string[];
}

/** The maximum number of class folders of a set. */
const MAX_CLASSES = 10_000;
/** The number of names that a message lists. */
const SHOWN_NAMES = 3;

/**
 * Lists the class folders in a folder.
 *
 * @returns `undefined` if none has pictures
 * @throws {FormatError} if a class folder holds folders, if two are the same, or if there are more than 10,000
 */
export async function readClassFolders(
  { path, folders, pictures: loose, others }: FolderContent,
  search: FolderSearch,
): Promise<ClassFolders | undefined> {
  if (folders.length > MAX_CLASSES) {
    const found = `${shownPath(search, path)} has ${digits(folders.length)} folders`;
    throw searchFault(search, `${found}, at most ${digits(MAX_CLASSES)} classes are read`);
  }
  const classNames: string[] = [], pictures: PictureFile[] = [];
  const nested: FolderContent[] = [], empty: string[] = [], unused: string[] = [];
  for (const className of inOrder(folders)) {
    const content = await listFolder(`${path}/${className}`);
    if (content.folders.length > 0) nested.push(content);
    for (const name of content.others) unused.push(`${content.path}/${name}`);
    if (content.pictures.length === 0) {
      empty.push(content.path);
      continue;
    }
    await checkNew(content.path, search);
    classNames.push(className);
    for (const name of content.pictures) pictures.push({ path: `${content.path}/${name}`, className });
  }
  if (classNames.length === 0 && !await isPictureIn(nested)) return undefined;
  for (const content of nested) {
    const inner = await firstWithContent(content);
    if (inner === undefined) continue;
    const found = `class folder ${shownPath(search, content.path)} holds a folder ${JSON.stringify(inner)}`;
    throw searchFault(search, `${found}, needs pictures only`);
  }
  for (const name of [...loose, ...others]) unused.push(`${path}/${name}`);
  search.empty = [...search.empty, ...empty];
  search.unused = [...search.unused, ...unused];
  return { classNames, pictures };
}

/** Returns whether the first folder in any of these folders has pictures. */
async function isPictureIn(contents: readonly FolderContent[]): Promise<boolean> {
  for (const { path, folders } of contents) {
    if ((await listFolder(`${path}/${folders[0]}`)).pictures.length > 0) return true;
  }
  return false;
}

/** Returns the name of the first folder in a folder that is not empty. */
async function firstWithContent({ path, folders }: FolderContent): Promise<string | undefined> {
  for (const name of folders) {
    const inner = await listFolder(`${path}/${name}`);
    if (inner.folders.length + inner.pictures.length > 0) return name;
  }
}

/** Checks that a class folder is not, by symbolic links, the same as another. */
async function checkNew(path: string, search: FolderSearch): Promise<void> {
  const real = await Deno.realPath(path), other = search.found.get(real);
  if (other !== undefined) {
    throw searchFault(
      search,
      `${shownPath(search, other)} and ${shownPath(search, path)} are the same folder`,
    );
  }
  search.found.set(real, path);
}

/** Returns names in ascending order if all are numbers, else in the order of code units. */
function inOrder(names: readonly string[]): readonly string[] {
  if (!names.every((name) => /^\d{1,15}$/.test(name))) return names;
  return names.toSorted((a, b) => Number(a) - Number(b)); // 1 and 01 stay in the order of code units
}

/** Returns notes on the files and folders that were not used. */
export function searchNotes({ root, empty, unused }: FolderSearch): DataNote[] {
  const list = (paths: readonly string[]) => listNames(paths.map((path) => path.slice(root.length + 1)));
  const notes: DataNote[] = [];
  if (empty.length > 0) notes.push({ text: `folders without pictures are no classes: ${list(empty)}` });
  if (unused.length > 0) {
    const files = unused.length === 1 ? "1 file is" : `${digits(unused.length)} files are`;
    notes.push({ text: `${files} not used (not pictures in class folders): ${list(unused)}` });
  }
  return notes;
}

/** Returns the first names of a list, in quotes. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map((name) => JSON.stringify(name)).join(", ");
  return names.length > SHOWN_NAMES ? `${shown}, …` : shown;
}

/** Returns a path in quotes, from the named folder on. */
export function shownPath({ root }: FolderSearch, path: string): string {
  return JSON.stringify(path === root ? path : path.slice(root.length + 1));
}

/** Creates the error for a fault of the named folder. */
export function searchFault({ root }: FolderSearch, found: string): FormatError {
  return new FormatError(`Cannot load ${JSON.stringify(root)}: ${found}`, { file: root });
}
