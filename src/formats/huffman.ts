/** The canonical Huffman codes of deflated data (RFC 1951, 3.2.2). @module */

/** A code: bits for each symbol. */
export interface HuffmanCode {
  /** For each value of the next {@linkcode FAST_BITS} bits: a symbol · 16 + the length of its bits; 0 if they are more. */
  readonly fast: Uint16Array;
  /** The number of symbols of each length in bits. */
  readonly counts: Uint16Array;
  /** The symbols in the order of their bits. */
  readonly symbols: Uint16Array;
}

/** The number of bits that {@linkcode HuffmanCode.fast} decodes. Larger tables take longer to make for each block. */
export const FAST_BITS = 10;
/** The maximum number of bits of a symbol. */
export const MAX_BITS = 15;

/**
 * Makes the code of symbols with these lengths in bits; 0 is a symbol without bits. Returns `undefined` if there are more symbols
 * of some length than that many bits can tell apart.
 */
export function huffmanCode(lengths: Uint8Array): HuffmanCode | undefined {
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
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol];
    if (length === 0) continue;
    symbols[places[length]++] = symbol;
    const code = next[length]++;
    if (length > FAST_BITS) continue;
    for (let index = reversed(code, length); index < fast.length; index += 1 << length) {
      fast[index] = symbol << 4 | length;
    }
  }
  return { fast, counts, symbols };
}

/**
 * Finds the symbol whose bits are the lowest ones of `held`.
 *
 * @returns the symbol · 16 + the length of its bits; 0 if no symbol has such bits
 */
export function findSymbol({ counts, symbols }: HuffmanCode, held: number): number {
  for (let length = 1, code = 0, first = 0, index = 0; length <= MAX_BITS; length++) {
    code |= (held >>> (length - 1)) & 1;
    const count = counts[length];
    if (code - first < count) return symbols[index + code - first] << 4 | length;
    index += count;
    first = (first + count) << 1;
    code <<= 1;
  }
  return 0;
}

/** Reverses the lowest `length` bits: codes begin with their highest bit, and all else with its lowest. */
function reversed(code: number, length: number): number {
  let result = 0;
  for (let bit = 0; bit < length; bit++) result |= ((code >> bit) & 1) << (length - 1 - bit);
  return result;
}

/** The code of literals and lengths, and that of distances. */
export type BlockCodes = readonly [literals: HuffmanCode, distances: HuffmanCode];

let fixed: BlockCodes | undefined;

/** Returns the codes of blocks that do not list their own. */
export function fixedCodes(): BlockCodes {
  return fixed ??= [
    huffmanCode(Uint8Array.from({ length: 288 }, (_, s) => s < 144 ? 8 : s < 256 ? 9 : s < 280 ? 7 : 8))!,
    huffmanCode(new Uint8Array(30).fill(5))!,
  ];
}
