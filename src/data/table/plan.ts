/** The roles of a table's columns: inputs, labels, or not used. @module */
import { parseDecimal } from "../../formats/csv_number.ts";
import { digits, jsonText } from "../../formats/fault.ts";
import type { DataNote } from "../dataset.ts";
import type { CellColumn } from "./cells.ts";
import type { TableHead } from "./head.ts";
import type { LabelColumn } from "./labels.ts";
import { columnIndex, isLabelName, labelField, pixelNumber, sideOf } from "./names.ts";

/** The roles of a table's columns. */
export interface TablePlan {
  /** The columns that become inputs, in the order of the inputs. */
  readonly inputs: readonly CellColumn[];
  /** True if the inputs are those of a network, with its categories. */
  readonly isFixed: boolean;
  /** The columns with the labels or targets; `[]` if the table has none. */
  readonly labels: readonly LabelColumn[];
  /** The shape of one input, if the inputs are pixels; absent for the columns of a table. */
  readonly inputShape?: readonly number[];
  /** Decisions, for the user. */
  readonly notes: readonly DataNote[];
}

/** The minimum number of columns that are pixels although their names do not tell. */
const MIN_PIXELS = 64;

/**
 * Decides the roles of the columns of a training set.
 *
 * @param options the columns of labels, and those that are not used, by their names or their numbers from 1
 * @throws {FormatError} if a column does not exist, or none is left for the inputs
 */
export function planTable(
  head: TableHead,
  options: { readonly label?: readonly string[]; readonly drop?: readonly string[] },
): TablePlan {
  const { names, refuse } = head;
  const dropped = new Set((options.drop ?? []).map((name) => columnIndex(names, name, refuse)));
  const used = names.map((_, field) => field).filter((field) => !dropped.has(field));
  if (used.length < 2) {
    const found = `${digits(used.length)} ${used.length === 1 ? "column" : "columns"}`;
    throw refuse(`has ${found}, needs inputs and a label, separated by commas, tabs or semicolons`);
  }
  checkNames(head, used);
  const { fields, note } = labelFields(head, used, options.label);
  const labels = new Set(fields), wrong = fields.find((field) => dropped.has(field));
  if (wrong !== undefined) throw refuse(`has the label column ${jsonText(names[wrong])}, which is dropped`);
  const inputs = used.filter((field) => !labels.has(field));
  if (inputs.length === 0) throw refuse(`has no column left for the inputs`);
  const column = (field: number) => ({ name: names[field], field });
  const inputShape = pixelShape(head, inputs);
  return {
    inputs: inputs.map(column),
    isFixed: false,
    labels: [...labels].map(column),
    ...inputShape && { inputShape },
    notes: [...note ? [note] : [], ...inputShape?.length === 3 ? [COLORS] : []],
  };
}

const COLORS: DataNote = { text: "pixels are red, green and blue values in turn" };

function checkNames({ names, refuse }: TableHead, used: readonly number[]): void {
  const places = new Map<string, number>();
  for (const field of used) {
    const other = places.get(names[field]);
    if (other !== undefined) {
      throw refuse(
        `has two columns named ${jsonText(names[field])}, ${other + 1} and ${field + 1}; rename one of them`,
      );
    }
    places.set(names[field], field);
  }
}

/** Returns the columns of the labels and, if no option gives them, a note. */
function labelFields(
  head: TableHead,
  used: readonly number[],
  label: readonly string[] = [],
): { readonly fields: readonly number[]; readonly note?: DataNote } {
  const { names, refuse } = head;
  if (label.length > 0) return { fields: label.map((name) => columnIndex(names, name, refuse)) };
  const option = { name: "label", value: "COLUMN" };
  const named = labelField(names, used);
  const field = named ?? lastOrFirst(head, used), shown = jsonText(names[field]);
  const why = named !== undefined ? "" : field === used.at(-1) ? ", the last" : ", before columns of pixels";
  return { fields: [field], note: { text: `labels are column ${shown}${why}`, option } };
}

/** Returns the label column of a table whose names do not tell: the first if pixels follow it, else the last. */
export function lastOrFirst(head: TableHead, used: readonly number[]): number {
  const [first, ...others] = used, last = used[used.length - 1];
  if (!isUnnamed(head) || (sideOf(others.length) ?? 0) ** 2 < MIN_PIXELS) return last;
  if (!havePixels(head, others)) return last;
  const isConstant = (field: number) =>
    head.samples.every((row) => valueOf(row, field) === valueOf(head.samples[0], field));
  return isConstant(first) && !isConstant(last) ? last : first;
}

/** Returns whether the columns have no names, or only numbers for names. */
function isUnnamed({ names, hasHeader }: TableHead): boolean {
  return !hasHeader || names.every((name) => /^(\d+|column \d+)$/.test(name) || isLabelName(name));
}

/** Returns the shape of one input if the columns are the pixels of images. */
function pixelShape(head: TableHead, fields: readonly number[]): readonly number[] | undefined {
  const side = sideOf(fields.length), colorSide = sideOf(fields.length / 3);
  const numbers = fields.map((field) => pixelNumber(head.names[field]));
  const arePixels = numbers.every((number, index) =>
    number !== undefined && (index === 0 || number > numbers[index - 1]!)
  );
  if (arePixels && side !== undefined) return [side, side];
  if (arePixels && colorSide !== undefined) return [colorSide, colorSide, 3];
  if (side === undefined || fields.length < MIN_PIXELS || !isUnnamed(head)) return undefined;
  return havePixels(head, fields) ? [side, side] : undefined;
}

/** Returns whether the first rows have whole numbers from 0 to 255 in the columns, some of them above 127. */
function havePixels({ samples }: TableHead, fields: readonly number[]): boolean {
  let largest = 0;
  for (const row of samples) {
    for (const field of fields) {
      const value = valueOf(row, field);
      if (!(value >= 0 && value <= 255 && Number.isInteger(value))) return false;
      if (value > largest) largest = value;
    }
  }
  return largest > 127;
}

function valueOf({ bytes, starts, ends }: TableHead["samples"][number], field: number): number {
  return parseDecimal(bytes, starts[field], ends[field]);
}
