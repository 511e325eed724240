/**
 * Reading and writing whole files: a write is all or nothing, a read is bounded. Needs Deno.
 * @module
 */
import { folderOf, isAbsolute, nameOf } from "./file_paths.ts";
import { createPart, type PartFile, partPath, removeOrphans } from "./part_file.ts";

/** The most symbolic links that are followed in a row, as Linux has it. */
const MOST_LINKS = 40;

/** What {@linkcode readFileBounded} reads where it is not told: what one typed array surely holds. */
const DEFAULT_MAX_BYTES = 2 ** 32 - 1;

/** Bytes that a read of unknown length begins with. */
const FIRST_READ = 64 * 1024;

/** Bytes that a copy reads at once. */
const COPIED_AT_ONCE = 1024 * 1024;

/**
 * Writes a file so that a reader, or a crash at any moment, finds either the old content or the new one, whole.
 *
 * The bytes go to a temporary file beside the target, are synced to the disk, and take the target's name. Missing
 * folders are created, an existing file keeps its mode, and a symbolic link keeps pointing where it points: the file
 * there is replaced. A device or a pipe is written to directly. A process that is killed can leave the temporary file,
 * whose name ends in `.part`; the next write to the same target removes it. Needs read and write permission for the
 * folder.
 *
 * @param options `beforeReplace` is called once the disk has the new bytes, before they take the place of a file that is
 * there; nothing is replaced if it throws
 * @throws {TypeError} where `path` is a folder
 */
export async function writeFileAtomic(
  path: string,
  bytes: Uint8Array,
  options: { readonly beforeReplace?: () => Promise<void> } = {},
): Promise<void> {
  const target = await followLinks(path);
  const before = await statOrUndefined(target);
  if (before?.isDirectory) {
    throw new TypeError(`Cannot write ${JSON.stringify(path)}: it is a folder, needs a file`);
  }
  if (before && !before.isFile) return await Deno.writeFile(target, bytes);

  await Deno.mkdir(folderOf(target), { recursive: true });
  await removeOrphans(target); // before the write, which may need their room
  const mode = before?.mode ?? undefined;
  // The file is never open to more users than the one that it replaces; chmod then adds what the umask took.
  const part = await createPart(target, mode === undefined ? {} : { mode: mode & 0o777 });
  await becomeFile(part, target, async ({ file }) => {
    await writeAll(file, bytes);
    if (mode !== undefined && Deno.build.os !== "windows") await Deno.chmod(part.path, mode & 0o7777);
    await file.sync();
    if (before) await options.beforeReplace?.();
  });
}

/**
 * Gives a file a second name, or copies it on a file system without hard links. A file that had the second name is
 * replaced. Both names lead to a whole file at every moment.
 */
export async function keepFile(path: string, kept: string): Promise<void> {
  const link = partPath(path);
  try {
    await Deno.link(path, link);
  } catch {
    return await copyFile(path, kept);
  }
  try {
    await Deno.rename(link, kept);
  } finally {
    await removeIfThere(link); // a rename between two names of one file leaves both
  }
  await syncFolder(folderOf(kept));
}

/**
 * Finds the file that a write to `path` replaces: its absolute path, without symbolic links. Two paths lead to the same
 * file if and only if this returns the same for both. Missing folders are created.
 */
export async function targetOf(path: string): Promise<string> {
  const target = await followLinks(path);
  await Deno.mkdir(folderOf(target), { recursive: true });
  const folder = await Deno.realPath(folderOf(target));
  return `${folder === "/" ? "" : folder}/${nameOf(target)}`;
}

/**
 * Reads a whole file.
 *
 * @param options `maxBytes` is the largest file that is read, 4 GiB by default
 * @throws {TypeError} where `path` is a folder
 * @throws {RangeError} where the file is larger
 */
export async function readFileBounded(
  path: string,
  options: { readonly maxBytes?: number } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { maxBytes = DEFAULT_MAX_BYTES } = options;
  const { isDirectory, size } = await Deno.stat(path);
  if (isDirectory) throw new TypeError(`Cannot read ${JSON.stringify(path)}: it is a folder, needs a file`);
  if (size > maxBytes) throw tooLarge(path, String(size), maxBytes);
  const file = await Deno.open(path);
  try {
    return await readToEnd(file, { name: path, size, maxBytes });
  } finally {
    file.close();
  }
}

/**
 * Reads a stream, such as `Deno.stdin`, to its end.
 *
 * @param options `name` is what messages call it, `size` how many bytes it has (0 where that is not known), and `maxBytes`
 * the most that are read, 4 GiB by default
 * @throws {RangeError} where there are more
 */
export async function readToEnd(
  stream: { read(buffer: Uint8Array): Promise<number | null> },
  options: { readonly name: string; readonly size?: number; readonly maxBytes?: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const { name, size = 0, maxBytes = DEFAULT_MAX_BYTES } = options;
  // One byte more than the size shows the end in the same read; a pipe says 0 and is read until it ends.
  let buffer = new Uint8Array(size > 0 ? size + 1 : FIRST_READ);
  let filled = 0;
  while (true) {
    const count = await stream.read(buffer.subarray(filled));
    if (count === null) return buffer.subarray(0, filled);
    filled += count;
    if (filled > maxBytes) throw tooLarge(name, `more than ${maxBytes}`, maxBytes);
    if (filled === buffer.length) {
      const larger = new Uint8Array(2 * buffer.length);
      larger.set(buffer);
      buffer = larger;
    }
  }
}

function tooLarge(name: string, found: string, maxBytes: number): RangeError {
  return new RangeError(
    `Cannot read ${JSON.stringify(name)}: it has ${found} bytes, at most ${maxBytes} are read`,
  );
}

/** Copies a file so that `to` is at every moment what it was before, or the copy, whole. */
async function copyFile(from: string, to: string): Promise<void> {
  const source = await Deno.open(from);
  try {
    const { mode } = await source.stat();
    const part = await createPart(from, mode === null ? {} : { mode: mode & 0o777 });
    await becomeFile(part, to, async ({ file }) => {
      const buffer = new Uint8Array(COPIED_AT_ONCE);
      for (let count; (count = await source.read(buffer)) !== null;) {
        await writeAll(file, buffer.subarray(0, count));
      }
      await file.sync();
    });
  } finally {
    source.close();
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
}

/** Gives a temporary file the name `to` once `fill` is done with it; removes it if that fails. */
async function becomeFile(
  part: PartFile,
  to: string,
  fill: (part: PartFile) => Promise<void>,
): Promise<void> {
  let isOpen = true;
  const close = () => {
    if (isOpen) part.file.close();
    isOpen = false;
  };
  try {
    await fill(part);
    if (Deno.build.os === "windows") close(); // elsewhere it is locked until it has its name
    await Deno.rename(part.path, to);
  } catch (error) {
    await removeIfThere(part.path);
    throw error;
  } finally {
    close();
  }
  await syncFolder(folderOf(to));
}

/** The path that a chain of symbolic links ends at, whether something is there or not. */
async function followLinks(path: string): Promise<string> {
  let target = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    const link = await statOrUndefined(target, Deno.lstat);
    if (!link?.isSymlink) return target;
    const next = await Deno.readLink(target);
    target = isAbsolute(next) ? next : `${folderOf(target)}/${next}`;
  }
  throw new TypeError(
    `Cannot write ${JSON.stringify(path)}: more than ${MOST_LINKS} symbolic links in a row`,
  );
}

async function statOrUndefined(path: string, stat = Deno.stat): Promise<Deno.FileInfo | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch {
    // The error that led here says more than that its temporary file could not be removed.
  }
}

/** Makes the new name itself survive a power failure, where the system lets a folder be synced (Windows does not). */
async function syncFolder(folder: string): Promise<void> {
  let directory: Deno.FsFile | undefined;
  try {
    directory = await Deno.open(folder);
    await directory.sync();
  } catch {
    // The file is whole either way.
  } finally {
    directory?.close();
  }
}
