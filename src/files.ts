/**
 * Reading and writing whole files: a write is all or nothing, a read is bounded. Needs Deno.
 * @module
 */

/** The most symbolic links that are followed in a row, as Linux has it. */
const MOST_LINKS = 40;

/** What {@linkcode readFileBounded} reads where it is not told: what one typed array surely holds. */
const DEFAULT_MAX_BYTES = 2 ** 32 - 1;

/** Bytes that a read of unknown length begins with. */
const FIRST_READ = 64 * 1024;

/**
 * Writes a file so that a reader, or a crash at any moment, finds either the old content or the new one, whole.
 *
 * The bytes go to a temporary file beside the target, are synced to the disk, and take the target's name. Missing
 * folders are created, an existing file keeps its mode, and a symbolic link keeps pointing where it points: the file
 * there is replaced. A device or a pipe is written to directly. A process that is killed can leave the temporary file,
 * whose name ends in `.part`. Needs read and write permission for the folder.
 *
 * @throws {TypeError} where `path` is a folder
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array): Promise<void> {
  const target = await followLinks(path);
  const before = await statOrUndefined(target);
  if (before?.isDirectory) {
    throw new TypeError(`Cannot write ${JSON.stringify(path)}: it is a folder, needs a file`);
  }
  if (before && !before.isFile) return await Deno.writeFile(target, bytes);

  const folder = folderOf(target);
  await Deno.mkdir(folder, { recursive: true });
  const temporary = `${target}.${crypto.randomUUID().slice(0, 8)}.part`;
  try {
    await writeSynced(temporary, bytes, before?.mode ?? undefined);
    await Deno.rename(temporary, target);
  } catch (error) {
    await removeIfThere(temporary);
    throw error;
  }
  await syncFolder(folder);
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

/** Writes a new file and waits until the disk has it. */
async function writeSynced(path: string, bytes: Uint8Array, mode: number | undefined): Promise<void> {
  // The file is never open to more users than the one that it replaces; chmod then adds what the umask took.
  const permissions = mode === undefined ? {} : { mode: mode & 0o777 };
  const file = await Deno.open(path, { write: true, createNew: true, ...permissions });
  try {
    for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
    if (mode !== undefined && Deno.build.os !== "windows") await Deno.chmod(path, mode & 0o7777);
    await file.sync();
  } finally {
    file.close();
  }
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
  try {
    const directory = await Deno.open(folder);
    await directory.sync().finally(() => directory.close());
  } catch {
    // The file is whole either way.
  }
}

/** The folder of a path: `a/b` for `a/b/c`, `.` for `c`, `/` for `/c`. */
function folderOf(path: string): string {
  const separator = Deno.build.os === "windows" ? /[\\/]/g : /\//g;
  const last = [...path.matchAll(separator)].at(-1)?.index;
  return last === undefined ? "." : path.slice(0, last) || "/";
}

function isAbsolute(path: string): boolean {
  return path.startsWith("/") || (Deno.build.os === "windows" && /^([A-Za-z]:)?[\\/]/.test(path));
}
