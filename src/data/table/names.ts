/** Names of columns: those of labels and of pixels, and those that options give. @module */
import { digits, jsonText, type Refuse } from "../../formats/fault.ts";

/** The names of label columns, in the order in which they are preferred. */
const LABEL_NAMES: readonly string[] = [
  "label",
  "labels",
  "target",
  "class",
  "y",
  "species",
  "outcome",
  "diagnosis",
  "survived",
];

/** Returns the rank of a name among those of label columns; -1 for other names. */
export function labelRank(name: string): number {
  return LABEL_NAMES.indexOf(name.toLowerCase());
}

/** Returns whether label columns usually have this name. */
export function isLabelName(name: string): boolean {
  return labelRank(name) >= 0;
}

/** Returns the column of `fields` whose name is most usual for labels; `undefined` if there is none. */
export function labelField(names: readonly string[], fields: readonly number[]): number | undefined {
  return fields.filter((field) => labelRank(names[field]) >= 0)
    .sort((a, b) => labelRank(names[a]) - labelRank(names[b]))[0];
}

/** Matches the names of pixels by their number, and by their row and column. */
const [NUMBERED, PLACED] = [
  /^(?:pixel|px)[ _]?(\d{1,7})$/i,
  /^(?:(?:pixel|px)[ _]?)?(\d{1,4})[x_](\d{1,4})$/i,
];

/** Returns whether pixels usually have this name: `pixel0`, `1x1`, `pixel_0_0`. */
export function isPixelName(name: string): boolean {
  return pixelNumber(name) !== undefined;
}

/** Returns a number that increases with the place of a pixel, row by row; `undefined` for other names. */
export function pixelNumber(name: string): number | undefined {
  const [, number] = NUMBERED.exec(name) ?? [];
  if (number !== undefined) return Number(number);
  const [, row, column] = PLACED.exec(name) ?? [];
  return row === undefined ? undefined : Number(row) * 10_000 + Number(column);
}

/** Returns whether columns that identify rows usually have this name: `id`, `user_id`, `PassengerId`. */
export function isIdName(name: string): boolean {
  return /(^|[^a-z])id$/i.test(name) || /[a-z]I[dD]$/.test(name);
}

/** Returns a column as an option gives it: its name, or its number from 1 if the name needs quotes or looks like a number. */
export function optionText(name: string, field: number): string {
  return /^[\p{L}_][\p{L}\p{N}_.]*$/u.test(name) ? name : String(field + 1);
}

/** Returns the side of a square of `count` pixels; `undefined` if they are not a square. */
export function sideOf(count: number): number | undefined {
  const side = Math.round(Math.sqrt(count));
  return side > 0 && side * side === count ? side : undefined;
}

/**
 * Returns the index of a column that an option gives by its name or its number from 1.
 *
 * @throws {FormatError} made by `refuse`, if there is no such column, or two have the name
 */
export function columnIndex(names: readonly string[], wanted: string, refuse: Refuse): number {
  const index = findColumn(names, wanted, refuse);
  if (index !== undefined) return index;
  throw refuse(`has no column ${jsonText(wanted)}; its columns are ${listed(names)}`);
}

/** Returns the index of a column as {@linkcode columnIndex} does; `undefined` if there is no such column. */
export function findColumn(names: readonly string[], wanted: string, refuse: Refuse): number | undefined {
  const index = names.indexOf(wanted);
  if (index >= 0) {
    const other = names.indexOf(wanted, index + 1);
    if (other < 0) return index;
    throw refuse(`has two columns named ${jsonText(wanted)}, ${index + 1} and ${other + 1}; give the number`);
  }
  const number = /^\d{1,9}$/.test(wanted) ? Number(wanted) : 0;
  return number >= 1 && number <= names.length ? number - 1 : undefined;
}

/** Formats names for messages: `"a", "b" and 3 others`. */
export function listed(names: readonly string[], most = 10): string {
  if (names.length === 1) return jsonText(names[0]);
  const shown = names.slice(0, names.length > most + 1 ? most : names.length).map(jsonText);
  const rest = names.length - shown.length;
  const last = rest > 0 ? `${digits(rest)} others` : shown.pop();
  return `${shown.join(", ")} and ${last}`;
}

/** Formats the place of a value for messages: `in line 3, column 2 ("age")`. */
export function placeText(line: number, field: number, name: string): string {
  const shown = name === `column ${field + 1}` ? "" : ` (${jsonText(name)})`;
  return `in line ${digits(line)}, column ${digits(field + 1)}${shown}`;
}
