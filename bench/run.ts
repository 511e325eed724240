/** Runs one competitor once, as a process of its own, and reads what it printed. @module */
import { projectPath } from "../tasks/terminal/paths.ts";
import { watchMemory } from "./memory.ts";

/** How long a competitor that ran out of time has to end by itself, in milliseconds. */
const GRACE_MS = 5000;

/** What a run came to. */
export interface Outcome {
  /** The version that ran, where the competitor says so. */
  readonly version?: string;
  /** What computed, where the competitor says so. */
  readonly device?: string;
  /** The threads it says that it used. */
  readonly threads?: number;
  /** Seconds of training alone, for each epoch, the warm-up included. */
  readonly secondsPerEpoch: readonly number[];
  /** The share of the test set that it gets right after the last epoch. */
  readonly testAccuracy: number;
  /** The most memory that its process held, in MB (10⁶ bytes); absent where nobody could tell. */
  readonly peakRssMB?: number;
}

/** A run that gave no result, with the reason in words. */
export class RunError extends Error {
  /** The class's name, as `Error.name` wants it. */
  override readonly name = "RunError";
  /** Whether it was ended because it took too long. */
  readonly outOfTime: boolean;

  constructor(message: string, { outOfTime = false }: { outOfTime?: boolean } = {}) {
    super(message);
    this.outOfTime = outOfTime;
  }
}

/** How a process is run. */
export interface RunOptions {
  /** Seconds that it can take. */
  readonly timeout: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
  /** Variables that it is given besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What a process printed. */
export interface Printed {
  /** Its standard output. */
  readonly stdout: string;
  /** The most memory that it or one of its children held, in MB; absent where nobody could tell. */
  readonly peakMB?: number;
}

/**
 * Runs a command line and waits for its result.
 *
 * @throws {RunError} where it fails, runs out of time or prints no result
 */
export async function run(command: readonly string[], options: RunOptions): Promise<Outcome> {
  const { stdout, peakMB } = await runToEnd(command, options);
  return outcomeOf(stdout, peakMB);
}

/**
 * Runs a command line in the project's folder and waits for its end.
 *
 * @throws {RunError} where it exits with another code than 0, or runs out of time
 */
export async function runToEnd(
  [program, ...args]: readonly string[],
  { timeout, signal, env }: RunOptions,
): Promise<Printed> {
  // No INIT_CWD: our own trainer is given absolute paths, and should name them as such.
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
      const said = text.decode(stderr).trim() || text.decode(stdout).trim();
      const last = said.split("\n").slice(-3).map((line) => line.trim()).join(" | ");
      throw new RunError(`exited with code ${code}${last && `: ${last}`}`);
    }
    return { stdout: text.decode(stdout), peakMB: memory.peakMB };
  } finally {
    clearTimeout(killer);
    stop.removeEventListener("abort", end);
  }
}

/** A process that has ended already needs no signal. */
function signalChild(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Reads the one line of a peer, or the line per epoch and the last one of `deno task train --json`. */
function outcomeOf(stdout: string, observedMB: number | undefined): Outcome {
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

/** What the process says of its own peak, else what was seen from outside: both are the system's high-water mark. */
function memoryOf({ peakRssMB }: Record<string, unknown>, observedMB: number | undefined): Partial<Outcome> {
  const peak = typeof peakRssMB === "number" ? peakRssMB : observedMB;
  return peak === undefined ? {} : { peakRssMB: peak };
}
