/** The symbols of deflated data (RFC 1951, 3.2.5): literal bytes, and repetitions of bytes before them. @module */
import { FAST_BITS, findSymbol, type HuffmanCode, huffmanCode, LENGTH_MASK } from "./huffman.ts";
import { cutShort, damaged, type InflateState, LOOK_AHEAD } from "./inflate_bits.ts";

/** The code of literals and lengths, and that of distances. */
export type BlockCodes = readonly [literals: HuffmanCode, distances: HuffmanCode];

/** The symbol that ends a block. */
export const END_OF_BLOCK = 256;
/** The largest numbers of symbols that a block can list codes of. */
export const MAX_LITERALS = 286, MAX_DISTANCES = 30;

// A meaning has the number of extra bits in bits 4 to 7, and from bit 8 a literal, the smallest length or the smallest distance.
// Higher bits tell what it is; 0 for a length or distance.
const LITERAL = 1 << 24, END = 1 << 25, UNUSED = 1 << 26;
const EXTRA_SHIFT = 4, EXTRA_MASK = 15, VALUE_SHIFT = 8;

const LITERAL_MEANINGS = Uint32Array.from({ length: 288 }, (_, symbol) => {
  if (symbol < END_OF_BLOCK) return LITERAL | symbol << VALUE_SHIFT;
  if (symbol === END_OF_BLOCK) return END;
  if (symbol >= MAX_LITERALS) return UNUSED;
  const index = symbol - 257;
  if (index === 28) return 258 << VALUE_SHIFT;
  const extra = Math.max(0, (index >> 2) - 1);
  return (index < 4 ? 3 + index : 3 + ((4 + index % 4) << extra)) << VALUE_SHIFT | extra << EXTRA_SHIFT;
});
const DISTANCE_MEANINGS = Uint32Array.from({ length: 32 }, (_, symbol) => {
  if (symbol >= MAX_DISTANCES) return UNUSED;
  const extra = Math.max(0, (symbol >> 1) - 1);
  return (1 + (symbol < 2 ? symbol : (2 + symbol % 2) << extra)) << VALUE_SHIFT | extra << EXTRA_SHIFT;
});

/** Makes the codes whose lengths a block lists; returns `undefined` if deflated data cannot have them. */
export function blockCodes(literals: Uint8Array, distances: Uint8Array): BlockCodes | undefined {
  const first = literals[END_OF_BLOCK] > 0 ? huffmanCode(literals, LITERAL_MEANINGS) : undefined;
  const second = huffmanCode(distances, DISTANCE_MEANINGS);
  return first && second && [first, second];
}

let fixed: BlockCodes | undefined;

/** Returns the codes of blocks that do not list their own. */
export function fixedCodes(): BlockCodes {
  return fixed ??= blockCodes(
    Uint8Array.from({ length: 288 }, (_, s) => s < 144 ? 8 : s < 256 ? 9 : s < 280 ? 7 : 8),
    new Uint8Array(32).fill(5),
  )!;
}

/** The most bits of a distance: its symbol's and the extra ones. */
const DISTANCE_BITS = 28;
const FAST_MASK = (1 << FAST_BITS) - 1;
/** The length from which a repetition is copied by one call. */
const LONG = 32;

/** Decodes the symbols of a block up to its end or to the limit; returns whether it ended. */
export function readSymbols(state: InflateState, codes: BlockCodes, limit: number): boolean {
  const { bytes, out } = state, end = bytes.length, wordEnd = end - 4, size = out.length;
  const input = new DataView(bytes.buffer, bytes.byteOffset, end);
  const output = new DataView(out.buffer, out.byteOffset, size);
  const [literals, distances] = codes, fastLiterals = literals.fast, fastDistances = distances.fast;
  let { at, held, heldBits, filled, length, distance } = state;
  let isDone = false, isDamaged = false;
  while (true) {
    if (length > 0) {
      const count = length < limit - filled ? length : limit - filled, stop = filled + count;
      let from = filled - distance;
      if (count >= LONG && distance >= count) {
        out.copyWithin(filled, from, from + count);
        filled = stop;
      } else if (distance > 3 && stop + 3 <= size) {
        // Words may write up to three bytes too many, which the following data overwrite.
        for (; filled < stop; filled += 4, from += 4) {
          output.setUint32(filled, output.getUint32(from, true), true);
        }
        filled = stop;
      } else if (distance === 1 && count >= LONG) {
        out.fill(out[from], filled, stop);
        filled = stop;
      } else {
        for (; filled < stop; filled++, from++) out[filled] = out[from];
      }
      length -= count;
      if (length > 0) break;
    }
    // At least 24 bits become available. Higher ones can be a part of the next byte, which is added again.
    if (at <= wordEnd) {
      held |= input.getUint32(at, true) << heldBits;
      at += (31 - heldBits) >> 3;
      heldBits |= 24;
    } else {
      for (; heldBits < 24; heldBits += 8) held |= (at < end ? bytes[at] : 0) << heldBits, at++;
      if (at >= end + LOOK_AHEAD) break;
    }
    let entry = fastLiterals[held & FAST_MASK];
    if (entry === 0) {
      entry = findSymbol(literals, held);
      isDamaged = entry === 0;
      if (isDamaged) break;
    }
    if (entry & LITERAL) {
      if (filled === limit) break;
      out[filled++] = entry >>> VALUE_SHIFT;
      held >>>= entry & LENGTH_MASK;
      heldBits -= entry & LENGTH_MASK;
      entry = fastLiterals[held & FAST_MASK];
      if (entry & LITERAL) {
        if (filled === limit) break;
        out[filled++] = entry >>> VALUE_SHIFT;
        held >>>= entry & LENGTH_MASK;
        heldBits -= entry & LENGTH_MASK;
      }
      continue;
    }
    held >>>= entry & LENGTH_MASK;
    heldBits -= entry & LENGTH_MASK;
    isDone = entry >= END && entry < UNUSED;
    isDamaged = entry >= UNUSED;
    if (entry >= END) break;
    let extra = entry >>> EXTRA_SHIFT & EXTRA_MASK;
    length = (entry >>> VALUE_SHIFT) + (held & ((1 << extra) - 1));
    held >>>= extra;
    heldBits -= extra;
    if (heldBits < DISTANCE_BITS) {
      if (at <= wordEnd) {
        held |= input.getUint32(at, true) << heldBits;
        at += (31 - heldBits) >> 3;
        heldBits |= 24;
      } else {
        for (; heldBits < 24; heldBits += 8) held |= (at < end ? bytes[at] : 0) << heldBits, at++;
      }
    }
    entry = fastDistances[held & FAST_MASK];
    if (entry === 0) entry = findSymbol(distances, held);
    isDamaged = entry === 0 || entry >= UNUSED;
    if (isDamaged) break;
    held >>>= entry & LENGTH_MASK;
    heldBits -= entry & LENGTH_MASK;
    extra = entry >>> EXTRA_SHIFT & EXTRA_MASK;
    if (heldBits < extra) {
      for (; heldBits < extra; heldBits += 8) held |= (at < end ? bytes[at] : 0) << heldBits, at++;
    }
    distance = (entry >>> VALUE_SHIFT) + (held & ((1 << extra) - 1));
    held >>>= extra;
    heldBits -= extra;
    isDamaged = distance > filled;
    if (isDamaged) break;
  }
  held &= ~(-1 << heldBits);
  Object.assign(state, { at, held, heldBits, filled, length, distance });
  if (at >= end + LOOK_AHEAD) throw cutShort(state);
  if (isDamaged) throw damaged(state);
  return isDone;
}
