/**
 * Gzip files (RFC 1952): one or several members, whose contents follow each other.
 * @module
 */
import { scanDeflate } from "./deflate_scan.ts";
import { byteCount, digits, type Origin, type Refuse, refuser } from "./fault.ts";
import { inflate } from "./inflate.ts";

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
 * the content. Other files are scanned for the ends of their members.
 *
 * @throws {FormatError} if the file is damaged or cut short, or if other bytes follow the last member
 */
export async function gunzip(bytes: Uint8Array, origin: Origin): Promise<Uint8Array> {
  const refuse = refuser("gzip", origin);
  if (bytes.length < 18) {
    throw refuse(`is cut short: it has ${byteCount(bytes.length)}, a gzip file has at least 18`);
  }
  try {
    const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 4, true);
    return await inflate(bytes, { format: "gzip", size, refuse });
  } catch (error) {
    const members = membersOf(bytes, refuse);
    if (members === undefined) throw error;
    return await inflateAll(bytes, members, refuse);
  }
}

/** Returns the members of a file; `undefined` if it has only one, or the first is damaged. */
function membersOf(bytes: Uint8Array, refuse: Refuse): Member[] | undefined {
  const members: Member[] = [];
  let total = 0;
  for (let start = 0; start < bytes.length;) {
    let member: Member;
    try {
      member = memberAt(bytes, start, refuse);
    } catch (error) {
      if (start === 0) return undefined;
      throw error;
    }
    members.push(member);
    total += member.size;
    start = member.end;
    if (members.length > MAX_MEMBERS) {
      throw refuse(`has more than ${digits(MAX_MEMBERS)} members`, { offset: start });
    }
    if (total > MAX_BYTES) throw refuse(`inflates to more than ${byteCount(MAX_BYTES)}`, { offset: start });
  }
  return members.length === 1 ? undefined : members;
}

function memberAt(bytes: Uint8Array, start: number, refuse: Refuse): Member {
  const left = bytes.length - start;
  if (!isGzip(bytes.subarray(start, start + 2))) {
    throw refuse(`has ${byteCount(left)} after its compressed data, needs none or another gzip member`, {
      offset: start,
    });
  }
  if (left < MIN_MEMBER) throw refuse("is cut short in the header of a member", { offset: start });
  const { end, size } = scanDeflate(bytes, headerEnd(bytes, start, refuse), refuse);
  if (end + TRAILER > bytes.length) throw refuse("is cut short in the checksum of a member", { offset: end });
  return { start, end: end + TRAILER, size };
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

async function inflateAll(
  bytes: Uint8Array,
  members: readonly Member[],
  refuse: Refuse,
): Promise<Uint8Array> {
  const result = new Uint8Array(members.reduce((total, { size }) => total + size, 0));
  let filled = 0;
  for (const { start, end, size } of members) {
    const into = result.subarray(filled, filled += size);
    await inflate(bytes.subarray(start, end), { format: "gzip", size, into, refuse });
  }
  return result;
}
