/** The texts of one column of a table, as numbers of its categories. @module */
import type { CsvRow } from "../../formats/csv.ts";
import { fieldText } from "../../formats/csv_text.ts";
import { parseDecimal } from "../../formats/csv_number.ts";

/** The different texts of a column, numbered in the order in which they were added. */
export interface Texts {
  /** The texts; the index is the number. */
  readonly list: readonly string[];
  /** Returns the number of a field's text, which is added if it is new and `add` is true; -1 for other new texts. */
  find(row: CsvRow, column: number, add: boolean): number;
  /** Returns the number of a text, which is added if it is new. */
  add(text: string): number;
}

/** The number of spellings whose bytes are compared, so that no text has to be made. */
const MAX_SPELLINGS = 64;

/** Creates the texts of a column, which begin with `first`. */
export function createTexts(first: readonly string[] = []): Texts {
  const list = [...first];
  const numbers = new Map(list.map((text, number) => [text, number]));
  const spellings: { readonly bytes: Uint8Array; readonly number: number }[] = [];
  function add(text: string): number {
    let number = numbers.get(text);
    if (number === undefined) numbers.set(text, number = list.push(text) - 1);
    return number;
  }
  return {
    list,
    add,
    find(row, column, isNew) {
      const { bytes, starts, ends } = row, start = starts[column], length = ends[column] - start;
      for (const spelling of spellings) {
        if (spelling.bytes.length === length && hasBytes(bytes, start, spelling.bytes)) {
          return spelling.number;
        }
      }
      const text = fieldText(row, column), usual = usualText(row, column, text);
      const number = numbers.get(text) ?? numbers.get(usual) ?? (isNew ? add(usual) : -1);
      if (number >= 0 && spellings.length < MAX_SPELLINGS && row.doubled[column] === 0) {
        spellings.push({ bytes: bytes.slice(start, start + length), number });
      }
      return number;
    },
  };
}

function hasBytes(bytes: Uint8Array, start: number, wanted: Uint8Array): boolean {
  for (let index = 0; index < wanted.length; index++) {
    if (bytes[start + index] !== wanted[index]) return false;
  }
  return true;
}

/** Returns the text of a field; a number has the same text in all its spellings: `1`, `1.0`, `+1`. */
function usualText({ bytes, starts, ends }: CsvRow, column: number, text: string): string {
  const value = parseDecimal(bytes, starts[column], ends[column]);
  return Number.isNaN(value) ? text : numberText(value);
}

/** Formats a number that may have been rounded to float32, with the fewest digits that give the same float32. */
export function numberText(value: number): string {
  const rounded = Math.fround(value);
  for (let precision = 1; precision < 9; precision++) {
    const shorter = Number(rounded.toPrecision(precision));
    if (Math.fround(shorter) === rounded) return String(shorter);
  }
  return String(Number(rounded.toPrecision(9)));
}
