/**
 * Ctrl-C: the first asks the task to finish its step and save, the second leaves at once.
 * @module
 */
import { Interrupted } from "./errors.ts";

/**
 * Signals this close together are one: `deno task` passes on the Ctrl-C that the terminal has already sent to every
 * process of the group.
 */
const SAME_PRESS_MILLISECONDS = 250;

/** The signals that end a task, with the exit code of each: 128 and the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** What an interruption does; the last three parts are there to be replaced in a test. */
export interface InterruptOptions {
  /** Says to the person that the task is ending. */
  readonly note: (text: string) => void;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
  /** Adds a listener for a signal. */
  readonly listen?: (signal: keyof typeof EXIT_CODES, listener: () => void) => void;
  /** Removes it. */
  readonly unlisten?: (signal: keyof typeof EXIT_CODES, listener: () => void) => void;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** Listens for signals until it is disposed. */
export interface Interrupt extends Disposable {
  /** Aborted by the first signal, with {@linkcode Interrupted} as its reason. */
  readonly signal: AbortSignal;
}

/** Starts to listen for Ctrl-C (SIGINT) and SIGTERM. Dispose the result, or the process cannot end by itself. */
export function listenForInterrupt(options: InterruptOptions): Interrupt {
  const { note, exit, now = () => performance.now() } = options;
  const listen = options.listen ?? Deno.addSignalListener;
  const unlisten = options.unlisten ?? Deno.removeSignalListener;
  const controller = new AbortController();
  let firstAt: number | undefined;
  const onSignal = (name: keyof typeof EXIT_CODES) => {
    const exitCode = EXIT_CODES[name];
    if (firstAt === undefined) {
      firstAt = now();
      controller.abort(new Interrupted(`Interrupted by ${name}`, { exitCode }));
      note("Interrupted: finishing this step; press Ctrl-C again to leave at once");
    } else if (now() - firstAt > SAME_PRESS_MILLISECONDS) {
      exit(exitCode);
    }
  };
  // Windows has no SIGTERM to listen for.
  const names = Deno.build.os === "windows" ? ["SIGINT"] as const : ["SIGINT", "SIGTERM"] as const;
  const listeners = names.map((name) => ({ name, listener: () => onSignal(name) }));
  for (const { name, listener } of listeners) listen(name, listener);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const { name, listener } of listeners.splice(0)) unlisten(name, listener);
    },
  };
}
