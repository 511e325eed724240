/** The fields of CSV and TSV files as texts. @module */
import { BYTES, checkArgument, checkOptions, TEXT } from "../arguments.ts";
import { createCsvScanner, type CsvRow } from "./csv.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Returns the text of a field. */
export function fieldText(row: CsvRow, column: number): string {
  const { bytes, starts, ends, doubled } = row;
  const text = UTF8.decode(bytes.subarray(starts[column], ends[column]));
  return doubled[column] === 0 ? text : text.replaceAll('""', '"');
}

/**
 * Reads all rows of a CSV or TSV file as texts, with the header if there is one.
 *
 * @param options `name` is the file's name, for messages; `.tsv` or `.tab` at its end declares tabs between the fields
 * @throws {FormatError} if the file is not UTF-8 text, has a NUL byte, a quote that is not closed or a row with another number
 * of fields than the first, or if a row has more than 100,000 fields or 16 MiB, or a field more than 1 MiB
 *
 * @example
 * ```ts
 * import { parseCsv } from "@mlpcuda/mlpcuda";
 * import { assertEquals } from "@std/assert";
 *
 * const text = 'name,size\n"Smith, A.",5\n';
 * assertEquals(parseCsv(new TextEncoder().encode(text)), [["name", "size"], ["Smith, A.", "5"]]);
 * ```
 */
export function parseCsv(bytes: Uint8Array, options: { readonly name?: string } = {}): string[][] {
  checkArgument("bytes", bytes, BYTES);
  checkOptions(options, { name: TEXT });
  const { name } = options;
  const rows: string[][] = [];
  const scanner = createCsvScanner({ name }, (row) => {
    rows.push(Array.from({ length: row.count }, (_, column) => fieldText(row, column)));
  });
  scanner.push(bytes);
  scanner.end();
  return rows;
}
