/** The entries of the speedrun, and their table in docs/speedrun.md. @module */
import { projectPath } from "../tasks/terminal/paths.ts";
import { table } from "../tasks/shared/markdown.ts";
import { renewedParts, sourceOf } from "./markdown.ts";
import type { Result } from "./results.ts";

/** The document with the table. */
export const SPEEDRUN_DOCUMENT = "docs/speedrun.md";

/** The start of the names of the entries in bench/results. */
export const SPEEDRUN_PREFIX = "speedrun-";

/** The accuracies to reach, as shares, from the lowest. */
export const LEVELS = [0.98, 0.99, 0.995] as const;

/** A run with one seed. */
export interface SpeedrunSeed {
  /** The seed. */
  readonly seed: number;
  /** The share of the test set that is classified correctly. */
  readonly testAccuracy: number;
  /** The seconds from the start to the evaluation on the test set, which is included. */
  readonly seconds: number;
}

/** An entry: the same settings with several seeds. */
export interface SpeedrunFigures {
  /** The options of `deno task train` with which it can be repeated, without those of the machine. */
  readonly options: string;
  /** The layers and the number of parameters, in words. */
  readonly network: string;
  /** The backend. */
  readonly backend: string;
  /** The backend's description of its device. */
  readonly device: string;
  /** The runs, in the order of the seeds 1, 2, … */
  readonly seeds: readonly SpeedrunSeed[];
}

/** The result of `deno task speedrun`. */
export type Speedrun = Result & SpeedrunFigures;

/** Returns the mean of the test accuracy, the mean of the seconds, and the highest level that is reached. */
export function scoreOf({ seeds }: Pick<SpeedrunFigures, "seeds">): {
  readonly testAccuracy: number;
  readonly seconds: number;
  readonly level?: number;
} {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const testAccuracy = mean(seeds.map((run) => run.testAccuracy));
  const level = LEVELS.findLast((least) => testAccuracy >= least);
  return { testAccuracy, seconds: mean(seeds.map(({ seconds }) => seconds)), ...level && { level } };
}

/** Reads all entries. */
export async function readSpeedruns(): Promise<Speedrun[]> {
  const found: Speedrun[] = [];
  for await (const { name } of Deno.readDir(projectPath("bench/results"))) {
    if (!name.startsWith(SPEEDRUN_PREFIX) || !name.endsWith(".json")) continue;
    found.push(JSON.parse(await Deno.readTextFile(projectPath(`bench/results/${name}`))));
  }
  return found;
}

/** Returns the document with its part `<!-- speedrun entries -->` renewed. */
export function renewedSpeedrun(document: string, entries: readonly Speedrun[]): string {
  return renewedParts(
    document,
    "speedrun",
    (name) => name === "entries" ? entriesText(entries) : undefined,
  );
}

/** Returns the table of the entries that reach a level: the highest level first, and the fastest of a level first. */
export function entriesText(entries: readonly Speedrun[]): string {
  const rows = entries.map((entry) => ({ entry, ...scoreOf(entry) }))
    .filter(({ level }) => level !== undefined)
    .sort((a, b) => b.level! - a.level! || a.seconds - b.seconds)
    .map(({ entry, level, testAccuracy, seconds }) => [
      `${100 * level!} %`,
      `${seconds.toPrecision(3)} s`,
      `${percent(testAccuracy)} (${
        rangeOf(entry.seeds.map((run) => run.testAccuracy))
      }), ${entry.seeds.length} seeds`,
      `\`${entry.options}\``,
      `\`${entry.backend}\` on ${entry.device}; ${sourceOf(entry)}`,
    ]);
  if (rows.length === 0) return "There is no entry yet.";
  return table([["level", "seconds", "mean of the test accuracy", "options of `train`", "machine"], ...rows]);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(3)} %`;
}

function rangeOf(shares: readonly number[]): string {
  const text = (share: number) => (100 * share).toFixed(2);
  return `${text(Math.min(...shares))} to ${text(Math.max(...shares))}`;
}
