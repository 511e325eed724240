/**
 * `deno task gpu-model`: predicts the time of a training step on a GPU, phase by phase, for both paths. The model is
 * cuda/model.cpp, by which the library chooses a path; this builds the program `cuda/build/model` and prints its output
 * as tables. The predictions rank the paths and explain a step. They do not replace a measurement.
 * @module
 */
import { type Command, withDefaults } from "../../tasks/terminal/command.ts";
import { TaskError, UsageError } from "../../tasks/terminal/errors.ts";
import { runTask, type TaskContext } from "../../tasks/terminal/main.ts";
import { projectPath } from "../../tasks/terminal/paths.ts";

const COMMAND = {
  name: "gpu-model",
  summary: "Predicts the time of a training step on a GPU, phase by phase.",
  groups: {
    model: {
      title: "Model",
      options: {
        network: {
          kind: "text",
          value: "WIDTHS",
          default: "784-128-64-10",
          help: "inputs, hidden layers and outputs",
        },
        batchSize: { kind: "integer", default: 128, min: 1, help: "rows of a step" },
        states: {
          kind: "integer",
          default: 2,
          min: 0,
          max: 2,
          help: "optimizer states of a weight; Adam has 2",
        },
        multiprocessors: {
          kind: "integer",
          default: 132,
          min: 1,
          help: "multiprocessors of the GPU; an H100 has 132",
        },
        sharedBytes: { kind: "integer", default: 232448, min: 1, help: "shared memory of a block at most" },
        gigahertz: { kind: "number", default: 1.98, above: 0, help: "the clock" },
        json: { kind: "boolean", default: false, help: "print JSON" },
      },
    },
  },
} as const satisfies Command;

type Context = TaskContext<typeof COMMAND["groups"]>;

/** A phase of a step. */
export interface PhaseCycles {
  readonly name: string;
  readonly cycles: number;
}

/** The prediction for a path. */
export interface Prediction {
  readonly phases: readonly PhaseCycles[];
  readonly cycles: number;
  readonly microseconds: number;
}

/** The predictions for a network on a GPU. */
export interface Predictions {
  readonly graph: Prediction;
  /** Absent if the persistent kernel cannot run the network. */
  readonly persistent?: Prediction;
  /** Why it cannot. */
  readonly obstacle?: string;
  /** The tiles of the first layer of the persistent kernel, such as `100 x 8`. */
  readonly tiles?: string;
}

/** A network and a GPU. */
export interface Predicted {
  /** The numbers of inputs, of the outputs of each hidden layer, and of outputs. */
  readonly widths: readonly number[];
  readonly batchSize: number;
  /** The numbers that the optimizer keeps for each weight, the weight not included. */
  readonly states: number;
  readonly multiprocessors: number;
  readonly sharedBytes: number;
  readonly gigahertz: number;
}

/** The program of the model. */
const PROGRAM = "cuda/build/model";

/** Builds the program of the model. */
export async function buildModel(): Promise<void> {
  await output("make", ["--no-print-directory", "-C", projectPath("cuda"), "model"]);
}

/** Returns the predictions of the program of the model. */
export async function predict(given: Predicted): Promise<Predictions> {
  const { multiprocessors, sharedBytes, gigahertz, batchSize, states, widths } = given;
  const numbers = [multiprocessors, sharedBytes, gigahertz, batchSize, 1 + states, ...widths];
  return JSON.parse(await output(projectPath(PROGRAM), numbers.map(String)));
}

/**
 * Returns the cycles of each line of work, by the loops and waits of the model; `lines` are as the program describes them.
 */
export async function cyclesOfWork(lines: readonly string[]): Promise<PhaseCycles[]> {
  const text = await output(projectPath(PROGRAM), ["work"], lines.map((line) => `${line}\n`).join(""));
  return text.trim().split("\n").map((line) => {
    const [name, cycles] = line.split(" ");
    return { name, cycles: Number(cycles) };
  });
}

/** Returns the widths of a network such as `784-128-64-10`. */
export function parseWidths(network: string): number[] {
  const widths = network.split("-").map(Number);
  if (widths.length < 2 || widths.some((width) => !Number.isInteger(width) || width < 1 || width > 1 << 20)) {
    throw new UsageError(`--network needs widths such as 784-128-64-10, found ${JSON.stringify(network)}`);
  }
  return widths;
}

/** Returns the lines of a table of predictions. */
export function textOf({ graph, persistent, obstacle, tiles }: Predictions): string[] {
  const table = (title: string, { phases, cycles, microseconds }: Prediction) => [
    title,
    ...[...phases, { name: "sum", cycles }].map((phase) =>
      `  ${phase.name.padEnd(10)} ${phase.cycles.toLocaleString("en-US").padStart(12)} cycles`
    ),
    `  ${"".padEnd(10)} ${microseconds.toFixed(1).padStart(12)} µs a step (predicted)`,
  ];
  return [
    ...persistent === undefined
      ? [`persistent kernel: not possible, because ${obstacle}`]
      : table(`persistent kernel, tiles of ${tiles}`, persistent),
    ...table("CUDA graph", graph),
  ];
}

if (import.meta.main) await runTask(COMMAND, main);

async function main({ given, screen }: Context): Promise<void> {
  const { network, json, ...rest } = withDefaults(COMMAND.groups.model.options, given.model);
  const widths = parseWidths(network);
  await buildModel();
  const predictions = await predict({ ...rest, widths });
  const lines = json ? JSON.stringify(predictions, undefined, 2).split("\n") : textOf(predictions);
  for (const line of lines) screen.row(line);
}

async function output(command: string, args: readonly string[], input?: string): Promise<string> {
  const process = new Deno.Command(command, {
    args: [...args],
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (input !== undefined) {
    const writer = process.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  }
  const { success, stdout, stderr } = await process.output(), decoder = new TextDecoder();
  if (!success) throw new TaskError(`Cannot run the model: ${decoder.decode(stderr).trim()}`);
  return decoder.decode(stdout);
}
