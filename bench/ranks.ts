/**
 * Compares two ranks with one thread each with one rank with two threads, on a large network, in turns. README.md
 * describes how to run it.
 * @module
 */
import { type Command, withDefaults } from "../tasks/terminal/command.ts";
import { UsageError } from "../tasks/terminal/errors.ts";
import { runTask, type TaskContext } from "../tasks/terminal/main.ts";
import { shownPath } from "../tasks/terminal/paths.ts";
import { LARGE, networkName } from "./gpu/jobs.ts";
import { CACHE, trainCommand } from "./peers.ts";
import { machineLines, resultName, startMeasuring, writeResult } from "./results.ts";
import { turnsOf } from "./rounds.ts";
import { measured, run } from "./run.ts";
import { firstRows, mnistFile } from "./sets.ts";
import { median, timedEpochs } from "./summary.ts";

const COMMAND = {
  name: "bench:ranks",
  summary: "Times training over MPI: N ranks with one thread each, and one rank with N threads, in turns.",
  groups: {
    ranks: {
      title: "Measurement",
      options: {
        data: { kind: "text", value: "PATH", help: "MNIST as an .npz (default data/mnist.npz)" },
        rows: { kind: "integer", default: 2560, min: 128, max: 60_000, help: "rows of the training set" },
        ranks: {
          kind: "integer",
          default: 2,
          min: 2,
          max: 8,
          help: "the number of ranks, and of threads of one rank",
        },
        epochs: {
          kind: "integer",
          default: 4,
          min: 2,
          help: "epochs a run; the first warms up and does not count",
        },
        rounds: { kind: "integer", default: 5, min: 1, help: "runs of each" },
        mpirun: {
          kind: "text",
          value: "COMMAND",
          default: "mpirun",
          help: "the program that starts ranks, with its options: mpirun --oversubscribe",
        },
        timeout: { kind: "integer", default: 600, min: 1, help: "seconds that a run may take" },
        name: {
          kind: "text",
          value: "NAME",
          help: "file name of the result (default: ranks and the date)",
        },
      },
    },
  },
} as const satisfies Command;

/**
 * Variables for Open MPI: it binds the only rank of a job to one processor by default, which its threads would share, and
 * refuses to run as root. MPICH ignores them.
 */
const OPEN_MPI = {
  OMPI_MCA_hwloc_base_binding_policy: "none",
  PRTE_MCA_hwloc_default_binding_policy: "none",
  OMPI_ALLOW_RUN_AS_ROOT: "1",
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
};

/** The measurement of one division of the work. */
export interface RanksLine {
  /** The number of ranks. */
  readonly ranks: number;
  /** The threads of each rank. */
  readonly threads: number;
  /** The median seconds of an epoch of each round. */
  readonly values: readonly number[];
  /** The median of `values`. */
  readonly median: number;
  /** The test accuracy, the same for both divisions. */
  readonly testAccuracy: number;
}

if (import.meta.main) await runTask(COMMAND, main);

async function main({ given, screen, signal }: TaskContext<typeof COMMAND["groups"]>): Promise<void> {
  const options = withDefaults(COMMAND.groups.ranks.options, given.ranks);
  const { rows, ranks, epochs, rounds, timeout } = options, name = resultName(options.name, "ranks");
  if (![2, 4, 8].includes(ranks)) throw new UsageError(`--ranks needs 2, 4 or 8, found ${ranks}`);
  const start = await startMeasuring(), hidden = LARGE[1];
  const data = await firstRows(await mnistFile(options.data), rows);
  for (const line of machineLines(start)) screen.note(line);
  screen.note(`job      ${networkName(hidden)}, ${rows} rows, ${epochs} epochs, the first not counted`);

  const layers = [...hidden.map((width) => `${width}:relu`), "10:softmax"].join(",");
  const divisions = [{ ranks: 1, threads: ranks }, { ranks, threads: 1 }].map(({ ranks, threads }) => {
    const output = `${CACHE}/ranks-${ranks}.npz`;
    const named = { data, layers, epochs, threads, ranks: "mpi", backend: "cpu", output };
    const command = [...options.mpirun.split(/\s+/), "-n", `${ranks}`, ...trainCommand(named)];
    return { ranks, threads, command, values: [] as number[], testAccuracy: NaN };
  });
  for (let round = 1; round <= rounds; round++) {
    for (const division of turnsOf(divisions, round)) {
      const { ranks, threads, values, command } = division, label = `${ranks} × ${threads} threads`;
      const outcome = await measured(label, run(command, { timeout, signal, env: OPEN_MPI }));
      division.testAccuracy = outcome.testAccuracy;
      values.push(median(timedEpochs(outcome)));
      screen.note(`round ${round}  ${label}: ${values.at(-1)!.toPrecision(3)} s an epoch`);
    }
  }
  const summary: RanksLine[] = divisions.map(({ ranks, threads, values, testAccuracy }) => ({
    ranks,
    threads,
    values,
    median: median(values),
    testAccuracy,
  }));
  const efficiency = summary[0].median / summary[1].median;
  for (const { ranks, threads, median, testAccuracy } of summary) {
    screen.row(
      `${ranks} × ${threads} threads  ${median.toPrecision(3)} s an epoch, test acc ${testAccuracy}`,
    );
  }
  screen.row(`efficiency ${efficiency.toFixed(2)}`);
  const mpi = options.mpirun, found = { hidden, rows, epochs, rounds, mpi, summary, efficiency };
  screen.note(`wrote ${shownPath(await writeResult(name, start, found))}`);
}
