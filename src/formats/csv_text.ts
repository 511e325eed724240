/** The fields of CSV and TSV files as texts. @module */
import { createCsvScanner, type CsvRow } from "./csv.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Returns the text of a field. */
export function fieldText(row: CsvRow, column: number): string {
  const { bytes, starts, ends, doubled } = row;
  const text = UTF8.decode(bytes.subarray(starts[column], ends[column]));
  return doubled[column] === 0 ? text : text.replaceAll('""', '"');
}

/**
 * Reads all rows of a CSV or TSV file as texts.
 *
 * @throws {FormatError} for the faults that {@linkcode createCsvScanner} names
 */
export function parseCsv(bytes: Uint8Array, { name }: { readonly name?: string } = {}): string[][] {
  const rows: string[][] = [];
  const scanner = createCsvScanner({ name }, (row) => {
    rows.push(Array.from({ length: row.count }, (_, column) => fieldText(row, column)));
  });
  scanner.push(bytes);
  scanner.end();
  return rows;
}
