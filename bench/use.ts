/**
 * Times mlpcuda from the start of a process to the saved model, and its predictions, on several backends in turns.
 * README.md describes how to run it.
 * @module
 */
import { type Command, withDefaults } from "../tasks/terminal/command.ts";
import { TaskError } from "../tasks/terminal/errors.ts";
import { runTask, type TaskContext } from "../tasks/terminal/main.ts";
import { projectPath, shownPath } from "../tasks/terminal/paths.ts";
import { findEntries, readNames } from "./entries.ts";
import { OURS } from "./peers.ts";
import type { PredictionTimes } from "./predictions.ts";
import { machineLines, resultName, startMeasuring, writeResult } from "./results.ts";
import { turnsOf } from "./rounds.ts";
import { measured, outcomeOf, type RunOptions, runToEnd } from "./run.ts";
import { HIDDEN, mnistFile } from "./sets.ts";
import { median } from "./summary.ts";

const COMMAND = {
  name: "bench:use",
  summary: "Times whole training runs and predictions on several backends, and writes bench/results.",
  groups: {
    use: {
      title: "Measurement",
      options: {
        data: { kind: "text", value: "PATH", help: "MNIST as an .npz (default data/mnist.npz)" },
        backend: {
          kind: "text",
          value: "NAMES",
          default: "cpu,wasm",
          help: "the backends, each with an optional number of threads: cpu:2,cpu:1,wasm",
        },
        epochs: { kind: "integer", default: 100, min: 1, help: "epochs of a whole run" },
        rounds: { kind: "integer", default: 5, min: 1, help: "runs of each backend" },
        timeout: { kind: "integer", default: 600, min: 1, help: "seconds that a run may take" },
        name: {
          kind: "text",
          value: "NAME",
          help: "file name of the result (default: use and the date)",
        },
      },
    },
  },
} as const satisfies Command;

/** The measurements of one backend. */
export interface UseLine {
  /** The competitor's name: mlpcuda and the backend. */
  readonly name: string;
  /** The number of threads. */
  readonly threads: number;
  /** The backend's description of the device. */
  readonly device: string;
  /** Seconds from the start of the process to its end after the model is saved, of each round. */
  readonly runSeconds: readonly number[];
  /** The test accuracy of each round; runs of the same seed have the same. */
  readonly testAccuracy: readonly number[];
  /** The peak memory of the largest process of each whole run, in MB. */
  readonly peakRssMB: readonly (number | undefined)[];
  /** Milliseconds for all images of the test set, of each round. */
  readonly setMilliseconds: readonly number[];
  /** Microseconds for one image, the median of each round. */
  readonly imageMicroseconds: readonly number[];
  /** Microseconds for one image, the 99th percentile of each round. */
  readonly imageP99Microseconds: readonly number[];
  /** The medians over the rounds. */
  readonly median: Readonly<Record<MedianName, number>>;
}

/** The measurements of which medians are computed. */
const MEDIANS = [
  "runSeconds",
  "setMilliseconds",
  "imageMicroseconds",
  "imageP99Microseconds",
] as const;

type MedianName = (typeof MEDIANS)[number];

/** One round of one backend. */
interface Round extends PredictionTimes {
  readonly runSeconds: number;
  readonly testAccuracy: number;
  readonly peakRssMB: number | undefined;
}

if (import.meta.main) await runTask(COMMAND, main);

async function main({ given, screen, signal }: TaskContext<typeof COMMAND["groups"]>): Promise<void> {
  const options = withDefaults(COMMAND.groups.use.options, given.use), { epochs, rounds, timeout } = options;
  const name = resultName(options.name, "use"), backends = readNames("--backend", options.backend);
  const start = await startMeasuring(), { cores } = start.machine, data = await mnistFile(options.data);
  const job = { data, hidden: HIDDEN.mnist, epochs, python: undefined };
  const { entries, leftOut } = await findEntries({ backends, peers: [], threads: cores }, job);
  for (const { name, reason } of leftOut) screen.note(`without ${name}: ${reason}`);
  if (entries.length === 0) throw new TaskError("Cannot measure: no backend can run here");
  for (const line of machineLines(start)) screen.note(line);

  const played = new Map(entries.map((entry) => [entry, [] as Round[]]));
  for (let round = 1; round <= rounds; round++) {
    for (const entry of turnsOf(entries, round)) {
      const { name, threads, command } = entry, limits = { timeout, signal };
      const whole = await measured(name, wholeRun(command, limits)), backend = name.slice(OURS.length);
      const predictions = await measured(name, predictionTimes(backend, threads, data, limits));
      played.get(entry)!.push({ ...whole, ...predictions });
      const image = `${predictions.imageMicroseconds.toPrecision(3)} µs for one`;
      const set = `${
        predictions.setMilliseconds.toPrecision(3)
      } ms for ${predictions.images} images, ${image}`;
      const label = `round ${round}  ${name}, ${threads} ${threads === 1 ? "thread" : "threads"}`;
      screen.note(`${label}: ${whole.runSeconds.toPrecision(3)} s for ${epochs} epochs, ${set}`);
    }
  }
  const summary = [...played].map(([{ name, threads }, rounds]) => lineOf(name, threads, rounds));
  for (const { name, threads, median, peakRssMB } of summary) {
    const peak = Math.max(...peakRssMB.map((value) => value ?? NaN));
    const texts = MEDIANS.map((key) => `${key} ${median[key].toPrecision(3)}`);
    screen.row(`${name}:${threads}  ${texts.join("  ")}  peakRssMB ${peak}`);
  }
  const path = await writeResult(name, start, { epochs, rounds, hidden: HIDDEN.mnist, summary, leftOut });
  screen.note(`wrote ${shownPath(path)}`);
}

/** Runs a training process, which evaluates after each epoch and saves the model, and times it as a whole. */
async function wholeRun(
  command: readonly string[],
  options: RunOptions,
): Promise<Pick<Round, "runSeconds" | "testAccuracy" | "peakRssMB">> {
  const begun = performance.now(), { stdout, peakMB } = await runToEnd(command, options);
  const runSeconds = (performance.now() - begun) / 1000, { testAccuracy } = outcomeOf(stdout, peakMB);
  return { runSeconds, testAccuracy, peakRssMB: peakMB };
}

async function predictionTimes(
  backend: string,
  threads: number,
  data: string,
  options: RunOptions,
): Promise<PredictionTimes> {
  const program = [Deno.execPath(), "run", "--no-prompt", "--allow-read", "--allow-ffi", "--allow-env"];
  const args = [projectPath("bench/predictions.ts"), backend, `${threads}`, data];
  return JSON.parse((await runToEnd([...program, ...args], options)).stdout);
}

function lineOf(name: string, threads: number, rounds: readonly Round[]): UseLine {
  const all = <K extends keyof Round>(key: K) => rounds.map((round) => round[key]);
  const medians = MEDIANS.map((key) => [key, median(all(key))]);
  return {
    name,
    threads,
    device: rounds[0].device,
    runSeconds: all("runSeconds"),
    testAccuracy: all("testAccuracy"),
    peakRssMB: all("peakRssMB"),
    setMilliseconds: all("setMilliseconds"),
    imageMicroseconds: all("imageMicroseconds"),
    imageP99Microseconds: all("imageP99Microseconds"),
    median: Object.fromEntries(medians) as Record<MedianName, number>,
  };
}
