/** Summarizes the runs of a comparison in a table. @module */
import { percent } from "../tasks/terminal/numbers.ts";
import type { Column } from "../tasks/terminal/table.ts";
import type { Outcome } from "./run.ts";

/** One run of one competitor. */
export interface Run extends Outcome {
  /** The competitor's name. */
  readonly name: string;
  /** The number of threads that it used. */
  readonly threads: number;
  /** The round, from 1. */
  readonly round: number;
}

/** A competitor's line in the table. Times are in seconds an epoch, without the warm-up. */
export interface Line {
  /** The competitor's name. */
  readonly name: string;
  /** The competitor's version. */
  readonly version: string;
  /** The device that computed, if the competitor reports one. */
  readonly device?: string;
  /** The number of threads that it used. */
  readonly threads: number;
  /** The median epoch of each run, in the order of the rounds. */
  readonly values: readonly number[];
  /** The median of `values`. */
  readonly median: number;
  /** The smallest of `values`. */
  readonly min: number;
  /** The largest of `values`. */
  readonly max: number;
  /** The median as a multiple of that of the first line; 1 for the first. */
  readonly timesOurs: number;
  /** The mean test accuracy of the runs. */
  readonly testAccuracy: number;
  /** The peak memory of all runs, in MB. */
  readonly peakRssMB: number | undefined;
}

/** Returns the timed epochs of a run: all but the first, which warms up. */
export function timedEpochs({ secondsPerEpoch }: Outcome): readonly number[] {
  return secondsPerEpoch.slice(1);
}

/** Returns the median; the mean of the two middle values if their number is even; NaN for no values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b), middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Returns the smallest value that is not below the share `part` of all values, such as 0.99; NaN for no values. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? NaN;
}

/**
 * Returns one line for each competitor, in the order of `keys`, or by default in that in which they first ran. The first
 * one, the first backend of mlpcuda, is the basis of `timesOurs`.
 */
export function summarize(runs: readonly Run[], keys: readonly string[] = []): Line[] {
  const groups = Map.groupBy(runs, runKey);
  const ordered = [...new Set([...keys, ...groups.keys()])].flatMap((key) => groups.get(key) ?? []);
  const lines = [...Map.groupBy(ordered, runKey).values()].map(lineOf);
  return lines.map((line) => ({ ...line, timesOurs: line.median / lines[0].median }));
}

/** Returns the text by which the runs of one competitor are grouped: its name and its threads. */
export function runKey({ name, threads }: Pick<Run, "name" | "threads">): string {
  return `${name}:${threads}`;
}

function lineOf(runs: readonly Run[]): Omit<Line, "timesOurs"> {
  const [{ name, version = "", device, threads }] = runs;
  const values = runs.map((run) => median(timedEpochs(run)));
  const peaks = runs.flatMap(({ peakRssMB }) => peakRssMB ?? []);
  return {
    name,
    version,
    ...device !== undefined && { device },
    threads,
    values,
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
    testAccuracy: runs.reduce((sum, { testAccuracy }) => sum + testAccuracy, 0) / runs.length,
    peakRssMB: peaks.length === 0 ? undefined : Math.max(...peaks),
  };
}

/** Returns the columns of the table. */
export function columnsOf(lines: readonly Line[]): Column<Line>[] {
  const widest = (texts: readonly string[]) => Math.max(...texts.map((text) => text.length));
  const seconds = (value: number) => value.toPrecision(3);
  return [
    { title: "", width: widest(lines.map(({ name }) => name)), align: "left", cell: ({ name }) => name },
    {
      title: "version",
      width: widest(lines.map(({ version }) => version)),
      align: "left",
      cell: ({ version }) => version,
    },
    { title: "threads", width: 3, cell: ({ threads }) => String(threads) },
    { title: "s/epoch", width: 7, cell: ({ median }) => seconds(median) },
    { title: "min", width: 6, cell: ({ min }) => seconds(min) },
    { title: "max", width: 6, cell: ({ max }) => seconds(max) },
    { title: "times ours", width: 6, cell: ({ timesOurs }) => timesOurs.toFixed(2) },
    { title: "test acc", width: 8, cell: ({ testAccuracy }) => percent(testAccuracy) },
    { title: "peak MB", width: 7, cell: ({ peakRssMB }) => peakRssMB?.toFixed(0) ?? "" },
  ];
}
