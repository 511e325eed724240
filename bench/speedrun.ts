/**
 * `deno task speedrun`: times training from its start to the accuracy on MNIST's test set, over several seeds.
 * docs/speedrun.md has the rules and the entries.
 * @module
 */
import { type BackendOptions, openBackend } from "../src/backends/open.ts";
import type { DatasetPair } from "../src/data/dataset.ts";
import { countOf } from "../src/data/dataset.ts";
import { loadDataset } from "../src/data/load.ts";
import { evaluate } from "../src/training/evaluate.ts";
import { train } from "../src/training/train.ts";
import type { TrainConfig } from "../src/training/config.ts";
import { BACKEND_OPTIONS, backendOptionsOf } from "../tasks/shared/options.ts";
import { optionsText, RECIPE_OPTION, withRecipe } from "../tasks/shared/recipes.ts";
import { chooseRun } from "../tasks/shared/run_choice.ts";
import { configOf, LAYERS_OPTION, layersOf, networkText, TRAINING_GROUP } from "../tasks/shared/training.ts";
import type { Command } from "../tasks/terminal/command.ts";
import { TaskError, UsageError } from "../tasks/terminal/errors.ts";
import { runTask, type TaskContext } from "../tasks/terminal/main.ts";
import { accuracy } from "../tasks/terminal/numbers.ts";
import { projectPath, shownPath } from "../tasks/terminal/paths.ts";
import { machineLines, resultName, startMeasuring, writeResult } from "./results.ts";
import { mnistFile } from "./sets.ts";
import {
  readSpeedruns,
  renewedSpeedrun,
  scoreOf,
  SPEEDRUN_DOCUMENT,
  SPEEDRUN_PREFIX,
  type SpeedrunFigures,
  type SpeedrunSeed,
} from "./speedrun_table.ts";

/** The rows of MNIST's training set and of its test set. */
const ROWS = [60_000, 10_000] as const;

/** The settings of a run; each run has its own seed. */
const { seed: _, ...SETTINGS } = TRAINING_GROUP.options;

const COMMAND = {
  name: "speedrun",
  summary:
    "Times training on MNIST from its start to the accuracy on the test set, over several seeds; writes an entry " +
    `to bench/results and the table of ${SPEEDRUN_DOCUMENT}, which has the rules.`,
  groups: {
    speedrun: {
      title: "Entry",
      options: {
        data: { kind: "text", value: "PATH", help: "MNIST as an .npz (default data/mnist.npz)" },
        seeds: { kind: "integer", default: 5, min: 3, help: "number of runs, with the seeds 1, 2, …" },
        name: {
          kind: "text",
          value: "NAME",
          help: "name of the entry, bench/results/speedrun-NAME.json (default: the recipe and the backend)",
        },
        dry: { kind: "boolean", default: false, help: "write nothing" },
      },
    },
    network: { title: "Network", options: LAYERS_OPTION },
    config: {
      ...TRAINING_GROUP,
      options: { ...RECIPE_OPTION, ...SETTINGS },
    },
    machine: { title: "Machine", options: BACKEND_OPTIONS },
  },
  examples: [
    { args: "--recipe fast --backend cpu", help: "the recipe fast, with five seeds" },
    { args: "--recipe accurate --seeds 3 --backend cpu", help: "the recipe accurate, with three" },
  ],
} as const satisfies Command;

/** The settings of an entry. */
export interface SpeedrunJob {
  /** MNIST, already read. */
  readonly sets: DatasetPair;
  /** The layers; by default those of the recipe, or else of `train`. */
  readonly layers?: string;
  /** The settings, and the recipe that they change. */
  readonly config: Parameters<typeof withRecipe<Omit<Partial<TrainConfig>, "init">>>[0];
  /** The backend. */
  readonly backend: Parameters<typeof openBackend>[0];
  /** The options of the backend. */
  readonly options?: BackendOptions;
  /** The number of seeds. */
  readonly seeds: number;
  /** Receives each run when it is done. */
  readonly onSeed?: (run: SpeedrunSeed) => void;
  /** Ends the entry. */
  readonly signal?: AbortSignal;
}

if (import.meta.main) await runTask(COMMAND, main);

async function main({ given, screen, signal }: TaskContext<typeof COMMAND["groups"]>): Promise<void> {
  const { seeds = COMMAND.groups.speedrun.options.seeds.default, dry = false } = given.speedrun;
  const { backend = "auto" } = given.machine, { recipe } = given.config;
  checkRules(given.config);
  const start = await startMeasuring();
  const sets = await loadDataset(await mnistFile(given.speedrun.data));
  if (countOf(sets.train) !== ROWS[0] || sets.test === undefined || countOf(sets.test) !== ROWS[1]) {
    throw new TaskError(`Cannot time ${sets.train.source}: an entry needs MNIST, ${ROWS.join(" and ")} rows`);
  }
  for (const line of machineLines(start)) screen.note(line);
  const figures = await speedrun({
    ...{ sets, layers: given.network.layers, config: given.config, backend, seeds, signal },
    options: backendOptionsOf(given.machine),
    onSeed: ({ seed, testAccuracy, seconds }) =>
      screen.note(`seed ${seed}: ${accuracy(testAccuracy, ROWS[1])}, ${seconds.toPrecision(3)} s`),
  });
  const { testAccuracy, seconds, level } = scoreOf(figures);
  const reached = level === undefined ? "no level is reached" : `reaches ${100 * level} %`;
  screen.row(`mean ${(100 * testAccuracy).toFixed(3)} %, ${seconds.toPrecision(3)} s: ${reached}`);
  if (dry) return;
  const name = resultName(given.speedrun.name ?? `${recipe ?? "run"}-${figures.backend}`, "speedrun");
  screen.note(`wrote ${shownPath(await writeResult(`${SPEEDRUN_PREFIX}${name}`, start, { ...figures }))}`);
  const path = projectPath(SPEEDRUN_DOCUMENT), before = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, renewedSpeedrun(before, await readSpeedruns()));
}

/** Refuses settings that the rules of docs/speedrun.md exclude. */
function checkRules(given: Parameters<typeof withRecipe<Omit<Partial<TrainConfig>, "init">>>[0]): void {
  const { config } = withRecipe(given);
  if (config.outliers) throw new UsageError("A speedrun trains on MNIST alone, --outliers adds drawings");
  configOf(config);
}

/** Trains with the seeds 1, 2, … and times each run. */
export async function speedrun(
  { sets: { train: set, test }, layers, config: given, backend: name, options, seeds, onSeed, signal }:
    SpeedrunJob,
): Promise<SpeedrunFigures> {
  if (test === undefined) throw new RangeError("A speedrun needs a test set");
  const { config, hidden } = withRecipe(given), own = layers === undefined ? undefined : layersOf(layers);
  const runs: SpeedrunSeed[] = [];
  let about: Omit<SpeedrunFigures, "seeds"> | undefined;
  for (let seed = 1; seed <= seeds; seed++) {
    signal?.throwIfAborted();
    const begun = performance.now();
    await using backend = await openBackend(name, options);
    const { mlp, config: chosen } = chooseRun(set, { layers: own, hidden, config: { ...config, seed } });
    for await (const _ of train(mlp, set, { ...chosen, backend, threads: options?.threads, signal }));
    signal?.throwIfAborted();
    const { accuracy = 0 } = await evaluate(mlp, test, { backend });
    const run = { seed, testAccuracy: accuracy, seconds: (performance.now() - begun) / 1000 };
    runs.push(run);
    onSeed?.(run);
    about ??= {
      options: optionsText(config, mlp.layers),
      network: networkText(mlp),
      ...{ backend: backend.name, device: backend.device },
    };
  }
  return { ...about!, seeds: runs };
}
