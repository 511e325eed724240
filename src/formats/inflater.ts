/**
 * Decompression of deflated data (RFC 1951) in steps, into memory that the caller provides.
 *
 * It replaces the platform's `DecompressionStream`, which does not report where the data ends or is damaged, lets no timer run
 * while it works, and makes its output in pieces that can be a thousand times as large as its input.
 * @module
 */
import type { Refuse } from "./fault.ts";
import {
  type BlockCodes,
  FAST_BITS,
  findSymbol,
  fixedCodes,
  type HuffmanCode,
  huffmanCode,
  MAX_BITS,
} from "./huffman.ts";

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

/** The state between steps. */
interface State {
  readonly bytes: Uint8Array;
  readonly out: Uint8Array;
  filled: number;
  /** The offset of the next byte, and bits before it that are not used yet, the first of them lowest. */
  at: number;
  held: number;
  heldBits: number;
  /** The rest of a repetition that was interrupted by the limit. */
  length: number;
  distance: number;
}

/** The first length, and the number of extra bits, of each length symbol. */
// deno-fmt-ignore
const LENGTHS = Uint16Array.of(3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
  163, 195, 227, 258);
// deno-fmt-ignore
const LENGTH_BITS = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0);
/** The number of extra bits, and the first distance, of each distance symbol. */
const DISTANCE_BITS = Uint8Array.from({ length: 30 }, (_, symbol) => Math.max(0, (symbol >> 1) - 1));
const DISTANCES = Uint16Array.from(
  { length: 30 },
  (_, symbol) => symbol < 2 ? symbol + 1 : ((2 + symbol % 2) << DISTANCE_BITS[symbol]) + 1,
);
const END_OF_BLOCK = 256, FIRST_LENGTH = 257;
/** The order in which a block lists the lengths of the codes for code lengths. */
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/** The most bytes after the end that are taken for zeros while bits are looked at in advance. */
const LOOK_AHEAD = 4;
/** The length from which a repeated byte is filled in by one call. */
const LONG_RUN = 16;
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
  const state: State = {
    bytes,
    out,
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
        isLast = take(state, 1, refuse) === 1;
        block = readHeader(state, refuse);
      }
      if (typeof block === "number") block = copyStored(state, block, limit, refuse);
      else if (readSymbols(state, block, limit, refuse)) block = undefined;
      if (block !== undefined) return "full";
      if (!isLast) return "more";
      giveBack(state);
      if (state.at > bytes.length) throw cutShort(refuse);
      return "end";
    },
  };
}

/** Reads the header of a block: its codes, or its number of bytes if they are stored. */
function readHeader(state: State, refuse: Refuse): BlockCodes | number {
  const kind = take(state, 2, refuse);
  if (kind === 1) return fixedCodes();
  if (kind === 2) return readCodes(state, refuse);
  if (kind === 3) throw damaged(state, refuse);
  giveBack(state);
  const length = take(state, 16, refuse);
  if (take(state, 16, refuse) !== (length ^ 0xFFFF)) throw damaged(state, refuse);
  return length;
}

/** Reads the codes that a block lists. */
function readCodes(state: State, refuse: Refuse): BlockCodes {
  const literals = take(state, 5, refuse) + 257, distances = take(state, 5, refuse) + 1;
  const lengths = new Uint8Array(19), listed = take(state, 4, refuse) + 4;
  for (let index = 0; index < listed; index++) lengths[LENGTH_ORDER[index]] = take(state, 3, refuse);
  const checked = (lengths: Uint8Array): HuffmanCode => {
    const code = huffmanCode(lengths);
    if (code === undefined) throw damaged(state, refuse);
    return code;
  };
  const code = checked(lengths), all = new Uint8Array(literals + distances);
  for (let index = 0; index < all.length;) {
    fill(state, MAX_BITS, refuse);
    const entry = code.fast[state.held & FAST_MASK] || findSymbol(code, state.held);
    if (entry === 0) throw damaged(state, refuse);
    take(state, entry & 15, refuse);
    const symbol = entry >> 4;
    if (symbol < 16) {
      all[index++] = symbol;
      continue;
    }
    if (symbol === 16 && index === 0) throw damaged(state, refuse);
    const repeated = symbol === 16 ? all[index - 1] : 0;
    const count = symbol === 16
      ? 3 + take(state, 2, refuse)
      : symbol === 17
      ? 3 + take(state, 3, refuse)
      : 11 + take(state, 7, refuse);
    if (index + count > all.length) throw damaged(state, refuse);
    all.fill(repeated, index, index += count);
  }
  return [checked(all.subarray(0, literals)), checked(all.subarray(literals))];
}

/** Copies bytes of a stored block; returns the number of bytes that are left, `undefined` for none. */
function copyStored(state: State, left: number, limit: number, refuse: Refuse): number | undefined {
  const { bytes, out, at, filled } = state, count = Math.min(left, limit - filled);
  if (at + left > bytes.length) throw cutShort(refuse);
  out.set(bytes.subarray(at, at + count), filled);
  state.at += count;
  state.filled += count;
  return left > count ? left - count : undefined;
}

/** Decodes the symbols of a block up to its end or to the limit; returns whether it ended. */
function readSymbols(
  state: State,
  [literals, distances]: BlockCodes,
  limit: number,
  refuse: Refuse,
): boolean {
  const { bytes, out } = state, end = bytes.length, last = end - 1;
  const fastLiterals = literals.fast, fastDistances = distances.fast;
  let { at, held, heldBits, filled, length, distance } = state;
  let isDone = false, isDamaged = false;
  while (true) {
    if (length > 0) {
      const count = length < limit - filled ? length : limit - filled;
      if (distance === 1 && count >= LONG_RUN) out.fill(out[filled - 1], filled, filled += count);
      else for (const stop = filled + count; filled < stop; filled++) out[filled] = out[filled - distance];
      length -= count;
      if (length > 0) break;
    }
    // Two bytes at a time keep 15 bits available, the most that a symbol or its extra bits have.
    if (heldBits < MAX_BITS) {
      if (at < last) held |= (bytes[at] | bytes[at + 1] << 8) << heldBits;
      else if (at < end) held |= bytes[at] << heldBits;
      else if (at > end + LOOK_AHEAD) throw cutShort(refuse);
      at += 2;
      heldBits += 16;
    }
    const entry = fastLiterals[held & FAST_MASK] || findSymbol(literals, held);
    const symbol = entry >> 4;
    if (symbol < END_OF_BLOCK) {
      isDamaged = entry === 0;
      if (isDamaged) break;
      if (filled === limit) break;
      out[filled++] = symbol;
      held >>>= entry & 15;
      heldBits -= entry & 15;
      continue;
    }
    held >>>= entry & 15;
    heldBits -= entry & 15;
    if (symbol === END_OF_BLOCK) {
      isDone = true;
      break;
    }
    const index = symbol - FIRST_LENGTH;
    isDamaged = index >= LENGTHS.length;
    if (isDamaged) break;
    if (heldBits < MAX_BITS) {
      if (at < last) held |= (bytes[at] | bytes[at + 1] << 8) << heldBits;
      else if (at < end) held |= bytes[at] << heldBits;
      at += 2;
      heldBits += 16;
    }
    const lengthBits = LENGTH_BITS[index];
    length = LENGTHS[index] + (held & ((1 << lengthBits) - 1));
    held >>>= lengthBits;
    heldBits -= lengthBits;
    if (heldBits < MAX_BITS) {
      if (at < last) held |= (bytes[at] | bytes[at + 1] << 8) << heldBits;
      else if (at < end) held |= bytes[at] << heldBits;
      at += 2;
      heldBits += 16;
    }
    const far = fastDistances[held & FAST_MASK] || findSymbol(distances, held);
    isDamaged = far === 0 || far >> 4 >= DISTANCES.length;
    if (isDamaged) break;
    held >>>= far & 15;
    heldBits -= far & 15;
    const distanceBits = DISTANCE_BITS[far >> 4];
    if (heldBits < distanceBits) {
      if (at < last) held |= (bytes[at] | bytes[at + 1] << 8) << heldBits;
      else if (at < end) held |= bytes[at] << heldBits;
      at += 2;
      heldBits += 16;
    }
    distance = DISTANCES[far >> 4] + (held & ((1 << distanceBits) - 1));
    held >>>= distanceBits;
    heldBits -= distanceBits;
    isDamaged = distance > filled;
    if (isDamaged) break;
    if (at > end + LOOK_AHEAD) throw cutShort(refuse);
  }
  Object.assign(state, { at, held, heldBits, filled, length, distance });
  if (isDamaged) throw damaged(state, refuse);
  return isDone;
}

/** Makes at least `count` bits available, of which those after the end are 0. */
function fill(state: State, count: number, refuse: Refuse): void {
  for (; state.heldBits < count; state.heldBits += 8) {
    state.held |= (state.bytes[state.at++] ?? 0) << state.heldBits;
  }
  if (state.at > state.bytes.length + LOOK_AHEAD) throw cutShort(refuse);
}

/** Takes `count` bits, at most 16. */
function take(state: State, count: number, refuse: Refuse): number {
  fill(state, count, refuse);
  const value = state.held & ((1 << count) - 1);
  state.held >>>= count;
  state.heldBits -= count;
  return value;
}

/** Gives back the whole bytes that are held, and drops the bits of the byte before them. */
function giveBack(state: State): void {
  state.at -= state.heldBits >> 3;
  state.held = state.heldBits = 0;
}

function damaged({ at, bytes }: State, refuse: Refuse): Error {
  return refuse("has damaged compressed data", { offset: Math.min(at, bytes.length) });
}

function cutShort(refuse: Refuse): Error {
  return refuse("has compressed data that is cut short");
}
