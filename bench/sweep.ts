/**
 * Times a sweep beside the same networks one after the other, and beside scikit-learn's GridSearchCV, each as a process, in
 * turns. README.md describes how to run it.
 * @module
 */
import { type Command, withDefaults } from "../tasks/terminal/command.ts";
import { TaskError } from "../tasks/terminal/errors.ts";
import { duration } from "../tasks/terminal/numbers.ts";
import { runTask, type TaskContext } from "../tasks/terminal/main.ts";
import { shownPath } from "../tasks/terminal/paths.ts";
import { valuesBetween } from "../src/sweep/grid.ts";
import { CACHE, pythonWith, script } from "./peers.ts";
import { machineLines, resultName, startMeasuring, writeResult } from "./results.ts";
import { turnsOf } from "./rounds.ts";
import { measured, runToEnd } from "./run.ts";
import { mnistFile } from "./sets.ts";
import { median } from "./summary.ts";

const COMMAND = {
  name: "bench:sweep",
  summary:
    "Times 100 networks of 784-128-64-10 on MNIST (10 learning rates × 10 seeds): trained at once by `sweep`, one " +
    "after the other in one process, and by scikit-learn's GridSearchCV. Checks that the files of both of ours are equal.",
  groups: {
    sweep: {
      title: "Measurement",
      options: {
        data: { kind: "text", value: "PATH", help: "MNIST as an .npz (default data/mnist.npz)" },
        rates: { kind: "integer", default: 10, min: 2, help: "learning rates, from 1e-4 to 1e-2" },
        seeds: { kind: "integer", default: 10, min: 1, help: "seeds of each learning rate" },
        epochs: { kind: "integer", default: 10, min: 1, help: "epochs of each network" },
        threads: {
          kind: "integer",
          default: 2,
          min: 2,
          max: 256,
          help: "networks at once, and jobs of scikit-learn",
        },
        backend: { kind: "choice", default: "cpu", choices: ["cpu", "wasm"], help: "the backend of mlpcuda" },
        rounds: { kind: "integer", default: 1, min: 1, help: "runs of each" },
        sklearn: { kind: "boolean", default: true, help: "also time scikit-learn" },
        python: {
          kind: "text",
          value: "PATH",
          help: "the Python of scikit-learn (default .cache/bench/venv, then python3)",
        },
        timeout: { kind: "integer", default: 7200, min: 1, help: "seconds that a run may take" },
        name: { kind: "text", value: "NAME", help: "file name of the result (default: sweep and the date)" },
      },
    },
  },
} as const satisfies Command;

/** One way to train the networks. */
interface Way {
  readonly name: string;
  readonly command: readonly string[];
  /** The seconds of each round, from the start of the process to its end. */
  readonly seconds: number[];
  /** The peak memory of its largest process in MB, of the last round. */
  peakMB?: number;
  /** The files by learning rate and seed, of the ways of this project. */
  hashes?: Readonly<Record<string, string>>;
}

if (import.meta.main) await runTask(COMMAND, main);

async function main({ given, screen, signal }: TaskContext<typeof COMMAND["groups"]>): Promise<void> {
  const options = withDefaults(COMMAND.groups.sweep.options, given.sweep),
    { epochs, rounds, timeout, threads } = options;
  const name = resultName(options.name, "sweep"), start = await startMeasuring();
  const data = await mnistFile(options.data), python = await pythonWith(["numpy", "sklearn"], options.python);
  const rates = valuesBetween(1e-4, 1e-2, { count: options.rates, spacing: "log" }).join(",");
  const { backend } = options, seeds = Array.from({ length: options.seeds }, (_, at) => at + 1).join(",");
  if (options.sklearn && python === undefined) {
    throw new TaskError("Cannot time scikit-learn: no Python has it", {
      hint:
        "python3 -m venv .cache/bench/venv && .cache/bench/venv/bin/pip install scikit-learn, or --no-sklearn",
    });
  }
  for (const line of machineLines(start)) screen.note(line);
  screen.note(`job      ${options.rates} rates × ${options.seeds} seeds, 784-128-64-10, ${epochs} epochs`);
  const shared = ["--epochs", `${epochs}`];
  const grid = [
    "--lr",
    rates,
    "--seed",
    seeds,
    "--layers",
    "128:relu,64:relu,10:softmax",
    "--validation-split",
    "0.1",
  ];
  const alone = (count: number): Way => ({
    name: `one after the other, ${count === 1 ? "1 thread" : `${count} threads`}`,
    command: [
      ...[Deno.execPath(), "run", "--quiet", "--no-prompt", "--allow-read", "--allow-ffi", "--allow-env"],
      ...[script("../sweep_alone.ts"), "--data", data, "--rates", rates, "--seeds", seeds, ...shared],
      ...["--threads", `${count}`, "--backend", backend],
    ],
    seconds: [],
  });
  const task = [
    Deno.execPath(),
    "task",
    "--quiet",
    "sweep",
    "--json",
    "--quiet",
    "--data",
    data,
    "--threads",
    `${threads}`,
  ];
  const sweep: Way = {
    name: `sweep, ${threads} at once`,
    command: [...task, "--backend", backend, ...grid, ...shared],
    seconds: [],
  };
  const ways = [sweep, alone(1), alone(threads)];
  if (options.sklearn && python !== undefined) {
    const command = [
      python,
      script("sklearn_grid.py"),
      "--data",
      data,
      "--rates",
      rates,
      "--seeds",
      seeds,
      ...shared,
    ];
    ways.push({
      name: `GridSearchCV, n_jobs=${threads}`,
      command: [...command, "--jobs", `${threads}`],
      seconds: [],
    });
  }
  for (let round = 1; round <= rounds; round++) {
    for (const way of turnsOf(ways, round)) {
      const began = performance.now();
      const { stdout, peakMB } = await measured(way.name, runToEnd(way.command, { timeout, signal }));
      way.seconds.push((performance.now() - began) / 1000);
      way.peakMB = peakMB;
      if (!way.name.startsWith("Grid")) way.hashes = hashesOf(stdout);
      screen.note(`round ${round}  ${way.name}: ${duration(way.seconds.at(-1)!)}`);
    }
  }
  for (const { name, hashes } of ways.slice(1, 3)) {
    if (JSON.stringify(hashes) !== JSON.stringify(sweep.hashes)) {
      throw new TaskError(`The files of ${name} are others`);
    }
  }
  const own = median(sweep.seconds);
  const summary = ways.map(({ name, seconds, peakMB }) => ({
    name,
    seconds,
    median: median(seconds),
    times: median(seconds) / own,
    ...peakMB !== undefined && { peakMB },
  }));
  for (const { name, median, times, peakMB } of summary) {
    screen.row(`${name}: ${duration(median)}, ${times.toFixed(2)} × the sweep, ${peakMB ?? "?"} MB`);
  }
  const { rates: rateCount, seeds: seedCount } = options;
  const found = {
    rates: rateCount,
    seeds: seedCount,
    epochs,
    threads,
    backend,
    rounds,
    equalFiles: true,
    summary,
  };
  await Deno.mkdir(CACHE, { recursive: true });
  screen.note(`wrote ${shownPath(await writeResult(name, start, found))}`);
}

/** Returns the SHA-256 of the file of each network, by its learning rate and seed, in the order of both. */
function hashesOf(stdout: string): Record<string, string> {
  const rows = stdout.trim().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
  const hashes = rows.map(({ learningRate, seed, sha256 }) =>
    [`${learningRate} ${seed}`, String(sha256)] as const
  );
  return Object.fromEntries(hashes.sort(([one], [other]) => one < other ? -1 : 1));
}
