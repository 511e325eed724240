/** The canonical Huffman codes of deflated data (RFC 1951, 3.2.2). @module */

/** A code: bits for each symbol. */
export interface HuffmanCode {
  /**
   * For each value of the next {@linkcode FAST_BITS} bits: the meaning of a symbol + the length of its bits; 0 if they are more,
   * or if no symbol has such bits.
   */
  readonly fast: Uint32Array;
  /** The number of symbols of each length in bits. */
  readonly counts: Uint16Array;
  /** The meanings of the symbols in the order of their bits. */
  readonly meanings: Uint32Array;
}

/** The number of bits that {@linkcode HuffmanCode.fast} decodes. Larger tables take longer to make for each block. */
export const FAST_BITS = 10;
/** The maximum number of bits of a symbol. */
export const MAX_BITS = 15;

/** The bits of a meaning that {@linkcode huffmanCode} fills with the length of the symbol's bits. */
export const LENGTH_MASK = 15;

/**
 * Makes the code of symbols with these lengths in bits; 0 is a symbol without bits. `meanings` has a number for each symbol,
 * whose bits {@linkcode LENGTH_MASK} are 0 and others are not.
 *
 * Returns `undefined` if a length has more symbols than so many bits can distinguish, or if some bits have no symbol,
 * except for a code of a single symbol of one bit and one without symbols, which deflated data may have.
 */
export function huffmanCode(lengths: Uint8Array, meanings: Uint32Array): HuffmanCode | undefined {
  const counts = new Uint16Array(MAX_BITS + 1);
  for (const length of lengths) counts[length]++;
  const symbols = lengths.length - counts[0];
  counts[0] = 0;
  let left = 1;
  for (let length = 1; length <= MAX_BITS; length++) {
    left = 2 * left - counts[length];
    if (left < 0) return undefined;
  }
  if (left > 0 && symbols > counts[1]) return undefined;
  const places = new Uint16Array(MAX_BITS + 2), next = new Uint16Array(MAX_BITS + 2);
  for (let length = 1; length <= MAX_BITS; length++) {
    places[length + 1] = places[length] + counts[length];
    next[length + 1] = (next[length] + counts[length]) << 1;
  }
  const ordered = new Uint32Array(symbols), fast = new Uint32Array(1 << FAST_BITS);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol];
    if (length === 0) continue;
    ordered[places[length]++] = meanings[symbol];
    const code = next[length]++;
    if (length > FAST_BITS) continue;
    const entry = meanings[symbol] | length;
    for (let index = reversed(code, length); index < fast.length; index += 1 << length) fast[index] = entry;
  }
  return { fast, counts, meanings: ordered };
}

/**
 * Finds the symbol whose bits are the lowest ones of `held`.
 *
 * @returns its meaning + the length of its bits; 0 if no symbol has such bits
 */
export function findSymbol({ counts, meanings }: HuffmanCode, held: number): number {
  for (let length = 1, code = 0, first = 0, index = 0; length <= MAX_BITS; length++) {
    code |= (held >>> (length - 1)) & 1;
    const count = counts[length];
    if (code - first < count) return meanings[index + code - first] | length;
    index += count;
    first = (first + count) << 1;
    code <<= 1;
  }
  return 0;
}

/** Reverses the lowest `length` bits: codes begin with their highest bit, all other numbers with their lowest. */
function reversed(code: number, length: number): number {
  let result = 0;
  for (let bit = 0; bit < length; bit++) result |= ((code >> bit) & 1) << (length - 1 - bit);
  return result;
}
