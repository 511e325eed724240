/** The ranking of a sweep's members by their validation rows, and of settings by their mean over seeds. @module */
import { checkArgument, fields, NUMBER, NUMBERS } from "../arguments.ts";
import type { Evaluation } from "../training/scores.ts";

/** The scores of a member on validation rows; those that its kind of targets has. */
export type Scores = Pick<Evaluation, "loss" | "accuracy" | "r2">;

const SCORES = fields({ loss: NUMBER }, { accuracy: NUMBER, r2: NUMBER });

/** A mean over several runs. */
export interface MeanInterval {
  /** The number of values. */
  readonly count: number;
  /** Their mean. */
  readonly mean: number;
  /** Half the width of the 95 % interval of the mean by Student's t; absent for a single value. */
  readonly margin?: number;
}

/** Returns the score that ranks members, higher is better: the accuracy, else R², else the negative loss. */
export function rankingScore(scores: Scores): number {
  checkArgument("scores", scores, SCORES);
  const { accuracy, r2, loss } = scores;
  return accuracy ?? r2 ?? -loss;
}

/**
 * Compares two members for sorting, the better one first: by their score, then by the lower loss. A member without scores, such as
 * one that diverged, or with scores that are not finite, comes last.
 */
export function compareScores(one: Scores | undefined, other: Scores | undefined): number {
  if (one !== undefined) checkArgument("one", one, SCORES);
  if (other !== undefined) checkArgument("other", other, SCORES);
  const [first, second] = [one, other].map((scores) => {
    const score = scores ? rankingScore(scores) : NaN;
    return Number.isFinite(score) ? score : -Infinity;
  });
  if (first !== second) return second - first;
  if (first === -Infinity || !one || !other) return 0;
  const difference = one.loss - other.loss;
  return Number.isNaN(difference)
    ? Number(Number.isNaN(one.loss)) - Number(Number.isNaN(other.loss))
    : difference;
}

/** Returns the mean of values and its 95 % interval; `undefined` for no values. */
export function meanInterval(values: readonly number[]): MeanInterval | undefined {
  checkArgument("values", values, NUMBERS);
  const count = values.length;
  if (count === 0) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { count, mean };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  return { count, mean, margin: studentQuantile(count - 1) * Math.sqrt(variance / count) };
}

/** Returns the 97.5 % quantile of Student's t distribution with `degrees` degrees of freedom, a whole number from 1. */
export function studentQuantile(degrees: number): number {
  let low = 1.9, high = 12.8; // the quantiles of infinitely many degrees and of one, with room
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (shareWithin(middle, degrees) < 0.95) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Returns the probability that |t| is below a value (Abramowitz and Stegun 26.7.3 and 26.7.4). */
function shareWithin(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees)), cosine = Math.cos(angle), sine = Math.sin(angle);
  const isOdd = degrees % 2 === 1;
  let term = isOdd ? cosine : 1, sum = degrees === 1 ? 0 : term;
  for (let at = isOdd ? 3 : 2; at <= degrees - 2; at += 2) {
    term *= (at - 1) / at * cosine * cosine;
    sum += term;
  }
  return isOdd ? 2 / Math.PI * (angle + sine * sum) : sine * sum;
}
