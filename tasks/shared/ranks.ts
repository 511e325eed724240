/** Training with several processes. Rank 0 prints and writes files; the others print errors that they alone have. @module */
import { openMpi } from "../../src/backends/ranks/mpi.ts";
import { type Ranks, SLICES } from "../../src/backends/ranks/ranks.ts";
import { BackendError, DivergedError } from "../../src/errors.ts";
import type { Checkpoint } from "../../src/training/checkpoint_parts.ts";
import type { ArgumentTable } from "../terminal/command.ts";
import { ReportedElsewhere, TaskError, UsageError } from "../terminal/errors.ts";
import type { TaskContext } from "../terminal/main.ts";
import { shownPath } from "../terminal/paths.ts";

/** The option for several processes. */
export const RANKS_OPTION = {
  ranks: {
    kind: "choice",
    default: "none",
    choices: ["none", "mpi"],
    help:
      "train with the 1, 2, 4 or 8 processes that mpirun has started, which write the same model for each number; " +
      "needs `make mpi` and the backend cpu",
  },
} as const satisfies ArgumentTable;

/** The part that a process has in a run. */
export interface Member {
  /** The ranks of the run; absent if this process trains alone. */
  readonly ranks: Ranks | undefined;
  /** True for rank 0, and for a process that trains alone. */
  readonly isFirst: boolean;
  /** Does some work on all ranks, on rank 0 before the others if `inOrder`. If it fails on one, it fails on all. */
  firstAlone<T>(inOrder: boolean, work: () => Promise<T>): Promise<T>;
  /** Returns the value that rank 0 has, on all ranks. */
  fromFirst(value: boolean): Promise<boolean>;
  /** Waits until all ranks are ready to train. If one of them fails before, this fails. */
  begin(): Promise<void>;
  /** Marks the end of training: from here on, ranks may end one after the other. */
  end(): void;
}

/** A process that trains alone. */
const ALONE: Member = {
  ranks: undefined,
  isFirst: true,
  firstAlone: (_, work) => work(),
  fromFirst: (value) => Promise.resolve(value),
  begin: () => Promise.resolve(),
  end: () => {},
};

/** The time that rank 0 has to save, and to report the loss of a rank, before another rank does so, in milliseconds. */
const SAVING_MS = 2000;

/** The parts of a context that the ranks need. */
type Context = Pick<TaskContext<never>, "screen" | "signal" | "report"> & {
  readonly given: {
    readonly run: { readonly ranks?: "none" | "mpi"; readonly backend?: string; readonly quiet?: boolean };
  };
};

/** Runs `body` as the process that trains alone, or as one of the ranks that `--ranks` names. */
export async function aloneOrOnRanks(
  context: Context,
  body: (member: Member) => Promise<void>,
): Promise<void> {
  const { ranks = "none", backend = "auto" } = context.given.run;
  if (ranks === "none") return await body(ALONE);
  if (backend !== "auto" && backend !== "cpu") {
    throw new UsageError(`--ranks ${ranks} needs --backend cpu, found --backend ${backend}`);
  }
  await onRanks(openMpi({ ifKilled }), context, body);
}

function ifKilled(rank: number): string {
  return `error: Rank ${rank} (process ${Deno.pid}) was killed or crashed, which ends the run; ` +
    "continue from its --checkpoint with --resume, on any number of ranks";
}

async function onRanks(
  ranks: Ranks,
  { screen, signal, report }: Context,
  body: (member: Member) => Promise<void>,
): Promise<void> {
  const isFirst = ranks.rank === 0;
  if (!isFirst) screen.showErrorsOnly(`Rank ${ranks.rank}: `);
  const at: { phase: "preparing" | "training" | "ended" } = { phase: "preparing" };
  const all = async (fault: string | undefined, value = false) => {
    const found: { fault?: string; value: boolean }[] = (await ranks.gather(JSON.stringify({ fault, value })))
      .map((text) => JSON.parse(text));
    const rank = found.findIndex((other) => other.fault !== undefined);
    if (rank >= 0) throw new SharedFault(`Rank ${rank}: ${found[rank].fault}`);
    return found[0].value;
  };
  const member: Member = {
    ranks,
    isFirst,
    async firstAlone(inOrder, work) {
      if (!inOrder || isFirst) {
        const result = await work();
        await all(undefined);
        return result;
      }
      await all(undefined);
      return await work();
    },
    fromFirst: (value) => all(undefined, value),
    async begin() {
      await all(undefined);
      at.phase = "training";
    },
    end() {
      at.phase = "ended";
    },
  };
  try {
    await body(member);
  } catch (error) {
    let shared = at.phase === "ended" || isShared(error);
    if (at.phase === "preparing" && !shared) {
      try {
        await all(error instanceof Error ? error.message : String(error));
      } catch (fault) {
        shared = fault instanceof SharedFault;
      }
    }
    if (!shared) return await abort(ranks, error, report);
    await ranks.close();
    const isInterrupted = signal.aborted && error === signal.reason;
    if (isFirst || at.phase === "ended" || isInterrupted) throw error;
    throw new ReportedElsewhere();
  }
  await ranks.close();
}

/** A failure before training, of which all ranks know. */
class SharedFault extends TaskError {}

/** Returns whether all ranks have this error. */
function isShared(error: unknown): boolean {
  return error instanceof SharedFault || error instanceof DivergedError ||
    error instanceof BackendError && error.code === "ranks-differ";
}

/** Prints an error, and ends all ranks. */
async function abort(ranks: Ranks, error: unknown, report: (error: unknown) => void): Promise<never> {
  const isLost = error instanceof BackendError && error.code === "rank-lost";
  if (isLost && ranks.rank > 0) await new Promise((done) => setTimeout(done, SAVING_MS));
  report(error);
  return ranks.abort(1);
}

/** Returns a line that tells if a resumed run computes other bits, because a batch is cut into another number of slices. */
export function slicesLine(
  path: string | undefined,
  resume: Checkpoint | undefined,
  ranks: Ranks | undefined,
): string[] {
  if (path === undefined || resume === undefined || resume.progress.step === 0) return [];
  if ((resume.slices ?? 1) === (ranks ? SLICES : 1)) return [];
  const [did, goesOn] = ranks ? ["without", "with"] : ["with", "without"];
  return [
    `ranks    ${shownPath(path)} was trained ${did} --ranks, and goes on ${goesOn} it: ` +
    `results have other bits than ${did} it`,
  ];
}
