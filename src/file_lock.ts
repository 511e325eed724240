/**
 * Locks between processes, kept by the system: whatever ends a process, its locks end with it. Needs Deno.
 * @module
 */
import { folderOf, nameOf } from "./file_paths.ts";

/** A lock that is held until it is released. */
export interface FileLock {
  /** Why the file system gives no lock; `undefined` if it gave one. Nothing keeps others away then. */
  readonly fault: Error | undefined;
  /** Releases the lock and removes its file. */
  release(): Promise<void>;
}

/**
 * Takes the lock of a file that is about to be written: an exclusive lock on `.NAME.lock` beside it, a file that is
 * created for it and removed with it. A process that is killed leaves the file, but not the lock; the next holder
 * removes the file. Needs read and write permission for the folder.
 *
 * @param target the file, with no symbolic link at its end; it need not exist, its folder must
 * @param options `open` opens a file, as `Deno.open` does; there to be replaced in a test
 * @returns the lock; `undefined` if another process, or another call of this one, holds it
 */
export async function lockFile(
  target: string,
  options: { readonly open?: typeof Deno.open } = {},
): Promise<FileLock | undefined> {
  const path = `${folderOf(target)}/.${nameOf(target)}.lock`;
  while (true) {
    const file = await openLock(path, options.open ?? Deno.open);
    const state = await tryLock(file, path);
    if (state === "replaced") { // its last holder removed it after it was opened here
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
        // Removed first: whoever opens this file before it is closed finds another, or none, under its name.
        await Deno.remove(path).catch(() => {}); // what stays is taken over by the next holder
        file.close();
      },
    };
  }
}

/**
 * Tries to lock an open file.
 *
 * @param path the name that it was opened by
 * @returns `"locked"`; `"taken"` if somebody else holds the lock; `"replaced"` if it is locked but `path` is now the name
 * of another file, or of none; an error if the file system gives no locks
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
  if (Deno.build.os === "windows") return "locked"; // the numbers compared below are those of POSIX
  try {
    const [opened, named] = [await file.stat(), await Deno.lstat(path)];
    return opened.ino === named.ino && opened.dev === named.dev ? "locked" : "replaced";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "replaced";
    throw error;
  }
}

/** Opens a lock's file; one that another user left is read only, which is enough for a lock. */
async function openLock(path: string, open: typeof Deno.open): Promise<Deno.FsFile> {
  try {
    return await open(path, { read: true, write: true, create: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    return await open(path, { read: true }).catch(() => Promise.reject(error));
  }
}
