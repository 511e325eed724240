/** An evaluation as the lines that a terminal shows. @module */
import type { Mlp } from "../../src/mlp.ts";
import type { Evaluation, LabelScores, OutputScores } from "../../src/training/scores.ts";
import { visible } from "../../src/visible.ts";
import { accuracy, amount, count, loss, percent, r2 } from "../terminal/numbers.ts";
import { type CalibrationGain, calibrationLines } from "./calibration_gain.ts";
import { type Column, startTable } from "../terminal/table.ts";

/** The maximum number of classes for which the confusion matrix is shown; more do not fit a terminal. */
const SHOWN_CLASSES = 20;

/** Returns the lines that show an evaluation: the scores of its kind of targets. */
export function evaluationLines(evaluation: Evaluation, mlp: Mlp, gain?: CalibrationGain): string[] {
  const nameOf = (label: number) => visible(mlp.classNames?.[label] ?? String(label));
  const { labels, outputs, confusion } = evaluation;
  const isScaled = outputs !== undefined && mlp.training?.targetScaling !== undefined;
  return [
    `loss     ${loss(evaluation.loss)}${isScaled ? " (of standardized targets)" : ""}`,
    ...accuracyLines(evaluation),
    ...calibrationLines(evaluation, mlp, gain),
    ...outputs ? outputLines(evaluation, outputs) : [],
    ...labels ? labelLines(labels, (o) => nameOf(confusion ? 1 : o)) : [],
    ...confusion ? confusionLines(confusion, nameOf) : [],
    ...worstLines(evaluation, nameOf),
  ];
}

function accuracyLines({ rows, correct = 0, accuracy: share, f1, confusion, labels }: Evaluation): string[] {
  if (share === undefined) return [`rows     ${count(rows)}`];
  const classed = confusion ? confusion.reduce((a, b) => a + b, 0) : rows;
  const all = !confusion && labels && labels.length > 1 ? ", all labels of each" : "";
  return [
    `accuracy ${accuracy(share, classed)} (${count(correct)} of ${count(classed)}${all})`,
    ...f1 === undefined ? [] : [`F1       ${f1.toFixed(4)}${all === "" ? "" : " (mean of the labels)"}`],
  ];
}

/** Returns the lines of a regression; those of each output only if there are several. */
function outputLines(
  { r2: mean, meanAbsoluteError }: Evaluation,
  outputs: readonly OutputScores[],
): string[] {
  const all = outputs.length > 1 ? ", mean of the outputs" : "";
  const lines = [
    `R²       ${r2(mean!)}${all === "" ? "" : " (mean of the outputs)"}`,
    `error    ${amount(meanAbsoluteError!)} (mean absolute error in the units of the targets${all})`,
  ];
  if (outputs.length === 1) return lines;
  return [
    ...lines,
    ...tableOf(outputs.map((scores, o) => ({ ...scores, o })), [
      { title: "output", width: 0, cell: ({ o }) => String(o) },
      { title: "R²", width: 8, cell: ({ r2: value }) => r2(value) },
      { title: "error", width: 9, cell: (scores) => amount(scores.meanAbsoluteError) },
    ]),
  ];
}

function labelLines(labels: readonly LabelScores[], nameOf: (label: number) => string): string[] {
  const rows = labels.map((scores, o) => ({ ...scores, name: nameOf(o) }));
  return tableOf(rows, [
    { title: "label", width: Math.max(...rows.map(({ name }) => name.length)), cell: ({ name }) => name },
    { title: "rows", width: 7, cell: ({ positives }) => count(positives) },
    { title: "accuracy", width: 8, cell: (scores) => percent(scores.accuracy) },
    { title: "precision", width: 8, cell: ({ precision }) => percent(precision) },
    { title: "recall", width: 8, cell: ({ recall }) => percent(recall) },
    { title: "F1", width: 6, cell: ({ f1 }) => f1.toFixed(4) },
  ]);
}

/** Returns the lines of a table, with an empty line before it. */
function tableOf<R>(rows: readonly R[], columns: readonly Column<R>[]): string[] {
  const lines = [""], table = startTable(columns, (line) => lines.push(line));
  for (const row of rows) table.row(row);
  return lines;
}

/** Returns the lines of the confusion matrix: a row for each label, with the share of its rows that were predicted correctly. */
function confusionLines(confusion: Uint32Array, nameOf: (label: number) => string): string[] {
  const classes = Math.sqrt(confusion.length);
  if (classes > SHOWN_CLASSES) return [];
  const names = Array.from({ length: classes }, (_, label) => nameOf(label));
  const cells = Array.from(confusion, (value) => value === 0 ? "." : String(value));
  const width = Math.max(...[...cells, ...names].map((text) => text.length));
  const first = Math.max(5, width);
  const line = (head: string, texts: readonly string[]) =>
    [head.padStart(first), ...texts.map((text) => text.padStart(width))].join(" ");
  return [
    "",
    `${line("label", names)}  correct (columns: predicted)`,
    ...names.map((name, label) => {
      const row = cells.slice(label * classes, (label + 1) * classes);
      const total = confusion.subarray(label * classes, (label + 1) * classes).reduce((a, b) => a + b, 0);
      const correct = total > 0
        ? percent(confusion[label * classes + label] / total).padStart(8)
        : "   no rows";
      return `${line(name, row)}  ${correct}`;
    }),
  ];
}

function worstLines({ worst = [] }: Evaluation, nameOf: (label: number) => string): string[] {
  if (worst.length === 0) return [];
  return [
    "",
    "worst mistakes (row: label, predicted, loss)",
    ...worst.map(({ row, label, guess, loss: rowLoss }) =>
      `  ${row}: ${nameOf(label)}, ${nameOf(guess)}, ${loss(rowLoss)}`
    ),
  ];
}
