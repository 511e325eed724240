/** Runs the gradient check of docs/backprop.md on steps with a mistake. @module */
import { MUTANT_NAMES, MUTANTS } from "../../src/gui/learn/script/mutants.ts";
import { INPUT, LABEL, PARAMETERS, STEP } from "./example.ts";
import { type Mutant, type PlainParameters, plainPasses } from "./plain_step.ts";

/** The row that is added for a batch of two, and its label. */
export const SECOND = { x: [-1, 0.25], label: 0 } as const;

/** The eight mistakes, each with the reason that the check sees it or does not; the learning page has the same. */
export const REASONS: Readonly<Record<Mutant, string>> = Object.fromEntries(
  MUTANT_NAMES.map((name) => [name, MUTANTS[name].reason]),
) as Record<Mutant, string>;

/** Returns the parameters of the example as rows. */
export function plainParameters(): PlainParameters {
  const { W1, b1, W2, b2 } = PARAMETERS;
  return {
    W1: [0, 1, 2].map((o) => W1.slice(2 * o, 2 * o + 2)),
    b1: [...b1],
    W2: [0, 1].map((o) => W2.slice(3 * o, 3 * o + 3)),
    b2: [...b2],
  };
}

/** Returns the largest difference between the gradient of a step and the central difference of its loss. */
export function largestDifference(rows: 1 | 2, mutant?: Mutant): number {
  const batch = {
    x: [[...INPUT], [...SECOND.x]].slice(0, rows),
    labels: [LABEL, SECOND.label].slice(0, rows),
  };
  const parameters = plainParameters(), { gradients } = plainPasses(parameters, batch, mutant);
  const arrays = (of: PlainParameters) => [...of.W1, of.b1, ...of.W2, of.b2];
  const lossAt = (array: number[], i: number, value: number) => {
    const kept = array[i];
    array[i] = value;
    const { loss } = plainPasses(parameters, batch, mutant);
    array[i] = kept;
    return loss;
  };
  let largest = 0;
  for (const [at, array] of arrays(parameters).entries()) {
    for (const [i, value] of array.entries()) {
      const slope = (lossAt(array, i, value + STEP) - lossAt(array, i, value - STEP)) / (2 * STEP);
      largest = Math.max(largest, Math.abs(slope - arrays(gradients)[at][i]));
    }
  }
  return largest;
}
