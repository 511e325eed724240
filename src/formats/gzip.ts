/**
 * Gzip files (RFC 1952): one or several members, whose contents follow each other.
 * @module
 */
import { FormatError } from "../errors.ts";
import { crc32 } from "./crc32.ts";
import { expansionFault, expansionLimit, type SizeOptions } from "./expansion.ts";
import { byteCount, digits, type Origin, type Refuse, refuser } from "./fault.ts";
import { createBuffer, inflate, inflatePieces } from "./inflate.ts";

/** The bytes of the shortest member: a header of 10, an empty block of 2, and the checksum and size of the content. */
const MIN_MEMBER = 20;
/** The bytes after the compressed data of a member. */
const TRAILER = 8;
/** The maximum number of members. `bgzip`, which writes the shortest ones, has fewer in a file of 4 GiB. */
const MAX_MEMBERS = 100_000;
/** The maximum size of the content. */
const MAX_BYTES = 2 ** 32 - 1;

/** The bits of a header's flags. */
const HAS_CHECKSUM = 2, HAS_EXTRA = 4, HAS_NAME = 8, HAS_COMMENT = 16, RESERVED = 0xE0;

/** A member of a file. */
interface Member {
  readonly start: number;
  readonly end: number;
  /** The size of its content. */
  readonly size: number;
}

/** Returns whether bytes begin as gzip does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1F && bytes[1] === 0x8B;
}

/**
 * Decompresses a gzip file and checks the CRC-32 of its content. The last four bytes of a file with one member are the size of
 * the content. The sizes of other files are found by decompressing them once without keeping the content.
 *
 * @throws {FormatError} if the file is damaged or cut short, if other bytes follow the last member, or if it expands to more than
 * 16 MiB and 100 times its size without `trustSizes`
 */
export async function gunzip(bytes: Uint8Array, options: Origin & SizeOptions): Promise<Uint8Array> {
  const refuse = refuser("gzip", options);
  if (bytes.length < 18) {
    throw refuse(`is cut short: it has ${byteCount(bytes.length)}, a gzip file has at least 18`);
  }
  const limit = expansionLimit(bytes.length, options);
  const size = sizeBefore(bytes, bytes.length);
  const single = size <= limit && await readSingle(bytes, size, refuse);
  if (single) return single;
  const members = await membersOf(bytes, limit, refuse);
  const result = new Uint8Array(members.reduce((total, { size }) => total + size, 0));
  let filled = 0;
  for (const member of members) {
    await readMember(bytes, member, result.subarray(filled, filled += member.size), refuse);
  }
  return result;
}

/** Returns the size of its content that the member before `end` declares. */
function sizeBefore(bytes: Uint8Array, end: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(end - 4, true);
}

/** Reads a file of one member of this size; returns `undefined` if it is another file, or is damaged. */
async function readSingle(
  bytes: Uint8Array,
  size: number,
  refuse: Refuse,
): Promise<Uint8Array | undefined> {
  try {
    return await readMember(bytes, { start: 0, size, end: bytes.length }, undefined, refuse);
  } catch (error) {
    if (error instanceof FormatError) return undefined; // its fault is found again without keeping the content
    throw error;
  }
}

/** Decompresses a member, by default into a new array, and checks it. */
async function readMember(
  bytes: Uint8Array,
  { start, end, size }: Member,
  into: Uint8Array | undefined,
  refuse: Refuse,
): Promise<Uint8Array> {
  let checksum = 0;
  const { content, end: dataEnd } = await inflate({
    bytes: bytes.subarray(0, end),
    start: headerEnd(bytes, start, refuse),
    refuse,
    onPiece: (piece) => checksum = crc32(piece, checksum),
  }, { size, into });
  if (dataEnd + TRAILER !== end) throw refuse("has a member whose end is not that of its compressed data");
  const wanted = new DataView(bytes.buffer, bytes.byteOffset).getUint32(dataEnd, true);
  if (checksum !== wanted) {
    throw refuse("is damaged: the CRC-32 of its content is not the one that it declares", {
      offset: dataEnd,
    });
  }
  return content;
}

/** Finds the members of a file without keeping their contents. */
async function membersOf(bytes: Uint8Array, limit: number, refuse: Refuse): Promise<Member[]> {
  const members: Member[] = [], buffer = createBuffer();
  let total = 0;
  for (let start = 0; start < bytes.length;) {
    const left = bytes.length - start;
    if (!isGzip(bytes.subarray(start, start + 2))) {
      throw refuse(`has ${byteCount(left)} after its compressed data, needs none or another gzip member`, {
        offset: start,
      });
    }
    if (left < MIN_MEMBER) throw refuse("is cut short in the header of a member", { offset: start });
    const dataStart = headerEnd(bytes, start, refuse), most = Math.min(limit, MAX_BYTES) - total;
    const { end: dataEnd, size } = await inflatePieces({ bytes, start: dataStart, refuse }, { most, buffer });
    if (dataEnd === undefined) {
      if (limit > MAX_BYTES) throw refuse(`inflates to more than ${byteCount(MAX_BYTES)}`, { offset: start });
      const declared = sizeBefore(bytes, bytes.length);
      throw refuse(
        declared > limit
          ? expansionFault(declared, bytes.length)
          : expansionFault(limit, bytes.length, { bound: "more than " }),
      );
    }
    const end = dataEnd + TRAILER;
    if (end > bytes.length) {
      throw refuse("is cut short in the checksum of a member", { offset: dataEnd });
    }
    const declared = sizeBefore(bytes, end);
    if (declared !== size) {
      throw refuse(`inflates to ${byteCount(size)}, it declares ${digits(declared)}`, { offset: end - 4 });
    }
    members.push({ start, end, size });
    total += size;
    start = end;
    if (members.length > MAX_MEMBERS) {
      throw refuse(`has more than ${digits(MAX_MEMBERS)} members`, { offset: start });
    }
  }
  return members;
}

/** Returns the end of the header of the member at `start`. */
function headerEnd(bytes: Uint8Array, start: number, refuse: Refuse): number {
  const flags = bytes[start + 3];
  if (bytes[start + 2] !== 8 || flags & RESERVED) {
    throw refuse("has a member with another compression than deflate", { offset: start });
  }
  let at = start + 10;
  if (flags & HAS_EXTRA) at += 2 + (bytes[at] | bytes[at + 1] << 8);
  for (const flag of [HAS_NAME, HAS_COMMENT]) {
    if ((flags & flag) === 0) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) throw refuse("is cut short in the header of a member", { offset: start });
    at = end + 1;
  }
  return flags & HAS_CHECKSUM ? at + 2 : at;
}
