/**
 * Temporary files, each beside the file that it replaces: `NAME.1a2b3c4d.part`. A process locks its temporary file
 * while it writes, so that an unlocked one is known to be left by a killed process. Needs Deno.
 * @module
 */
import { tryLock } from "./file_lock.ts";
import { folderOf, nameOf } from "./file_paths.ts";

/** An open temporary file. */
export interface PartFile {
  /** Its path. */
  readonly path: string;
  /** The file, open for writing; the caller closes it. */
  readonly file: Deno.FsFile;
}

/** Returns a new path for a temporary file of `target`. */
export function partPath(target: string): string {
  return `${target}.${crypto.randomUUID().slice(0, 8)}.part`;
}

/**
 * Creates an empty temporary file beside `target`, locked until it is closed.
 *
 * @param options `mode` is the file's mode, from which the umask removes bits
 */
export async function createPart(
  target: string,
  options: { readonly mode?: number } = {},
): Promise<PartFile> {
  while (true) {
    const path = partPath(target);
    const file = await Deno.open(path, { write: true, createNew: true, ...options });
    const state = await tryLock(file, path);
    // On a file system without locks, no process removes it, because none can lock it.
    if (state === "locked" || state instanceof Error) return { path, file };
    file.close(); // another process locked it first, and removes it
  }
}

/** Removes the temporary files of `target` that killed processes left. Files that cannot be removed stay. */
export async function removeOrphans(target: string): Promise<void> {
  const folder = folderOf(target), name = nameOf(target);
  const isPart = (found: string) =>
    found.startsWith(name) && /^\.[0-9a-f]{8}\.part$/.test(found.slice(name.length));
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.isFile && isPart(entry.name)) await removeIfUnlocked(`${folder}/${entry.name}`);
    }
  } catch {
    // A file can still be written to a folder that cannot be listed.
  }
}

async function removeIfUnlocked(path: string): Promise<void> {
  let file: Deno.FsFile | undefined;
  try {
    file = await Deno.open(path, { write: true }).catch(() => Deno.open(path)); // its mode may forbid writing
    if (await tryLock(file, path) === "locked") await Deno.remove(path);
  } catch {
    // It belongs to another user, or was removed in the meantime.
  } finally {
    file?.close();
  }
}
