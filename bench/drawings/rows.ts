/** The answers of a network to the rows of a data set. @module */
import type { Dataset } from "../../src/data/dataset.ts";
import { guessesOf } from "../../src/guess.ts";
import type { Mlp } from "../../src/mlp.ts";
import type { Judged } from "./measure.ts";

/** Returns the answer to every row of a set with labels. */
export function judgeRows(mlp: Mlp, { inputs, labels }: Dataset): Judged[] {
  const guesses = guessesOf(mlp, inputs);
  if (labels === undefined || guesses === undefined) {
    throw new TypeError("Needs labels and a network of classes");
  }
  return guesses.map(({ label, sure, known = true }, row) => ({
    guess: label,
    isSure: sure,
    isLikeNothing: !known,
    isRight: label === labels[row],
  }));
}
