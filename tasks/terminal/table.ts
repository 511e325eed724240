/**
 * Tables that are printed row by row, with aligned columns of fixed width and a heading before the first row.
 * @module
 */
import type { Dataset } from "../../src/data/dataset.ts";
import type { LossName } from "../../src/plan/losses.ts";
import type { Evaluation } from "../../src/training/scores.ts";
import type { TrainEvent } from "../../src/training/epochs.ts";
import { visible } from "../../src/visible.ts";
import { count, loss, percent, r2 } from "./numbers.ts";

/** Spaces between two columns. */
const GAP = "  ";
/** The maximum width of the table of epochs, in characters. */
const TERMINAL = 80;

/** A column of rows `R`. */
export interface Column<R> {
  /** Its heading. */
  readonly title: string;
  /** Its width in characters; a longer heading makes it wider. */
  readonly width: number;
  /** The alignment of its cells; `"right"` by default, for numbers. */
  readonly align?: "left" | "right";
  /** Returns the cell of a row. */
  readonly cell: (row: R) => string;
}

/** A table that is printed row by row. */
export interface Table<R> {
  /** Prints a row; before the first, also the heading. */
  row(row: R): void;
}

/**
 * Starts a table; `print` receives each line without its line break.
 *
 * @param options `continued` is true if the rows continue a table whose heading was printed
 */
export function startTable<R>(
  columns: readonly Column<R>[],
  print: (line: string) => void,
  { continued = false }: { readonly continued?: boolean } = {},
): Table<R> {
  const line = (texts: readonly string[]) =>
    columns.map((column, i) =>
      column.align === "left" ? texts[i].padEnd(fullWidth(column)) : texts[i].padStart(fullWidth(column))
    ).join(GAP).trimEnd();
  let begun = continued;
  return {
    row(row) {
      if (!begun) print(line(columns.map(({ title }) => title)));
      begun = true;
      print(line(columns.map(({ cell }) => visible(cell(row)))));
    },
  };
}

function fullWidth({ title, width }: Pick<Column<never>, "title" | "width">): number {
  return Math.max(width, title.length);
}

/** The properties of an event that the row of an epoch shows. */
export type EpochRow = Pick<
  TrainEvent,
  "epoch" | "trainLoss" | "trainAccuracy" | "validation" | "test" | "seconds" | "rowsPerSecond"
>;

/** Options of {@linkcode epochColumns}. */
export interface EpochColumnOptions {
  /** The number of epochs of the run. */
  readonly epochs: number;
  /** True if there is a validation set. */
  readonly validation: boolean;
  /** True if there is a test set. */
  readonly test: boolean;
  /** The score beside each loss: an accuracy, or R² of the validation and the test set. */
  readonly score: "accuracy" | "r2";
  /** The plural noun for rows of the training set, for the heading of the rate; `"rows"` by default. */
  readonly rows?: string;
}

/** Returns the score that is shown beside each loss for this training set. */
export function scoreOf({ labels }: Pick<Dataset, "labels">, loss: LossName): EpochColumnOptions["score"] {
  return labels || loss.endsWith("cross-entropy") ? "accuracy" : "r2";
}

/**
 * Returns the columns for the epochs of a run. The last column, the rate, is left out if the table would be too wide.
 */
export function epochColumns(options: EpochColumnOptions): Column<EpochRow>[] {
  const { epochs, score, rows = "rows" } = options;
  const cell = (format: (value: number) => string, value?: number) =>
    value === undefined ? "" : format(value);
  const pair = (
    name: string,
    of: (row: EpochRow) => Pick<Evaluation, "accuracy" | "r2"> & { readonly loss: number } | undefined,
  ): Column<EpochRow>[] => [
    { title: `${name} loss`, width: 8, cell: (row) => cell(loss, of(row)?.loss) },
    score === "accuracy"
      ? { title: `${name} acc`, width: 8, cell: (row) => cell(percent, of(row)?.accuracy) }
      : { title: `${name} R²`, width: 8, cell: (row) => cell(r2, of(row)?.r2) },
  ];
  const train = pair(
    "train",
    ({ trainLoss, trainAccuracy }) => ({ loss: trainLoss, accuracy: trainAccuracy }),
  );
  const columns: Column<EpochRow>[] = [
    { title: "epoch", width: String(epochs).length, cell: ({ epoch }) => String(epoch) },
    ...score === "accuracy" ? train : train.slice(0, 1),
    ...options.validation ? pair("val", ({ validation }) => validation) : [],
    ...options.test ? pair("test", ({ test }) => test) : [],
    { title: "seconds", width: 7, cell: ({ seconds }) => seconds.toFixed(seconds < 99.995 ? 2 : 1) },
  ];
  const rate: Column<EpochRow> = {
    title: `${rows}/s`,
    width: 10,
    cell: ({ rowsPerSecond }) => count(rowsPerSecond),
  };
  const used = [...columns, rate].reduce((sum, column) => sum + GAP.length + fullWidth(column), -GAP.length);
  return used <= TERMINAL ? [...columns, rate] : columns;
}
