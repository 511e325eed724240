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
  /** The number of threads that it used. */
  readonly threads: number;
  /** The median epoch over all runs. */
  readonly median: number;
  /** The fastest epoch. */
  readonly min: number;
  /** The slowest epoch. */
  readonly max: number;
  /** The number of timed epochs. */
  readonly epochs: number;
  /** The median as a multiple of mlpcuda's; 1 for mlpcuda. */
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

/**
 * Returns one line for each competitor, in the order in which they first ran. The first one, mlpcuda, is the basis of
 * `timesOurs`.
 */
export function summarize(runs: readonly Run[]): Line[] {
  const groups = Object.values(Object.groupBy(runs, ({ name, threads }) => `${name}:${threads}`)) as Run[][];
  const ours = groups.length === 0 ? NaN : median(groups[0].flatMap(timedEpochs));
  return groups.map((group) => {
    const seconds = group.flatMap(timedEpochs), peaks = group.flatMap(({ peakRssMB }) => peakRssMB ?? []);
    return {
      name: group[0].name,
      version: group[0].version ?? "",
      threads: group[0].threads,
      median: median(seconds),
      min: Math.min(...seconds),
      max: Math.max(...seconds),
      epochs: seconds.length,
      timesOurs: median(seconds) / ours,
      testAccuracy: group.reduce((sum, { testAccuracy }) => sum + testAccuracy, 0) / group.length,
      peakRssMB: peaks.length === 0 ? undefined : Math.max(...peaks),
    };
  });
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
