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
  dataset: Dataset,
  config: Pick<TrainConfig, "classWeights" | "noClassWeight">,
  rows: Uint32Array,
): Float32Array | undefined {
  const { labels, weights } = dataset, { noClassWeight } = config;
  const ofClass = classWeightsOf(dataset, config, rows);
  const hasOutsiders = noClassWeight !== 1 && labels?.includes(NO_CLASS);
  if (!labels || !(ofClass || hasOutsiders)) return weights;
  return Float32Array.from(
    labels,
    (label, row) => (label === NO_CLASS ? noClassWeight : ofClass?.[label] ?? 1) * (weights?.[row] ?? 1),
  );
}

/**
 * Returns the weight of each class, `[C]`.
 *
 * @param rows the rows to train on, by which classes are balanced
 * @returns `undefined` if there are no class weights
 * @throws {RangeError} if there are class weights and no labels, weights for another number of classes, or only zeros
 */
export function classWeightsOf(
  { labels, outFeatures: classes }: Dataset,
  { classWeights }: Pick<TrainConfig, "classWeights">,
  rows: Uint32Array,
): readonly number[] | undefined {
  const asked = weightsOf(classWeights) ?? "none";
  if (asked === "none") return undefined;
  if (!labels) {
    throw new RangeError(`Option "classWeights" needs class labels, the data set has target values`);
  }
  if (asked === "balanced") return balancedWeights(labels, classes, rows);
  if (asked.length !== classes) {
    throw new RangeError(
      `Option "classWeights" needs ${classes} weights, one a class, found ${asked.length}`,
    );
  }
  if (asked.every((weight) => weight === 0)) {
    throw new RangeError(`Option "classWeights" needs a weight above 0, found ${classWeights}`);
  }
  return asked;
}

/** Returns `rows / (classes × rows of the class)` for each class (King and Zeng 2001); 0 for a class without rows. */
function balancedWeights(labels: Uint32Array, classes: number, rows: Uint32Array): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const row of rows) if (labels[row] !== NO_CLASS) counts[labels[row]]++;
  const all = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count === 0 ? 0 : all / (classes * count));
}
