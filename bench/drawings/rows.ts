/** The readings of the rows of a data set by a network. @module */
import type { Dataset } from "../../src/data/dataset.ts";
import { guessesOf } from "../../src/guess.ts";
import type { Mlp } from "../../src/mlp.ts";
import type { Judged } from "./measure.ts";

/** Returns the reading of every row of a set with labels. */
export function judgeRows(mlp: Mlp, { inputs, labels }: Dataset): Judged[] {
  const guesses = guessesOf(mlp, inputs);
  if (labels === undefined || guesses === undefined) {
    throw new TypeError("The data set needs labels, and the network classes");
  }
  return guesses.map(({ label, sure, known = true }, row) => ({
    guess: label,
    isSure: sure,
    isLikeNothing: !known,
    isRight: label === labels[row],
  }));
}
