/**
 * Ends runs of `train --checkpoint` at random moments. Each time it checks that every file is whole, that no finished
 * model is lost, that the resumed run gives the bytes of an undisturbed one, and that the next run removes leftover
 * files.
 *
 * ```
 * deno task test:kills                                          300 × kill -9, 50 × SIGTERM, 50 × SIGHUP, 20 × full disk
 * deno task test:kills --kills 20 --signals 5 --full 5 --seed 7
 * ```
 *
 * The seed decides the moments, as shares of the time that a run takes; the epoch that a run has reached by then
 * depends on the machine. The trials with a full disk need root, for a small file system in memory. The exit code is
 * 1 if anything was lost.
 * @module
 */
import { createRandom } from "../../src/random.ts";
import type { Command } from "../../tasks/terminal/command.ts";
import { withDefaults } from "../../tasks/terminal/command.ts";
import { TaskError } from "../../tasks/terminal/errors.ts";
import { runTask, type TaskContext } from "../../tasks/terminal/main.ts";
import { canMount, type Disturbance, prepareCourse, runTrial } from "./trial.ts";

const COMMAND = {
  name: "test:kills",
  summary: "Ends training runs at random moments, and checks that no work is lost.",
  groups: {
    run: {
      title: "Numbers of runs",
      options: {
        kills: { kind: "integer", default: 300, min: 0, help: "runs that are killed" },
        signals: {
          kind: "integer",
          default: 50,
          min: 0,
          help: "runs that receive SIGTERM, and the same number that receive SIGHUP",
        },
        full: { kind: "integer", default: 20, min: 0, help: "runs whose disk is filled" },
        seed: { kind: "integer", default: 1, min: 0, max: 4294967295, help: "seed of the moments" },
      },
    },
  },
} as const satisfies Command;

if (import.meta.main) await runTask(COMMAND, main);

async function main({ given, screen, signal }: TaskContext<typeof COMMAND["groups"]>): Promise<void> {
  const { kills, signals, full, seed } = withDefaults(COMMAND.groups.run.options, given.run);
  const times: [Disturbance, number][] = [["SIGKILL", kills], ["SIGTERM", signals], ["SIGHUP", signals]];
  if (full > 0 && await canMount()) times.push(["full disk", full]);
  else if (full > 0) screen.row("full disk: skipped, because only root can mount a file system");
  const course = await prepareCourse(), random = createRandom(seed, 104);
  screen.note(`a run takes ${Math.round(course.milliseconds)} ms`);
  let failed = 0;
  for (const [disturbance, count] of times) {
    const moments = new Map<string, number>();
    for (let trial = 1; trial <= count; trial++) {
      signal.throwIfAborted();
      const at = 0.2 + 0.9 * random.next(); // a run writes nothing before
      screen.progress(`${disturbance} ${trial}/${count}`);
      let moment: string;
      try {
        moment = await runTrial(course, { disturbance, at });
      } catch (error) {
        failed++;
        moment = "FAILED";
        screen.error(`${disturbance} ${trial}, at ${at.toFixed(3)} of a run: ${(error as Error).message}`);
      }
      moments.set(moment, (moments.get(moment) ?? 0) + 1);
    }
    const counts = [...moments].sort().map(([moment, count]) => `${count} ${moment}`);
    screen.row(`${disturbance}: ${count} runs, ${counts.join(", ") || "none"}`);
  }
  if (failed > 0) throw new TaskError(`${failed} trials failed`);
}
