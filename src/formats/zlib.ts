/** Zlib streams (RFC 1950), which PNG files hold. @module */
import { byteCount, type Refuse } from "./fault.ts";
import { checkRatio, inflatePieces } from "./inflate.ts";

/** Bytes of the header, and of the checksum after the data. */
const HEADER = 2, TRAILER = 4;
/** The modulus of the checksum, and the maximum number of bytes whose sums stay below 2^32 without it. */
const MODULUS = 65_521, MOST_BYTES = 3800;

/** Returns the checksum Adler-32 of `bytes`; `previous` is that of the bytes before these. */
export function adler32(bytes: Uint8Array, previous = 1): number {
  let low = previous & 0xFFFF, high = previous >>> 16;
  for (let at = 0; at < bytes.length;) {
    for (const end = Math.min(bytes.length, at + MOST_BYTES); at < end; at++) {
      low += bytes[at];
      high += low;
    }
    low %= MODULUS;
    high %= MODULUS;
  }
  return (high << 16 | low) >>> 0;
}

/**
 * Decompresses a stream piece by piece, and checks its checksum.
 *
 * @param options `size` is the size that its content needs to have, and `onPiece` receives it, in pieces that are valid during
 * the call only
 * @throws {FormatError} made by `refuse` if it is damaged or cut short, or has another size
 */
export async function readZlib(
  bytes: Uint8Array,
  { size, onPiece, refuse }: {
    readonly size: number;
    readonly onPiece: (piece: Uint8Array) => void;
    readonly refuse: Refuse;
  },
): Promise<void> {
  const [method = 0, flags = 0] = bytes;
  if (bytes.length < HEADER || (method & 15) !== 8 || (method * 256 + flags) % 31 !== 0 || flags & 32) {
    throw refuse("has damaged compressed data: it does not begin with the header of zlib");
  }
  checkRatio(size, bytes.length - HEADER, refuse);
  let checksum = 1;
  const found = await inflatePieces({
    bytes,
    start: HEADER,
    refuse: (fault) => refuse(fault), // without offsets, which are those of the joined chunks
    onPiece: (piece) => {
      checksum = adler32(piece, checksum);
      onPiece(piece);
    },
  }, { most: size });
  const { end } = found;
  if (end === undefined) throw refuse(`inflates to more than the ${byteCount(size)} that it declares`);
  if (found.size < size) {
    throw refuse(`inflates to ${byteCount(found.size)}, it declares ${byteCount(size)}`);
  }
  const left = bytes.length - end - TRAILER;
  if (left < 0) throw refuse("has compressed data that is cut short");
  if (left > 0) throw refuse(`has ${byteCount(left)} after its compressed data`);
  if (new DataView(bytes.buffer, bytes.byteOffset + end).getUint32(0) !== checksum) {
    throw refuse("has damaged compressed data: its checksum does not match");
  }
}
