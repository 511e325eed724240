/**
 * The central directory at the end of a zip archive, which lists its entries.
 * @module
 */
import { byteCount, digits, quoted, type Refuse } from "./fault.ts";
import { nameFault } from "./zip_name.ts";

/** An entry as the directory describes it. */
export interface DirectoryRecord {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  readonly flags: number;
  readonly method: number;
  readonly checksum: number;
  readonly compressedSize: number;
  readonly size: number;
  /** The offset of its local header. */
  readonly localStart: number;
}

/** The place of the directory, and its number of entries according to the end record. */
export interface Directory {
  readonly start: number;
  readonly end: number;
  readonly count: number;
}

/** The first four bytes of a local header. */
export const LOCAL_SIGNATURE = 0x04034B50;
const CENTRAL_SIGNATURE = 0x02014B50;
const END_SIGNATURE = 0x06054B50;
const END64_SIGNATURE = 0x06064B50;
const LOCATOR64_SIGNATURE = 0x07064B50;
const END_SIZE = 22;
const MAX_COMMENT_LENGTH = 0xFFFF;
/** The content of a 16-bit or 32-bit field whose value is in a zip64 record. */
const COUNT_IN_ZIP64 = 0xFFFF;
/** The content of a 32-bit field whose value is in the zip64 extra field or record. */
export const IN_ZIP64 = 0xFFFFFFFF;

/** Returns whether bytes end as a zip archive does, whatever their first bytes are. */
export function endsAsZip(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at = endRecordOf(view);
  if (at === undefined) return false;
  const first = at - view.getUint32(at + 12, true); // of the directory, unless it is empty or has zip64
  return first >= 0 && view.getUint32(first, true) === CENTRAL_SIGNATURE;
}

/**
 * Finds the central directory by the end record and, if there is one, the zip64 end record.
 *
 * @throws {FormatError} made by `refuse` if there is none, or if it is not where the end record says
 */
export function findDirectory(view: DataView, refuse: Refuse): Directory {
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
    const narrow = [count, size, start];
    disk = view.getUint32(end + 16, true);
    count = readUint64(view, end + 32, refuse);
    size = readUint64(view, end + 40, refuse);
    start = readUint64(view, end + 48, refuse);
    const isOther = [count, size, start].some((value, index) =>
      narrow[index] !== value && narrow[index] !== (index === 0 ? COUNT_IN_ZIP64 : IN_ZIP64)
    );
    if (isOther) throw refuse("has an end record that differs from its zip64 end record", { offset: at });
  }
  if (disk !== 0) throw refuse("is one part of an archive that was split", { offset: end });
  if (start + size !== end) {
    const before = end - size - start;
    if (before > 0 && (size === 0 || view.getUint32(start + before, true) === CENTRAL_SIGNATURE)) {
      throw refuse(`has ${byteCount(before)} before the archive, needs none`, { offset: 0 });
    }
    const fault = start + size > end ? "misses bytes before its directory, or is damaged" : "is damaged";
    throw refuse(
      `${fault}: its directory should end at byte ${digits(start + size)}, it ends at ${digits(end)}`,
    );
  }
  return { start, end, count };
}

/** Returns the offset of the end record, which is at the end of the file; only its own comment follows it. */
function endRecordOf(view: DataView): number | undefined {
  const last = view.byteLength - END_SIZE;
  for (let at = last; at >= 0 && at >= last - MAX_COMMENT_LENGTH; at--) {
    if (view.getUint32(at, true) === END_SIGNATURE && at + view.getUint16(at + 20, true) === last) return at;
  }
  return undefined;
}

function findEnd(view: DataView, refuse: Refuse): number {
  const at = endRecordOf(view);
  if (at !== undefined) return at;
  if (view.byteLength >= 4 && view.getUint32(0, true) === LOCAL_SIGNATURE) {
    throw refuse(`is cut short after ${byteCount(view.byteLength)}: the zip directory at its end is missing`);
  }
  throw refuse("is not a zip archive: it has no directory at its end");
}

/**
 * Reads the records of the directory, in its order.
 *
 * @throws {FormatError} made by `refuse` if a record is damaged, or has a name that is used twice or that {@linkcode nameFault}
 * refuses
 */
export function readDirectory(
  view: DataView,
  { start, end, count }: Directory,
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
    if (names.has(name)) throw refuse(`has two entries named ${quoted(name)}`, { offset: at });
    const fault = nameFault(name);
    if (fault !== undefined) {
      throw refuse(`has an entry named ${quoted(name)}, ${fault}`, { offset: at });
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

/**
 * Reads 64 bits.
 *
 * @throws {FormatError} made by `refuse` if the number is larger than the size of any file
 */
export function readUint64(view: DataView, at: number, refuse: Refuse): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) {
    throw refuse("has a 64-bit size or offset beyond any file", { offset: at });
  }
  return value;
}
