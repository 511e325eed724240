/** The inputs of a table: its columns of numbers, and those of texts as one-hot inputs. @module */
import { digits, jsonText, type Refuse } from "../../formats/fault.ts";
import type { TableColumn } from "../dataset.ts";
import type { Cells, CellState } from "./cells.ts";
import { listed } from "./names.ts";

/** The maximum number of inputs of all rows: 4 GiB. The inputs of texts can be 100 times as long as the texts. */
export const MAX_INPUTS = 2 ** 30;

/** Returns the columns of a training set: with their categories in the order of their characters, and with their means. */
export function columnsOf(
  cells: Cells,
  { missing, refuse }: { readonly missing: "refuse" | "mean" | "drop"; readonly refuse: Refuse },
): TableColumn[] {
  checkExcess(cells, refuse);
  if (missing !== "mean") checkMissing(cells, refuse);
  return cells.columns.map((state, index): TableColumn => {
    const { column: { name }, texts } = state;
    if (texts) return { name, categories: [...texts.list, ...state.missing > 0 ? [""] : []].sort() };
    // Every column has its mean, because rows to predict may lack values that the training set had.
    return { name, ...missing === "mean" && { fill: meanOf(cells, index, refuse) } };
  });
}

function checkExcess({ columns }: Cells, refuse: Refuse): void {
  const excess = columns.filter((state) => state.excess !== undefined);
  if (excess.length === 0) return;
  const found = excess.slice(0, 10).map(({ column, excess }) => `${jsonText(column.name)} (${excess})`);
  const rest = excess.length > 10 ? `, … (${digits(excess.length)} columns)` : "";
  throw refuse(
    `has texts of more than 50 different values in column ${found.join(", ")}${rest}; ` +
      `needs numbers, or option drop`,
  );
}

function checkMissing({ columns, count }: Cells, refuse: Refuse): void {
  const missing = columns.filter((state) => state.missing > 0);
  if (missing.length === 0) return;
  const empty = missing.filter((state) => state.missing === count).map(({ column }) => column.name);
  if (empty.length > 0) throw refuse(emptyText(empty));
  const found = missing.slice(0, 10).map((state) =>
    `${digits(state.missing)} in column ${jsonText(state.column.name)}`
  );
  const rest = missing.length > 10 ? `, … (${digits(missing.length)} columns)` : "";
  throw refuse(`has missing values: ${found.join(", ")}${rest}; needs option missing`);
}

/** Returns the fault of columns without values. */
export function emptyText(names: readonly string[]): string {
  return `has no values in ${names.length === 1 ? "column" : "columns"} ${
    listed(names)
  }; needs values, or option drop`;
}

function meanOf(cells: Cells, index: number, refuse: Refuse): number {
  const { column, missing } = cells.columns[index], present = cells.count - missing;
  if (present === 0) throw refuse(emptyText([column.name]));
  let sum = 0;
  for (let row = 0; row < cells.count; row++) {
    const value = valueAt(cells, row, index);
    if (!Number.isNaN(value)) sum += value;
  }
  return sum / present;
}

/** Returns a value of a column of numbers; `NaN` for a missing one. */
export function valueAt({ columns, blocks, blockRows }: Cells, row: number, index: number): number {
  const { values } = columns[index];
  return values ? values[row] : blocks[Math.floor(row / blockRows)][row % blockRows * columns.length + index];
}

/**
 * Returns the inputs `[count, I]` of all rows. They are bytes if `bytes` is true and all of them are whole numbers from 0 to
 * 255; otherwise they are float32.
 *
 * @param columns the columns with their categories and fills
 * @throws {FormatError} made by `refuse`, if there are more than {@linkcode MAX_INPUTS} inputs in all
 */
export function inputsOf(
  cells: Cells,
  columns: readonly TableColumn[],
  { bytes: wantsBytes = false, refuse }: { readonly bytes?: boolean; readonly refuse: Refuse },
): Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer> {
  const { count } = cells;
  if (wantsBytes && cells.columns.every(({ values }) => values === undefined)) return bytesOf(cells);
  const inFeatures = columns.reduce((sum, { categories }) => sum + (categories?.length ?? 1), 0);
  if (count * inFeatures > MAX_INPUTS) {
    const found = `has ${digits(count)} rows of ${digits(inFeatures)} inputs`;
    throw refuse(
      `${found}, at most ${digits(MAX_INPUTS)} inputs are read; leave out columns with option drop`,
    );
  }
  const inputs = new Float32Array(count * inFeatures);
  let at = 0;
  const byteColumns: { readonly from: number; readonly to: number }[] = [];
  for (const [index, column] of columns.entries()) {
    const state = cells.columns[index];
    if (column.categories) oneHot(state, column.categories, { inputs, at, inFeatures, count });
    else if (state.values) {
      for (let row = 0; row < count; row++) {
        const value = state.values[row];
        inputs[row * inFeatures + at] = Number.isNaN(value) ? column.fill! : value;
      }
    } else byteColumns.push({ from: index, to: at });
    at += column.categories?.length ?? 1;
  }
  const { blocks, blockRows } = cells, width = columns.length;
  for (let row = 0; row < count && byteColumns.length > 0; row++) {
    const block = blocks[Math.floor(row / blockRows)], base = row % blockRows * width;
    for (const { from, to } of byteColumns) inputs[row * inFeatures + to] = block[base + from];
  }
  return inputs;
}

function bytesOf({ blocks, blockRows, columns, count }: Cells): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count * columns.length), length = blockRows * columns.length;
  for (let start = 0, index = 0; start < bytes.length; start += length, index++) {
    bytes.set(blocks[index].subarray(0, Math.min(length, bytes.length - start)), start);
  }
  return bytes;
}

function oneHot(
  { texts, values }: CellState,
  categories: readonly string[],
  { inputs, at, inFeatures, count }: {
    readonly inputs: Float32Array;
    readonly at: number;
    readonly inFeatures: number;
    readonly count: number;
  },
): void {
  const places = new Map(categories.map((text, place) => [text, place]));
  const order = texts!.list.map((text) => places.get(text)!), none = places.get("");
  for (let row = 0; row < count; row++) {
    const value = values![row];
    inputs[row * inFeatures + at + (Number.isNaN(value) ? none! : order[value])] = 1;
  }
}
