/** Measurements of the instruments side by side with floors and the model's predictions. @module */
import { type Reading, shown } from "./reading.ts";

/** Returns whether a reading is shown side by side: one of the programs in `cuda/bench` has measured it. */
export function isInstrument({ range }: Reading): boolean {
  return range !== undefined;
}

/** The columns after the name. A column without a value in any row is left out. */
const COLUMNS: readonly { readonly title: string; readonly text: (reading: Reading) => string }[] = [
  { title: "model", text: ({ model }) => model === undefined ? "" : shown(model) },
  { title: "floor", text: ({ floor }) => floor === undefined ? "" : shown(floor.value) },
  { title: "measured", text: ({ value }) => shown(value) },
  { title: "min to max", text: ({ range }) => range === undefined ? "" : range.map(shown).join(" to ") },
  { title: "ends at µs", text: ({ ends }) => ends === undefined ? "" : ends.toFixed(2) },
  { title: "unit", text: ({ unit }) => unit },
  { title: "share of the floor", text: floorShare },
];

/** Returns how much of the measured time is the floor, and what the floor is made of. */
function floorShare({ floor, value }: Reading): string {
  return floor === undefined ? "" : `${shown(100 * floor.value / value)} %, ${floor.by}`;
}

/** Returns the table: its titles, then a row for each reading of an instrument; empty if there is none. */
function sides(readings: readonly Reading[]): string[][] {
  const found = readings.filter(isInstrument);
  const columns = COLUMNS.filter(({ text }) => found.some((reading) => text(reading) !== ""));
  const rows = found.map((reading) => [reading.name, ...columns.map(({ text }) => text(reading))]);
  return rows.length === 0 ? [] : [["", ...columns.map(({ title }) => title)], ...rows];
}

/** Returns the rows with cells of the same width in each column; numbers are at the right. */
function aligned(rows: readonly (readonly string[])[]): string[][] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at].length)));
  const isText = (at: number) => at === 0 || /^(unit|share.*)$/.test(rows[0][at]);
  return rows.map((row) =>
    row.map((cell, at) => isText(at) ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))
  );
}

/** Returns the table as lines of text. */
export function textSides(readings: readonly Reading[]): string[] {
  const lines = aligned(sides(readings)).map((row) => row.join("  ").trimEnd());
  return lines.length === 0 ? [] : [...lines, ""];
}

/** Returns the table in Markdown, below an empty line. */
export function markdownSides(readings: readonly Reading[]): string[] {
  const [titles, ...rows] = aligned(sides(readings));
  if (titles === undefined) return [];
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return ["", line(titles), line(titles.map((title) => "-".repeat(title.length))), ...rows.map(line)];
}
