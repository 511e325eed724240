/** The weights of rows in the gradient: the product of the class's weight and the row's weight in the data set. @module */
import { type Dataset, NO_CLASS } from "../data/dataset.ts";
import { weightsOf } from "../plan/option.ts";
import type { TrainConfig } from "./config.ts";
import { classLabels } from "./distilled.ts";

/**
 * Returns the weight of each row of a data set, `[N]`: its weight in the data set, times that of its class or of no class.
 *
 * @param rows the rows to train on, which balanced weights are computed from
 * @returns the weights; `undefined` if every row has weight 1
 * @throws {RangeError} as {@linkcode classWeightsOf}, or if a weight does not fit into float32
 */
export function rowWeightsOf(
  dataset: Dataset,
  config: Pick<TrainConfig, "classWeights" | "noClassWeight">,
  rows: Uint32Array,
): Float32Array | undefined {
  const { weights } = dataset, labels = classLabels(dataset), { noClassWeight } = config;
  const ofClass = classWeightsOf(dataset, config, rows);
  const weighsNoClass = noClassWeight !== 1 && labels?.includes(NO_CLASS);
  if (!labels || !(ofClass || weighsNoClass)) return weights;
  const ofRows = Float32Array.from(
    labels,
    (label, row) => (label === NO_CLASS ? noClassWeight : ofClass?.[label] ?? 1) * (weights?.[row] ?? 1),
  );
  const row = ofRows.indexOf(Infinity);
  if (row < 0) return ofRows;
  const own = weights ? ` times the row's weight ${weights[row]}` : "";
  const [option, weight] = labels[row] === NO_CLASS
    ? ["noClassWeight", noClassWeight]
    : ["classWeights", ofClass?.[labels[row]]];
  throw new RangeError(
    `Option "${option}" needs numbers that fit into float32, found ${weight}${own} at row ${row}`,
  );
}

/**
 * Returns the weight of each class, `[C]`.
 *
 * @param rows the rows to train on, which balanced weights are computed from
 * @returns the weights; `undefined` if the classes have none
 * @throws {RangeError} if the set has no labels, if the number of weights is not the number of classes, or if all are 0
 */
export function classWeightsOf(
  dataset: Dataset,
  { classWeights }: Pick<TrainConfig, "classWeights">,
  rows: Uint32Array,
): readonly number[] | undefined {
  const labels = classLabels(dataset), classes = dataset.outFeatures;
  const given = weightsOf(classWeights) ?? "none";
  if (given === "none") return undefined;
  if (!labels) {
    throw new RangeError(`Option "classWeights" needs class labels, the data set has target values`);
  }
  if (given === "balanced") return balancedWeights(labels, classes, rows);
  if (given.length !== classes) {
    throw new RangeError(
      `Option "classWeights" needs ${classes} weights, one a class, found ${given.length}`,
    );
  }
  if (given.every((weight) => Math.fround(weight) === 0)) {
    throw new RangeError(`Option "classWeights" needs a weight above 0, found ${classWeights}`);
  }
  return given;
}

/** Returns `rows / (classes × rows of the class)` for each class (King and Zeng 2001); 0 for a class without rows. */
function balancedWeights(labels: Uint32Array, classes: number, rows: Uint32Array): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const row of rows) if (labels[row] !== NO_CLASS) counts[labels[row]]++;
  const all = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count === 0 ? 0 : all / (classes * count));
}
