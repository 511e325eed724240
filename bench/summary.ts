/** From the runs of a comparison to its table. @module */
import { percent } from "../tasks/terminal/numbers.ts";
import type { Column } from "../tasks/terminal/table.ts";
import type { Outcome } from "./run.ts";

/** One run of one competitor. */
export interface Run extends Outcome {
  /** Who ran. */
  readonly name: string;
  /** The threads it was given. */
  readonly threads: number;
  /** The round, from 1. */
  readonly round: number;
}

/** A competitor's line of the table. Times are in seconds an epoch, without the warm-up. */
export interface Line {
  /** Who it is. */
  readonly name: string;
  /** The version that ran. */
  readonly version: string;
  /** The threads it used. */
  readonly threads: number;
  /** The median epoch over all runs. */
  readonly median: number;
  /** The fastest. */
  readonly min: number;
  /** The slowest. */
  readonly max: number;
  /** Epochs that these are over. */
  readonly epochs: number;
  /** The median as a multiple of our own; 1 for ours. */
  readonly timesOurs: number;
  /** The mean test accuracy of the runs. */
  readonly testAccuracy: number;
  /** The most memory that any run held, in MB. */
  readonly peakRssMB: number | undefined;
}

/** The epochs of a run that count: all but the first, which warms up. */
export function timedEpochs({ secondsPerEpoch }: Outcome): readonly number[] {
  return secondsPerEpoch.slice(1);
}

/** The middle of the values; the mean of the two in the middle where their number is even; NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b), middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** One line for each competitor, in the order in which they first ran; ours, the first, is what the others are measured by. */
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

/** The columns of the table. */
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
