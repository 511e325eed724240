/**
 * Compares mlpcuda with its peers on this machine, one process after the other. README.md describes how to run it and
 * how its figures are measured.
 * @module
 */
import { type Command, withDefaults } from "../tasks/terminal/command.ts";
import { TaskError } from "../tasks/terminal/errors.ts";
import { runTask, type TaskContext } from "../tasks/terminal/main.ts";
import { shownPath } from "../tasks/terminal/paths.ts";
import { startTable } from "../tasks/terminal/table.ts";
import { findEntries, readNames, readPeers } from "./entries.ts";
import { OURS, PEERS } from "./peers.ts";
import { machineLines, resultName, startMeasuring, writeResult } from "./results.ts";
import { runRounds } from "./rounds.ts";
import { dataOf, HIDDEN, mnistFile, SETS } from "./sets.ts";
import { columnsOf, runKey, summarize } from "./summary.ts";

const COMMAND = {
  name: "compare",
  summary: "Times mlpcuda and its peers on the same job, in turns, and writes the result to bench/results.",
  groups: {
    compare: {
      title: "Comparison",
      options: {
        data: { kind: "text", value: "PATH", help: "MNIST as an .npz (default data/mnist.npz)" },
        set: {
          kind: "choice",
          choices: SETS,
          default: "mnist",
          help: "the job: mnist is 784-128-64-10; dense the same with no input 0; wide 784-512-512-10",
        },
        peers: {
          kind: "text",
          value: "NAMES",
          default: PEERS.map(({ name }) => name).join(","),
          help: "the peers to time, each with an optional number of threads: numpy,pytorch:1,pytorch:2",
        },
        epochs: {
          kind: "integer",
          default: 4,
          min: 2,
          help: "epochs a run; the first warms up and does not count",
        },
        rounds: { kind: "integer", default: 5, min: 1, help: "runs of each competitor" },
        threads: {
          kind: "integer",
          default: 0,
          min: 0,
          max: 256,
          help: "threads; 0 means one for each processor",
        },
        backend: {
          kind: "text",
          value: "NAMES",
          default: "cpu,wasm",
          help: "the backends of mlpcuda, each with an optional number of threads: cpu:2,cpu:1,wasm",
        },
        timeout: { kind: "integer", default: 600, min: 1, help: "seconds that a run may take" },
        python: {
          kind: "text",
          value: "PATH",
          help: "the Python of the peers (default .cache/bench/venv, then python3)",
        },
        name: {
          kind: "text",
          value: "NAME",
          help: "file name of the result (default: the set and the date)",
        },
      },
    },
  },
} as const satisfies Command;

type Context = TaskContext<typeof COMMAND["groups"]>;

if (import.meta.main) await runTask(COMMAND, main);

async function main({ given, screen, signal }: Context): Promise<void> {
  const options = withDefaults(COMMAND.groups.compare.options, given.compare);
  const { set, epochs, rounds, timeout, python } = options, name = resultName(options.name, set);
  const backends = readNames("--backend", options.backend), peers = readPeers(options.peers);
  const start = await startMeasuring(), { machine, version } = start;
  const threads = options.threads || machine.cores;
  const data = await dataOf(set, await mnistFile(options.data)), hidden = HIDDEN[set];
  const { entries, leftOut } = await findEntries({ backends, peers, threads }, {
    data,
    hidden,
    epochs,
    python,
  });
  for (const { name, reason } of leftOut) screen.note(`without ${name}: ${reason}`);
  if (entries.length === 0) throw new TaskError("Cannot compare: no competitor can run here");
  screen.note(`job      ${set}, 784-${hidden.join("-")}-10, ${epochs} epochs, the first not counted`);
  for (const line of machineLines(start)) screen.note(line);

  const { runs: played, failures } = await runRounds(entries, { rounds, timeout, screen, signal });
  const runs = played.map((run) => run.name.startsWith(OURS) ? { ...run, version } : run);
  const summary = summarize(runs, entries.map(runKey));
  const table = startTable(columnsOf(summary), screen.row);
  for (const line of summary) table.row(line);

  const path = await writeResult(name, start, {
    set,
    hidden,
    epochs,
    rounds,
    summary,
    leftOut,
    failures,
    runs,
  });
  screen.note(`wrote ${shownPath(path)}`);
  if (failures.length > 0) {
    throw new TaskError(`No result from ${failures.map(({ name }) => name).join(", ")}`);
  }
}
