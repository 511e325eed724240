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

const classes = 10;
const imageLength = digitSide * digitSide;
/** Each kind of random decision has every fourth stream of the seed to itself. */
const kinds = 4;
const trainKinds = { image: 0, order: 1 }, testKinds = { image: 2, order: 3 };
const mostImages = 0x100000000 / kinds;

/**
 * Draws digits that look written by hand and are centred like MNIST's: 28×28 bytes each, labels 0 to 9, in each ten in a
 * row every digit once. Image `i` depends on the seed and `i` alone, so that a longer set begins with a shorter one's
 * images. 70,000 take a few seconds.
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
  const { count = 60_000, testCount = 10_000, seed = 1 } = options;
  checkWhole("count", count, 1, mostImages);
  checkWhole("testCount", testCount, 0, mostImages);
  checkWhole("seed", seed, 0, 0xffffffff);
  const hand = createHand();
  const train = drawSet(hand, count, seed, trainKinds);
  return testCount === 0 ? { train } : { train, test: drawSet(hand, testCount, seed, testKinds) };
}

function drawSet(hand: Hand, count: number, seed: number, kind: { image: number; order: number }): Dataset {
  const inputs = new Uint8Array(count * imageLength);
  const labels = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    if (i % classes === 0) {
      labels.set(permutation(seed, kinds * i + kind.order, classes).subarray(0, count - i), i);
    }
    inputs.set(hand(labels[i], createRandom(seed, kinds * i + kind.image)), i * imageLength);
  }
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
