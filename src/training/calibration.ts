/** Calibration: the comparison of the probabilities of guesses with the shares of correct ones. @module */
import { activate } from "../backends/reference/activations.ts";
import { type Dataset, NO_CLASS } from "../data/dataset.ts";
import { indexOfLargest } from "../index_of_largest.ts";
import type { Mlp } from "../mlp.ts";
import type { RowLossOptions } from "./row_losses.ts";

/** A prediction. */
export interface Prediction {
  /** Its probability; for several labels a row, that of each label. */
  readonly probability: number;
  /** True if it came true. */
  readonly isTrue: boolean;
}

/** The outputs of a network for the rows of a set. */
interface Rows {
  readonly mlp: Pick<Mlp, "layers">;
  /** `[N, O]`, logits for a loss of logits. */
  readonly outputs: Float32Array;
  readonly set: Pick<Dataset, "labels" | "targets">;
  readonly settings: RowLossOptions;
}

/** The number of ranges of probability; 15 as in the tables of Guo et al. 2017. */
export const BINS = 15;

/** A range of probability with the predictions in it. */
export interface CalibrationBin {
  /** The lower end, which is excluded except 0, and the upper end, which is included. */
  readonly from: number;
  readonly to: number;
  /** The number of predictions. */
  readonly rows: number;
  /** The mean of their probabilities. */
  readonly confidence: number;
  /** The share of them that came true. */
  readonly share: number;
}

/** The calibration of predictions. */
export interface Calibration {
  /** The ranges that have predictions. */
  readonly bins: readonly CalibrationBin[];
  /** The expected calibration error, `Σ n / N · |share - confidence|` over the bins. */
  readonly error: number;
}

/** Returns the calibration of predictions, each with its probability and whether it came true. */
export function calibrationOf(
  predictions: Iterable<Prediction>,
): Calibration {
  const sums = Array.from({ length: BINS }, () => ({ rows: 0, probability: 0, isTrue: 0 }));
  let total = 0;
  for (const { probability, isTrue } of predictions) {
    if (Number.isNaN(probability)) continue;
    const sum = sums[Math.max(0, Math.min(BINS, Math.ceil(probability * BINS)) - 1)];
    sum.rows++;
    sum.probability += probability;
    sum.isTrue += Number(isTrue);
    total++;
  }
  const bins = sums.flatMap(({ rows, probability, isTrue }, i): CalibrationBin[] =>
    rows === 0
      ? []
      : [{ from: i / BINS, to: (i + 1) / BINS, rows, confidence: probability / rows, share: isTrue / rows }]
  );
  const error = bins.reduce(
    (sum, { rows, confidence, share }) => sum + rows * Math.abs(share - confidence),
    0,
  );
  return { bins, error: error / total };
}

/**
 * Returns the predictions of a network: the class of each row that belongs to one, or each of several labels.
 *
 * @returns the predictions; `undefined` if the outputs are not probabilities
 */
export function predictionsOf(rows: Rows): Prediction[] | undefined {
  const { outputs, set: { labels, targets }, settings } = rows;
  if (labels === undefined) {
    if (settings.loss !== "binary-cross-entropy") return undefined;
    return Array.from(
      labelProbabilities(rows),
      (probability, at) => ({ probability, isTrue: targets![at] > 0.5 }),
    );
  }
  const width = outputs.length / labels.length, found: Prediction[] = [];
  for (const [row, label] of labels.entries()) {
    if (label === NO_CLASS) continue;
    const values = outputs.subarray(row * width, (row + 1) * width);
    const guess = width === 1 ? Number(values[0] > 0) : indexOfLargest(values);
    const probability = confidenceOf(values, guess, rows);
    if (probability === undefined) return undefined;
    found.push({ probability, isTrue: guess === label });
  }
  return found;
}

/** Returns the probability of a predicted class; `undefined` if the outputs are not probabilities. */
export function confidenceOf(
  values: Float32Array,
  guess: number,
  { mlp, settings: { loss } }: Pick<Rows, "mlp" | "settings">,
): number | undefined {
  if (values.length === 1) {
    const p = sigmoid(values[0]);
    return guess === 1 ? p : 1 - p;
  }
  if (loss === "cross-entropy") {
    const row = Float64Array.from(values);
    activate(row, "softmax");
    return row[guess];
  }
  return mlp.layers[mlp.layers.length - 1].activation === "softmax" ? values[guess] : undefined;
}

/** Returns the probabilities `[N, O]` of several labels a row from their logits. */
export function labelProbabilities({ outputs }: Pick<Rows, "outputs">): Float64Array {
  return Float64Array.from(outputs, sigmoid);
}

function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}
