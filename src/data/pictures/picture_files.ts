/**
 * The files of a folder of pictures. Hidden files and those that operating systems add are not listed. Needs Deno.
 * @module
 */
import { FormatError } from "../../errors.ts";

/** The content of a folder; each name without the folder's path, in the order of code units. */
export interface FolderContent {
  /** The path. */
  readonly path: string;
  /** The folders in it. */
  readonly folders: readonly string[];
  /** The files that are pictures by their name. */
  readonly pictures: readonly string[];
  /** The other files. */
  readonly others: readonly string[];
}

/**
 * Names of pictures. Those of formats that are not read are among them, so that such a file is refused by its format, and not
 * left out.
 */
const PICTURE_NAME =
  /\.(?:png|apng|jpe?g|jpe|jfif|webp|gif|bmp|dib|tiff?|heic|heif|avif|jxl|jp2|svg|psd|p[bgpn]m|ico|tga)$/i;

/** Files and folders that operating systems and archivers add. */
const ADDED = /^(?:\..*|__MACOSX|Thumbs\.db|ehthumbs\.db|desktop\.ini|Icon\r|@eaDir)$/i;

/**
 * Lists a folder. Symbolic links are followed; a link that leads nowhere, or back to itself, is refused.
 *
 * @throws {FormatError} if a link has no target
 */
export async function listFolder(path: string): Promise<FolderContent> {
  const folders: string[] = [], pictures: string[] = [], others: string[] = [];
  for await (const entry of Deno.readDir(path)) {
    const { name } = entry;
    if (ADDED.test(name)) continue;
    const { isDirectory, isFile } = entry.isSymlink ? await followed(`${path}/${name}`) : entry;
    if (isDirectory) folders.push(name);
    else if (isFile && PICTURE_NAME.test(name)) pictures.push(name);
    else others.push(name);
  }
  return { path, folders: folders.sort(), pictures: pictures.sort(), others: others.sort() };
}

async function followed(path: string): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable || cause instanceof Deno.errors.PermissionDenied) throw cause;
    const fault = "it is a symbolic link without a target";
    throw new FormatError(`Cannot read ${JSON.stringify(path)}: ${fault}`, { file: path, cause });
  }
}
