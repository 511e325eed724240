/** The rows of a CSV or TSV file as a set of inputs and labels. @module */
import type { CsvRow } from "../../formats/csv.ts";
import { isMissing } from "../../formats/csv_number.ts";
import { digits, jsonText } from "../../formats/fault.ts";
import type { ByteSource } from "../sources/byte_source.ts";
import type { DataNote, InputSpec, TableColumn } from "../dataset.ts";
import type { DataOptions } from "../options.ts";
import type { RawSet } from "../sources/raw.ts";
import { type Cells, type CellState, createCells } from "./cells.ts";
import { readTable, type TableHead } from "./head.ts";
import { columnsOf, inputsOf, valueAt } from "./inputs.ts";
import { createLabels, type Labels } from "./labels.ts";
import { matchTable } from "./match.ts";
import { isIdName, listed, optionText } from "./names.ts";
import { planTable, type TablePlan } from "./plan.ts";

/** The options of {@linkcode readTableSet}. */
export interface TableSetOptions extends Pick<DataOptions, "label" | "drop" | "missing"> {
  /** The file's name, for messages. */
  readonly file: string;
  /** The network or training set whose columns the set has. */
  readonly like?: InputSpec;
  /** True if a file without labels is not read. */
  readonly needsLabels?: boolean;
}

/** A set of rows of a table. */
export interface TableSet {
  /** The rows. */
  readonly set: RawSet;
  /** The columns of the inputs; absent if these are pixels. */
  readonly columns?: readonly TableColumn[];
  /** The names of the columns with the labels; `[]` if the file has none. */
  readonly labelColumns: readonly string[];
  /** The shape of one input. */
  readonly inputShape: readonly number[];
  /** Decisions, for the user. */
  readonly notes: readonly DataNote[];
}

/**
 * Reads all rows of a table.
 *
 * @returns the rows; `undefined` if the file has no labels, and `needsLabels` is true
 * @throws {FormatError} if the file is not a table of inputs and labels
 */
export async function readTableSet(
  source: ByteSource,
  options: TableSetOptions,
): Promise<TableSet | undefined> {
  const { file, like, missing = "refuse", needsLabels = false } = options;
  let head!: TableHead,
    plan!: TablePlan,
    cells!: Cells,
    labels: Labels | undefined,
    dropped = 0,
    isUnused = false;
  const onHead = (found: TableHead) => {
    head = found;
    plan = like ? matchTable(head, like, options) : planTable(head, options);
    cells = createCells({ columns: plan.inputs, isFixed: plan.isFixed, refuse: head.refuse });
    if (plan.labels.length > 0) labels = createLabels(plan.labels, head.refuse);
    isUnused = needsLabels && plan.labels.length === 0;
    if (isUnused) return () => {};
    const needed = [...plan.inputs.filter((column) => !allowsMissing(column)), ...plan.labels];
    const fields = missing === "drop" ? needed.map(({ field }) => field) : [];
    return (row: CsvRow) => {
      if (lacksAny(row, fields)) dropped++;
      else {
        cells.add(row);
        labels?.add(row);
      }
    };
  };
  for await (const _ of readTable(source, { file, known: knownNames(like), onHead })) {
    if (isUnused) return undefined;
  }
  const { refuse } = head;
  if (cells.count === 0) throw refuse(`has missing values in all of its ${digits(dropped)} rows`);
  const columns = plan.isFixed ? plan.inputs : columnsOf(cells, { missing, refuse });
  // Columns that have the names of pixels and texts are none.
  const pixelShape = columns.some(({ categories }) => categories) ? undefined : plan.inputShape;
  const inputs = inputsOf(cells, columns, { bytes: pixelShape !== undefined, refuse });
  const inputShape = pixelShape ?? [inputs.length / cells.count];
  return {
    set: {
      inputs: {
        name: "table",
        dtype: inputs instanceof Uint8Array ? "|u1" : "<f4",
        shape: [cells.count, ...inputShape],
        values: inputs,
      },
      ...labels && { labels: labels.finish() },
    },
    ...!pixelShape && { columns: columns.map(columnOf) },
    labelColumns: plan.labels.map(({ name }) => name),
    inputShape,
    notes: [
      formNote(head),
      ...plan.notes,
      ...plan.isFixed ? [] : columnNotes(cells, columns),
      ...dropped > 0 ? [droppedNote(dropped)] : [],
    ],
  };
}

/** Returns the names of columns that a header may have, for a network. */
export function knownNames(like: InputSpec | undefined): string[] {
  return [...like?.columns?.map(({ name }) => name) ?? [], ...like?.labelColumns ?? []];
}

/** Returns whether a column may lack values, because training replaced missing ones. */
export function allowsMissing({ fill, categories }: TableColumn): boolean {
  return fill !== undefined || categories?.includes("") === true;
}

/** Returns whether one of the fields has no value. */
export function lacksAny({ bytes, starts, ends }: CsvRow, fields: readonly number[]): boolean {
  for (const field of fields) if (isMissing(bytes, starts[field], ends[field])) return true;
  return false;
}

function columnOf({ name, categories, fill }: TableColumn): TableColumn {
  return { name, ...categories && { categories }, ...fill !== undefined && { fill } };
}

function countText(count: number, noun: string): string {
  return `${digits(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Returns the note about rows that were left out. */
export function droppedNote(count: number): DataNote {
  return { text: `${countText(count, "row")} with missing values left out` };
}

/** Returns the note about the form of the file. */
export function formNote({ names, hasHeader, delimiter, hasDecimalCommas }: TableHead): DataNote {
  const separator = { "\t": ", separated by tabs", ";": ", separated by semicolons" }[delimiter] ?? "";
  const commas = hasDecimalCommas ? ", numbers with decimal commas" : "";
  const header = hasHeader ? "with a header" : "without a header";
  return { text: `${countText(names.length, "column")} ${header}${separator}${commas}` };
}

/** Returns notes about columns of texts, missing values, and columns that count the rows. */
function columnNotes(cells: Cells, columns: readonly TableColumn[]): DataNote[] {
  const notes: DataNote[] = [];
  const texts = columns.filter(({ categories }) => categories);
  if (texts.length > 0) {
    const shown = texts.slice(0, 10).map(({ name, categories }) =>
      `${jsonText(name)} (${categories!.length})`
    );
    const rest = texts.length > 10 ? ", …" : "";
    notes.push({
      text: `${countText(texts.length, "column")} of texts as one-hot inputs: ${shown.join(", ")}${rest}`,
    });
  }
  const missing = cells.columns.filter((state) => state.missing > 0);
  if (missing.length > 0) {
    const named = (areTexts: boolean) =>
      missing.filter(({ texts }) => (texts !== undefined) === areTexts).map(({ column }) => column.name);
    const [filled, own] = [named(false), named(true)];
    const total = missing.reduce((sum, state) => sum + state.missing, 0);
    const means = filled.length > 0 ? [`the mean of their column: ${listed(filled)}`] : [];
    const categories = own.length > 0 ? [`a category of their own: ${listed(own)}`] : [];
    notes.push({
      text: `${countText(total, "missing value")} became ${[...means, ...categories].join("; ")}`,
    });
  }
  const rounded = cells.columns.filter(isRounded).map(({ column }) => column.name);
  if (rounded.length > 0) {
    const subject = rounded.length === 1 ? "column" : "columns";
    notes.push({ text: `numbers above 16,777,216 in ${subject} ${listed(rounded)} are rounded to float32` });
  }
  for (const [index, { name }] of columns.entries()) {
    const does = countsRows(cells, index)
      ? "only counts"
      : isIdName(name) && identifiesRows(cells, index)
      ? "seems to identify"
      : undefined;
    if (does === undefined) continue;
    const text = `column ${jsonText(name)} ${does} the rows, and is an input`;
    const value = optionText(name, cells.columns[index].column.field);
    notes.push({ text, option: { name: "drop", value } });
  }
  return notes;
}

/** Returns whether a column has numbers that float32 may have rounded to a multiple of 2 or more. */
function isRounded({ values, texts }: CellState): boolean {
  return !texts && values?.some((value) => Math.abs(value) > 2 ** 24) === true;
}

/** Returns whether a column has numbers that increase by one from row to row. */
function countsRows(cells: Cells, index: number): boolean {
  if (cells.columns[index].texts || cells.count < 3) return false;
  const first = valueAt(cells, 0, index);
  for (let row = 1; row < cells.count; row++) if (valueAt(cells, row, index) !== first + row) return false;
  return true;
}

/** Returns whether a column has whole numbers of which hardly one occurs twice, apart from the rounding to float32. */
function identifiesRows(cells: Cells, index: number): boolean {
  const { count } = cells, different = new Set<number>();
  if (cells.columns[index].texts || count < 3) return false;
  for (let row = 0; row < count; row++) {
    const value = valueAt(cells, row, index);
    if (!Number.isInteger(value)) return false;
    different.add(value);
  }
  return different.size > 0.9 * count;
}
