/** The beginning of a CSV or TSV file: its header, if it has one, and its first rows. @module */
import { createCsvScanner, type CsvRow } from "../../formats/csv.ts";
import { fieldText } from "../../formats/csv_text.ts";
import { isMissing, parseDecimal } from "../../formats/csv_number.ts";
import { type Refuse, refuser } from "../../formats/fault.ts";
import { type ByteSource, piecesOf } from "../sources/byte_source.ts";
import { hasDecimalCommas, replaceDecimalCommas } from "./decimals.ts";
import { isLabelName, isPixelName } from "./names.ts";

/** The beginning of a table. */
export interface TableHead {
  /** The names of all columns; `column 1`, … if the file has no header, or for an empty name. */
  readonly names: readonly string[];
  /** True if the first row is a header. */
  readonly hasHeader: boolean;
  /** The first rows after the header. */
  readonly samples: readonly CsvRow[];
  /** The character between fields. */
  readonly delimiter: string;
  /** True if numbers have a decimal comma in the file; the rows have points in its place. */
  readonly hasDecimalCommas: boolean;
  /** Creates the error for a fault of the file. */
  readonly refuse: Refuse;
}

/** The number of rows, and of their bytes in all, that are read before a table's columns are decided. */
const [MAX_SAMPLES, MAX_SAMPLE_BYTES] = [200, 2 ** 22];

/** The options of {@linkcode readTable}. */
export interface ReadTableOptions {
  /** The file's name, for messages. */
  readonly file: string;
  /** The names of columns that a header has, if they are known. */
  readonly known?: readonly string[];
  /** Called once with the beginning of the table; returns the function that is called with each row, except the header. */
  readonly onHead: (head: TableHead) => (row: CsvRow) => void;
}

/**
 * Reads a table, and yields after each piece of the file, so that a caller can pass on rows.
 *
 * @throws {FormatError} if the file violates its format, or has no rows
 */
export async function* readTable(source: ByteSource, options: ReadTableOptions): AsyncGenerator<void> {
  const { file, known = [] } = options;
  const refuse = refuser("CSV", { name: file });
  const samples: CsvRow[] = [];
  let length = 0;
  let onRow: ((row: CsvRow) => void) | undefined, hasCommas = false;
  const scanner = createCsvScanner({ name: file }, (row) => {
    if (hasCommas) replaceDecimalCommas(row);
    if (onRow) return onRow(row);
    samples.push(copyOf(row));
    length += row.ends[row.count - 1] - row.starts[0];
    if (samples.length > MAX_SAMPLES || (samples.length > 2 && length > MAX_SAMPLE_BYTES)) begin();
  });
  function begin(): void {
    const { delimiter } = scanner.dialect!;
    hasCommas = hasDecimalCommas(samples, delimiter);
    if (hasCommas) samples.forEach(replaceDecimalCommas);
    const [full, ...others] = samples;
    if (full === undefined) throw refuse("holds no rows");
    const first = { ...full, count: others[0]?.count ?? full.count }; // without an empty field at its end
    const hasHeader = isHeader(first, others, new Set(known));
    if (hasHeader && others.length === 0) throw refuse("holds a header and no rows");
    const names = Array.from({ length: first.count }, (_, column) => {
      return (hasHeader ? fieldText(first, column) : "") || `column ${column + 1}`;
    });
    const rows = hasHeader ? others : samples.slice();
    samples.length = 0;
    onRow = options.onHead({
      names,
      hasHeader,
      samples: rows,
      delimiter,
      hasDecimalCommas: hasCommas,
      refuse,
    });
    rows.forEach(onRow);
  }
  for await (const piece of piecesOf(source)) {
    scanner.push(piece);
    yield;
  }
  scanner.end();
  if (!onRow) begin();
  yield;
}

/** Copies a row, whose memory the scanner uses again. */
function copyOf(row: CsvRow): CsvRow {
  const { line, count } = row;
  const from = row.starts[0], to = row.ends[count - 1];
  return {
    line,
    count,
    bytes: row.bytes.slice(from, to),
    starts: row.starts.slice(0, count).map((start) => start - from),
    ends: row.ends.slice(0, count).map((end) => end - from),
    doubled: row.doubled.slice(0, count),
  };
}

/** Returns whether a field holds a number, a text, or nothing. */
function kindOf({ bytes, starts, ends }: CsvRow, column: number): "number" | "text" | "missing" {
  const [start, end] = [starts[column], ends[column]];
  if (!Number.isNaN(parseDecimal(bytes, start, end))) return "number";
  return isMissing(bytes, start, end) ? "missing" : "text";
}

/**
 * Decides whether the first row is a header. It is one if
 *
 * - it has a column's name that is known, or that pixels or labels usually have, and that does not occur again below; or
 * - it has a text above a column of numbers; or
 * - its fields are the numbers 0, 1, 2, … or 1, 2, 3, … of at least four columns; or
 * - there are no columns of numbers, and its fields are texts that differ and that do not occur again below.
 */
function isHeader(first: CsvRow, others: readonly CsvRow[], known: ReadonlySet<string>): boolean {
  const names = Array.from({ length: first.count }, (_, column) => fieldText(first, column));
  const recurs = (column: number) => others.some((row) => fieldText(row, column) === names[column]);
  if (names.some((name, column) => known.has(name) && !recurs(column))) return true;
  const kinds = names.map((_, column) => kindOf(first, column));
  let hasNumbers = false;
  for (const [column, kind] of kinds.entries()) {
    if (kind === "text" && (isPixelName(names[column]) || isLabelName(names[column])) && !recurs(column)) {
      return true;
    }
    const below = others.map((row) => kindOf(row, column)).filter((other) => other !== "missing");
    if (below.length === 0 || below.includes("text")) continue;
    if (kind === "text") return true;
    hasNumbers = true;
  }
  if (kinds.every((kind) => kind === "number")) return isCounting(names, others);
  if (hasNumbers || kinds.includes("number") || others.length === 0 && known.size > 0) return false;
  return kinds.every((kind) => kind === "text") && new Set(names).size === names.length &&
    !names.some((_, column) => recurs(column));
}

/** Returns whether the names are 0, 1, 2, … or 1, 2, 3, …, and the next row is not. */
function isCounting(names: readonly string[], others: readonly CsvRow[]): boolean {
  const counts = (texts: readonly string[]) =>
    texts.every((text, column) => text === String(Number(texts[0]) + column)) && Number(texts[0]) <= 1;
  if (names.length < 4 || others.length === 0 || !counts(names)) return false;
  return !counts(names.map((_, column) => fieldText(others[0], column)));
}
