/** The scores of a network's outputs on a data set. @module */
import { countOf, type Dataset, NO_CLASS } from "../data/dataset.ts";
import { indexOfLargest } from "../index_of_largest.ts";
import { type ShareInterval, wilsonInterval } from "../wilson.ts";
import { createRowLoss, type RowLossOptions } from "./row_losses.ts";

/** A row that was predicted incorrectly. */
export interface Mistake {
  /** The row of the data set. */
  readonly row: number;
  /** Its label. */
  readonly label: number;
  /** The predicted class. */
  readonly guess: number;
  /** Its loss. */
  readonly loss: number;
}

/** The scores of one of several labels, or of class 1 of two classes if the network has one output. */
export interface LabelScores {
  /** Rows that have the label. */
  readonly positives: number;
  /** Share of the rows that were predicted correctly: the label's probability is above 1/2 exactly if the row has it. */
  readonly accuracy: number;
  /** Share of the rows predicted to have the label that have it; 0 if it was predicted for none. */
  readonly precision: number;
  /** Share of the rows that have the label for which it was predicted; 0 if no row has it. */
  readonly recall: number;
  /** `2 precision recall / (precision + recall)`, 0 if both are 0. */
  readonly f1: number;
}

/** The scores of one output of a regression, in the units of its targets. */
export interface OutputScores {
  /** `1 - Σ (y - t)² / Σ (t - mean)²`; if all targets are equal, 1 if every output is exact, else 0. */
  readonly r2: number;
  /** Mean of `|y - t|`. */
  readonly meanAbsoluteError: number;
}

/** The scores of a network on a data set; those of its kind of targets are present. */
export interface Evaluation {
  /** Rows, `N`. */
  readonly rows: number;
  /** Mean loss over the rows, without row weights; of standardized targets if training standardized them. */
  readonly loss: number;
  /** The number of rows that were predicted correctly: the class, the most likely class of the targets, or all labels. */
  readonly correct?: number;
  /** `correct` as a share of the rows that belong to a class; absent if no row does. */
  readonly accuracy?: number;
  /** The standard error of the accuracy, `√(a (1 - a) / rows)` of those rows. */
  readonly standardError?: number;
  /** The 95 % interval of the accuracy, see {@linkcode wilsonInterval}. */
  readonly accuracyInterval?: ShareInterval;
  /**
   * The expected calibration error: in 15 ranges of probability, the mean distance of the predictions' probability from the share
   * of them that is correct. `evaluate()` gives it if the outputs are probabilities; events of a training lack it.
   */
  readonly calibrationError?: number;
  /** The number of rows of class `label` that were predicted as `guess`: `[C, C]`, entry `label * C + guess`. */
  readonly confusion?: Uint32Array;
  /** The incorrectly predicted rows with the highest losses, highest first; at most 10. */
  readonly worst?: readonly Mistake[];
  /** The scores of each label, with binary cross-entropy. */
  readonly labels?: readonly LabelScores[];
  /** The mean of the labels' F1. */
  readonly f1?: number;
  /** The scores of each output, for target values with another loss. */
  readonly outputs?: readonly OutputScores[];
  /** The mean R² of the outputs. */
  readonly r2?: number;
  /** The mean absolute error over all outputs, in the units of the targets. */
  readonly meanAbsoluteError?: number;
}

/** The maximum number of incorrect rows that an evaluation lists. */
const WORST = 10;

/** Returns the scores of outputs `[N, O]`, which are logits if the loss is computed from logits. */
export function score(outputs: Float32Array, dataset: Dataset, options: RowLossOptions): Evaluation {
  const rows = countOf(dataset), width = outputs.length / rows, { labels, targets } = dataset;
  const losses = new Float64Array(rows), lossOf = createRowLoss(width, labels !== undefined, options);
  for (let row = 0; row < rows; row++) {
    const labelOrTargets = labels ? labels[row] : targets!.subarray(row * width, (row + 1) * width);
    losses[row] = lossOf(outputs.subarray(row * width, (row + 1) * width), labelOrTargets);
  }
  const all = { rows, loss: losses.reduce((sum, loss) => sum + loss, 0) / rows };
  const isBinary = options.loss === "binary-cross-entropy", isSoft = options.loss === "cross-entropy";
  return {
    ...all,
    ...labels && classScores(outputs, labels, losses),
    ...isBinary && labelScores(outputs, targets ?? Float32Array.from(labels!), rows),
    ...isSoft && targets && softScores(outputs, targets, rows),
    ...!isBinary && !isSoft && targets && outputScores(outputs, targets, width),
  };
}

/** Returns the scores of classes; a single logit chooses between classes 0 and 1. */
function classScores(outputs: Float32Array, labels: Uint32Array, losses: Float64Array): Partial<Evaluation> {
  const width = outputs.length / labels.length, classes = Math.max(2, width);
  const confusion = new Uint32Array(classes * classes), wrong: Mistake[] = [];
  let correct = 0, classed = 0;
  for (const [row, label] of labels.entries()) {
    if (label === NO_CLASS) continue;
    const output = outputs.subarray(row * width, (row + 1) * width);
    const guess = width === 1 ? Number(output[0] > 0) : indexOfLargest(output);
    classed++;
    confusion[label * classes + guess]++;
    if (guess === label) correct++;
    else wrong.push({ row, label, guess, loss: losses[row] });
  }
  const worst = wrong.sort((a, b) => b.loss - a.loss).slice(0, WORST);
  return { ...accuracyOf(correct, classed), confusion, worst };
}

function accuracyOf(correct: number, rows: number): Partial<Evaluation> {
  if (rows === 0) return { correct };
  const accuracy = correct / rows;
  const standardError = Math.sqrt(accuracy * (1 - accuracy) / rows);
  return { correct, accuracy, standardError, accuracyInterval: wilsonInterval(correct, rows) };
}

/** Returns the scores of rows of probabilities: a row is correct if the largest output is at its largest target. */
function softScores(outputs: Float32Array, targets: Float32Array, rows: number): Partial<Evaluation> {
  const width = outputs.length / rows;
  let correct = 0;
  for (let row = 0; row < rows; row++) {
    const [guess, wanted] = [outputs, targets].map((all) =>
      indexOfLargest(all.subarray(row * width, (row + 1) * width))
    );
    if (guess === wanted) correct++;
  }
  return accuracyOf(correct, rows);
}

function labelScores(logits: Float32Array, targets: Float32Array, rows: number): Partial<Evaluation> {
  const width = logits.length / rows;
  const counts = Array.from({ length: width }, () => ({ both: 0, predicted: 0, positives: 0, correct: 0 }));
  let correct = 0;
  for (let row = 0; row < rows; row++) {
    let isCorrect = true;
    for (const [o, count] of counts.entries()) {
      const predicted = logits[row * width + o] > 0, positive = targets[row * width + o] > 0.5;
      count.predicted += Number(predicted);
      count.positives += Number(positive);
      count.both += Number(predicted && positive);
      if (predicted === positive) count.correct++;
      else isCorrect = false;
    }
    correct += Number(isCorrect);
  }
  const share = (part: number, whole: number) => whole === 0 ? 0 : part / whole;
  const labels = counts.map(({ both, predicted, positives, correct }): LabelScores => ({
    positives,
    accuracy: correct / rows,
    precision: share(both, predicted),
    recall: share(both, positives),
    f1: share(2 * both, predicted + positives),
  }));
  return { ...accuracyOf(correct, rows), labels, f1: meanOf(labels.map(({ f1 }) => f1)) };
}

function outputScores(outputs: Float32Array, targets: Float32Array, width: number): Partial<Evaluation> {
  const rows = targets.length / width;
  const scores = Array.from({ length: width }, (_, o): OutputScores => {
    let sum = 0, residual = 0, spread = 0, distance = 0;
    for (let at = o; at < targets.length; at += width) sum += targets[at];
    for (let at = o; at < targets.length; at += width) {
      const difference = outputs[at] - targets[at];
      residual += difference ** 2;
      distance += Math.abs(difference);
      spread += (targets[at] - sum / rows) ** 2;
    }
    const r2 = spread > 0 ? 1 - residual / spread : Number(residual === 0);
    return { r2, meanAbsoluteError: distance / rows };
  });
  return {
    outputs: scores,
    r2: meanOf(scores.map(({ r2 }) => r2)),
    meanAbsoluteError: meanOf(scores.map(({ meanAbsoluteError }) => meanAbsoluteError)),
  };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
