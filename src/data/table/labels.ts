/** The columns of a table with the labels or targets. @module */
import type { CsvRow } from "../../formats/csv.ts";
import { fieldText } from "../../formats/csv_text.ts";
import { isMissing, parseDecimal } from "../../formats/csv_number.ts";
import { digits, jsonText, type Refuse } from "../../formats/fault.ts";
import type { RawArray } from "../sources/raw.ts";
import { emptyText } from "./inputs.ts";
import { placeText } from "./names.ts";

/** A column of labels or targets. */
export interface LabelColumn {
  /** Its name. */
  readonly name: string;
  /** The index of its field in a row. */
  readonly field: number;
}

/** The labels of the rows so far. */
export interface Labels {
  /** Adds the labels of a row. */
  add(row: CsvRow): void;
  /**
   * Returns the labels `[N]` of one column, or `[N, O]` of several. Whole numbers that are written without a decimal point are
   * integers, and other numbers are float64. Texts are strings; in several columns, `true` is 1 and `false` 0.
   */
  finish(): RawArray;
}

/** The labels of one column. */
interface Values {
  readonly column: LabelColumn;
  /** The numbers; for texts, their indices in `texts`. */
  numbers: Float64Array;
  texts?: Map<string, number>;
  /** True if all are written as whole numbers. */
  isWhole: boolean;
  missing: number;
}

/** Creates the labels of a table, at first without rows. */
export function createLabels(columns: readonly LabelColumn[], refuse: Refuse): Labels {
  const all = columns.map((column): Values => ({
    column,
    numbers: new Float64Array(256),
    isWhole: true,
    missing: 0,
  }));
  let count = 0;

  function addLabel(values: Values, row: CsvRow): void {
    const { column: { field, name } } = values, { bytes, line } = row;
    const start = row.starts[field], end = row.ends[field];
    if (count === values.numbers.length) {
      const larger = new Float64Array(2 * count);
      larger.set(values.numbers);
      values.numbers = larger;
    }
    let value = values.texts ? NaN : parseDecimal(bytes, start, end);
    if (Number.isNaN(value)) {
      if (isMissing(bytes, start, end)) {
        values.missing++;
        return;
      }
      value = textOf(values, fieldText(row, field));
    } else if (!Number.isFinite(value)) {
      const found = jsonText(fieldText(row, field));
      throw refuse(`has ${found} ${placeText(line, field, name)}; needs a finite label`);
    } else if (values.isWhole) {
      // A point or an exponent makes it a decimal number, even if its value is whole.
      for (let at = start; at < end; at++) {
        if (bytes[at] === 0x2e || bytes[at] > 0x39) values.isWhole = false;
      }
    }
    values.numbers[count] = value;
  }

  /** Returns the number of a text; a column of numbers becomes one of texts first. */
  function textOf(values: Values, text: string): number {
    if (!values.texts) {
      const texts = values.texts = new Map<string, number>();
      for (let row = 0; row < count; row++) {
        const other = String(values.numbers[row]);
        if (!texts.has(other)) texts.set(other, texts.size);
        values.numbers[row] = texts.get(other)!;
      }
    }
    const number = Number(text),
      usual = /^[+-]?[\d.]+(e[+-]?\d+)?$/i.test(text) && !Number.isNaN(number) ? String(number) : text;
    const { texts } = values;
    if (!texts.has(usual)) texts.set(usual, texts.size);
    return texts.get(usual)!;
  }

  return {
    add(row) {
      for (const values of all) addLabel(values, row);
      count++;
    },
    finish() {
      const missing = all.find((values) => values.missing > 0);
      if (missing) {
        if (missing.missing === count) throw refuse(emptyText([missing.column.name]));
        const found = `${digits(missing.missing)} in column ${jsonText(missing.column.name)}`;
        throw refuse(`has missing labels: ${found}; needs option missing "drop"`);
      }
      return all.length === 1 ? arrayOf(all[0], count) : arrayOfAll(all, count, refuse);
    },
  };
}

function arrayOf({ column, numbers, texts, isWhole }: Values, count: number): RawArray {
  const { name } = column, shape = [count];
  if (texts) {
    const list = [...texts.keys()];
    const length = list.reduce((longest, text) => Math.max(longest, [...text].length), 1);
    return {
      name,
      shape,
      dtype: `<U${length}`,
      values: Array.from(numbers.subarray(0, count), (at) => list[at]),
    };
  }
  return { name, shape, ...numeric(numbers.slice(0, count), isWhole) };
}

/** Returns numbers as integers of 32 or 64 bits if they are whole and fit, else as float64. */
function numeric(numbers: Float64Array, isWhole: boolean): Pick<RawArray, "dtype" | "values"> {
  let largest = 0;
  for (const value of numbers) largest = Math.max(largest, Math.abs(value));
  if (!isWhole || largest > Number.MAX_SAFE_INTEGER) return { dtype: "<f8", values: numbers };
  if (largest < 2 ** 31) return { dtype: "<i4", values: Int32Array.from(numbers) };
  return { dtype: "<i8", values: BigInt64Array.from(numbers as unknown as ArrayLike<number>, BigInt) };
}

function arrayOfAll(all: readonly Values[], count: number, refuse: Refuse): RawArray {
  const numbers = new Float64Array(count * all.length);
  for (const [index, { column, numbers: values, texts }] of all.entries()) {
    const truths = texts && [...texts.keys()].map((text) => ["false", "true"].indexOf(text.toLowerCase()));
    const wrong = truths?.indexOf(-1) ?? -1;
    if (wrong >= 0) {
      const found = jsonText([...texts!.keys()][wrong]);
      throw refuse(`has the label ${found} in column ${jsonText(column.name)}; several labels need numbers`);
    }
    for (let row = 0; row < count; row++) {
      numbers[row * all.length + index] = truths ? truths[values[row]] : values[row];
    }
  }
  const name = all.length > 3 ? "labels" : all.map(({ column }) => column.name).join(", ");
  return { name, shape: [count, all.length], ...numeric(numbers, all.every(({ isWhole }) => isWhole)) };
}
