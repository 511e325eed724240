/** The rows of a report: the loss of each, and the predicted class or labels with their probabilities. @module */
import { countOf, NO_CLASS } from "../data/dataset.ts";
import { indexOfLargest } from "../index_of_largest.ts";
import { confidenceOf } from "../training/calibration.ts";
import { createRowLoss } from "../training/row_losses.ts";
import type { ReportSource } from "./source.ts";

/** A row of a set of classes. */
export interface ClassRow {
  /** The row of the set. */
  readonly row: number;
  /** Its label. */
  readonly label: number;
  /** The predicted class. */
  readonly guess: number;
  /** The probability of that class; `undefined` if the outputs are not probabilities. */
  readonly confidence: number | undefined;
  /** Its loss. */
  readonly loss: number;
}

/** Returns the loss of each row. */
export function rowLosses({ outputs, set, settings }: ReportSource): Float64Array {
  const { labels, targets } = set, rows = countOf(set), width = outputs.length / rows;
  const lossOf = createRowLoss(width, labels !== undefined, settings);
  return Float64Array.from({ length: rows }, (_, row) => {
    const from = row * width, to = from + width;
    return lossOf(outputs.subarray(from, to), labels ? labels[row] : targets!.subarray(from, to));
  });
}

/** Returns the rows that belong to a class. */
export function classRows(source: ReportSource): ClassRow[] {
  const { outputs, set: { labels = new Uint32Array() } } = source, width = outputs.length / labels.length;
  const losses = rowLosses(source), rows: ClassRow[] = [];
  for (const [row, label] of labels.entries()) {
    if (label === NO_CLASS) continue;
    const values = outputs.subarray(row * width, (row + 1) * width);
    const guess = width === 1 ? Number(values[0] > 0) : indexOfLargest(values);
    rows.push({ row, label, guess, confidence: confidenceOf(values, guess, source), loss: losses[row] });
  }
  return rows;
}

/** Returns the names of the classes or labels; a class without a name is its number. */
export function namesOf({ mlp }: ReportSource): (label: number) => string {
  return (label) => mlp.classNames?.[label] ?? String(label);
}
