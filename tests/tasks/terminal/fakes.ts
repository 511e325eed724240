/** A screen whose output is recorded, and a clock that the test sets. @module */
import { openScreen, type Screen, type ScreenOptions } from "../../../tasks/terminal/screen.ts";

/** The output of a task, in order. */
export interface Recording {
  readonly screen: Screen;
  /** All of stdout. */
  stdout(): string;
  /** All of stderr. */
  stderr(): string;
  /** Returns both, in the order in which a terminal receives them. */
  both(): string;
  /** Advances the clock. */
  wait(milliseconds: number): void;
}

/** Opens a screen that is recorded; by default it is not a terminal. */
export function record(options: ScreenOptions = {}): Recording {
  const written: { to: "stdout" | "stderr"; text: string }[] = [];
  const stream = (to: "stdout" | "stderr") => ({
    write: (text: string) => void written.push({ to, text }),
    isTerminal: () => false,
  });
  const textOf = (to?: string) =>
    written.filter((part) => to === undefined || part.to === to).map(({ text }) => text).join("");
  let now = 0;
  return {
    screen: openScreen({
      stdout: stream("stdout"),
      stderr: stream("stderr"),
      transient: false,
      color: false,
      columns: () => 80,
      now: () => now,
      ...options,
    }),
    stdout: () => textOf("stdout"),
    stderr: () => textOf("stderr"),
    both: () => textOf(),
    wait: (milliseconds) => now += milliseconds,
  };
}
