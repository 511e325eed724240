/**
 * Reading of zip archives, with stored and deflated entries and zip64.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 * @module
 */
import { crc32 } from "./crc32.ts";
import { byteCount, digits, type Origin, type Refuse, refuser } from "./fault.ts";
import { inflate } from "./inflate.ts";
import { nameFault } from "./zip_name.ts";

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
export interface ReadZipOptions {
  /** The file's name, for messages. */
  readonly name?: string;
  /** The maximum decompressed size of an entry, in bytes; 4 GiB by default. */
  readonly maxBytes?: number;
}

/** An entry as the directory describes it. */
interface DirectoryRecord {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  readonly flags: number;
  readonly method: number;
  readonly checksum: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly localStart: number;
}

const LOCAL_SIGNATURE = 0x04034B50;
const CENTRAL_SIGNATURE = 0x02014B50;
const END_SIGNATURE = 0x06054B50;
const END64_SIGNATURE = 0x06064B50;
const LOCATOR64_SIGNATURE = 0x07064B50;
const END_SIZE = 22;
const MAX_COMMENT_LENGTH = 0xFFFF;
/** The content of a 32-bit field whose value is in the zip64 extra field. */
const IN_ZIP64 = 0xFFFFFFFF;

/** Names of compression methods that are not supported, for messages. */
const METHODS: Readonly<{ [method: number]: string }> = {
  9: "deflate64",
  12: "bzip2",
  14: "lzma",
  93: "zstd",
  95: "xz",
};

/**
 * Lists the entries of an archive, in the order of its directory. It refuses entries that overlap or lie outside of
 * the file, two entries of the same name, names that lead out of a folder, entries whose local header has another
 * name than the directory, and bytes before the first entry.
 *
 * @throws {FormatError} if the archive is cut short or damaged
 */
export function readZip(bytes: Uint8Array, options: ReadZipOptions = {}): ZipEntry[] {
  const origin: Origin = { name: options.name };
  const refuse = refuser("zip", origin);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { start, end, count } = findDirectory(view, refuse);
  const records = readDirectory(view, start, end, count, refuse);
  const starts = dataStarts(view, records, start, refuse);
  const maxBytes = options.maxBytes ?? 2 ** 32;
  return records.map((record, index) => ({
    name: record.name,
    size: record.size,
    compressedSize: record.compressedSize,
    read: () => {
      const data = bytes.subarray(starts[index], starts[index] + record.compressedSize);
      return readEntry(record, data, maxBytes, refuser("zip", { ...origin, member: record.name }));
    },
  }));
}

/** Finds the central directory by the end record and, if there is one, the zip64 end record. */
function findDirectory(view: DataView, refuse: Refuse): { start: number; end: number; count: number } {
  const at = findEnd(view, refuse);
  let [disk, count, size, start] = [
    view.getUint16(at + 4, true),
    view.getUint16(at + 10, true),
    view.getUint32(at + 12, true),
    view.getUint32(at + 16, true),
  ];
  let end = at;
  if (at >= 20 && view.getUint32(at - 20, true) === LOCATOR64_SIGNATURE) {
    end = readUint64(view, at - 20 + 8, refuse);
    if (end > at - 20 - 56 || view.getUint32(end, true) !== END64_SIGNATURE) {
      throw refuse("has no zip64 end record where its locator points", { offset: at - 20 });
    }
    disk = view.getUint32(end + 16, true);
    count = readUint64(view, end + 32, refuse);
    size = readUint64(view, end + 40, refuse);
    start = readUint64(view, end + 48, refuse);
  }
  if (disk !== 0) throw refuse("is one part of an archive that was split", { offset: end });
  if (start + size !== end) {
    const fault = start + size > end ? "misses bytes before its directory, or is damaged" : "is damaged";
    throw refuse(
      `${fault}: its directory should end at byte ${digits(start + size)}, it ends at ${digits(end)}`,
    );
  }
  return { start, end, count };
}

/** Returns the offset of the end record, which is at the end of the file; only its own comment follows it. */
function findEnd(view: DataView, refuse: Refuse): number {
  const last = view.byteLength - END_SIZE;
  for (let at = last; at >= 0 && at >= last - MAX_COMMENT_LENGTH; at--) {
    if (view.getUint32(at, true) === END_SIGNATURE && at + view.getUint16(at + 20, true) === last) return at;
  }
  if (view.byteLength >= 4 && view.getUint32(0, true) === LOCAL_SIGNATURE) {
    throw refuse(`is cut short after ${byteCount(view.byteLength)}: the zip directory at its end is missing`);
  }
  throw refuse("is not a zip archive: it has no directory at its end");
}

function readDirectory(
  view: DataView,
  start: number,
  end: number,
  count: number,
  refuse: Refuse,
): DirectoryRecord[] {
  const records: DirectoryRecord[] = [];
  const names = new Set<string>();
  let at = start;
  while (at < end) {
    if (at + 46 > end || view.getUint32(at, true) !== CENTRAL_SIGNATURE) {
      throw refuse("has a damaged directory entry", { offset: at });
    }
    const nameEnd = at + 46 + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const next = extraEnd + view.getUint16(at + 32, true);
    if (next > end) {
      throw refuse("has a directory entry that does not fit into its directory", { offset: at });
    }
    const text = new Uint8Array(view.buffer, view.byteOffset + at + 46, nameEnd - at - 46);
    const name = new TextDecoder().decode(text.slice());
    if (names.has(name)) throw refuse(`has two entries named ${JSON.stringify(name)}`, { offset: at });
    const fault = nameFault(name);
    if (fault !== undefined) {
      throw refuse(`has an entry named ${JSON.stringify(name)}, ${fault}`, { offset: at });
    }
    names.add(name);
    records.push({
      name,
      nameBytes: text,
      flags: view.getUint16(at + 8, true),
      method: view.getUint16(at + 10, true),
      checksum: view.getUint32(at + 16, true),
      ...sizesOf(view, at, nameEnd, extraEnd, refuse),
    });
    at = next;
  }
  if (records.length !== count) throw refuse(`lists ${records.length} entries, its end record says ${count}`);
  return records;
}

/**
 * Returns the sizes and the offset of an entry. The zip64 extra field holds, in this order, the values of those
 * fields that are all ones.
 */
function sizesOf(view: DataView, at: number, extraStart: number, extraEnd: number, refuse: Refuse) {
  let wideAt = extraStart;
  let wideEnd = extraStart;
  for (let field = extraStart; field + 4 <= extraEnd;) {
    const fieldEnd = field + 4 + view.getUint16(field + 2, true);
    if (view.getUint16(field, true) === 1 && fieldEnd <= extraEnd) [wideAt, wideEnd] = [field + 4, fieldEnd];
    field = fieldEnd;
  }
  const field = (offset: number): number => {
    const value = view.getUint32(at + offset, true);
    if (value !== IN_ZIP64) return value;
    wideAt += 8;
    if (wideAt > wideEnd) {
      throw refuse("has a directory entry without the zip64 sizes that it needs", { offset: at });
    }
    return readUint64(view, wideAt - 8, refuse);
  };
  const size = field(24);
  return { size, compressedSize: field(20), localStart: field(42) };
}

/** Returns the offset of each entry's data. Data must end before the next entry, or the directory, begins. */
function dataStarts(
  view: DataView,
  records: readonly DirectoryRecord[],
  directory: number,
  refuse: Refuse,
): number[] {
  const order = records.map((_, index) => index).sort((a, b) =>
    records[a].localStart - records[b].localStart
  );
  const before = order.length > 0 ? records[order[0]].localStart : directory;
  if (before > 0) throw refuse(`has ${byteCount(before)} before its first entry, needs none`);
  const starts: number[] = [];
  order.forEach((index, place) => {
    const { name, nameBytes, localStart, compressedSize } = records[index];
    const limit = place + 1 < order.length ? records[order[place + 1]].localStart : directory;
    const quoted = JSON.stringify(name);
    if (localStart + 30 > directory || view.getUint32(localStart, true) !== LOCAL_SIGNATURE) {
      throw refuse(`has no entry ${quoted} where its directory says`, { offset: localStart });
    }
    const nameEnd = localStart + 30 + view.getUint16(localStart + 26, true);
    const start = nameEnd + view.getUint16(localStart + 28, true);
    if (start + compressedSize > limit) {
      throw refuse(`has an entry ${quoted} of ${byteCount(compressedSize)} that overlaps the data after it`, {
        offset: localStart,
      });
    }
    const local = new Uint8Array(view.buffer, view.byteOffset + localStart + 30, nameEnd - localStart - 30);
    if (local.length !== nameBytes.length || local.some((byte, i) => byte !== nameBytes[i])) {
      const found = JSON.stringify(new TextDecoder().decode(local.slice()));
      throw refuse(`has an entry named ${found} where its directory says ${quoted}`, { offset: localStart });
    }
    starts[index] = start;
  });
  return starts;
}

async function readEntry(
  record: DirectoryRecord,
  data: Uint8Array,
  maxBytes: number,
  refuse: Refuse,
): Promise<Uint8Array> {
  const { flags, method, size, checksum } = record;
  if (flags & 1) throw refuse("is encrypted, needs to be saved without a password");
  if (method !== 0 && method !== 8) {
    throw refuse(`is compressed with ${METHODS[method] ?? `method ${method}`}, needs stored or deflate`);
  }
  if (size > maxBytes) throw refuse(`holds ${byteCount(size)}, at most ${byteCount(maxBytes)} are read`);
  if (method === 0 && size !== data.length) {
    throw refuse(`is stored in ${byteCount(data.length)}, its directory entry declares ${digits(size)}`);
  }
  const content = method === 0 ? data : await inflate(data, { format: "deflate-raw", size, refuse });
  const actual = crc32(content);
  if (actual !== checksum) throw refuse(`is damaged: its CRC-32 is ${hex(actual)}, needs ${hex(checksum)}`);
  return content;
}

function readUint64(view: DataView, at: number, refuse: Refuse): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) {
    throw refuse("has a 64-bit size or offset beyond any file", { offset: at });
  }
  return value;
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, "0");
}
