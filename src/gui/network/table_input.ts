/** The columns of a network's table: their ranges, and rows of their values. @module */
import { countOf, type Dataset, type TableColumn } from "../../data/dataset.ts";
import type { Mlp } from "../../mlp.ts";
import { type InputRanges, inputRangesOf } from "../../training/input_ranges.ts";
import type { CellValue, ColumnView, TableInput } from "../protocol/protocol.ts";
import { RequestError } from "../protocol/refusal.ts";

/** The largest float32. */
const MAX_FLOAT = 3.4028234663852886e38;
/** The ends of sliders in standard deviations from the mean, if only these are known. */
const DEVIATIONS = 3;

/** The rows from which the ranges of a table's columns are known. */
export interface KnownRows {
  /** The rows to train on. */
  readonly rows?: Dataset;
  /** The rows of the test set. */
  readonly samples?: Dataset;
}

/** Returns the columns of a network's table: those of its file, else a column of numbers for each input. */
export function tableColumnsOf({ columns, inFeatures }: Mlp): readonly TableColumn[] {
  return columns ?? Array.from({ length: inFeatures }, (_, i) => ({ name: `input ${i + 1}` }));
}

/** Returns the description of a network's table. */
export function tableInputOf(mlp: Mlp, known: KnownRows): TableInput {
  const { ranges, words, isAssumed } = rangesOf(mlp, known);
  let at = 0;
  const columns = tableColumnsOf(mlp).map((column): ColumnView => {
    const first = at;
    at += column.categories?.length ?? 1;
    return columnView(column, first, ranges);
  });
  return { kind: "table", columns, ranges: words, isAssumed };
}

/** Returns the ranges of a network's inputs from the best source, and its name for a person. */
function rangesOf(
  mlp: Mlp,
  { rows, samples }: KnownRows,
): { readonly ranges: InputRanges; readonly words: string; readonly isAssumed: boolean } {
  const { training, inFeatures, inputScale } = mlp, isKnown = { isAssumed: false };
  const stored = training?.inputRanges, whole = new Array<boolean>(inFeatures).fill(false);
  if (stored) {
    return { ranges: stored, words: "Each slider covers the values of the training set", ...isKnown };
  }
  const found = rows && countOf(rows) > 0 ? rows : samples, name = found === rows ? "training" : "test";
  const ranges = found && inputRangesOf(found);
  if (ranges) {
    return {
      ranges,
      words: `Each slider covers the values of the ${name} set of ${found.source}`,
      ...isKnown,
    };
  }
  const scaling = training?.inputScaling;
  if (scaling && inputScale !== 0) {
    const { shift, scale } = scaling, isMinmax = training?.config.inputScaling === "minmax";
    const at = (low: number) => shift.map((value, i) => (value + low * scale[i]) / inputScale);
    const [least, most, mean] = isMinmax ? [at(0), at(1), at(0.5)] : [at(-DEVIATIONS), at(DEVIATIONS), at(0)];
    const words = isMinmax
      ? "Each slider covers the values of the training set"
      : `Each slider covers ${DEVIATIONS} standard deviations on both sides of the training set's mean`;
    return { ranges: { least, most, mean, whole }, words, ...isKnown };
  }
  const isBytes = inputScale === 1 / 255, [low, high] = isBytes ? [0, 255] : [-DEVIATIONS, DEVIATIONS];
  const all = (value: number) => new Array<number>(inFeatures).fill(value);
  return {
    ranges: { least: all(low), most: all(high), mean: all(isBytes ? 128 : 0), whole: whole.fill(isBytes) },
    words: `The ranges of the columns are not known; sliders from ${low} to ${high} are assumed`
      .replace("-", "−"),
    isAssumed: true,
  };
}

function columnView(
  { name, categories, fill }: TableColumn,
  at: number,
  { least: lows, most: highs, mean, whole }: InputRanges,
): ColumnView {
  if (categories) {
    const shares = mean.slice(at, at + categories.length), most = shares.indexOf(Math.max(...shares));
    return { name, categories, least: 0, most: 1, step: 1, usual: categories[most], isOptional: false };
  }
  const isConstant = lows[at] >= highs[at], reach = Math.abs(lows[at]) / 10 || 1;
  const low = isConstant ? lows[at] - reach : lows[at], high = isConstant ? lows[at] + reach : highs[at];
  const step = whole[at] ? 1 : 10 ** Math.floor(Math.log10((high - low) / 100));
  const exact = (value: number) => Number(value.toPrecision(12)); // without the error of the division
  const [least, most] = [exact(Math.floor(low / step) * step), exact(Math.ceil(high / step) * step)];
  const usual = Math.min(most, Math.max(least, exact(Math.round(mean[at] / step) * step)));
  return { name, least, most, step: exact(step), usual, isOptional: fill !== undefined };
}

/**
 * Returns values of a table's columns as inputs `[I]` of the network.
 *
 * @throws {RequestError} 400 if they are not one valid value for each column
 */
export function inputsOfValues(values: unknown, columns: readonly TableColumn[]): Float32Array<ArrayBuffer> {
  if (!Array.isArray(values) || values.length !== columns.length) {
    const found = Array.isArray(values) ? `${values.length}` : JSON.stringify(values);
    throw new RequestError(
      400,
      `"values" needs a value for each of ${columns.length} columns, found ${found}`,
    );
  }
  const inputs: number[] = [];
  for (const [i, { name, categories, fill }] of columns.entries()) {
    const value: unknown = values[i];
    const refuse = (needed: string) =>
      new RequestError(400, `Column ${JSON.stringify(name)} needs ${needed}, found ${JSON.stringify(value)}`);
    if (categories) {
      const place = categories.indexOf(value === null ? "" : value as string);
      if (place < 0) throw refuse("one of its texts");
      for (let c = 0; c < categories.length; c++) inputs.push(c === place ? 1 : 0);
    } else if (value === null && fill !== undefined) inputs.push(fill);
    else if (typeof value === "number" && Math.abs(value) <= MAX_FLOAT) inputs.push(value);
    else throw refuse("a number");
  }
  return Float32Array.from(inputs);
}

/** Returns a row of inputs `[I]` as values of a table's columns. */
export function valuesOfInputs(
  inputs: Dataset["inputs"],
  columns: readonly TableColumn[],
): CellValue[] {
  let at = 0;
  return columns.map(({ categories }): CellValue => {
    if (!categories) return shortest(inputs[at++]);
    const shares = Array.from(inputs.subarray(at, at += categories.length));
    return categories[shares.indexOf(Math.max(...shares))];
  });
}

/** Returns the number with the fewest digits that is the same float32. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return value;
}
