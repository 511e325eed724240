/** The tables of README.md and docs/speed.md that are made from the results of bench/results. @module */
import { renewedParts, sourceOf, wrapped } from "./markdown.ts";
import { table } from "../tasks/shared/markdown.ts";
import type { RanksLine } from "./ranks.ts";
import type { Result } from "./results.ts";
import type { Line } from "./summary.ts";
import type { UseLine } from "./use.ts";

/** A result of `deno task compare`, as far as the tables need it. */
export type Comparison = Result & { readonly rounds: number; readonly summary: readonly Line[] };
/** A result of `deno task bench:use`. */
export type Use = Result & {
  readonly epochs: number;
  readonly rounds: number;
  readonly summary: readonly UseLine[];
};
/** A result of `deno task bench:ranks`. */
export type Ranks = Result & {
  readonly hidden: readonly number[];
  readonly rows: number;
  readonly rounds: number;
  readonly summary: readonly RanksLine[];
  readonly efficiency: number;
};

/** The results, by the names of their files; those that do not exist are absent. */
export interface Results {
  /** The default job. */
  readonly "epochs-mnist"?: Comparison;
  /** The job without an input that is 0. */
  readonly "epochs-dense"?: Comparison;
  /** The job with wide layers. */
  readonly "epochs-wide"?: Comparison;
  /** The default job with the peers that are far slower. */
  readonly "epochs-others"?: Comparison;
  /** Whole runs and predictions. */
  readonly use?: Use;
  /** Ranks of MPI. */
  readonly ranks?: Ranks;
}

/** The names of the results. */
export const RESULT_NAMES = [
  "epochs-mnist",
  "epochs-dense",
  "epochs-wide",
  "epochs-others",
  "use",
  "ranks",
] as const satisfies readonly (keyof Results)[];

/** The columns of the tables of epochs. */
const JOBS = [
  { result: "epochs-mnist", title: "784-128-64-10" },
  { result: "epochs-dense", title: "no input is 0" },
  { result: "epochs-wide", title: "784-512-512-10" },
] as const;

/** The peers' names in the tables. */
const PEER_NAMES: Readonly<Record<string, string>> = {
  numpy: "NumPy",
  pytorch: "PyTorch",
  pytorch_compile: "PyTorch (compiled)",
  jax: "JAX",
  sklearn: "scikit-learn",
  jaxjs: "jax-js, wasm",
  tfjs: "TensorFlow.js, wasm",
};

/** The generated parts of the documents by their names; each returns `undefined` if a result is missing. */
export const SECTIONS: Readonly<Record<string, (results: Results) => string | undefined>> = {
  epochs: (results) => epochsTable(results, { best: false }),
  best: (results) => epochsTable(results, { best: true }),
  others: ({ "epochs-others": others }) => others && withSource(others, table(othersRows(others))),
  use: ({ use }) => use && withSource(use, table(useRows(use))),
  ranks: ({ ranks }) => ranks && withSource(ranks, table(ranksRows(ranks))),
};

/** Formats a number with three significant digits. */
export function figure(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
}

/**
 * Returns the seconds of an epoch of every competitor in every job: with each number of threads, or with `best` each with
 * the number of threads that is the fastest in the first job.
 */
function epochsTable(results: Results, { best }: { readonly best: boolean }): string | undefined {
  const jobs = JOBS.flatMap(({ result, title }) => {
    const comparison = results[result];
    return comparison === undefined ? [] : [{ title, comparison }];
  });
  if (jobs.length === 0) return undefined;
  const keys = new Set(jobs.flatMap(({ comparison }) => comparison.summary.map(keyOf)));
  const lines = jobs.map(({ comparison }) => new Map(comparison.summary.map((line) => [keyOf(line), line])));
  const found = [...keys].map((key) => lines.map((byKey) => byKey.get(key)));
  const chosen = best ? fastest(found) : found;
  const first = jobs.map(({ comparison }) => comparison.summary[0].median);
  const rows = chosen.map((cells) => {
    const line = cells.find((cell) => cell !== undefined)!;
    const times = cells.map((cell, job) => timeCell(cell, first[job]));
    return [titleOf(line), String(line.threads), ...times];
  });
  return withSource(
    jobs[0].comparison,
    table([["seconds an epoch", "threads", ...jobs.map(({ title }) => title)], ...rows]),
  );
}

/** Returns the rows with the lowest time in the first column for each name. */
function fastest(rows: readonly (readonly (Line | undefined)[])[]): (readonly (Line | undefined)[])[] {
  const time = (row: readonly (Line | undefined)[]) => row[0]?.median ?? Infinity;
  const named = Map.groupBy(rows, (row) => row.find((cell) => cell !== undefined)!.name);
  return [...named.values()].map((group) => group.reduce((a, b) => time(b) < time(a) ? b : a));
}

/** Returns a time, and its multiple of the first line's. */
function timeCell(line: Line | undefined, first: number): string {
  if (line === undefined) return "not run";
  return line.median === first ? figure(first) : `${figure(line.median)} (× ${figure(line.median / first)})`;
}

function othersRows({ summary }: Comparison): string[][] {
  const rows = summary.map((line) => [
    titleOf(line),
    String(line.threads),
    timeCell(line, summary[0].median),
  ]);
  return [["seconds an epoch", "threads", "784-128-64-10"], ...rows];
}

function useRows({ epochs, summary }: Use): string[][] {
  const peak = ({ peakRssMB }: UseLine) => {
    const known = peakRssMB.filter((value) => value !== undefined);
    return known.length === 0 ? "not read" : `${Math.round(Math.max(...known))} MB`;
  };
  const row = (title: string, cell: (line: UseLine) => string) => [title, ...summary.map(cell)];
  return [
    row("784-128-64-10", ({ name, threads }) => `${backendOf(name)}, ${threadText(threads)}`),
    row(
      `${epochs} epochs with evaluation, process start to saved model`,
      ({ median }) => `${figure(median.runSeconds)} s`,
    ),
    row("peak memory of that process", peak),
    row("10,000 images predicted", ({ median }) => `${figure(median.setMilliseconds)} ms`),
    row("one image predicted, median", ({ median }) => `${figure(median.imageMicroseconds)} µs`),
    row("one image predicted, 99th percentile", ({ median }) => `${figure(median.imageP99Microseconds)} µs`),
  ];
}

function ranksRows({ hidden, rows, summary, efficiency }: Ranks): string[][] {
  const title = `784-${hidden.join("-")}-10, ${rows.toLocaleString("en")} rows`;
  return [
    [title, "seconds an epoch"],
    ...summary.map(({ ranks, threads, median }) => [
      `${ranks} ${ranks === 1 ? "rank" : "ranks"} × ${threadText(threads)}`,
      figure(median),
    ]),
    ["efficiency", efficiency.toFixed(2)],
  ];
}

function keyOf({ name, threads }: Line): string {
  return `${name}:${threads}`;
}

/** Returns the name of a competitor in a table, with its version if it is a peer. */
function titleOf({ name, version }: Pick<Line, "name" | "version">): string {
  if (name.startsWith("mlpcuda")) return `mlpcuda, ${backendOf(name)}`;
  // Builds and devices say nothing that the line above the table does not: "2.13.0+cpu", "0.10.2 on cpu".
  return `${PEER_NAMES[name] ?? name} ${
    version.replace(/ on cpu$|\+cpu$/, "").replace(/(\d+\.\d+\.\d+)\.[\d.]+/, "$1")
  }`
    .trim();
}

function backendOf(name: string): string {
  return `\`${name.replace(/^mlpcuda /, "")}\``;
}

function threadText(threads: number): string {
  return `${threads} ${threads === 1 ? "thread" : "threads"}`;
}

/** Returns a table below a line with the machine, the versions and the date. */
function withSource(result: Result & { readonly rounds: number }, table: string): string {
  return `${wrapped(`${sourceOf(result)}; medians of ${result.rounds} alternating runs:`)}\n\n${table}`;
}

/**
 * Returns a document with its generated parts `<!-- speed NAME -->` renewed; one whose results are missing stays as it is.
 *
 * @throws {RangeError} if there is no section of a name, or a part has no end
 */
export function renewed(document: string, results: Results): string {
  return renewedParts(document, "speed", (name) => {
    if (!Object.hasOwn(SECTIONS, name)) throw new RangeError(`There is no section "${name}"`);
    return SECTIONS[name](results);
  });
}
