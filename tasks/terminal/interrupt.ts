/**
 * Ctrl-C: the first asks the task to finish its step and save, the second leaves at once.
 * @module
 */
import { Interrupted } from "./errors.ts";

/**
 * How long after a signal another is part of the same press: `deno task` passes on the Ctrl-C that the terminal has
 * already sent to every process of the group.
 */
const SAME_PRESS_MILLISECONDS = 150;

/** The signals that end a task, with the exit code of each: 128 and the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

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
 * Listens for Ctrl-C (SIGINT) and SIGTERM. After the first of them nothing listens any more, so that the system ends
 * the process at the second, even while it computes and no listener could run. Dispose the result, or the process
 * cannot end by itself.
 */
export function listenForInterrupt(options: InterruptOptions): Interrupt {
  const { note, listen = Deno.addSignalListener, unlisten = Deno.removeSignalListener } = options;
  const controller = new AbortController();
  // Windows has no SIGTERM to listen for.
  const names: SignalName[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  const listeners = names.map((name) => ({ name, listener: () => onSignal(name) }));
  const stop = () => {
    for (const { name, listener } of listeners.splice(0)) unlisten(name, listener);
  };
  const onSignal = (name: SignalName) => {
    if (controller.signal.aborted) return;
    // A timer would not do: what the abort sets off may compute for long, and the second press would find us listening.
    sleep(SAME_PRESS_MILLISECONDS);
    stop();
    note("Interrupted: finishing what was begun; press Ctrl-C again to leave at once");
    controller.abort(new Interrupted(`Interrupted by ${name}`, { exitCode: EXIT_CODES[name] }));
  };
  for (const { name, listener } of listeners) listen(name, listener);
  return { signal: controller.signal, [Symbol.dispose]: stop };
}

/** Halts this thread. */
function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
