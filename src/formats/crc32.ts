/**
 * The checksum of zip, gzip and PNG: CRC-32 with the reversed polynomial 0xEDB88320.
 * @module
 */

/** Eight tables of 256: table k holds the checksum of each byte followed by k zero bytes. Made at the first use. */
let tables: Uint32Array | undefined;

function makeTables(): Uint32Array {
  const made = new Uint32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xEDB88320 : crc >>> 1;
    made[byte] = crc;
  }
  for (let index = 256; index < made.length; index++) {
    const crc = made[index - 256];
    made[index] = (crc >>> 8) ^ made[crc & 255];
  }
  return made;
}

/**
 * Returns the CRC-32 of `bytes`, from 0 to 4294967295.
 *
 * @param previous the checksum of the bytes before these, if the data comes piece by piece
 */
export function crc32(bytes: Uint8Array, previous = 0): number {
  const table = tables ??= makeTables();
  let crc = ~previous;
  let at = 0;
  for (const end = bytes.length - 7; at < end; at += 8) {
    const low = crc ^ (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24));
    crc = table[1792 + (low & 255)] ^ table[1536 + ((low >>> 8) & 255)] ^
      table[1280 + ((low >>> 16) & 255)] ^ table[1024 + (low >>> 24)] ^
      table[768 + bytes[at + 4]] ^ table[512 + bytes[at + 5]] ^ table[256 + bytes[at + 6]] ^
      table[bytes[at + 7]];
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ table[(crc ^ bytes[at]) & 255];
  return ~crc >>> 0;
}
