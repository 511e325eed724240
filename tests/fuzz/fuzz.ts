/**
 * Feeds the readers of files, and the native libraries, with inputs that have faults. The checksums and sizes of an input fit its
 * content, so that most faults get past the container. Each must give a FormatError, or a right result, within a second and
 * within a limit of memory: 16 MiB (PNG 64) and 100 times the input's size for what it expands to, and one copy.
 *
 * ```
 * deno task fuzz                                     a minute
 * deno task fuzz --inputs 10000000 --name fuzz       the result in bench/results
 * deno task fuzz --reader npz --from 1200 --inputs 1
 * deno task fuzz --reader npz --input .cache/fuzz/npz-1-1200.bin
 * ```
 *
 * The seed, the reader and the number of an input decide it. The exit code is 1 if a reader fails.
 * @module
 */
import { machineLines, resultName, startMeasuring, writeResult } from "../../bench/results.ts";
import { type Command, withDefaults } from "../../tasks/terminal/command.ts";
import { TaskError, UsageError } from "../../tasks/terminal/errors.ts";
import { runTask, type TaskContext } from "../../tasks/terminal/main.ts";
import { shownPath, userPath } from "../../tasks/terminal/paths.ts";
import { measureCoverage } from "./coverage.ts";
import { type Failure, LONGEST_MILLISECONDS, memoryLimit, type Portion } from "./loop.ts";
import { buildPlans, LIBRARIES, type PlanCounts, type PlansName, runPlans } from "./native.ts";
import { READERS } from "./readers.ts";
import { keepInput, kindOf, runFile } from "./reproduce.ts";
import { type Counts, runPortions } from "./threads.ts";

const NAMES = READERS.map(({ name }) => name), PLANS = Object.keys(LIBRARIES) as PlansName[];

const COMMAND = {
  name: "fuzz",
  summary: "Feeds every reader of files, and both native libraries, with inputs that have faults.",
  groups: {
    run: {
      title: "Inputs",
      options: {
        seconds: { kind: "number", default: 60, above: 0, help: "duration, unless --inputs is given" },
        inputs: { kind: "integer", default: 0, min: 0, help: "number of inputs, of all readers together" },
        seed: { kind: "integer", default: 1, min: 0, max: 4294967295, help: "seed of the inputs" },
        from: { kind: "integer", default: 0, min: 0, help: "number of the first input of each reader" },
        threads: {
          kind: "integer",
          default: 2,
          min: 0,
          max: 64,
          help: "threads; 0 for none besides the main one",
        },
        reader: { kind: "text", value: "NAME", help: `one reader only: ${[...NAMES, ...PLANS].join(", ")}` },
        noPlans: {
          kind: "boolean",
          default: false,
          help: "leave out the plans through the native libraries",
        },
      },
    },
    files: {
      title: "Files",
      options: {
        input: { kind: "text", value: "FILE", help: "run the input in this file alone, with --reader" },
        failures: {
          kind: "text",
          value: "FOLDER",
          default: ".cache/fuzz",
          help: "folder for inputs of failures",
        },
        coverage: {
          kind: "integer",
          default: 0,
          min: 0,
          help: "number of inputs to measure lines of readers with",
        },
        name: { kind: "text", value: "NAME", help: "write the result to bench/results/NAME.json" },
      },
    },
  },
} as const satisfies Command;

type Context = TaskContext<typeof COMMAND["groups"]>;

/** The share of the inputs that are plans of each library, in thousandths. */
const PLAN_SHARES: Readonly<Record<PlansName, number>> = { "plans-cpu": 20, "plans-cuda": 1 };

/** The share of the time that the plans of each library have. */
const PLAN_TIME = 0.15;

/** The maximum number of similar failures of a reader that are shown. */
const SHOWN = 2;

/** The inputs between two lines about the progress of a long run. */
const TOLD = 1_000_000;

/** The maximum number of inputs of a portion. */
const PORTION = 1000;

if (import.meta.main) await runTask(COMMAND, main);

async function main({ given, screen, signal }: Context): Promise<void> {
  const options = {
    ...withDefaults(COMMAND.groups.run.options, given.run),
    ...withDefaults(COMMAND.groups.files.options, given.files),
  };
  const { reader, seed, from, threads, failures: folder } = options,
    name = options.name && resultName(options.name, "fuzz");
  if (reader !== undefined && ![...NAMES, ...PLANS].includes(reader)) {
    throw new UsageError(
      `--reader needs one of ${[...NAMES, ...PLANS].join(", ")}, found ${JSON.stringify(reader)}`,
    );
  }
  if (options.input !== undefined) {
    if (reader === undefined || !NAMES.includes(reader)) {
      throw new UsageError("--input needs --reader with the reader of a file");
    }
    const { text, fault } = await runFile(reader, userPath(options.input));
    screen.row(text);
    if (fault !== undefined) throw new TaskError(`${reader} fails`);
    return;
  }
  const start = name === undefined ? undefined : await startMeasuring();
  if (start) { for (const line of machineLines(start)) screen.note(line); }
  const readers = READERS.filter((known) => reader === undefined || known.name === reader);
  const plans: PlansName[] = [], failures: Failure[] = [], isAlone = reader !== undefined;
  for (const plan of PLANS.filter((known) => isAlone ? known === reader : !options.noPlans)) {
    const obstacle = await buildPlans(plan);
    if (obstacle === undefined) plans.push(plan);
    else screen.note(`without ${plan}: ${obstacle}`);
  }
  const begun = performance.now(), end = begun + 1000 * options.seconds;
  const planInputs = (plan: PlansName) =>
    isAlone ? options.inputs : Math.round(options.inputs * PLAN_SHARES[plan] / 1000);
  const recording = plans.map(async (plan): Promise<[PlansName, PlanCounts]> => {
    const seconds = options.inputs > 0 ? 0 : options.seconds * (isAlone ? 1 : PLAN_TIME);
    const found = await runPlans(plan, { seed, from, inputs: planInputs(plan), seconds });
    for (const { fault } of found.failures) screen.note(`${plan}: ${fault}`);
    return [plan, found];
  });
  const inputs = options.inputs - plans.reduce((sum, plan) => sum + planInputs(plan), 0);
  const portions = readers.length === 0 ? [] : portionsOf(readers, { ...options, inputs, end, signal });
  let told = 0;
  const found = await runPortions(portions, {
    threads,
    onProgress: (inputs, added) => {
      const before = told;
      told = Math.floor(inputs / TOLD);
      if (told > before) screen.note(`${inputs.toLocaleString("en-US")} inputs, ${failures.length} failures`);
      const known = new Set(
        added.length === 0 ? [] : failures.map(({ reader, fault }) => `${reader} ${kindOf(fault)}`),
      );
      for (const { reader, index, fault } of added) {
        if (!known.has(`${reader} ${kindOf(fault)}`)) screen.note(`${reader}, input ${index}: ${fault}`);
        known.add(`${reader} ${kindOf(fault)}`);
      }
      failures.push(...added);
      screen.progress(`${inputs} inputs, ${failures.length} failures`);
    },
  });
  const counts = new Map(await Promise.all(recording));
  failures.push(...[...counts.values()].flatMap(({ failures }) => failures));
  signal.throwIfAborted();
  for (const line of tableOf(found, counts)) screen.row(line);
  await tellFailures(failures, { seed, folder, screen });
  const coverage = options.coverage > 0 ? await measureCoverage(seed, options.coverage) : undefined;
  if (coverage) {
    screen.row(
      `lines of the readers: ${coverage.covered} of ${coverage.lines} with ${coverage.inputs} inputs`,
    );
  }
  if (start && name) {
    const seconds = (performance.now() - begun) / 1000;
    screen.note(
      `wrote ${
        shownPath(
          await writeResult(name, start, {
            seed,
            threads,
            seconds,
            ...resultOf(found, counts),
            failures,
            coverage,
          }),
        )
      }`,
    );
  }
  if (failures.length > 0) throw new TaskError(`${failures.length} inputs failed`);
}

/** Yields portions of each reader in turn: as many as its share of the inputs, or until the end of the time. */
function* portionsOf(
  readers: typeof READERS,
  { seed, from, inputs, end, signal }: {
    readonly seed: number;
    readonly from: number;
    readonly inputs: number;
    readonly end: number;
    readonly signal: AbortSignal;
  },
): Generator<Portion, void, void> {
  const shares = readers.reduce((sum, { share }) => sum + share, 0);
  const rounds = inputs > 0 ? Math.max(1, Math.ceil(inputs / (4 * shares))) : Infinity;
  for (let round = 0; round < rounds && !signal.aborted; round++) {
    for (const { name, share } of readers) {
      const all = inputs > 0 ? Math.round(inputs * share / shares) : Infinity;
      const size = readers.length === 1 ? PORTION : 4 * share, first = round * size;
      const count = Math.min(size, all - first);
      if (count > 0) yield { reader: name, seed, from: from + first, count };
      if (performance.now() > end && inputs === 0) return;
    }
  }
}

/** Returns the counts as lines. */
function tableOf({ tallies, peakBytes }: Counts, plans: ReadonlyMap<string, PlanCounts>): string[] {
  const rows = [...tallies, ...plans].map(([name, { inputs, past, results, slowest }]) =>
    [
      name.padEnd(12),
      inputs.toLocaleString("en-US").padStart(11),
      `${(100 * past / Math.max(1, inputs)).toFixed(0)} %`.padStart(6),
      `${(100 * results / Math.max(1, inputs)).toFixed(0)} %`.padStart(8),
      `${slowest.milliseconds.toFixed(1)} ms`.padStart(10),
    ].join(" ")
  );
  const all = sumOf(tallies, plans);
  return [
    "reader            inputs   past  results    slowest",
    ...rows,
    `${all.inputs.toLocaleString("en-US")} inputs, ${
      (100 * all.past / Math.max(1, all.inputs)).toFixed(0)
    } % past the container; ` +
    `peak of the process ${Math.round(peakBytes / 2 ** 20)} MiB`,
  ];
}

function sumOf(tallies: Counts["tallies"], plans: ReadonlyMap<string, PlanCounts>) {
  const all = [...tallies.values(), ...plans.values()];
  const sum = (name: "inputs" | "past" | "results" | "errors" | "faultless") =>
    all.reduce((total, tally) => total + tally[name], 0);
  return {
    inputs: sum("inputs"),
    past: sum("past"),
    results: sum("results"),
    errors: sum("errors"),
    faultless: sum("faultless"),
  };
}

/** Returns the counts for a file. */
function resultOf({ tallies, peakBytes }: Counts, plans: ReadonlyMap<string, PlanCounts>) {
  const without = (
    [name, { failures: _, ...tally }]: [string, { failures: readonly Failure[] }],
  ) => [name, tally];
  return {
    all: sumOf(tallies, plans),
    limits: {
      milliseconds: LONGEST_MILLISECONDS,
      bytes: `${memoryLimit(0)} + ${memoryLimit(1) - memoryLimit(0)} × size; PNG ${memoryLimit(0, 64)} + …`,
    },
    peakBytes,
    readers: Object.fromEntries([...tallies].map(without)),
    plans: Object.fromEntries([...plans].map(without)),
  };
}

/** Prints failures, those of one kind together, and writes the inputs of some to files. */
async function tellFailures(
  failures: readonly Failure[],
  { seed, folder, screen }: {
    readonly seed: number;
    readonly folder: string;
    readonly screen: Context["screen"];
  },
): Promise<void> {
  for (const all of Map.groupBy(failures, ({ reader, fault }) => `${reader} ${kindOf(fault)}`).values()) {
    for (const failure of all.slice(0, SHOWN)) {
      const { reader, index, fault } = failure, again = `deno task fuzz --reader ${reader}`;
      screen.row(`failed: ${reader}, input ${index}: ${fault}`);
      if (!NAMES.includes(reader) || fault.startsWith("does not end")) {
        screen.row(`  run again: ${again} --seed ${seed} --from ${index} --inputs 1`);
      } else screen.row(`  run again: ${again} --input ${await keepInput(failure, seed, folder)}`);
    }
    if (all.length > SHOWN) {
      screen.row(`failed: ${all[0].reader}, ${all.length - SHOWN} more inputs like these`);
    }
  }
}
