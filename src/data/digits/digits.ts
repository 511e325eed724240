/**
 * Digits that the program draws itself: a data set for machines without access to another one.
 * @module
 */

import { ANY, CALLBACK, checkOptions, foundText, SIGNAL } from "../../arguments.ts";
import { createRandom, permutation } from "../../random.ts";
import { digitSide } from "../pictures/center.ts";
import type { Dataset, DatasetPair } from "../dataset.ts";
import { createDigitWriter, type DigitWriter } from "./handwriting.ts";

/** Options of `drawDigits()`. */
export interface DrawDigitsOptions {
  /** The number of images to train on, at least 1; 60,000 by default. */
  readonly count?: number;
  /** The number of images to test on; 10,000 by default. If 0, there is no test set. */
  readonly testCount?: number;
  /** The seed, a whole number from 0 to 2³² - 1; 1 by default. */
  readonly seed?: number;
}

/** The progress of `drawDigitsAsync()`. */
export interface DrawDigitsProgress {
  /** Images drawn so far, of both sets. */
  readonly drawn: number;
  /** Images to draw, of both sets. */
  readonly total: number;
}

/** Options of `drawDigitsAsync()`. */
export interface DrawDigitsAsyncOptions extends DrawDigitsOptions {
  /** The signal that ends the drawing; the promise rejects with its reason. */
  readonly signal?: AbortSignal;
  /** The callback after each slice of the work, and at the end with `drawn` equal to `total`. */
  readonly onProgress?: (progress: DrawDigitsProgress) => void;
}

const classes = 10;
const imageLength = digitSide * digitSide;
/** The number of kinds of random decisions; each kind has every fourth random stream of the seed. */
const kinds = 4;
const trainKinds = { image: 0, order: 1 }, testKinds = { image: 2, order: 3 };
const maxImages = 0x100000000 / kinds;
/**
 * Milliseconds after which `drawDigitsAsync()` returns to the event loop, so that a page or a terminal stays
 * responsive.
 */
const sliceMilliseconds = 20;

/**
 * Draws digits that look handwritten and are centered as in MNIST: 28×28 bytes each, labels 0 to 9. Each group of ten
 * images has every digit once. Image `i` depends only on the seed and `i`, so that a longer set begins with the
 * images of a shorter one. Drawing 70,000 images takes a few seconds and blocks the thread; {@linkcode
 * drawDigitsAsync} does not.
 *
 * ```ts
 * import { drawDigits } from "@mlpcuda/mlpcuda";
 *
 * const { train } = drawDigits({ count: 100, testCount: 0, seed: 1 });
 * console.log(train.inputs.length / 784, train.labels?.slice(0, 10));
 * ```
 *
 * @throws {RangeError} if a count or the seed is not a whole number in its range.
 */
export function drawDigits(options: DrawDigitsOptions = {}): DatasetPair {
  checkOptions(options, COUNTS);
  const { sets, drawings } = prepare(options);
  for (const drawing of drawings) for (let i = 0; i < drawing.count; i += classes) drawTen(drawing, i);
  return sets;
}

/**
 * Draws the same digits as {@linkcode drawDigits}, in slices of about 20 milliseconds. Between them the event loop
 * handles timers, signals and events.
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
 * @throws {RangeError} if a count or the seed is not a whole number in its range.
 * @throws {DOMException} An `AbortError` (or the reason given to `abort()`) when `signal` is aborted before the end.
 */
export async function drawDigitsAsync(options: DrawDigitsAsyncOptions = {}): Promise<DatasetPair> {
  checkOptions(options, { ...COUNTS, signal: SIGNAL, onProgress: CALLBACK });
  const { signal, onProgress } = options;
  signal?.throwIfAborted();
  const { sets, drawings, total } = prepare(options);
  let drawn = 0, until = performance.now() + sliceMilliseconds;
  for (const drawing of drawings) {
    for (let i = 0; i < drawing.count; i += classes) {
      drawn += drawTen(drawing, i);
      if (performance.now() < until) continue;
      if (drawn < total) onProgress?.({ drawn, total });
      await new Promise((resolve) => setTimeout(resolve)); // a macrotask, because microtasks do not let other events run
      signal?.throwIfAborted();
      until = performance.now() + sliceMilliseconds;
    }
  }
  onProgress?.({ drawn, total });
  return sets;
}

/** A set that is being drawn. */
interface Drawing {
  readonly write: DigitWriter;
  readonly seed: number;
  readonly count: number;
  readonly kind: typeof trainKinds | typeof testKinds;
  readonly inputs: Uint8Array<ArrayBuffer>;
  readonly labels: Uint32Array<ArrayBuffer>;
}

/** The kinds of the counts, whose ranges `prepare()` checks. */
const COUNTS = { count: ANY, testCount: ANY, seed: ANY };

/** Checks the options, and allocates the sets. */
function prepare(options: DrawDigitsOptions): { sets: DatasetPair; drawings: Drawing[]; total: number } {
  const { count = 60_000, testCount = 10_000, seed = 1 } = options;
  checkWhole("count", count, 1, maxImages);
  checkWhole("testCount", testCount, 0, maxImages);
  checkWhole("seed", seed, 0, 0xffffffff);
  const write = createDigitWriter();
  const drawingOf = (count: number, kind: Drawing["kind"]): Drawing => ({
    write,
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

/** Draws the images from `start`, a multiple of ten, to the next multiple or the end. Returns their number. */
function drawTen({ write, seed, count, kind, inputs, labels }: Drawing, start: number): number {
  const end = Math.min(count, start + classes);
  labels.set(permutation(seed, kinds * start + kind.order, classes).subarray(0, end - start), start);
  for (let i = start; i < end; i++) {
    inputs.set(write(labels[i], createRandom(seed, kinds * i + kind.image)), i * imageLength);
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
    image: { white: 255, background: "dark", placement: "center" },
    task: "classify",
    source: "drawn digits",
  };
}

function checkWhole(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(
      `Cannot draw digits: "${name}" is ${
        foundText(value)
      }, it must be a whole number from ${least} to ${most}`,
    );
  }
}
