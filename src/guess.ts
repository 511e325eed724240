/** What a network's probabilities say: its guess, the next best, and whether it is sure. @module */
import { indexOfLargest } from "./index_of_largest.ts";

/** A guess below this probability counts as not sure. */
export const UNSURE_BELOW = 0.6;

/** A class and how likely it is. */
export interface Candidate {
  /** The class. */
  readonly label: number;
  /** Its probability, from 0 to 1. */
  readonly probability: number;
}

/** What a network takes an input for. */
export interface Guess extends Candidate {
  /** The most likely of the other classes; `undefined` where there is no other. */
  readonly runnerUp: Candidate | undefined;
  /** Whether the guess has a probability of {@linkcode UNSURE_BELOW} or more. */
  readonly sure: boolean;
}

/**
 * The guess that one row of probabilities `[C]` stands for; the first of classes that are equally likely.
 *
 * @throws {TypeError} where there are no probabilities
 *
 * @example
 * ```ts
 * import { guessOf } from "@mlpcuda/mlpcuda";
 * import { assertEquals } from "@std/assert";
 *
 * const { label, runnerUp, sure } = guessOf([0.1, 0.5, 0.4]);
 * assertEquals([label, runnerUp?.label, sure], [1, 2, false]);
 * ```
 */
export function guessOf(probabilities: ArrayLike<number>): Guess {
  if (probabilities.length === 0) throw new TypeError("A guess needs probabilities, found none");
  const label = indexOfLargest(probabilities), probability = probabilities[label];
  let next = label === 0 ? 1 : 0;
  for (let other = next + 1; other < probabilities.length; other++) {
    if (other !== label && probabilities[other] > probabilities[next]) next = other;
  }
  const runnerUp = next < probabilities.length
    ? { label: next, probability: probabilities[next] }
    : undefined;
  return { label, probability, runnerUp, sure: probability >= UNSURE_BELOW };
}
