/**
 * Compares mlpcuda with its peers on this machine, one process after the other. README.md describes how to run it and
 * how its figures are measured.
 * @module
 */
import { BACKENDS } from "../src/backends/open.ts";
import { type Command, withDefaults } from "../tasks/terminal/command.ts";
import { TaskError, UsageError } from "../tasks/terminal/errors.ts";
import { runTask, type TaskContext } from "../tasks/terminal/main.ts";
import { projectPath, shownPath, userPath } from "../tasks/terminal/paths.ts";
import { startTable } from "../tasks/terminal/table.ts";
import { describeMachine, projectVersion } from "./machine.ts";
import { type Competitor, OURS, PEERS, WEBGPU_PEERS } from "./peers.ts";
import { run, RunError } from "./run.ts";
import { dataOf, HIDDEN, SETS } from "./sets.ts";
import { columnsOf, median, type Run, summarize, timedEpochs } from "./summary.ts";

/** The load average, in busy processors, above which the program warns that the figures are doubtful. */
const BUSY = 0.5;

/** Every competitor that `--peers` can name. */
const KNOWN = [...PEERS, ...WEBGPU_PEERS];

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
          default: 6,
          min: 2,
          help: "epochs a run; the first warms up and does not count",
        },
        rounds: { kind: "integer", default: 2, min: 1, help: "runs of each competitor" },
        threads: {
          kind: "integer",
          default: 0,
          min: 0,
          max: 256,
          help: "threads; 0 means one for each processor",
        },
        backend: {
          kind: "choice",
          default: "auto",
          choices: ["auto", ...BACKENDS],
          help: "backend of mlpcuda",
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

/** A competitor, its number of threads and the command that starts it. */
interface Entry {
  readonly competitor: Competitor;
  readonly threads: number;
  readonly command: readonly string[];
}

/** A competitor without a result, and the reason. */
interface Failure {
  readonly name: string;
  readonly threads: number;
  readonly reason: string;
}

if (import.meta.main) await runTask(COMMAND, main);

async function main({ given, screen, signal }: Context): Promise<void> {
  const options = withDefaults(COMMAND.groups.compare.options, given.compare);
  const { set, epochs, rounds, backend, python } = options;
  const wanted = readPeers(options.peers), name = options.name ?? `${set}-${today()}`;
  if (!/^[\w.-]+$/.test(name)) {
    throw new UsageError(`--name needs letters, digits, ".", "_" and "-", found ${JSON.stringify(name)}`);
  }
  const machine = describeMachine(), version = await projectVersion(), loadBefore = Deno.loadavg();
  const cores = options.threads || machine.cores;
  const job = {
    data: await dataOf(set, await dataFile(options.data)),
    hidden: HIDDEN[set],
    epochs,
    backend,
    python,
  };
  const entries: Entry[] = [];
  for (const { competitor, threads: asked } of [{ competitor: OURS, threads: cores }, ...wanted]) {
    const threads = asked ?? Math.min(cores, competitor.threads ?? cores);
    const command = await competitor.command({ ...job, threads });
    if (command) entries.push({ competitor, threads, command });
    else screen.note(`without ${competitor.name}, which needs: ${competitor.install}`);
  }
  screen.note(`machine  ${machine.cpu}, ${machine.cores} processors, ${machine.os}`);
  screen.note(`job      ${set}, 784-${job.hidden.join("-")}-10, ${epochs} epochs, the first not counted`);
  if (loadBefore[0] > BUSY) {
    screen.note(
      `warning: other programs are busy here (load ${loadBefore[0].toFixed(1)}); the figures will be wrong`,
    );
  }

  const { runs: played, failures } = await runRounds(entries, {
    rounds,
    timeout: options.timeout,
    screen,
    signal,
  });
  const runs = played.map((run) => run.name === OURS.name ? { ...run, version } : run);
  const summary = summarize(runs), table = startTable(columnsOf(summary), screen.row);
  for (const line of summary) table.row(line);
  const own = runs.filter(({ name }) => name === OURS.name).map((run) => median(timedEpochs(run)));
  screen.note(
    `each run of mlpcuda: ${own.map((seconds) => seconds.toPrecision(3)).join(", ")} s an epoch`,
  );

  const load = { before: loadBefore, after: Deno.loadavg() }, date = new Date().toISOString();
  const about = {
    name,
    date,
    set,
    hidden: job.hidden,
    epochs,
    rounds,
    machine,
    load,
    deno: Deno.version.deno,
  };
  const path = projectPath(`bench/results/${name}.json`);
  await Deno.mkdir(projectPath("bench/results"), { recursive: true });
  await Deno.writeTextFile(path, `${JSON.stringify({ ...about, summary, failures, runs }, undefined, 2)}\n`);
  screen.note(`wrote ${shownPath(path)}`);
  if (failures.length > 0) {
    throw new TaskError(`No result from ${failures.map(({ name }) => name).join(", ")}`);
  }
}

/**
 * Runs all entries in turns. The first entry, mlpcuda, runs again before each peer, so that its figures show if the
 * machine slows down or speeds up. An entry that fails does not run again.
 */
async function runRounds(
  [ours, ...peers]: readonly Entry[],
  { rounds, timeout, screen, signal }: Pick<Context, "screen" | "signal"> & {
    rounds: number;
    timeout: number;
  },
): Promise<{ runs: Run[]; failures: Failure[] }> {
  const runs: Run[] = [], failed = new Map<Entry, string>();
  const turns = peers.length === 0 ? [ours] : peers.flatMap((peer) => [ours, peer]);
  for (let round = 1; round <= rounds; round++) {
    for (const entry of turns) {
      if (failed.has(entry)) continue;
      const { competitor: { name }, threads, command } = entry;
      const label = `round ${round}  ${name}, ${threads} ${threads === 1 ? "thread" : "threads"}`;
      try {
        const outcome = await run(command, { timeout, signal });
        runs.push({ ...outcome, name, threads: outcome.threads ?? threads, round });
        screen.note(`${label}: ${median(timedEpochs(outcome)).toPrecision(3)} s an epoch`);
      } catch (error) {
        if (!(error instanceof RunError)) throw error;
        if (entry === ours) throw new TaskError(`Cannot compare: mlpcuda ${error.message}`);
        failed.set(entry, error.message);
        screen.note(`${label}: ${error.message}`);
      }
    }
  }
  const failures = [...failed].map(([{ competitor: { name }, threads }, reason]) => ({
    name,
    threads,
    reason,
  }));
  return { runs, failures };
}

/** Parses a list of peers, such as `numpy,pytorch:2`. */
function readPeers(text: string): { competitor: Competitor; threads: number | undefined }[] {
  return text.split(",").filter(Boolean).map((part) => {
    const [, name, threads] = /^\s*(\w+)(?::([1-9]\d*))?\s*$/.exec(part) ?? [];
    const competitor = KNOWN.find((peer) => peer.name === name);
    if (competitor === undefined) {
      const known = KNOWN.map(({ name }) => name).join(", ");
      throw new UsageError(
        `--peers needs names from ${known}, or "numpy:2" for 2 threads, found ${JSON.stringify(part)}`,
      );
    }
    return { competitor, threads: threads === undefined ? undefined : Number(threads) };
  });
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
