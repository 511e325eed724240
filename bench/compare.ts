/**
 * Compares mlpcuda with its peers on this machine, one process after the other. README.md describes how to run it and
 * how its figures are measured.
 * @module
 */
import { type Command, withDefaults } from "../tasks/terminal/command.ts";
import { TaskError, UsageError } from "../tasks/terminal/errors.ts";
import { runTask, type TaskContext } from "../tasks/terminal/main.ts";
import { projectPath, shownPath, userPath } from "../tasks/terminal/paths.ts";
import { startTable } from "../tasks/terminal/table.ts";
import { findEntries, readNames, readPeers } from "./entries.ts";
import { describeMachine, projectVersion } from "./machine.ts";
import { OURS, PEERS } from "./peers.ts";
import { runRounds } from "./rounds.ts";
import { dataOf, HIDDEN, SETS } from "./sets.ts";
import { columnsOf, runKey, summarize } from "./summary.ts";

/** The load average, in busy processors, above which the program warns that the figures are doubtful. */
const BUSY = 0.5;

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
  const { set, epochs, rounds, timeout, python } = options, name = options.name ?? `${set}-${today()}`;
  if (!/^[\w.-]+$/.test(name)) {
    throw new UsageError(`--name needs letters, digits, ".", "_" and "-", found ${JSON.stringify(name)}`);
  }
  const backends = readNames("--backend", options.backend), peers = readPeers(options.peers);
  const machine = describeMachine(), version = await projectVersion(), loadBefore = Deno.loadavg();
  const threads = options.threads || machine.cores;
  const data = await dataOf(set, await dataFile(options.data)), hidden = HIDDEN[set];
  const { entries, leftOut } = await findEntries({ backends, peers, threads }, { data, hidden, epochs, python });
  for (const { name, reason } of leftOut) screen.note(`without ${name}: ${reason}`);
  if (entries.length === 0) throw new TaskError("Cannot compare: no competitor can run here");
  screen.note(`machine  ${machine.cpu}, ${machine.cores} processors, ${machine.os}`);
  screen.note(`job      ${set}, 784-${hidden.join("-")}-10, ${epochs} epochs, the first not counted`);
  if (loadBefore[0] > BUSY) {
    screen.note(
      `warning: other programs are busy here (load ${loadBefore[0].toFixed(1)}); the figures will be wrong`,
    );
  }

  const { runs: played, failures } = await runRounds(entries, { rounds, timeout, screen, signal });
  const runs = played.map((run) => run.name.startsWith(OURS) ? { ...run, version } : run);
  const summary = summarize(runs, entries.map(runKey));
  const table = startTable(columnsOf(summary), screen.row);
  for (const line of summary) table.row(line);

  const load = { before: loadBefore, after: Deno.loadavg() }, date = new Date().toISOString();
  const deno = Deno.version.deno;
  const about = { name, date, set, hidden, epochs, rounds, machine, load, deno, version };
  const path = projectPath(`bench/results/${name}.json`);
  await Deno.mkdir(projectPath("bench/results"), { recursive: true });
  const result = { ...about, summary, leftOut, failures, runs };
  await Deno.writeTextFile(path, `${JSON.stringify(result, undefined, 2)}\n`);
  screen.note(`wrote ${shownPath(path)}`);
  if (failures.length > 0) {
    throw new TaskError(`No result from ${failures.map(({ name }) => name).join(", ")}`);
  }
}

/** Returns the absolute path of the data set. */
async function dataFile(given: string | undefined): Promise<string> {
  const path = given === undefined ? projectPath("data/mnist.npz") : userPath(given);
  try {
    await Deno.stat(path);
    return path;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new TaskError(`There is no file ${JSON.stringify(shownPath(path))}`, {
      hint: "`deno task train --epochs 1` downloads it, or name one with --data",
    });
  }
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}
