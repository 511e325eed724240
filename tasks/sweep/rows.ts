/** The rows of a sweep's results, as JSON and as CSV. @module */
import type { OptionValue } from "../../src/plan/option.ts";
import type { Scores } from "../../src/sweep/ranking.ts";
import type { TrainedMember } from "../../src/sweep/member.ts";
import type { Evaluation } from "../../src/training/scores.ts";

/** The results of a network in a row. Those that its kind of targets does not have are absent. */
export interface RowResults {
  readonly ended: TrainedMember["ended"];
  readonly epochsDone: number;
  readonly bestEpoch?: number;
  readonly trainLoss?: number;
  readonly trainAccuracy?: number;
  readonly validationLoss?: number;
  readonly validationAccuracy?: number;
  readonly validationF1?: number;
  readonly validationR2?: number;
  readonly validationMeanAbsoluteError?: number;
  readonly testLoss?: number;
  readonly testAccuracy?: number;
  readonly testF1?: number;
  readonly testR2?: number;
  readonly testMeanAbsoluteError?: number;
  readonly seconds: number;
  /** The SHA-256 of the network's file; absent if it diverged. */
  readonly sha256?: string;
  /** The message of the error, if it diverged. */
  readonly fault?: string;
}

/** A row of results. */
export interface Row extends RowResults {
  /** The number of the network, from 1. */
  readonly member: number;
  /** Its settings. */
  readonly settings: Readonly<Record<string, OptionValue>>;
}

/** The names of the results, in the order of the columns. */
export const RESULTS = [
  "ended",
  "epochsDone",
  "bestEpoch",
  "trainLoss",
  "trainAccuracy",
  "validationLoss",
  "validationAccuracy",
  "validationF1",
  "validationR2",
  "validationMeanAbsoluteError",
  "testLoss",
  "testAccuracy",
  "testF1",
  "testR2",
  "testMeanAbsoluteError",
  "seconds",
  "sha256",
  "fault",
] as const satisfies readonly (keyof RowResults)[];

/** Returns the row of a trained network. */
export function rowOf(
  member: number,
  settings: Row["settings"],
  { ended, epochs, bestEpoch, trainLoss, trainAccuracy, validation, test, seconds, fault }: TrainedMember,
  sha256: string | undefined,
): Row {
  const results = {
    ended,
    epochsDone: epochs,
    bestEpoch,
    trainLoss,
    trainAccuracy,
    ...scoresOf("validation", validation),
    ...scoresOf("test", test),
    seconds: Number(seconds.toFixed(3)),
    sha256,
    fault,
  };
  const present = Object.entries(results).filter(([, value]) => value !== undefined);
  return { member, settings, ...Object.fromEntries(present) as unknown as RowResults };
}

function scoresOf(
  set: "validation" | "test",
  evaluation: Evaluation | undefined,
): Record<string, number | undefined> {
  const { loss, accuracy, f1, r2, meanAbsoluteError } = evaluation ?? {};
  const scores = { Loss: loss, Accuracy: accuracy, F1: f1, R2: r2, MeanAbsoluteError: meanAbsoluteError };
  return Object.fromEntries(Object.entries(scores).map(([name, value]) => [set + name, value]));
}

/** Returns the scores of a row that rank it; `undefined` if it has none. */
export function rankedBy(
  { ended, validationLoss, validationAccuracy, validationR2 }: Row,
): Scores | undefined {
  if (ended === "diverged" || validationLoss === undefined) return undefined;
  return { loss: validationLoss, accuracy: validationAccuracy, r2: validationR2 };
}

/** Returns a row as a line of JSON, with the settings beside the results. */
export function formatRow({ member, settings, ...results }: Row): string {
  return JSON.stringify({ member, ...settings, ...results });
}

/**
 * Reads a line of JSON.
 *
 * @param members the settings of all networks, or only the names of the settings
 * @returns the row; `undefined` if the line is not one of this sweep
 */
export function parseRow(
  line: string,
  members: readonly { readonly settings: Row["settings"] }[] | readonly string[],
): Row | undefined {
  let found: unknown;
  try {
    found = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof found !== "object" || found === null || Array.isArray(found)) return undefined;
  const { member, ...fields } = found as Record<string, unknown>;
  if (!Number.isSafeInteger(member) || member as number < 1) return undefined;
  const settings = settingsOf(fields, member as number, members), results: Record<string, unknown> = {};
  if (settings === undefined) return undefined;
  for (const name of RESULTS) {
    if (fields[name] === undefined) continue;
    const needed = name === "ended" || name === "sha256" || name === "fault" ? "string" : "number";
    if (typeof fields[name] !== needed && fields[name] !== null) return undefined;
    results[name] = fields[name] ?? NaN; // JSON has no NaN
  }
  const { ended, epochsDone, seconds, sha256 } = results;
  const isEnd = ended === "finished" || ended === "patience" || ended === "diverged";
  if (!isEnd || typeof epochsDone !== "number" || typeof seconds !== "number") return undefined;
  if (ended !== "diverged" && typeof sha256 !== "string") return undefined;
  return { member: member as number, settings, ...results as unknown as RowResults };
}

/** Returns the settings among the fields of a line; `undefined` if they are not those of the network. */
function settingsOf(
  fields: Readonly<Record<string, unknown>>,
  member: number,
  members: readonly { readonly settings: Row["settings"] }[] | readonly string[],
): Row["settings"] | undefined {
  const found = typeof members[0] === "string"
    ? fields
    : (members as readonly Pick<Row, "settings">[])[member - 1]?.settings;
  const names = typeof members[0] === "string" ? members as readonly string[] : Object.keys(found ?? {});
  if (!found || names.some((name) => fields[name] === undefined || fields[name] !== found[name])) {
    return undefined;
  }
  return Object.fromEntries(names.map((name) => [name, found[name] as OptionValue]));
}

/** Returns the names of the columns of a sweep. */
export function columnsOf(settings: Row["settings"]): string[] {
  return ["member", ...Object.keys(settings), ...RESULTS];
}

/** Returns a line of CSV, with its line break. */
export function csvLine(cells: readonly unknown[]): string {
  const texts = cells.map((cell) => {
    const text = cell === undefined ? "" : String(cell);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${texts.join(",")}\n`;
}

/** Returns a row as a line of CSV. */
export function csvOf(row: Row): string {
  const { member, settings, ...results } = row;
  return csvLine([member, ...Object.values(settings), ...RESULTS.map((name) => results[name])]);
}
