/**
 * Ctrl-C: the first asks the task to finish its step and save, the second leaves at once. SIGTERM, and SIGHUP when the
 * terminal is closed, ask the same.
 * @module
 */
import { Interrupted } from "./errors.ts";

/**
 * How long after a signal another is part of the same press: `deno task` passes on the Ctrl-C that the terminal has
 * already sent to every process of the group.
 */
const SAME_PRESS_MILLISECONDS = 150;

/** The signals that end a task, with the exit code of each: 128 and the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

type SignalName = keyof typeof EXIT_CODES;

/** What an interruption does; the last two parts are there to be replaced in a test. */
export interface InterruptOptions {
  /** Says to the person that the task is ending. */
  readonly note: (text: string) => void;
  /** Adds a listener for a signal. */
  readonly listen?: (signal: SignalName, listener: () => void) => void;
  /** Removes it. */
  readonly unlisten?: (signal: SignalName, listener: () => void) => void;
}

/** Listens for signals until it is disposed. */
export interface Interrupt extends Disposable {
  /** Aborted by the first signal, with {@linkcode Interrupted} as its reason. */
  readonly signal: AbortSignal;
}

/**
 * Listens for Ctrl-C (SIGINT), SIGTERM and SIGHUP. After the first of them nothing listens for the first two any more, so
 * that the system ends the process at the second, even while it computes and no listener could run. A SIGHUP that follows
 * ends nothing: a terminal that is closed sends several, and what was begun is still to be saved. Dispose the result, or
 * the process cannot end by itself.
 */
export function listenForInterrupt(options: InterruptOptions): Interrupt {
  const { note, listen = Deno.addSignalListener, unlisten = Deno.removeSignalListener } = options;
  const controller = new AbortController();
  // Windows has neither of the others to listen for.
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
    // A timer would not do: what the abort sets off may compute for long, and the second press would find us listening.
    sleep(SAME_PRESS_MILLISECONDS);
    stop(["SIGINT", "SIGTERM"]);
    note("Interrupted: finishing what was begun; press Ctrl-C again to leave at once");
    controller.abort(new Interrupted(`Interrupted by ${name}`, { exitCode: EXIT_CODES[name] }));
  };
  for (const [name, listener] of listeners) listen(name, listener);
  return { signal: controller.signal, [Symbol.dispose]: () => stop(names) };
}

/**
 * Waits for a read that may never end, such as that of a pipe into which nobody writes. The read itself is not ended.
 *
 * @throws the signal's reason as soon as it is aborted
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

/** Halts this thread. */
function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
