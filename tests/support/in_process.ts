/** Runs a task in this process: faster than a process of its own, and with the functions of this one. @module */
import { COMMAND } from "../../tasks/train/command.ts";
import { main } from "../../tasks/train.ts";
import type { Command } from "../../tasks/terminal/command.ts";
import { exitCodeOf, type TaskBody } from "../../tasks/terminal/main.ts";
import { openScreen } from "../../tasks/terminal/screen.ts";
import type { Outcome } from "../tasks/support.ts";

/** The options of {@linkcode runHere}. */
export interface HereOptions {
  /** Is called with each line of stdout before it is printed; `interrupt` does what SIGTERM does. */
  readonly onRow?: (row: string, interrupt: () => void) => void;
}

/** Runs `train` with these arguments, in which paths must be absolute. */
export function trainHere(args: readonly string[], options: HereOptions = {}): Promise<Outcome> {
  return runHere(COMMAND, main, args, options);
}

/** Runs the body of a task with these arguments, in which paths must be absolute. */
export async function runHere<const G extends Command["groups"]>(
  command: Command<G>,
  body: TaskBody<G>,
  args: readonly string[],
  { onRow }: HereOptions = {},
): Promise<Outcome> {
  let stdout = "", stderr = "", interrupt = () => {};
  const isTerminal = () => false;
  const screen = openScreen({
    stdout: {
      write: (text) => {
        onRow?.(text.trimEnd(), interrupt);
        stdout += text;
      },
      isTerminal,
    },
    stderr: { write: (text) => void (stderr += text), isTerminal },
    columns: () => 80,
  });
  const listen = (name: string, listener: () => void) => {
    if (name === "SIGTERM") interrupt = listener;
  };
  const host = { program: "deno task", args, screen, interrupt: { listen, unlisten: () => {} } };
  const code = await exitCodeOf(command, body, host);
  return { code, stdout, stderr };
}
