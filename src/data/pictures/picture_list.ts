/**
 * Lists of the pictures that a folder holds, for predictions. Needs Deno.
 * @module
 */
import { checkFiles } from "../../host.ts";
import { listNames, type PictureFile } from "./class_folders.ts";
import type { DataNote } from "../dataset.ts";
import { listFolder } from "./picture_files.ts";
import { findPictureSets } from "./picture_sets.ts";

/** The pictures of a folder. */
export interface PictureList {
  /** The pictures in a fixed order: those of each class together. */
  readonly pictures: readonly PictureFile[];
  /** Files and folders that are left out. */
  readonly notes: readonly DataNote[];
}

/**
 * Lists the pictures of a folder: those in it or, if it holds none, those in its class folders, whose names are then their
 * classes. Of a folder with several sets, one is listed: by default the test set, or the training set if there is none. No file
 * is opened.
 *
 * @returns an empty list if the folder has no pictures
 * @throws {FormatError} if the class folders are not as {@linkcode openPictureFolder} needs them
 */
export async function listPictures(
  path: string,
  options: { readonly set?: "train" | "test" | "validation" } = {},
): Promise<PictureList> {
  checkFiles(`list ${JSON.stringify(path)}`, "pass the bytes of each picture to readPicture()");
  const { pictures, folders, others } = await listFolder(path);
  if (pictures.length > 0) {
    const notes: DataNote[] = [];
    if (folders.length > 0) {
      notes.push({ text: `folders beside the pictures are not used: ${listNames(folders)}` });
    }
    if (others.length > 0) {
      notes.push({ text: `files that are not pictures are not used: ${listNames(others)}` });
    }
    return { pictures: pictures.map((name) => ({ path: `${path}/${name}` })), notes };
  }
  const sets = await findPictureSets(path);
  if (sets === undefined) return { pictures: [], notes: [] };
  const chosen = options.set ? sets[options.set] : sets.test ?? sets.train;
  return { pictures: chosen?.pictures ?? [], notes: sets.notes };
}
