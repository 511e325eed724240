/**
 * The end and the size of deflated data (RFC 1951), found without decompressing it: a `DecompressionStream` does not report where
 * its data ends.
 * @module
 */
import type { Refuse } from "./fault.ts";

/** The end of deflated data. */
export interface DeflateEnd {
  /** The offset of the first byte after the data. */
  readonly end: number;
  /** The number of bytes that the data inflates to. */
  readonly size: number;
}

/** A canonical Huffman code. */
interface Code {
  /** For each value of the next `FAST_BITS` bits: a code's symbol · 16 + its length; 0 if that code is longer. */
  readonly fast: Uint16Array;
  /** The number of codes of each length in bits. */
  readonly counts: Uint16Array;
  /** The symbols in the order of their codes. */
  readonly symbols: Uint16Array;
}

const FAST_BITS = 10, MAX_BITS = 15;
const END_OF_BLOCK = 256, FIRST_LENGTH = 257;
/** The first length, and the number of extra bits, of each length symbol. */
const LENGTHS = [
  3,
  4,
  5,
  6,
  7,
  8,
  9,
  10,
  11,
  13,
  15,
  17,
  19,
  23,
  27,
  31,
  35,
  43,
  51,
  59,
  67,
  83,
  99,
  115,
  131,
  163,
  195,
  227,
  258,
];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
/** The number of distance symbols; symbol `d` has `max(0, floor(d / 2) - 1)` extra bits. */
const DISTANCES = 30;
/** The order in which a block lists the lengths of the codes for code lengths. */
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/**
 * Finds the end of the deflated data that begins at `start`. Takes time proportional to its length, and constant memory.
 *
 * @throws the error of `refuse` if the data is damaged or cut short
 */
export function scanDeflate(bytes: Uint8Array, start: number, refuse: Refuse): DeflateEnd {
  let at = start, held = 0, heldBits = 0, size = 0;
  const damaged = () => refuse("has damaged compressed data", { offset: at });
  /** Makes at least `count` bits available, of which those after the end are 0. */
  const fill = (count: number) => {
    for (; heldBits < count; heldBits += 8) held |= (bytes[at++] ?? 0) << heldBits;
    // More than the few bytes that a look-ahead can pass mean that data is missing.
    if (at > bytes.length + 4) throw refuse("has compressed data that is cut short");
  };
  const take = (count: number): number => {
    fill(count);
    const value = held & ((1 << count) - 1);
    held >>>= count;
    heldBits -= count;
    return value;
  };
  const symbolOf = ({ fast, counts, symbols }: Code): number => {
    fill(MAX_BITS);
    const entry = fast[held & ((1 << FAST_BITS) - 1)];
    if (entry) {
      held >>>= entry & 15;
      heldBits -= entry & 15;
      return entry >> 4;
    }
    for (let length = 1, code = 0, first = 0, index = 0; length <= MAX_BITS; length++) {
      code |= (held >>> (length - 1)) & 1;
      const count = counts[length];
      if (code - first < count) {
        held >>>= length;
        heldBits -= length;
        return symbols[index + code - first];
      }
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw damaged();
  };
  const checked = (lengths: Uint8Array): Code => {
    const code = codeOf(lengths);
    if (code === undefined) throw damaged();
    return code;
  };
  const readCodes = (): [Code, Code] => {
    const literals = take(5) + 257, distances = take(5) + 1, listed = take(4) + 4;
    const lengths = new Uint8Array(19);
    for (let index = 0; index < listed; index++) lengths[LENGTH_ORDER[index]] = take(3);
    const code = checked(lengths), all = new Uint8Array(literals + distances);
    for (let index = 0; index < all.length;) {
      const symbol = symbolOf(code);
      if (symbol < 16) {
        all[index++] = symbol;
        continue;
      }
      if (symbol === 16 && index === 0) throw damaged();
      const repeated = symbol === 16 ? all[index - 1] : 0;
      const count = symbol === 16 ? 3 + take(2) : symbol === 17 ? 3 + take(3) : 11 + take(7);
      if (index + count > all.length) throw damaged();
      all.fill(repeated, index, index += count);
    }
    return [checked(all.subarray(0, literals)), checked(all.subarray(literals))];
  };
  const skipBlock = ([literals, distances]: readonly [Code, Code]) => {
    while (true) {
      const symbol = symbolOf(literals);
      if (symbol < END_OF_BLOCK) size++;
      else if (symbol === END_OF_BLOCK) return;
      else {
        const index = symbol - FIRST_LENGTH;
        if (index >= LENGTHS.length) throw damaged();
        size += LENGTHS[index] + take(LENGTH_BITS[index]);
        const distance = symbolOf(distances);
        if (distance >= DISTANCES) throw damaged();
        take(Math.max(0, (distance >> 1) - 1));
      }
    }
  };
  for (let isLast = false; !isLast;) {
    isLast = take(1) === 1;
    const kind = take(2);
    if (kind === 3) throw damaged();
    if (kind > 0) {
      skipBlock(kind === 1 ? fixedCodes() : readCodes());
      continue;
    }
    at -= heldBits >> 3; // the whole bytes of the look-ahead
    held = heldBits = 0;
    const length = take(16);
    if (take(16) !== (length ^ 0xFFFF)) throw damaged();
    at += length;
    size += length;
    if (at > bytes.length) throw refuse("has compressed data that is cut short");
  }
  const end = at - (heldBits >> 3);
  if (end > bytes.length) throw refuse("has compressed data that is cut short");
  return { end, size };
}

/**
 * Makes the code of symbols with these lengths in bits; 0 is a symbol without a code. Returns `undefined` if there are more
 * codes of some length than that many bits can have.
 */
function codeOf(lengths: Uint8Array): Code | undefined {
  const counts = new Uint16Array(MAX_BITS + 1);
  for (const length of lengths) counts[length]++;
  counts[0] = 0;
  for (let length = 1, left = 1; length <= MAX_BITS; length++) {
    left = 2 * left - counts[length];
    if (left < 0) return undefined;
  }
  const places = new Uint16Array(MAX_BITS + 2), next = new Uint16Array(MAX_BITS + 2);
  for (let length = 1; length <= MAX_BITS; length++) {
    places[length + 1] = places[length] + counts[length];
    next[length + 1] = (next[length] + counts[length]) << 1;
  }
  const symbols = new Uint16Array(lengths.length), fast = new Uint16Array(1 << FAST_BITS);
  lengths.forEach((length, symbol) => {
    if (length === 0) return;
    symbols[places[length]++] = symbol;
    const code = next[length]++;
    if (length > FAST_BITS) return;
    for (let index = reversed(code, length); index < fast.length; index += 1 << length) {
      fast[index] = symbol << 4 | length;
    }
  });
  return { fast, counts, symbols };
}

/** Reverses the lowest `length` bits: codes begin with their highest bit, and all else with its lowest. */
function reversed(code: number, length: number): number {
  let result = 0;
  for (let bit = 0; bit < length; bit++) result |= ((code >> bit) & 1) << (length - 1 - bit);
  return result;
}

let fixed: [Code, Code] | undefined;

/** Returns the codes of blocks that do not list their own. */
function fixedCodes(): readonly [Code, Code] {
  return fixed ??= [
    codeOf(Uint8Array.from({ length: 288 }, (_, s) => s < 144 ? 8 : s < 256 ? 9 : s < 280 ? 7 : 8))!,
    codeOf(new Uint8Array(30).fill(5))!,
  ];
}
