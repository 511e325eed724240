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
}

/**
 * Runs a command line and waits for its result.
 *
 * @param options `timeout` in seconds; `signal` ends the run early
 * @throws {RunError} where it fails, runs out of time or prints no result
 */
export async function run(
  command: readonly string[],
  options: { readonly timeout: number; readonly signal: AbortSignal },
): Promise<Outcome> {
  const [program, ...args] = command;
  // No INIT_CWD: our own trainer is given absolute paths, and should name them as such.
  const child = new Deno.Command(program, { args, cwd: projectPath("."), stdout: "piped", stderr: "piped" })
    .spawn();
  const outOfTime = AbortSignal.timeout(options.timeout * 1000);
  const stop = AbortSignal.any([outOfTime, options.signal]);
  let killer: ReturnType<typeof setTimeout> | undefined;
  const end = () => {
    signalChild(child, "SIGTERM");
    killer = setTimeout(() => signalChild(child, "SIGKILL"), GRACE_MS);
  };
  stop.addEventListener("abort", end, { once: true });
  using memory = watchMemory(child.pid);
  try {
    const { success, code, stdout, stderr } = await child.output();
    options.signal.throwIfAborted();
    if (outOfTime.aborted) throw new RunError(`ran longer than ${options.timeout} s`);
    const text = new TextDecoder();
    if (!success) {
      const said = text.decode(stderr).trim().split("\n").slice(-3).join("\n  ");
      throw new RunError(`exited with code ${code}${said && `:\n  ${said}`}`);
    }
    return outcomeOf(text.decode(stdout), memory.peakMB);
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
