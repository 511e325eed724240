/**
 * Reading of zip archives, with stored and deflated entries and zip64.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 * @module
 */
import { crc32 } from "./crc32.ts";
import { checkExpansion, type SizeOptions } from "./expansion.ts";
import { byteCount, digits, type Refuse, refuser } from "./fault.ts";
import { type Deflated, inflate } from "./inflate.ts";
import { createPause } from "./pause.ts";
import { type DirectoryRecord, findDirectory, readDirectory } from "./zip_directory.ts";
import { dataStarts, ENCRYPTED, hex } from "./zip_local.ts";

/** An entry of an archive. Only `read()` decompresses its bytes. */
export interface ZipEntry {
  /** Its name, with forward slashes. */
  readonly name: string;
  /** The decompressed size in bytes, as the directory declares it. */
  readonly size: number;
  /** The compressed size in bytes. */
  readonly compressedSize: number;
  /**
   * Decompresses the entry and checks its size and checksum. For a stored entry, returns a view of the archive's
   * bytes.
   *
   * @throws {FormatError} if the entry is damaged, encrypted, neither stored nor deflated, or larger than allowed
   */
  read(): Promise<Uint8Array>;
}

/** Options of {@linkcode readZip}. */
export interface ReadZipOptions extends SizeOptions {
  /** The file's name, for messages. */
  readonly name?: string;
  /** The maximum decompressed size of an entry, in bytes; 4 GiB by default. */
  readonly maxBytes?: number;
}

/** Names of compression methods that are not supported, for messages. */
const METHODS: Readonly<{ [method: number]: string }> = {
  9: "deflate64",
  12: "bzip2",
  14: "lzma",
  93: "zstd",
  95: "xz",
};
const STORED = 0, DEFLATED = 8;

/**
 * Lists the entries of an archive, in the order of its directory. It refuses entries that overlap or lie outside of the file, two
 * entries of the same name, names that lead out of a folder or have control characters, entries whose local header differs from the
 * directory, bytes before the archive, and archives that expand to more than 16 MiB and 100 times their size.
 *
 * @throws {FormatError} if the archive is cut short or damaged, or refused for these reasons
 */
export function readZip(bytes: Uint8Array, options: ReadZipOptions = {}): ZipEntry[] {
  const { name, maxBytes = 2 ** 32, trustSizes } = options;
  const refuse = refuser("zip", { name });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const directory = findDirectory(view, refuse);
  const records = readDirectory(view, directory, refuse);
  const starts = dataStarts(view, records, directory.start, refuse);
  const total = records.reduce((sum, { size }) => sum + size, 0);
  checkExpansion(total, { fileSize: bytes.length, trustSizes, refuse });
  return records.map((record, index) => ({
    name: record.name,
    size: record.size,
    compressedSize: record.compressedSize,
    read: () =>
      readEntry(record, bytes, {
        start: starts[index],
        maxBytes,
        refuse: refuser("zip", { name, member: record.name }),
      }),
  }));
}

async function readEntry(
  { flags, method, size, compressedSize, checksum, localStart }: DirectoryRecord,
  bytes: Uint8Array,
  { start, maxBytes, refuse }: {
    readonly start: number;
    readonly maxBytes: number;
    readonly refuse: Refuse;
  },
): Promise<Uint8Array> {
  const at = { offset: localStart };
  if (flags & ENCRYPTED) throw refuse("is encrypted, needs to be saved without a password", at);
  if (method !== STORED && method !== DEFLATED) {
    throw refuse(`is compressed with ${METHODS[method] ?? `method ${method}`}, needs stored or deflate`, at);
  }
  if (size > maxBytes) throw refuse(`holds ${byteCount(size)}, at most ${byteCount(maxBytes)} are read`, at);
  if (method === STORED && size !== compressedSize) {
    throw refuse(
      `is stored in ${byteCount(compressedSize)}, its directory entry declares ${digits(size)}`,
      at,
    );
  }
  let actual = 0;
  const onPiece = (piece: Uint8Array) => void (actual = crc32(piece, actual));
  const end = start + compressedSize;
  const content = method === STORED
    ? await readStored(bytes.subarray(start, end), onPiece)
    : await readDeflated({ bytes: bytes.subarray(0, end), start, refuse, onPiece }, size);
  if (actual !== checksum) {
    throw refuse(`is damaged: its CRC-32 is ${hex(actual)}, needs ${hex(checksum)}`, at);
  }
  return content;
}

/** Bytes of a stored entry between two looks at the clock. */
const PIECE = 1024 * 1024;

async function readStored(data: Uint8Array, onPiece: (piece: Uint8Array) => void): Promise<Uint8Array> {
  const pause = createPause();
  for (let at = 0; at < data.length; at += PIECE) {
    onPiece(data.subarray(at, at + PIECE));
    await pause();
  }
  return data;
}

async function readDeflated(deflated: Deflated, size: number): Promise<Uint8Array> {
  const { content, end } = await inflate(deflated, { size });
  const left = deflated.bytes.length - end;
  if (left > 0) throw deflated.refuse(`has ${byteCount(left)} after its compressed data`, { offset: end });
  return content;
}
