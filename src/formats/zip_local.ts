/**
 * The local headers of a zip archive, one before the data of each entry. They repeat fields of the directory. If a field differs,
 * a program that reads the local headers finds other content than one that reads the directory.
 * @module
 */
import { byteCount, digits, quoted, type Refuse } from "./fault.ts";
import { type DirectoryRecord, IN_ZIP64, LOCAL_SIGNATURE, readUint64 } from "./zip_directory.ts";

/** The bit of an entry's flags that is 1 if the entry is encrypted. */
export const ENCRYPTED = 1;
/** The bit of an entry's flags that is 1 if sizes and checksum follow the data; they may then be 0 in the local header. */
const DESCRIBED = 8;
const DESCRIPTOR_SIGNATURE = 0x08074B50;
const HEADER_SIZE = 30;

/**
 * Returns the offset of each entry's data. Data must end before the next entry, or the directory, begins.
 *
 * @param directory the offset of the directory
 * @throws {FormatError} made by `refuse` if entries overlap, if bytes come before the first one, or if a local header differs from
 * its record
 */
export function dataStarts(
  view: DataView,
  records: readonly DirectoryRecord[],
  directory: number,
  refuse: Refuse,
): number[] {
  const order = records.map((_, index) => index).sort((a, b) =>
    records[a].localStart - records[b].localStart
  );
  const before = order.length > 0 ? records[order[0]].localStart : directory;
  if (before > 0) throw refuse(`has ${byteCount(before)} before its first entry, needs none`, { offset: 0 });
  const starts: number[] = [];
  order.forEach((index, place) => {
    const record = records[index], { localStart, compressedSize } = record;
    const next = place + 1 < order.length ? records[order[place + 1]].localStart : directory;
    const limit = Math.min(next, directory); // the next entry may be said to lie beyond the directory
    const entry = quoted(record.name), at = { offset: localStart };
    if (localStart + HEADER_SIZE > directory || view.getUint32(localStart, true) !== LOCAL_SIGNATURE) {
      throw refuse(`has no entry ${entry} where its directory says`, at);
    }
    const nameEnd = localStart + HEADER_SIZE + view.getUint16(localStart + 26, true);
    const start = nameEnd + view.getUint16(localStart + 28, true);
    if (start + compressedSize > limit) {
      throw refuse(
        `has an entry ${entry} of ${byteCount(compressedSize)} that overlaps the data after it`,
        at,
      );
    }
    checkName(view, record, nameEnd, refuse);
    const isDescribed = checkFields(view, record, { nameEnd, start, refuse });
    if (isDescribed && !hasDescriptor(view, record, start + compressedSize, limit)) {
      throw refuse(
        `has an entry ${entry} whose sizes and checksum do not follow its data, needs those of its directory`,
        at,
      );
    }
    starts[index] = start;
  });
  return starts;
}

function checkName(
  view: DataView,
  { name, nameBytes, localStart }: DirectoryRecord,
  nameEnd: number,
  refuse: Refuse,
): void {
  const start = localStart + HEADER_SIZE;
  const local = new Uint8Array(view.buffer, view.byteOffset + start, nameEnd - start);
  if (local.length === nameBytes.length && local.every((byte, i) => byte === nameBytes[i])) return;
  const found = quoted(new TextDecoder().decode(local.slice()));
  throw refuse(`has an entry named ${found} where its directory says ${quoted(name)}`, {
    offset: localStart,
  });
}

/** Checks the other fields of a local header; returns whether a descriptor follows the data. */
function checkFields(
  view: DataView,
  record: DirectoryRecord,
  { nameEnd, start, refuse }: {
    readonly nameEnd: number;
    readonly start: number;
    readonly refuse: Refuse;
  },
): boolean {
  const { name, flags, localStart: at } = record;
  const localFlags = view.getUint16(at + 6, true), isDescribed = ((localFlags | flags) & DESCRIBED) !== 0;
  const wide = wideSizes(view, nameEnd, start, refuse);
  const sizeAt = (offset: number, place: number) => {
    const value = view.getUint32(at + offset, true);
    return value === IN_ZIP64 ? wide[place] ?? value : value;
  };
  const fields: readonly (readonly [kind: string, found: number, needed: number, isOptional: boolean])[] = [
    ["encryption", localFlags & ENCRYPTED, flags & ENCRYPTED, false],
    ["method", view.getUint16(at + 8, true), record.method, false],
    ["CRC-32", view.getUint32(at + 14, true), record.checksum, isDescribed],
    ["compressed size", sizeAt(18, 1), record.compressedSize, isDescribed],
    ["size", sizeAt(22, 0), record.size, isDescribed],
  ];
  for (const [kind, found, needed, isOptional] of fields) {
    if (found === needed || (isOptional && found === 0)) continue;
    const [local, listed] = kind === "CRC-32" ? [hex(found), hex(needed)] : [digits(found), digits(needed)];
    throw refuse(
      `has an entry ${quoted(name)} of ${kind} ${local} where its directory says ${listed}`,
      { offset: at },
    );
  }
  return isDescribed;
}

/** Returns the two sizes of the zip64 extra field of a local header; none if it has no such field. */
function wideSizes(view: DataView, from: number, to: number, refuse: Refuse): number[] {
  for (let at = from; at + 4 <= to;) {
    const end = at + 4 + view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1 && end <= to && end >= at + 20) {
      return [readUint64(view, at + 4, refuse), readUint64(view, at + 12, refuse)];
    }
    at = end;
  }
  return [];
}

/** Returns whether a descriptor with the values of the directory is at `at`: with or without signature, of 32 or 64 bits. */
function hasDescriptor(
  view: DataView,
  { checksum, compressedSize, size }: DirectoryRecord,
  at: number,
  limit: number,
): boolean {
  return [at, at + 4].some((start) => {
    if (start > at && (start > limit || view.getUint32(at, true) !== DESCRIPTOR_SIGNATURE)) return false;
    if (start + 12 > limit || view.getUint32(start, true) !== checksum) return false;
    const isNarrow = view.getUint32(start + 4, true) === compressedSize &&
      view.getUint32(start + 8, true) === size;
    return isNarrow || (start + 20 <= limit &&
      view.getBigUint64(start + 4, true) === BigInt(compressedSize) &&
      view.getBigUint64(start + 12, true) === BigInt(size));
  });
}

/** Formats a checksum for messages. */
export function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, "0");
}
