/** Runs the competitors of a comparison in turns. @module */
import { TaskError } from "../tasks/terminal/errors.ts";
import type { Screen } from "../tasks/terminal/screen.ts";
import type { Entry, LeftOut } from "./entries.ts";
import { run, RunError } from "./run.ts";
import { median, type Run, timedEpochs } from "./summary.ts";

/** The settings of {@linkcode runRounds}. */
export interface RoundOptions {
  /** The number of runs of each entry. */
  readonly rounds: number;
  /** The time limit of a run in seconds. */
  readonly timeout: number;
  /** Receives a line for each run. */
  readonly screen: Pick<Screen, "note">;
  /** Ends the comparison early. */
  readonly signal: AbortSignal;
}

/**
 * Runs all entries once in each round. A round begins one entry later than the round before, so that no competitor
 * always follows the same one. An entry that fails does not run again, and its runs do not count.
 *
 * @throws {TaskError} if every entry of one comparison fails
 */
export async function runRounds(
  entries: readonly Entry[],
  { rounds, timeout, screen, signal }: RoundOptions,
): Promise<{ runs: Run[]; failures: LeftOut[] }> {
  const runs: Run[] = [], failed = new Map<Entry, string>(), played = new Map<Run, Entry>();
  for (let round = 1; round <= rounds; round++) {
    for (const entry of turnsOf(entries, round)) {
      if (failed.has(entry)) continue;
      const { name, threads, command } = entry;
      const label = `round ${round}  ${name}, ${threads} ${threads === 1 ? "thread" : "threads"}`;
      try {
        const outcome = await run(command, { timeout, signal });
        const own: Run = { ...outcome, name, threads: outcome.threads ?? threads, round };
        played.set(own, entry);
        runs.push(own);
        screen.note(`${label}: ${median(timedEpochs(outcome)).toPrecision(3)} s an epoch`);
      } catch (error) {
        if (!(error instanceof RunError)) throw error;
        failed.set(entry, error.message);
        screen.note(`${label}: ${error.message}`);
      }
    }
    if (failed.size === entries.length) throw new TaskError("Cannot compare: no competitor gave a result");
  }
  const failures = [...failed].map(([{ name, threads }, reason]) => ({ name, threads, reason }));
  return { runs: runs.filter((run) => !failed.has(played.get(run)!)), failures };
}

/** Returns the entries in the order of a round, counted from 1. */
export function turnsOf<E>(entries: readonly E[], round: number): E[] {
  const first = (round - 1) % Math.max(1, entries.length);
  return [...entries.slice(first), ...entries.slice(0, first)];
}
