/**
 * Writing of zip archives. Entries are stored in the given order with a fixed date, so that the same entries give the
 * same bytes.
 * @module
 */
import { crc32 } from "./crc32.ts";
import { nameFault } from "./zip_name.ts";

/** A file to write into an archive. */
export interface ZipInput {
  /** Its name in the archive, with forward slashes. */
  readonly name: string;
  /** Its content. */
  readonly bytes: Uint8Array;
}

/** Version 2.0 of the format, the one that a reader of stored entries needs. */
const VERSION = 20;
/** The flag of a name in UTF-8. */
const UTF8 = 0x0800;
/** January 1, 1980, the first day that the format can represent. */
const FIRST_DAY = 0x0021;
const LOCAL_SIZE = 30;
const CENTRAL_SIZE = 46;
const END_SIZE = 22;

/**
 * Writes an archive of stored entries.
 *
 * @throws {RangeError} if the archive would need zip64 (more than 4 GiB or 65,534 entries), or a name is used twice,
 * is longer than 65,535 bytes, contains NUL or leads out of a folder
 */
export function writeZip(entries: readonly ZipInput[]): Uint8Array<ArrayBuffer> {
  const names = entries.map(({ name }) => new TextEncoder().encode(name));
  checkEntries(entries, names);
  const overhead = names.reduce((sum, { length }) => sum + LOCAL_SIZE + CENTRAL_SIZE + 2 * length, END_SIZE);
  const total = entries.reduce((sum, { bytes }) => sum + bytes.length, overhead);
  if (total >= 0xFFFFFFFF) {
    throw new RangeError(`Cannot write zip: ${total} bytes, at most 4 GiB are written`);
  }

  const file = new Uint8Array(total);
  const view = new DataView(file.buffer);
  const directory: { name: Uint8Array; fields: Uint8Array; start: number }[] = [];
  let at = 0;
  entries.forEach(({ bytes }, index) => {
    const name = names[index];
    const start = at;
    view.setUint32(at, 0x04034B50, true);
    writeFields(view, at + 4, bytes, name);
    file.set(name, at + LOCAL_SIZE);
    file.set(bytes, at + LOCAL_SIZE + name.length);
    // The directory repeats the 26 bytes from the version to the length of the extra field.
    directory.push({ name, fields: file.subarray(at + 4, at + LOCAL_SIZE), start });
    at += LOCAL_SIZE + name.length + bytes.length;
  });
  const directoryStart = at;
  for (const { name, fields, start } of directory) {
    view.setUint32(at, 0x02014B50, true);
    view.setUint16(at + 4, VERSION, true);
    file.set(fields, at + 6);
    view.setUint32(at + 42, start, true);
    file.set(name, at + CENTRAL_SIZE);
    at += CENTRAL_SIZE + name.length;
  }
  view.setUint32(at, 0x06054B50, true);
  view.setUint16(at + 8, entries.length, true);
  view.setUint16(at + 10, entries.length, true);
  view.setUint32(at + 12, at - directoryStart, true);
  view.setUint32(at + 16, directoryStart, true);
  return file;
}

function writeFields(view: DataView, at: number, bytes: Uint8Array, name: Uint8Array): void {
  view.setUint16(at, VERSION, true);
  view.setUint16(at + 2, name.some((byte) => byte > 127) ? UTF8 : 0, true);
  view.setUint16(at + 8, FIRST_DAY, true);
  view.setUint32(at + 10, crc32(bytes), true);
  view.setUint32(at + 14, bytes.length, true);
  view.setUint32(at + 18, bytes.length, true);
  view.setUint16(at + 22, name.length, true);
}

function checkEntries(entries: readonly ZipInput[], names: readonly Uint8Array[]): void {
  if (entries.length >= 0xFFFF) {
    throw new RangeError(`Cannot write zip: ${entries.length} entries, at most 65,534 are written`);
  }
  const seen = new Set<string>();
  entries.forEach(({ name }, index) => {
    const quoted = JSON.stringify(name.slice(0, 80));
    const fault = nameFault(name);
    if (fault !== undefined) throw new RangeError(`Cannot write zip: an entry is named ${quoted}, ${fault}`);
    if (seen.has(name)) throw new RangeError(`Cannot write zip: two entries are named ${quoted}`);
    if (names[index].length > 0xFFFF) {
      throw new RangeError(`Cannot write zip: the name ${quoted}... is too long`);
    }
    seen.add(name);
  });
}
