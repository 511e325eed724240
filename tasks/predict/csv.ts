/** Predictions as CSV: a header, and one line for each row. @module */
import { imageSpecOf } from "../../src/data/dataset.ts";
import { guessOf } from "../../src/guess.ts";
import type { Mlp } from "../../src/mlp.ts";
import { isPredicted, type Prediction } from "./prediction.ts";

/** The columns of a CSV. */
export interface CsvOptions {
  /** True to add a column with the probability of each class. */
  readonly probabilities: boolean;
  /**
   * The names of the two columns of a submission: the rows' identifier, and the predicted class or value, for which the network
   * has a name if it is `undefined`. Absent for a table with names and probabilities.
   */
  readonly submission?: { readonly id: string; readonly label?: string };
}

/** A column of a CSV. `number` is the number of the row, from 1. */
interface CsvColumn {
  readonly title: string;
  readonly cell: (prediction: Prediction, number: number) => string;
}

/** Yields the lines of a CSV, without line breaks, batch by batch. */
export async function* csvLines(
  batches: AsyncIterable<readonly Prediction[]>,
  mlp: Mlp,
  options: CsvOptions,
): AsyncGenerator<string[]> {
  let columns: readonly CsvColumn[] | undefined, number = 0;
  for await (const batch of batches) {
    const lines: string[] = [];
    if (columns === undefined) {
      columns = columnsOf(batch, mlp, options);
      lines.push(csvLine(columns.map(({ title }) => title)));
    }
    for (const prediction of batch) {
      number++;
      lines.push(csvLine(columns.map(({ cell }) => cell(prediction, number))));
    }
    yield lines;
  }
}

/** Returns fields as a line of a CSV (RFC 4180, section 2), without its line break. */
export function csvLine(fields: readonly string[]): string {
  // A line with one empty field would be an empty line, which readers skip.
  if (fields.length === 1 && fields[0] === "") return '""';
  return fields.map((field) => /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field).join(",");
}

/** Returns the shortest decimal number that is this float32: `0.1` for the one that is 0.10000000149011612 in float64. */
export function float32Text(value: number): string {
  for (let precision = 6; precision < 9; precision++) {
    const text = String(Number(value.toPrecision(precision)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(Number(value.toPrecision(9)));
}

function columnsOf(batch: readonly Prediction[], mlp: Mlp, options: CsvOptions): CsvColumn[] {
  const { submission } = options, [first] = batch;
  if (submission) {
    return [
      { title: submission.id, cell: ({ row }, number) => row.id ?? String(number) },
      ...submittedColumns(first, mlp, submission.label),
    ];
  }
  const name: CsvColumn = { title: "name", cell: ({ row }) => row.name };
  const label: CsvColumn = {
    title: "label",
    cell: ({ row }) => row.label === undefined ? "" : classNameOf(mlp, row.label),
  };
  const known = batch.some(({ row }) => row.label !== undefined) ? [label] : [];
  if (first.labels) {
    const predicted: CsvColumn = {
      title: "labels",
      cell: ({ row, labels }) =>
        row.blank ? "" : [...labels!.keys()].filter((o) => isPredicted(labels![o]))
          .map((o) => classNameOf(mlp, o)).join(" "),
    };
    return [name, predicted, ...labelColumns(mlp, first.labels.length)];
  }
  if (!first.probabilities) return [name, ...known, ...outputColumns(mlp)];
  const shares = Array.from(first.probabilities, (_, label): CsvColumn => ({
    title: classNameOf(mlp, label),
    cell: ({ row, probabilities }) => row.blank ? "" : float32Text(probabilities![label]),
  }));
  return [
    name,
    ...known,
    { title: "class", cell: guessedName(mlp) },
    {
      title: "probability",
      cell: ({ row, probabilities }) => row.blank ? "" : float32Text(guessOf(probabilities!).probability),
    },
    ...options.probabilities ? shares : [],
  ];
}

/** Returns the columns of a submission after the identifier: the class, or the values of a regression or of labels. */
function submittedColumns(first: Prediction, mlp: Mlp, label: string | undefined): CsvColumn[] {
  if (!first.probabilities) {
    const columns = first.labels ? labelColumns(mlp, first.labels.length) : outputColumns(mlp);
    if (columns.length > 1) return columns;
    return columns.map(({ title, cell }) => ({ title: label ?? title, cell }));
  }
  // Submissions of digits have this name, although the column of a table of pixels is named "label".
  const title = imageSpecOf(mlp) ? "Label" : mlp.labelColumns?.[0] ?? "Label";
  return [{ title: label ?? title, cell: guessedName(mlp) }];
}

function labelColumns(mlp: Mlp, count: number): CsvColumn[] {
  return Array.from({ length: count }, (_, o) => ({
    title: classNameOf(mlp, o),
    cell: ({ row, labels }: Prediction) => row.blank ? "" : float32Text(labels![o]),
  }));
}

function outputColumns({ outFeatures, labelColumns = [] }: Mlp): CsvColumn[] {
  return Array.from({ length: outFeatures }, (_, o) => ({
    title: labelColumns.length === outFeatures ? labelColumns[o] : `output_${o + 1}`,
    cell: ({ outputs }: Prediction) => float32Text(outputs[o]),
  }));
}

function guessedName(mlp: Mlp): CsvColumn["cell"] {
  return ({ row, probabilities }) => row.blank ? "" : classNameOf(mlp, guessOf(probabilities!).label);
}

function classNameOf({ classNames }: Mlp, label: number): string {
  return classNames?.[label] ?? String(label);
}
