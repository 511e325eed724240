/**
 * Reading and writing of complete files: a write is atomic, a read has a maximum size. Needs Deno.
 * @module
 */
import { folderOf, isAbsolute, nameOf } from "./file_paths.ts";
import { createPart, type PartFile, partPath, removeOrphans } from "./part_file.ts";

/** The maximum number of symbolic links that are followed in a row; Linux has the same. */
const MAX_LINKS = 40;

/** The default limit of {@linkcode readFileBounded}: a size that every typed array can have. */
const DEFAULT_MAX_BYTES = 2 ** 32 - 1;

/** The first buffer, in bytes, for a stream of unknown length. */
const FIRST_READ = 64 * 1024;

/** The buffer of a copy, in bytes. */
const COPY_BUFFER = 1024 * 1024;

/**
 * Writes a file atomically: at every moment, also after a crash, the file has either the complete old content or the
 * complete new content.
 *
 * The bytes are written to a temporary file beside the target and synced to the disk; then the temporary file is
 * renamed to the target. Missing folders are created, and an existing file keeps its mode. A symbolic link stays, and
 * the file that it points to is replaced. A device or a pipe is written to directly. A process that is killed can
 * leave the temporary file, whose name ends in `.part`; the next write to the same target removes it. Needs read and
 * write permission for the folder.
 *
 * @param content the bytes; those of an iterable are written as they come, and nothing is replaced if it throws
 * @param options `beforeReplace` is called when the disk has the new bytes, before they replace an existing file;
 * nothing is replaced if it throws. `check` is called before that with the path of the temporary file, also if no file
 * exists; nothing is written if it throws. A device or a pipe is not checked
 * @throws {TypeError} if `path` is a folder
 */
export async function writeFileAtomic(
  path: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  options: {
    readonly beforeReplace?: () => Promise<void>;
    readonly check?: (written: string) => Promise<void>;
  } = {},
): Promise<void> {
  const target = await followLinks(path);
  const before = await statOrUndefined(target);
  if (before?.isDirectory) {
    throw new TypeError(`Cannot write ${JSON.stringify(path)}: it is a folder, needs a file`);
  }
  if (before && !before.isFile) {
    const stream = await Deno.open(target, { write: true });
    try {
      return await writeContent(stream, content);
    } finally {
      stream.close();
    }
  }

  await Deno.mkdir(folderOf(target), { recursive: true });
  await removeOrphans(target); // before the write, which may need the disk space
  const mode = before?.mode ?? undefined;
  // The new file is never accessible to more users than the old one. The chmod below adds the bits that the umask
  // removed.
  const part = await createPart(target, mode === undefined ? {} : { mode: mode & 0o777 });
  await fillAndRename(part, target, async ({ file }) => {
    await writeContent(file, content);
    if (mode !== undefined && Deno.build.os !== "windows") await Deno.chmod(part.path, mode & 0o7777);
    await file.sync();
    await options.check?.(part.path);
    if (before) await options.beforeReplace?.();
  });
}

/**
 * Gives a file a second name by a hard link; on a file system without hard links, copies it. A file that had the
 * second name is replaced. At every moment, both names belong to a complete file.
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
    await removeIfThere(link); // a rename between two names of the same file leaves both
  }
  await syncFolder(folderOf(kept));
}

/**
 * Returns the absolute path, without symbolic links, of the file that a write to `path` replaces. The result is equal
 * for two paths if and only if they lead to the same file. Missing folders are created.
 */
export async function targetOf(path: string): Promise<string> {
  const target = await followLinks(path);
  await Deno.mkdir(folderOf(target), { recursive: true });
  const folder = await Deno.realPath(folderOf(target));
  return `${folder === "/" ? "" : folder}/${nameOf(target)}`;
}

/** Returns whether two paths lead to the same file, which need not exist. Creates nothing. */
export async function leadToSameFile(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all(
    [one, other].map(async (path) => await placeOf(await followLinks(path))),
  );
  return first === second;
}

/** Returns the path of a file without symbolic links to folders. The last folders may be missing. */
async function placeOf(path: string): Promise<string> {
  const name = nameOf(path), folder = folderOf(path);
  if (folder === path) return path;
  const real = await Deno.realPath(folder).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return placeOf(folder);
    throw error;
  });
  return `${real === "/" ? "" : real}/${name}`;
}

/**
 * Reads a complete file.
 *
 * @param options `maxBytes` is the maximum size of the file, 4 GiB by default
 * @throws {TypeError} if `path` is a folder
 * @throws {RangeError} if the file is larger
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
 * @param options `name` is its name in messages, `size` its size in bytes (0 if unknown), and `maxBytes` the maximum
 * that is read, 4 GiB by default
 * @throws {RangeError} if the stream has more bytes
 */
export async function readToEnd(
  stream: { read(buffer: Uint8Array): Promise<number | null> },
  options: { readonly name: string; readonly size?: number; readonly maxBytes?: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const { name, size = 0, maxBytes = DEFAULT_MAX_BYTES } = options;
  // One byte more than the size, so that the end is found without growing the buffer. The size of a pipe is 0.
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

async function writeContent(
  file: Deno.FsFile,
  content: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  if (content instanceof Uint8Array) return await writeAll(file, content);
  for await (const bytes of content) await writeAll(file, bytes);
}

/** Copies a file atomically: at every moment, `to` is either the old file or the complete copy. */
async function copyFile(from: string, to: string): Promise<void> {
  const source = await Deno.open(from);
  try {
    const { mode } = await source.stat();
    const part = await createPart(from, mode === null ? {} : { mode: mode & 0o777 });
    await fillAndRename(part, to, async ({ file }) => {
      const buffer = new Uint8Array(COPY_BUFFER);
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

/** Calls `fill` with a temporary file, then renames the file to `to`. Removes the file if that fails. */
async function fillAndRename(
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
    if (Deno.build.os === "windows") close(); // on other systems it stays open, and thereby locked, until it is renamed
    await Deno.rename(part.path, to);
  } catch (error) {
    await removeIfThere(part.path);
    throw error;
  } finally {
    close();
  }
  await syncFolder(folderOf(to));
}

/** Returns the path at the end of a chain of symbolic links; it need not exist. */
async function followLinks(path: string): Promise<string> {
  let target = path;
  for (let links = 0; links < MAX_LINKS; links++) {
    const link = await statOrUndefined(target, Deno.lstat);
    if (!link?.isSymlink) return target;
    const next = await Deno.readLink(target);
    target = isAbsolute(next) ? next : `${folderOf(target)}/${next}`;
  }
  throw new TypeError(
    `Cannot write ${JSON.stringify(path)}: more than ${MAX_LINKS} symbolic links in a row`,
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
    // The error that led here is more important than the temporary file that stays.
  }
}

/** Syncs a folder, so that a new name in it survives a power failure. Windows cannot sync folders. */
async function syncFolder(folder: string): Promise<void> {
  let directory: Deno.FsFile | undefined;
  try {
    directory = await Deno.open(folder);
    await directory.sync();
  } catch {
    // The file itself is complete and synced.
  } finally {
    directory?.close();
  }
}
