/**
 * Digits that the program draws itself: a data set for a machine that reaches no other.
 * @module
 */

import { createRandom, permutation } from "../random.ts";
import { digitSide } from "./center.ts";
import type { Dataset, DatasetPair } from "./dataset.ts";
import { createHand, type Hand } from "./handwriting.ts";

/** What `drawDigits()` draws. */
export interface DrawDigitsOptions {
  /** How many images to train on, at least 1; 60,000 by default. */
  readonly count?: number;
  /** How many images to test on; 10,000 by default, and no test set with 0. */
  readonly testCount?: number;
  /** The seed, a whole number from 0 to 2³² - 1; 1 by default. */
  readonly seed?: number;
}

/** How far `drawDigitsAsync()` has come. */
export interface DrawDigitsProgress {
  /** Images drawn so far, of both sets. */
  readonly drawn: number;
  /** Images to draw, of both sets. */
  readonly total: number;
}

/** Options of `drawDigitsAsync()`. */
export interface DrawDigitsAsyncOptions extends DrawDigitsOptions {
  /** Ends the drawing; the promise rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Called after each slice of the work, and at the end with `drawn` equal to `total`. */
  readonly onProgress?: (progress: DrawDigitsProgress) => void;
}

const classes = 10;
const imageLength = digitSide * digitSide;
/** Each kind of random decision has every fourth stream of the seed to itself. */
const kinds = 4;
const trainKinds = { image: 0, order: 1 }, testKinds = { image: 2, order: 3 };
const mostImages = 0x100000000 / kinds;
/** Milliseconds for which `drawDigitsAsync()` keeps its thread at a time: a page or a terminal hears its user in between. */
const sliceMilliseconds = 20;

/**
 * Draws digits that look written by hand and are centered like MNIST's: 28×28 bytes each, labels 0 to 9, in each ten in a
 * row every digit once. Image `i` depends on the seed and `i` alone, so that a longer set begins with a shorter one's
 * images. 70,000 take a few seconds, in which nothing else runs on the thread; {@linkcode drawDigitsAsync} lets it.
 *
 * ```ts
 * import { drawDigits } from "@mlpcuda/mlpcuda";
 *
 * const { train } = drawDigits({ count: 100, testCount: 0, seed: 1 });
 * console.log(train.inputs.length / 784, train.labels?.slice(0, 10));
 * ```
 *
 * @throws {RangeError} When a count or the seed is not a whole number in its range.
 */
export function drawDigits(options: DrawDigitsOptions = {}): DatasetPair {
  const { sets, drawings } = prepare(options);
  for (const drawing of drawings) for (let i = 0; i < drawing.count; i += classes) drawTen(drawing, i);
  return sets;
}

/**
 * Draws the same digits as {@linkcode drawDigits} in slices of about 20 milliseconds, between which timers, signals and
 * events of the thread are served.
 *
 * ```ts
 * import { drawDigitsAsync } from "@mlpcuda/mlpcuda";
 *
 * const { train } = await drawDigitsAsync({
 *   count: 500,
 *   testCount: 100,
 *   signal: AbortSignal.timeout(60_000),
 *   onProgress: ({ drawn, total }) => console.log(`${drawn} of ${total} digits`),
 * });
 * console.log(train.inputs.length / 784);
 * ```
 *
 * @throws {RangeError} When a count or the seed is not a whole number in its range.
 * @throws {DOMException} An `AbortError` (or the reason given to `abort()`) when `signal` is aborted before the end.
 */
export async function drawDigitsAsync(options: DrawDigitsAsyncOptions = {}): Promise<DatasetPair> {
  const { signal, onProgress } = options;
  signal?.throwIfAborted();
  const { sets, drawings, total } = prepare(options);
  let drawn = 0, until = performance.now() + sliceMilliseconds;
  for (const drawing of drawings) {
    for (let i = 0; i < drawing.count; i += classes) {
      drawn += drawTen(drawing, i);
      if (performance.now() < until) continue;
      if (drawn < total) onProgress?.({ drawn, total });
      await new Promise((resolve) => setTimeout(resolve)); // a macrotask: microtasks would let no event in
      signal?.throwIfAborted();
      until = performance.now() + sliceMilliseconds;
    }
  }
  onProgress?.({ drawn, total });
  return sets;
}

/** A set that is being drawn. */
interface Drawing {
  readonly hand: Hand;
  readonly seed: number;
  readonly count: number;
  readonly kind: typeof trainKinds | typeof testKinds;
  readonly inputs: Uint8Array<ArrayBuffer>;
  readonly labels: Uint32Array<ArrayBuffer>;
}

/** Checks the options, and makes room for the sets. */
function prepare(options: DrawDigitsOptions): { sets: DatasetPair; drawings: Drawing[]; total: number } {
  const { count = 60_000, testCount = 10_000, seed = 1 } = options;
  checkWhole("count", count, 1, mostImages);
  checkWhole("testCount", testCount, 0, mostImages);
  checkWhole("seed", seed, 0, 0xffffffff);
  const hand = createHand();
  const drawingOf = (count: number, kind: Drawing["kind"]): Drawing => ({
    hand,
    seed,
    count,
    kind,
    inputs: new Uint8Array(count * imageLength),
    labels: new Uint32Array(count),
  });
  const train = drawingOf(count, trainKinds), test = drawingOf(testCount, testKinds);
  return {
    sets: { train: setOf(train), ...(testCount > 0 && { test: setOf(test) }) },
    drawings: [train, test],
    total: count + testCount,
  };
}

/** Draws the images from `start`, a multiple of ten, to the next multiple or the end, and returns their number. */
function drawTen({ hand, seed, count, kind, inputs, labels }: Drawing, start: number): number {
  const end = Math.min(count, start + classes);
  labels.set(permutation(seed, kinds * start + kind.order, classes).subarray(0, end - start), start);
  for (let i = start; i < end; i++) {
    inputs.set(hand(labels[i], createRandom(seed, kinds * i + kind.image)), i * imageLength);
  }
  return end - start;
}

function setOf({ inputs, labels }: Drawing): Dataset {
  return {
    inputs,
    inputShape: [digitSide, digitSide],
    inputScale: 1 / 255,
    labels,
    outFeatures: classes,
    classNames: Array.from({ length: classes }, (_, label) => String(label)),
    source: "drawn digits",
  };
}

function checkWhole(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(
      `Cannot draw digits: "${name}" is ${value}, it must be a whole number from ${least} to ${most}`,
    );
  }
}
