/**
 * Checks a shared library on disk before it is loaded. On Linux, loading a truncated one ends the process with SIGBUS: the
 * linker maps the parts that its headers name, and reads beyond the end of the file. Other systems check this themselves.
 * @module
 */

/** The `e_machine` of an ELF file for each processor of `Deno.build.arch`. */
const MACHINES = { x86_64: 62, aarch64: 183 } as const;

/** The sizes of the header of an ELF file, and of the entry of a segment, in bytes. */
const HEADER = 64, SEGMENT = 56;

/** The type of a segment that is loaded. */
const PT_LOAD = 1;

/**
 * Returns why a file is not a complete shared library for this machine. Returns `undefined` if no fault is found, and if
 * the file cannot be checked: if it may not be read, or if this system is not Linux.
 */
export function libraryFault(path: string): string | undefined {
  if (Deno.build.os !== "linux") return undefined;
  if (Deno.permissions.querySync({ name: "read", path }).state !== "granted") return undefined;
  let file: Deno.FsFile;
  try {
    if (!Deno.statSync(path).isFile) return "is no file"; // opening a pipe would wait for its writer
    file = Deno.openSync(path);
  } catch {
    return undefined; // the linker reports it
  }
  try {
    return faultOf(
      file.statSync().size,
      (offset, length) => readAt(file, offset, length),
      MACHINES[Deno.build.arch],
    );
  } finally {
    file.close();
  }
}

/** Reads bytes of a file; fewer if it ends before. */
function readAt(file: Deno.FsFile, offset: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  file.seekSync(offset, Deno.SeekMode.Start);
  let done = 0;
  while (done < length) {
    const read = file.readSync(bytes.subarray(done));
    if (read === null) break;
    done += read;
  }
  return bytes.subarray(0, done);
}

/**
 * Returns why an ELF file is not a complete 64-bit little-endian library for a machine; `undefined` if it is.
 *
 * @param size the size of the file, in bytes
 * @param read returns `length` bytes from `offset`, or fewer if the file ends before
 * @param machine the `e_machine` that is needed
 */
export function faultOf(
  size: number,
  read: (offset: number, length: number) => Uint8Array<ArrayBuffer>,
  machine: number,
): string | undefined {
  const header = read(0, HEADER);
  if (header.length < HEADER || ![0x7f, 0x45, 0x4c, 0x46].every((byte, at) => header[at] === byte)) {
    return "is no shared library";
  }
  const fields = new DataView(header.buffer);
  if (header[4] !== 2 || header[5] !== 1 || fields.getUint16(18, true) !== machine) {
    return "is for another kind of processor";
  }
  const [segments, sections] = [32, 40].map((at) => Number(fields.getBigUint64(at, true)));
  const [segmentBytes, segmentCount, sectionBytes, sectionCount] = [54, 56, 58, 60].map((at) =>
    fields.getUint16(at, true)
  );
  let end = Math.max(segments + segmentCount * segmentBytes, sections + sectionCount * sectionBytes);
  if (end <= size && segmentBytes === SEGMENT) {
    const table = new DataView(read(segments, segmentCount * SEGMENT).buffer);
    for (let at = 0; at < table.byteLength; at += SEGMENT) {
      if (table.getUint32(at, true) !== PT_LOAD) continue;
      const [offset, length] = [8, 32].map((field) => Number(table.getBigUint64(at + field, true)));
      end = Math.max(end, offset + length);
    }
  }
  return end > size ? `is truncated: it has ${size} bytes, needs ${end}` : undefined;
}
