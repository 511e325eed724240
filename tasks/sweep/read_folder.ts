/** Reading of the folder of a sweep. @module */
import { join } from "node:path";
import { FormatError } from "../../src/errors.ts";
import { readFileBounded } from "../../src/files.ts";
import { compareScores } from "../../src/sweep/ranking.ts";
import { shownPath } from "../terminal/paths.ts";
import { parseIdentity, type SweepIdentity } from "./identity.ts";
import { parseRow, rankedBy, type Row } from "./rows.ts";

/** The settings of a network. */
export interface Settings {
  readonly settings: Row["settings"];
}

/** Returns what the sweep of a folder trains; `undefined` if the folder has no `sweep.json`. */
export async function readIdentity(folder: string): Promise<SweepIdentity | undefined> {
  const path = join(folder, "sweep.json"), text = await textOf(path);
  if (text === undefined) return undefined;
  const identity = parseIdentity(text);
  if (identity) return identity;
  throw damaged(path, "is not the description of a sweep");
}

/** Rows of a file, and the length of the file up to the end of the last of them. */
export interface ReadRows {
  readonly rows: readonly Row[];
  readonly end: number;
}

/**
 * Reads `results.jsonl`. An incomplete last line, which a kill can leave, is ignored.
 *
 * @param members the settings of all networks, or only the names of the settings
 * @throws {FormatError} if another line is not a row of this sweep
 */
export async function readRows(
  path: string,
  members: readonly Settings[] | readonly string[],
): Promise<ReadRows> {
  const text = await textOf(path) ?? "", lines = text.split("\n");
  lines.pop(); // empty, or the beginning of a row
  const rows: Row[] = [], seen = new Set<number>();
  for (const [at, line] of lines.entries()) {
    const row = parseRow(line, members);
    if (!row || seen.has(row.member)) throw damaged(path, `has a line ${at + 1} that is no row of its sweep`);
    seen.add(row.member);
    rows.push(row);
  }
  return { rows, end: new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")).length };
}

/** Returns the row of the best network; of equal ones, that with the lowest number. */
export function bestOf(rows: readonly Row[]): Row | undefined {
  return rows.reduce<Row | undefined>(
    (best, row) => row.sha256 !== undefined && (!best || compareRows(row, best) < 0) ? row : best,
    undefined,
  );
}

/** Compares rows for sorting, the best one first. */
export function compareRows(one: Row, other: Row): number {
  return compareScores(rankedBy(one), rankedBy(other)) || one.member - other.member;
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await readFileBounded(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function damaged(path: string, why: string): FormatError {
  return new FormatError(`${JSON.stringify(shownPath(path))} ${why}`, { file: path });
}
