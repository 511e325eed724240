/** Numbers with a decimal comma, in tables whose fields are separated by semicolons. @module */
import type { CsvRow } from "../../formats/csv.ts";

const [COMMA, POINT] = [0x2c, 0x2e];

/**
 * Returns whether the numbers of a table have decimal commas: it is separated by semicolons, and its first rows have fields such
 * as `1,5` and none such as `1.5`.
 */
export function hasDecimalCommas(rows: readonly CsvRow[], delimiter: string): boolean {
  if (delimiter !== ";") return false;
  let hasCommas = false;
  for (const row of rows) {
    for (let column = 0; column < row.count; column++) {
      if (markIn(row, column, POINT) >= 0) return false;
      if (markIn(row, column, COMMA) >= 0) hasCommas = true;
    }
  }
  return hasCommas;
}

/** Replaces the decimal commas of a row by points. */
export function replaceDecimalCommas(row: CsvRow): void {
  for (let column = 0; column < row.count; column++) {
    const at = markIn(row, column, COMMA);
    if (at >= 0) row.bytes[at] = POINT;
  }
}

/** Returns the index of the only mark in a field that is else a number; -1 for other fields. */
function markIn({ bytes, starts, ends }: CsvRow, column: number, mark: number): number {
  let found = -1, digits = 0;
  for (let at = starts[column]; at < ends[column]; at++) {
    const byte = bytes[at];
    if (byte >= 0x30 && byte <= 0x39) digits++;
    else if (byte === mark && found < 0) found = at;
    else if (digits > 0 && (byte | 0x20) === 0x65) return found; // an exponent, which parseDecimal checks
    else if (at > starts[column] || (byte !== 0x2d && byte !== 0x2b)) return -1;
  }
  return digits > 0 ? found : -1;
}
