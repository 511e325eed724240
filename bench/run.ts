/** Runs one competitor once, as a separate process, and reads its output. @module */
import { TaskError } from "../tasks/terminal/errors.ts";
import { projectPath } from "../tasks/terminal/paths.ts";
import { watchMemory } from "./memory.ts";

/**
 * The time in milliseconds between the first signal to a competitor that ran out of time and the signal that kills
 * it.
 */
const GRACE_MS = 5000;

/** The result of a run. */
export interface Outcome {
  /** The version of the competitor, if it reports one. */
  readonly version?: string;
  /** The device that computed, if the competitor reports one. */
  readonly device?: string;
  /** The number of threads that the competitor reports. */
  readonly threads?: number;
  /** The seconds of training alone, for each epoch, the warm-up included. */
  readonly secondsPerEpoch: readonly number[];
  /** The test accuracy after the last epoch, from 0 to 1. */
  readonly testAccuracy: number;
  /** The peak memory of the process, in MB (10⁶ bytes); absent if it could not be read. */
  readonly peakRssMB?: number;
}

/** A run without a result, with the reason. */
export class RunError extends Error {
  /** The class's name. */
  override readonly name = "RunError";
  /** True if the run took too long and was ended. */
  readonly outOfTime: boolean;

  constructor(message: string, { outOfTime = false }: { outOfTime?: boolean } = {}) {
    super(message);
    this.outOfTime = outOfTime;
  }
}

/** The options of a process. */
export interface RunOptions {
  /** The time limit in seconds. */
  readonly timeout: number;
  /** Ends the process early. */
  readonly signal: AbortSignal;
  /** Environment variables to add to those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The output of a process. */
export interface Printed {
  /** Its standard output. */
  readonly stdout: string;
  /** The peak memory of the process or one of its children, in MB; absent if it could not be read. */
  readonly peakMB?: number;
}

/**
 * Runs a command line and waits for its result.
 *
 * @throws {RunError} if it fails, runs out of time or prints no result
 */
export async function run(command: readonly string[], options: RunOptions): Promise<Outcome> {
  const { stdout, peakMB } = await runToEnd(command, options);
  return outcomeOf(stdout, peakMB);
}

/**
 * Runs a command line in the project's folder and waits for its end.
 *
 * @throws {RunError} if it exits with a code other than 0, or runs out of time
 */
export async function runToEnd(
  [program, ...args]: readonly string[],
  { timeout, signal, env }: RunOptions,
): Promise<Printed> {
  // No INIT_CWD: mlpcuda is given absolute paths, and should print them as such.
  const child = new Deno.Command(program, {
    args,
    cwd: projectPath("."),
    env: { ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const outOfTime = AbortSignal.timeout(timeout * 1000), stop = AbortSignal.any([outOfTime, signal]);
  let killer: ReturnType<typeof setTimeout> | undefined;
  const end = () => {
    signalChild(child, "SIGTERM");
    killer = setTimeout(() => signalChild(child, "SIGKILL"), GRACE_MS);
  };
  stop.addEventListener("abort", end, { once: true });
  using memory = watchMemory(child.pid);
  try {
    const { success, code, stdout, stderr } = await child.output();
    signal.throwIfAborted();
    if (outOfTime.aborted) throw new RunError(`ran longer than ${timeout} s`, { outOfTime: true });
    const text = new TextDecoder();
    if (!success) {
      const message = text.decode(stderr).trim() || text.decode(stdout).trim();
      throw new RunError(`exited with code ${code}${message && `: ${gist(message)}`}`);
    }
    return { stdout: text.decode(stdout), peakMB: memory.peakMB };
  } finally {
    clearTimeout(killer);
    stop.removeEventListener("abort", end);
  }
}

/**
 * Waits for a run that a measurement needs.
 *
 * @throws {TaskError} if it has no result
 */
export async function measured<T>(name: string, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    throw new TaskError(`Cannot measure ${name}: it ${error.message}`);
  }
}

/** Returns the last lines of a message: those that begin with `error:`, if there are any. `mpirun` adds many others. */
function gist(message: string): string {
  const lines = message.split("\n").map((line) => line.trim()), own = lines.filter(isError);
  return [...new Set(own.length > 0 ? own : lines)].slice(-3).join(" | ");
}

function isError(line: string): boolean {
  return line.startsWith("error:");
}

/** Sends a signal to a process, unless it has ended already. */
function signalChild(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * Parses the one line of a peer, or the lines of `deno task train --json`: one for each epoch, then the result.
 *
 * @throws {RunError} if there is no result
 */
export function outcomeOf(stdout: string, observedMB: number | undefined): Outcome {
  const lines = stdout.trim().split("\n").filter((line) => line.startsWith("{"));
  const objects = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const last = objects.at(-1);
  const seconds = last?.secondsPerEpoch ??
    objects.filter(({ epoch }) => epoch !== undefined).map(({ seconds }) => seconds);
  const isTimed = Array.isArray(seconds) && seconds.length > 0 && seconds.every((s) => typeof s === "number");
  if (!isTimed || typeof last?.testAccuracy !== "number") {
    throw new RunError(`printed no result, found ${JSON.stringify(stdout.slice(-200))}`);
  }
  return {
    ...picked(last),
    secondsPerEpoch: seconds,
    testAccuracy: last.testAccuracy,
    ...memoryOf(last, observedMB),
  };
}

function picked({ version, threads, backend, device }: Record<string, unknown>): Partial<Outcome> {
  return {
    ...typeof version === "string" && { version },
    ...typeof threads === "number" && { threads },
    ...typeof device === "string" && { device: `${backend}: ${device}` },
  };
}

/**
 * Returns the peak that the process reports, otherwise the one measured from outside: both are the system's
 * high-water mark.
 */
function memoryOf({ peakRssMB }: Record<string, unknown>, observedMB: number | undefined): Partial<Outcome> {
  const peak = typeof peakRssMB === "number" ? peakRssMB : observedMB;
  return peak === undefined ? {} : { peakRssMB: peak };
}
