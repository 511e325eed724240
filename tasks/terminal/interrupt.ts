/**
 * Handling of Ctrl-C: after the first, the task finishes its step and saves; the second ends the process at once.
 * SIGTERM, and SIGHUP when the terminal is closed, have the effect of the first.
 * @module
 */
import { Interrupted } from "./errors.ts";

/**
 * The time after a signal in which another one belongs to the same key press: `deno task` forwards the Ctrl-C that
 * the terminal has already sent to every process of the group.
 */
const SAME_PRESS_MILLISECONDS = 150;

/** The signals that end a task, with the exit code of each: 128 plus the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

type SignalName = keyof typeof EXIT_CODES;

/** Options of {@linkcode listenForInterrupt}. */
export interface InterruptOptions {
  /** Prints a message to the person. */
  readonly note: (text: string) => void;
  /** Adds a listener for a signal; tests replace it. */
  readonly listen?: (signal: SignalName, listener: () => void) => void;
  /** Removes a listener; tests replace it. */
  readonly unlisten?: (signal: SignalName, listener: () => void) => void;
}

/** Listeners for signals, which are removed when this is disposed. */
export interface Interrupt extends Disposable {
  /** Aborted by the first signal, with {@linkcode Interrupted} as its reason. */
  readonly signal: AbortSignal;
}

/**
 * Listens for Ctrl-C (SIGINT), SIGTERM and SIGHUP. After the first signal, the listeners for SIGINT and SIGTERM are
 * removed. The system then ends the process at the second one, even while it computes and no listener could run. A
 * further SIGHUP has no effect, because a terminal that is closed sends several and the results are still to be
 * saved. The process cannot end by itself until the result is disposed.
 */
export function listenForInterrupt(options: InterruptOptions): Interrupt {
  const { note, listen = Deno.addSignalListener, unlisten = Deno.removeSignalListener } = options;
  const controller = new AbortController();
  // Deno on Windows cannot listen for the other two.
  const names: SignalName[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];
  const listeners = new Map(names.map((name) => [name, () => onSignal(name)]));
  const stop = (stopped: readonly SignalName[]) => {
    for (const name of stopped) {
      const listener = listeners.get(name);
      if (listener) unlisten(name, listener);
      listeners.delete(name);
    }
  };
  const onSignal = (name: SignalName) => {
    if (controller.signal.aborted) return;
    // Not a timer: the work that the abort starts may compute for long, and SIGINT would have a listener all the
    // while.
    sleep(SAME_PRESS_MILLISECONDS);
    stop(["SIGINT", "SIGTERM"]);
    note("Interrupted: finishing the current work; press Ctrl-C again to end at once");
    controller.abort(new Interrupted(`Interrupted by ${name}`, { exitCode: EXIT_CODES[name] }));
  };
  for (const [name, listener] of listeners) listen(name, listener);
  return { signal: controller.signal, [Symbol.dispose]: () => stop(names) };
}

/**
 * Waits for a promise that may never be settled, such as that of reading an idle pipe. The read itself is not ended.
 *
 * @throws the reason of the signal when it is aborted
 */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Blocks this thread. */
function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
