/**
 * Locks between processes. The system releases the locks of a process when it ends, for whatever reason. Needs Deno.
 * @module
 */
import { folderOf, nameOf } from "./file_paths.ts";

/** A lock that is held until it is released. */
export interface FileLock {
  /**
   * The error of a file system without locks, on which other processes are not kept out; `undefined` if it has locks.
   */
  readonly fault: Error | undefined;
  /** Releases the lock and removes its file. */
  release(): Promise<void>;
}

/**
 * Locks a file that is about to be written. The lock is an exclusive one on the file `.NAME.lock` beside it, which is
 * created with the lock and removed with it. A process that is killed leaves that file, but not the lock; the next
 * holder removes the file. Needs read and write permission for the folder.
 *
 * @param target the file, which must not be a symbolic link. It need not exist, but its folder must.
 * @param options `open` opens a file, as `Deno.open` does; tests replace it
 * @returns the lock; `undefined` if another process, or another call in this process, holds it
 */
export async function lockFile(
  target: string,
  options: { readonly open?: typeof Deno.open } = {},
): Promise<FileLock | undefined> {
  const path = `${folderOf(target)}/.${nameOf(target)}.lock`;
  while (true) {
    const file = await openLock(path, options.open ?? Deno.open);
    const state = await tryLock(file, path);
    if (state === "replaced") { // the previous holder removed it after it was opened here
      file.close();
      continue;
    }
    if (state === "taken") {
      file.close();
      return undefined;
    }
    let held = true;
    return {
      fault: state === "locked" ? undefined : state,
      async release() {
        if (!held) return;
        held = false;
        // Removed before it is closed: a process that has opened this file then sees that its name is free or
        // replaced.
        await Deno.remove(path).catch(() => {}); // the next holder removes it otherwise
        file.close();
      },
    };
  }
}

/**
 * Locks a file that is about to be written on a file system without locks. The lock is the existence of the file
 * `.NAME.held` beside it, which only one process can create. A process that is killed leaves that file; then nobody
 * gets the lock until a person removes it.
 *
 * @param target as for {@linkcode lockFile}
 * @returns the function that releases the lock; `undefined` if another process holds it
 */
export async function lockByName(target: string): Promise<(() => Promise<void>) | undefined> {
  const path = heldPath(target);
  try {
    (await Deno.open(path, { write: true, createNew: true })).close();
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return undefined;
    throw error;
  }
  return () => Deno.remove(path);
}

/** Returns the path of the file whose existence is the lock of {@linkcode lockByName}. */
export function heldPath(target: string): string {
  return `${folderOf(target)}/.${nameOf(target)}.held`;
}

/**
 * Tries to lock an open file.
 *
 * @param path the path by which the file was opened
 * @returns `"locked"`; `"taken"` if another holder has the lock; `"replaced"` if the file is locked but `path` now
 * leads to another file or to none; an error if the file system has no locks
 */
export async function tryLock(
  file: Deno.FsFile,
  path: string,
): Promise<"locked" | "taken" | "replaced" | Error> {
  try {
    if (!await file.tryLock(true)) return "taken";
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
  if (Deno.build.os === "windows") return "locked"; // the comparison below needs POSIX inode numbers
  try {
    const [opened, named] = [await file.stat(), await Deno.lstat(path)];
    // Inode numbers above 2⁵³ are rounded, so that those of two files can be equal here. A file without a name is replaced.
    const isNamed = opened.nlink !== 0 && opened.ino === named.ino && opened.dev === named.dev;
    return isNamed ? "locked" : "replaced";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "replaced";
    throw error;
  }
}

/** Opens a lock's file; if another user left it, only for reading, which is enough for a lock. */
async function openLock(path: string, open: typeof Deno.open): Promise<Deno.FsFile> {
  try {
    return await open(path, { read: true, write: true, create: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    return await open(path, { read: true }).catch(() => Promise.reject(error));
  }
}
