/** Inputs for the reader of the fields of CSV and TSV files. @module */
import { parseCsv } from "../../../src/formats/csv_text.ts";
import type { Draw } from "../draw.ts";
import type { FuzzReader, Made } from "../kinds.ts";

/** Fields with meanings for a table. */
export const FIELDS: readonly string[] = [
  ...[
    "1",
    "2.5",
    "-3",
    "1e3",
    "0",
    "255",
    "",
    "NA",
    "nan",
    "inf",
    "setosa",
    "b",
    "true",
    "1,5",
    "0x1f",
    "1e999",
  ],
  ...[
    "2024-01-01",
    " 7 ",
    "a b",
    "\u00e4",
    '"',
    "a,b",
    "line\nbreak",
    "1;2",
    "-0",
    "+4",
    ".5",
    "5.",
    "1_000",
  ],
];

const UTF8 = new TextEncoder();

/** Makes a file, with the fields that it holds. */
function makeCsv(draw: Draw): Made {
  const columns = draw.chance(0.01) ? draw.between(60, 200) : draw.between(1, 5),
    rows = draw.between(1, 8),
    delimiter = draw.pick([",", ",", "\t", ";"]);
  const fields = Array.from({ length: rows }, (_, row) =>
    Array.from(
      { length: columns },
      (_, column) => row === 0 && draw.chance(0.7) ? `column ${column}` : draw.pick(FIELDS),
    ));
  const end = draw.pick(["\n", "\n", "\r\n", "\r"]), lines: string[] = [];
  for (const row of draw.parts(fields)) {
    lines.push(
      draw.parts(row).map((field) => written(draw.text(field), draw)).join(
        draw.chance(0.01) ? "," : delimiter,
      ),
    );
  }
  const mark = draw.chance(0.05) ? "\ufeff" : "",
    text = mark + lines.join(end) + (draw.chance(0.7) ? end : "");
  const bytes = UTF8.encode(draw.text(text));
  return { bytes: draw.chance(0.3) ? draw.bytes(bytes) : bytes };
}

/** Writes a field, in quotes if it needs them. */
export function written(field: string, draw: Draw): string {
  const needsQuotes = /[",;\t\r\n]|^\s|\s$/.test(field);
  if (draw.isOdd()) return draw.pick([`"${field}`, `${field}"`, `"${field}"x`, field]);
  return needsQuotes || draw.chance(0.1) ? `"${field.replaceAll('"', '""')}"` : field;
}

/** Reads a file that {@linkcode parseCsv} has read, by characters instead of bytes. */
function simpleCsv(text: string): string[][] {
  const delimiter = delimiterOf(text), rows: string[][] = [];
  let row: string[] = [], field = "", state: "plain" | "quoted" | "closed" = "plain", wasQuoted = false;
  const endField = () => {
    row.push(state === "closed" ? field : field.replace(/^[ \t]+|[ \t]+$/g, ""));
    [field, state] = ["", "plain"];
  };
  const endRow = () => {
    endField();
    if (row.length > 1 || row[0] !== "" || wasQuoted) rows.push(row);
    [row, wasQuoted] = [[], false];
  };
  for (let at = text.startsWith("\ufeff") ? 1 : 0; at < text.length; at++) {
    const character = text[at];
    if (state === "quoted") {
      if (character !== '"') field += character;
      else if (text[at + 1] === '"') field += text[++at];
      else state = "closed";
    } else if (character === delimiter) endField();
    else if (character === "\n" || character === "\r") {
      if (character === "\r" && text[at + 1] === "\n") at++;
      endRow();
    } else if (character === '"' && state === "plain") [field, state, wasQuoted] = ["", "quoted", true];
    else if (state === "plain") field += character;
  }
  if (text !== "" && (field !== "" || row.length > 0 || state !== "plain")) endRow();
  return rows;
}

/** Counts the delimiters of the first line, outside quotes, as `dialectOf` describes it. */
function delimiterOf(text: string): string {
  const line =
    /^\ufeff?[\r\n]*((?:"(?:[^"]|"")*"|[^"\r\n])*)/.exec(text)?.[1].replace(/"(?:[^"]|"")*"/g, "") ?? "";
  const count = (character: string) => line.split(character).length - 1;
  const decimals = line.match(/\d,(?=\d)/g)?.length ?? 0, semicolons = count(";"), tabs = count("\t");
  const commas = count(",") - (semicolons > 0 ? decimals : 0);
  if (commas >= tabs && commas >= semicolons) return ",";
  return tabs >= semicolons ? "\t" : ";";
}

/** The reader of fields. A text has no container: an input is past it if its first row has been read. */
export const CSV: FuzzReader = {
  name: "csv",
  share: 30,
  places: 25,
  make: makeCsv,
  read: (bytes) => parseCsv(bytes),
  isPast: isPastFirstLine,
  fault(result, bytes) {
    const rows = result as string[][], text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    // A first row may end with a delimiter that the other rows do not have.
    const width = rows.at(-1)?.length, [first, ...others] = rows;
    const isLonger = first?.length === width! + 1 && first.at(-1) === "";
    if ((first?.length !== width && !isLonger) || others.some(({ length }) => length !== width)) {
      return "rows of different lengths";
    }
    const found = JSON.stringify(rows), other = JSON.stringify(simpleCsv(text));
    if (found === other) return;
    const at = [...found].findIndex((character, index) => character !== other[index]);
    return `…${found.slice(Math.max(0, at - 40), at + 40)}…, needs …${
      other.slice(Math.max(0, at - 40), at + 40)
    }…`;
  },
};

/** Returns whether a message tells of a later place than the first line: of another line, or of the whole table. */
export function isPastFirstLine(_: Uint8Array, { message }: Error): boolean {
  const [, line] = /in line (\d+)/.exec(message) ?? [];
  return line === undefined ? !/UTF-|NUL|is empty|zip|spreadsheet|gzipped/.test(message) : Number(line) > 1;
}
