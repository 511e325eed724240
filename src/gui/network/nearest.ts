/**
 * The rows of a data set that are nearest to an input, by Euclidean distance over the network's inputs. Needs neither Deno nor
 * a server.
 *
 * The search compares the input with every row, and leaves a row as soon as a part of its sum exceeds the distance of the last
 * of the nearest rows so far. It takes the middle of an image first, because the margins of images are mostly equal.
 * @module
 */
import { countOf, type Dataset, inFeaturesOf } from "../../data/dataset.ts";

/** A row near an input. */
export interface Neighbor {
  /** The row, from 0. */
  readonly row: number;
  /** Its Euclidean distance over the inputs of the network, which are multiplied by `inputScale`. */
  readonly distance: number;
}

/** The number of inputs that are compared before the sum is compared with the limit. */
const BLOCK = 56;
/** The number of inputs after which the search lets other work go on; about 2 ms. */
const TURN = 2 ** 21;

/** Settings of {@linkcode nearestRows}. */
export interface SearchOptions {
  /** The maximum number of rows; 5 by default. */
  readonly count?: number;
  /** Lets other work go on; called every few milliseconds. By default, it waits for a timer of 0 milliseconds. */
  readonly pause?: () => Promise<void>;
}

/**
 * Returns the nearest rows, the nearest first. Of rows that are equally near, the lower one is first.
 *
 * @throws {TypeError} if the row of inputs and the set's rows have different lengths
 */
export async function nearestRows(
  set: Dataset,
  input: ArrayLike<number>,
  { count = 5, pause = nextTurn }: SearchOptions = {},
): Promise<Neighbor[]> {
  const inFeatures = inFeaturesOf(set), rows = countOf(set), { inputs } = set;
  if (input.length !== inFeatures) {
    throw new TypeError(`The set's rows have ${inFeatures} inputs, found ${input.length}`);
  }
  const blocks = middleFirst(Math.ceil(inFeatures / BLOCK)), perTurn = Math.ceil(TURN / inFeatures);
  const wanted = inputs instanceof Uint8Array ? Int32Array.from(input) : Float64Array.from(input);
  const found: { row: number; square: number }[] = [];
  let limit = Infinity; // the square of the distance that a row needs to be below
  for (let from = 0; from < rows; from += perTurn) {
    if (from > 0) await pause();
    for (let row = from; row < Math.min(rows, from + perTurn); row++) {
      const square = squareBelow(limit, { inputs, start: row * inFeatures, wanted, blocks });
      if (!(square < limit)) continue;
      let at = found.length;
      while (at > 0 && found[at - 1].square > square) at--;
      found.splice(at, 0, { row, square });
      if (found.length > count) found.pop();
      if (found.length === count) limit = found[count - 1].square;
    }
  }
  return found.map(({ row, square }) => ({ row, distance: Math.sqrt(square) * Math.abs(set.inputScale) }));
}

/** Returns the squared distance of a row, or the part of it that is not below the limit. */
function squareBelow(
  limit: number,
  { inputs, start, wanted, blocks }: {
    readonly inputs: Dataset["inputs"];
    readonly start: number;
    readonly wanted: Int32Array | Float64Array;
    readonly blocks: Uint32Array;
  },
): number {
  let square = 0;
  for (let b = 0; b < blocks.length; b++) {
    const first = blocks[b] * BLOCK, end = Math.min(first + BLOCK, wanted.length);
    for (let i = first; i < end; i++) {
      const difference = inputs[start + i] - wanted[i];
      square += difference * difference;
    }
    if (square >= limit) break;
  }
  return square;
}

/** Returns the numbers below `count`, from the middle to both ends. */
function middleFirst(count: number): Uint32Array {
  const middle = (count - 1) / 2;
  return Uint32Array.from({ length: count }, (_, i) => i)
    .sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle) || a - b);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
