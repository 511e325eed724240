/** The state of a decompression of deflated data, and its input as bits. @module */
import type { Refuse } from "./fault.ts";

/** The state between steps. */
export interface InflateState {
  readonly bytes: Uint8Array;
  readonly out: Uint8Array;
  readonly refuse: Refuse;
  filled: number;
  /** The offset of the next byte, and bits before it that are not used yet, the first of them lowest. */
  at: number;
  held: number;
  heldBits: number;
  /** The rest of a repetition that was interrupted by the limit. */
  length: number;
  distance: number;
}

/** The maximum number of bytes after the end that are read as zeros while bits are read in advance. */
export const LOOK_AHEAD = 4;

/** Makes at least `count` bits available, of which those after the end are 0. */
export function fillBits(state: InflateState, count: number): void {
  for (; state.heldBits < count; state.heldBits += 8) {
    state.held |= (state.bytes[state.at++] ?? 0) << state.heldBits;
  }
  if (state.at > state.bytes.length + LOOK_AHEAD) throw cutShort(state);
}

/** Takes `count` bits, at most 16. */
export function takeBits(state: InflateState, count: number): number {
  fillBits(state, count);
  const value = state.held & ((1 << count) - 1);
  state.held >>>= count;
  state.heldBits -= count;
  return value;
}

/** Gives back the whole bytes that are held, and drops the bits of the byte before them. */
export function giveBackBits(state: InflateState): void {
  state.at -= state.heldBits >> 3;
  state.held = state.heldBits = 0;
}

/** Creates the error for damaged data. Data that was read beyond the end of the file is cut short. */
export function damaged(state: InflateState): Error {
  const { at, heldBits, bytes, refuse } = state, read = at - Math.floor(heldBits / 8);
  if (read > bytes.length) return cutShort(state);
  return refuse("has damaged compressed data", { offset: read });
}

/** Creates the error for data that ends too early. */
export function cutShort({ refuse }: InflateState): Error {
  return refuse("has compressed data that is cut short");
}
