/** The values of a table's columns of inputs, row by row as they are read. @module */
import type { CsvRow } from "../../formats/csv.ts";
import { fieldText } from "../../formats/csv_text.ts";
import { isMissing, parseDecimal } from "../../formats/csv_number.ts";
import { digits, jsonText, type Refuse } from "../../formats/fault.ts";
import type { TableColumn } from "../dataset.ts";
import { listed, placeText } from "./names.ts";
import { createTexts, numberText, type Texts } from "./texts.ts";

/** A column that becomes inputs. */
export interface CellColumn extends TableColumn {
  /** The index of its field in a row. */
  readonly field: number;
}

/** The options of {@linkcode createCells}. */
export interface CellOptions {
  /** The columns, in the order of the inputs. */
  readonly columns: readonly CellColumn[];
  /** True if the columns are those of a network: their categories and fills are given, and nothing else is valid. */
  readonly isFixed: boolean;
  /** Creates the error for a fault of the file. */
  readonly refuse: Refuse;
}

/** The values of columns. */
export interface Cells {
  /** The number of rows. */
  readonly count: number;
  /** Adds a row. */
  add(row: CsvRow): void;
  /** The state of each column. */
  readonly columns: readonly CellState[];
  /** Bytes `[count, columns]` in blocks of {@linkcode Cells.blockRows} rows; those of columns with `values` have no meaning. */
  readonly blocks: Uint8Array[];
  /** The rows of a block. */
  readonly blockRows: number;
  /** Removes all rows; columns keep their states. */
  clear(): void;
}

/** The state of a column. */
export interface CellState {
  /** The column. */
  readonly column: CellColumn;
  /** Its values so far, `NaN` for missing ones; absent while all are whole numbers from 0 to 255. For texts, their numbers. */
  readonly values?: Float32Array;
  /** Its texts; absent for a column of numbers. */
  readonly texts?: Texts;
  /** The number of missing values. */
  readonly missing: number;
  /** The first value that made the number of texts too large, as a message; absent if there is none. */
  readonly excess?: string;
}

/** The maximum number of different values of a column of texts. */
export const MAX_CATEGORIES = 50;

/** The size of a block in bytes, unless a row is longer. */
const BLOCK = 2 ** 22;

/** The largest float32. */
const MAX_FLOAT = 3.4028234663852886e38;

/** The kinds of columns: whole numbers from 0 to 255, numbers, texts, too many texts. */
const [BYTES, NUMBERS, TEXTS, EXCESS] = [0, 1, 2, 3];

type Writable<T> = { -readonly [key in keyof T]: T[key] };

/**
 * Creates the values of columns, at first without rows. A column is one of bytes until another number or a missing value
 * occurs, and one of numbers until a text occurs.
 *
 * @throws {FormatError} from `add`, if a value is infinite or, for columns of a network, missing or unknown
 */
export function createCells({ columns, isFixed, refuse }: CellOptions): Cells {
  const width = columns.length;
  const fields = Int32Array.from(columns, ({ field }) => field);
  const kinds = Uint8Array.from(columns, ({ categories }) => categories ? TEXTS : BYTES);
  const states = columns.map((column): Writable<CellState> => ({
    column,
    missing: 0,
    texts: column.categories && createTexts(column.categories),
    values: column.categories && new Float32Array(0),
  }));
  const blockRows = Math.max(1, Math.floor(BLOCK / width)), blocks: Uint8Array<ArrayBuffer>[] = [];
  let block = new Uint8Array(0), count = 0, capacity = 0;

  /** Makes place for one more row. */
  function reserve(): void {
    const index = Math.floor(count / blockRows);
    if (count % blockRows === 0 && index === blocks.length) blocks.push(new Uint8Array(blockRows * width));
    block = blocks[index];
    if (count < capacity) return;
    capacity = Math.max(256, 2 * capacity);
    for (const state of states) if (state.values) state.values = resized(state.values);
  }

  function resized(values: Float32Array): Float32Array {
    const larger = new Float32Array(capacity);
    larger.set(values);
    return larger;
  }

  function add(row: CsvRow): void {
    if (count === capacity || count % blockRows === 0) reserve();
    const { bytes, starts, ends } = row;
    const base = count % blockRows * width;
    for (let column = 0; column < width; column++) {
      const field = fields[column], start = starts[field], end = ends[field], kind = kinds[column];
      if (kind === BYTES) {
        const length = end - start;
        let value = (bytes[start] - 0x30) >>> 0;
        if (length === 1) {
          if (value <= 9) {
            block[base + column] = value;
            continue;
          }
        } else if (length > 1 && length <= 3 && value <= 9) {
          const second = (bytes[start + 1] - 0x30) >>> 0;
          const third = length === 3 ? (bytes[start + 2] - 0x30) >>> 0 : 0;
          value = 10 * value + second;
          if (length === 3) value = 10 * value + third;
          if (second <= 9 && third <= 9 && value <= 255) {
            block[base + column] = value;
            continue;
          }
        }
      } else if (kind === NUMBERS) {
        const value = parseDecimal(bytes, start, end);
        if (value <= MAX_FLOAT && value >= -MAX_FLOAT) {
          states[column].values![count] = value;
          continue;
        }
      } else if (kind === EXCESS) continue;
      addOther(row, column);
    }
    count++;
  }

  /** Adds a value that is not of its column's kind so far, or a text. */
  function addOther(row: CsvRow, column: number): void {
    const state = states[column], { field, fill } = state.column;
    const { bytes, starts, ends } = row, start = starts[field], end = ends[field];
    const known = state.texts?.find(row, field, false) ?? -1;
    if (known >= 0) return put(column, known);
    if (isMissing(bytes, start, end)) {
      const category = isFixed ? state.texts?.list.indexOf("") ?? -1 : -1;
      if (category >= 0) return put(column, category);
      if (isFixed && fill === undefined) throw refuse(`has no value ${place(row, column)}`);
      if (!isFixed) state.missing++;
      return put(column, fill ?? NaN);
    }
    if (state.texts) return addText(row, column, state.texts);
    const value = parseDecimal(bytes, start, end);
    if (Math.abs(value) <= MAX_FLOAT) return put(column, value);
    const text = fieldText(row, field);
    if (!Number.isNaN(value) || /^[+-]?inf(inity)?$/i.test(text)) {
      throw refuse(`has ${jsonText(text)} ${place(row, column)}; needs a number that float32 can hold`);
    }
    if (isFixed) throw refuse(`has ${jsonText(text)} ${place(row, column)}; needs a number`);
    becomeTexts(row, column);
  }

  function addText(row: CsvRow, column: number, texts: Texts): void {
    const { field } = states[column].column;
    if (isFixed) {
      const [text, known] = [fieldText(row, field), listed(texts.list, MAX_CATEGORIES)];
      throw refuse(`has ${jsonText(text)} ${place(row, column)}; needs one of ${known}`);
    }
    if (texts.list.length === MAX_CATEGORIES) return exceed(row, column);
    put(column, texts.find(row, field, true));
  }

  /** Turns a column of numbers into one of texts, for its first text. */
  function becomeTexts(row: CsvRow, column: number): void {
    const state = states[column], texts = createTexts();
    widen(column);
    const values = state.values!;
    for (let index = 0; index < count; index++) {
      if (Number.isNaN(values[index])) continue;
      values[index] = texts.add(numberText(values[index]));
      if (texts.list.length > MAX_CATEGORIES) return exceed(row, column);
    }
    kinds[column] = TEXTS;
    state.texts = texts;
    addText(row, column, texts);
  }

  /** Gives up a column with too many different texts. */
  function exceed(row: CsvRow, column: number): void {
    const state = states[column];
    state.excess = `${jsonText(fieldText(row, state.column.field))} in line ${digits(row.line)}`;
    state.values = state.texts = undefined;
    kinds[column] = EXCESS;
  }

  /** Sets a value of the present row. */
  function put(column: number, value: number): void {
    if (kinds[column] === BYTES) {
      if (Number.isInteger(value) && value >= 0 && value <= 255) {
        block[count % blockRows * width + column] = value;
        return;
      }
      widen(column);
    }
    states[column].values![count] = value;
  }

  /** Turns a column of bytes into one of other numbers. */
  function widen(column: number): void {
    if (kinds[column] !== BYTES) return;
    const values = new Float32Array(capacity);
    for (let index = 0; index < count; index++) {
      values[index] = blocks[Math.floor(index / blockRows)][index % blockRows * width + column];
    }
    states[column].values = values;
    kinds[column] = NUMBERS;
  }

  function place({ line }: CsvRow, column: number): string {
    const { field, name } = columns[column];
    return placeText(line, field, name);
  }

  return {
    get count() {
      return count;
    },
    add,
    columns: states,
    blocks,
    blockRows,
    clear() {
      count = 0;
    },
  };
}
