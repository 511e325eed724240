/**
 * Decompression of deflated data (RFC 1951) in steps, into memory that the caller provides.
 *
 * It replaces the platform's `DecompressionStream`, which does not report where the data ends or is damaged, lets no timer run
 * while it works, and makes its output in pieces that can be a thousand times as large as its input.
 * @module
 */
import type { Refuse } from "./fault.ts";
import { FAST_BITS, huffmanCode, LENGTH_MASK, MAX_BITS } from "./huffman.ts";
import { cutShort, damaged, fillBits, giveBackBits, type InflateState, takeBits } from "./inflate_bits.ts";
import {
  type BlockCodes,
  blockCodes,
  fixedCodes,
  MAX_DISTANCES,
  MAX_LITERALS,
  readSymbols,
} from "./inflate_symbols.ts";

/** The number of bytes before each byte that its data can refer to. */
export const WINDOW = 32 * 1024;

/**
 * The result of a step: `"end"` if the data ends with the bytes so far, `"full"` if more bytes follow than the limit permits, and
 * `"more"` after any other block.
 */
export type Step = "end" | "full" | "more";

/** A decompression. */
export interface Inflater {
  /** The memory of the output. Before `filled`, it has to keep {@linkcode WINDOW} bytes, or all if there are fewer. */
  readonly out: Uint8Array;
  /** The number of bytes of `out` that are filled. */
  filled: number;
  /** The offset after the bytes that were read; at the end, the first byte after the data. */
  readonly at: number;
  /**
   * Decompresses up to the end of a block, and fills `out` at most up to `limit`.
   *
   * @throws {FormatError} made by `refuse` if the data is damaged or cut short
   */
  step(limit: number): Step;
}

/** The order in which a block lists the lengths of the codes for code lengths. */
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/** The symbol that repeats the length before it; the following two repeat 0. */
const COPY = 16;
/** The number of extra bits, and the least number of repetitions, of these three. */
const REPEATED = [[2, 3], [3, 3], [7, 11]];
/** The meanings of the 19 symbols: their numbers from 1. */
const SYMBOL_SHIFT = 4;
const LENGTH_MEANINGS = Uint32Array.from(LENGTH_ORDER, (_, symbol) => (symbol + 1) << SYMBOL_SHIFT);
const FAST_MASK = (1 << FAST_BITS) - 1;

/** Opens the deflated data that begin at offset `start` of `bytes`. `refuse` receives offsets in `bytes`. */
export function openInflater(
  bytes: Uint8Array,
  { start, out, refuse }: {
    readonly start: number;
    readonly out: Uint8Array;
    readonly refuse: Refuse;
  },
): Inflater {
  const state: InflateState = {
    bytes,
    out,
    refuse,
    filled: 0,
    at: start,
    held: 0,
    heldBits: 0,
    length: 0,
    distance: 0,
  };
  /** The block that is being read: its codes, or the number of its bytes that are left; `undefined` between blocks. */
  let block: BlockCodes | number | undefined;
  let isLast = false;
  return {
    out,
    get filled() {
      return state.filled;
    },
    set filled(count) {
      state.filled = count;
    },
    get at() {
      return state.at;
    },
    step(limit) {
      if (block === undefined) {
        isLast = takeBits(state, 1) === 1;
        block = readHeader(state);
      }
      if (typeof block === "number") block = copyStored(state, block, limit);
      else if (readSymbols(state, block, limit)) block = undefined;
      if (block !== undefined) return "full";
      if (!isLast) return "more";
      giveBackBits(state);
      if (state.at > bytes.length) throw cutShort(state);
      return "end";
    },
  };
}

/** Reads the header of a block: its codes, or its number of bytes if they are stored. */
function readHeader(state: InflateState): BlockCodes | number {
  const kind = takeBits(state, 2);
  if (kind === 1) return fixedCodes();
  if (kind === 2) return readCodes(state);
  if (kind !== 0) throw damaged(state);
  giveBackBits(state);
  const length = takeBits(state, 16);
  if (takeBits(state, 16) !== (length ^ 0xFFFF)) throw damaged(state);
  return length;
}

/** Reads the codes that a block lists. */
function readCodes(state: InflateState): BlockCodes {
  const literals = takeBits(state, 5) + 257, distances = takeBits(state, 5) + 1;
  if (literals > MAX_LITERALS || distances > MAX_DISTANCES) throw damaged(state);
  const listed = takeBits(state, 4) + 4, lengths = new Uint8Array(LENGTH_ORDER.length);
  for (const index of LENGTH_ORDER.slice(0, listed)) lengths[index] = takeBits(state, 3);
  const code = huffmanCode(lengths, LENGTH_MEANINGS);
  if (code === undefined) throw damaged(state);
  const all = new Uint8Array(literals + distances);
  for (let index = 0; index < all.length;) {
    fillBits(state, MAX_BITS);
    const entry = code.fast[state.held & FAST_MASK];
    if (entry === 0) throw damaged(state);
    takeBits(state, entry & LENGTH_MASK);
    const symbol = (entry >> SYMBOL_SHIFT) - 1;
    if (symbol < COPY) {
      all[index++] = symbol;
      continue;
    }
    if (symbol === COPY && index === 0) throw damaged(state);
    const repeated = symbol === COPY ? all[index - 1] : 0;
    const [bits, least] = REPEATED[symbol - COPY], count = least + takeBits(state, bits);
    if (index + count > all.length) throw damaged(state);
    all.fill(repeated, index, index += count);
  }
  const codes = blockCodes(all.subarray(0, literals), all.subarray(literals));
  if (codes === undefined) throw damaged(state);
  return codes;
}

/** Copies bytes of a stored block; returns the number of bytes that are left, `undefined` for none. */
function copyStored(state: InflateState, left: number, limit: number): number | undefined {
  const { bytes, out, at, filled } = state, count = Math.min(left, limit - filled);
  if (at + left > bytes.length) throw cutShort(state);
  out.set(bytes.subarray(at, at + count), filled);
  state.at += count;
  state.filled += count;
  return left > count ? left - count : undefined;
}
