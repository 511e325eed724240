/** The beginning of a CSV or TSV file: its encoding and the character between its fields. @module */
import type { Refuse } from "./fault.ts";

/** The form of a CSV or TSV file. */
export interface CsvDialect {
  /** The character between fields. */
  readonly delimiter: "," | "\t" | ";";
  /** The number of bytes before the first row: those of a byte order mark. */
  readonly start: number;
}

/** The number of bytes from which the form is decided, at most. */
export const DIALECT_BYTES = 2 ** 16;

const [LINE_FEED, CARRIAGE_RETURN, QUOTE] = [0x0a, 0x0d, 0x22];

/** The beginnings of files that are not UTF-8 text, with what they are and what is needed. */
const OTHERS: readonly (readonly [bytes: readonly number[], fault: string])[] = [
  [[0xff, 0xfe], "is UTF-16 text, needs UTF-8"],
  [[0xfe, 0xff], "is UTF-16 text, needs UTF-8"],
  [[0x1f, 0x8b], "is gzipped, needs text"],
  [[0x50, 0x4b, 0x03, 0x04], "is a zip archive or a spreadsheet, needs text: export it as CSV"],
  [[0xd0, 0xcf, 0x11, 0xe0], "is a spreadsheet of an old format, needs text: export it as CSV"],
];

/**
 * Decides the form of a file by its first bytes. Tabs separate the fields if the file is called `.tsv` or `.tab`; otherwise the
 * comma, tab or semicolon does that is most frequent in the first line, outside quotes, and a comma if there is none. Commas
 * between digits do not count if there are semicolons, because they may be decimal commas: `1,5;2,5`.
 *
 * @param head the first {@linkcode DIALECT_BYTES} of the file, or all of a shorter one
 * @param options the file's name
 * @throws {FormatError} made by `refuse`, if the file is not UTF-8 text
 */
export function dialectOf(
  head: Uint8Array,
  { name, refuse }: { readonly name?: string; readonly refuse: Refuse },
): CsvDialect {
  for (const [bytes, fault] of OTHERS) if (startsWith(head, bytes)) throw refuse(fault, { offset: 0 });
  const start = startsWith(head, [0xef, 0xbb, 0xbf]) ? 3 : 0;
  if (name !== undefined && /\.(tsv|tab)$/i.test(name)) return { delimiter: "\t", start };
  return { delimiter: mostFrequent(head, start), start };
}

function mostFrequent(head: Uint8Array, start: number): CsvDialect["delimiter"] {
  const counts = { ",": 0, "\t": 0, ";": 0 };
  let at = start, isQuoted = false, decimalCommas = 0;
  while (head[at] === LINE_FEED || head[at] === CARRIAGE_RETURN) at++;
  for (; at < head.length; at++) {
    const byte = head[at];
    if (byte === QUOTE) isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (byte === LINE_FEED || byte === CARRIAGE_RETURN) break;
    else if (byte === 0x2c) {
      counts[","]++;
      if (isDigit(head[at - 1]) && isDigit(head[at + 1])) decimalCommas++;
    } else if (byte === 0x09) counts["\t"]++;
    else if (byte === 0x3b) counts[";"]++;
  }
  if (counts["\t"] > counts[","] && counts["\t"] >= counts[";"]) return "\t";
  // A first row without names, such as 1,5;2,5, may have more decimal commas than semicolons.
  const areDecimal = counts[";"] > 0 && decimalCommas === counts[","] && decimalCommas <= counts[";"] + 1;
  return areDecimal || counts[";"] > counts[","] ? ";" : ",";
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function startsWith(head: Uint8Array, bytes: readonly number[]): boolean {
  return bytes.every((byte, index) => head[index] === byte);
}
