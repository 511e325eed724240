/** The check of target values that are probabilities of classes. @module */
import type { Dataset } from "../data/dataset.ts";

/** The largest distance of the sum of a row from 1. Rows of float32, or with four decimal places, are nearer. */
const TOLERANCE = 1e-3;

/**
 * Checks that each row of target values `[N, C]` has probabilities: numbers from 0 to 1 with the sum 1, within 0.001.
 *
 * @throws {RangeError} with the first row that has others
 */
export function checkProbabilities({ source, targets, outFeatures }: Dataset): void {
  const needed = `loss "cross-entropy" needs class labels, or rows of probabilities`;
  const refuse = (row: number, found: string, needs: string) =>
    new RangeError(`Cannot use ${source}: row ${row} has ${found}, ${needed} ${needs}`);
  for (let at = 0, row = 0; at < targets!.length; row++) {
    let sum = 0;
    for (const end = at + outFeatures; at < end; at++) {
      const target = targets![at];
      if (!(target >= 0 && target <= 1)) throw refuse(row, `target value ${target}`, "from 0 to 1");
      sum += target;
    }
    if (Math.abs(sum - 1) > TOLERANCE) {
      throw refuse(row, `target values with the sum ${Number(sum.toPrecision(6))}`, "with the sum 1");
    }
  }
}
