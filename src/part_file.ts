/**
 * Temporary files beside the file that they become: `NAME.1a2b3c4d.part`. Each is locked while its process writes it, so
 * that one which a killed process left can be told from one that is being written. Needs Deno.
 * @module
 */
import { tryLock } from "./file_lock.ts";
import { folderOf, nameOf } from "./file_paths.ts";

/** A temporary file that is open. */
export interface PartFile {
  /** Its path. */
  readonly path: string;
  /** The file, open for writing; whoever asked for it closes it. */
  readonly file: Deno.FsFile;
}

/** A new name for a temporary file of `target`. */
export function partPath(target: string): string {
  return `${target}.${crypto.randomUUID().slice(0, 8)}.part`;
}

/**
 * Creates an empty temporary file beside `target`, locked until it is closed.
 *
 * @param options `mode` is the file's mode, less what the umask takes
 */
export async function createPart(
  target: string,
  options: { readonly mode?: number } = {},
): Promise<PartFile> {
  while (true) {
    const path = partPath(target);
    const file = await Deno.open(path, { write: true, createNew: true, ...options });
    const state = await tryLock(file, path);
    // Without locks nobody takes it for one that was left.
    if (state === "locked" || state instanceof Error) return { path, file };
    file.close(); // another process saw it before it was locked, and removes it
  }
}

/** Removes the temporary files of `target` that a killed process left; those that cannot be removed stay. */
export async function removeOrphans(target: string): Promise<void> {
  const folder = folderOf(target), name = nameOf(target);
  const isPart = (found: string) =>
    found.startsWith(name) && /^\.[0-9a-f]{8}\.part$/.test(found.slice(name.length));
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.isFile && isPart(entry.name)) await removeIfUnlocked(`${folder}/${entry.name}`);
    }
  } catch {
    // A folder that cannot be listed is no reason to write nothing into it.
  }
}

async function removeIfUnlocked(path: string): Promise<void> {
  let file: Deno.FsFile | undefined;
  try {
    file = await Deno.open(path, { write: true }).catch(() => Deno.open(path)); // its mode may forbid writing
    if (await tryLock(file, path) === "locked") await Deno.remove(path);
  } catch {
    // It is somebody else's, or was removed meanwhile.
  } finally {
    file?.close();
  }
}
