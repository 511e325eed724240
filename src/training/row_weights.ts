/** The weights of rows in the gradient: those of their classes, times those of the data set. @module */
import { type Dataset, NO_CLASS } from "../data/dataset.ts";
import { weightsOf } from "../plan/option.ts";
import type { TrainConfig } from "./config.ts";

/**
 * Returns the weight of each row of a data set, `[N]`: its own, times that of its class or of no class.
 *
 * @param rows the rows to train on, by which classes are balanced
 * @returns `undefined` if every row weighs 1
 * @throws {RangeError} if there are class weights and no labels, or weights for another number of classes
 */
export function rowWeightsOf(
  { labels, weights, outFeatures: classes }: Dataset,
  { classWeights, noClassWeight }: Pick<TrainConfig, "classWeights" | "noClassWeight">,
  rows: Uint32Array,
): Float32Array | undefined {
  const asked = weightsOf(classWeights) ?? "none";
  if (!labels) {
    if (asked === "none") return weights;
    throw new RangeError(`Option "classWeights" needs class labels, the data set has target values`);
  }
  const hasOutsiders = noClassWeight !== 1 && labels.includes(NO_CLASS);
  if (asked === "none" && !hasOutsiders) return weights;
  const ofClass = asked === "balanced"
    ? balancedWeights(labels, classes, rows)
    : asked === "none"
    ? new Array<number>(classes).fill(1)
    : asked;
  if (ofClass.length !== classes) {
    throw new RangeError(
      `Option "classWeights" needs ${classes} weights, one a class, found ${ofClass.length}`,
    );
  }
  return Float32Array.from(
    labels,
    (label, row) => (label === NO_CLASS ? noClassWeight : ofClass[label]) * (weights?.[row] ?? 1),
  );
}

/** Returns `rows / (classes × rows of the class)` for each class (King and Zeng 2001); 0 for a class without rows. */
function balancedWeights(labels: Uint32Array, classes: number, rows: Uint32Array): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const row of rows) if (labels[row] !== NO_CLASS) counts[labels[row]]++;
  const all = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count === 0 ? 0 : all / (classes * count));
}
