/** Command lines as text that a shell reads back. @module */
import { type Command, commandLine } from "../terminal/command.ts";

/** Returns a command line with its arguments, each in quotes if it needs them. */
export function commandText(
  program: string,
  command: Pick<Command, "name" | "runBy">,
  args: readonly string[],
): string {
  return commandLine(program, command, ...args.map(quoted));
}

/** Returns a word as a POSIX shell reads it back: in single quotes unless all its characters stand for themselves. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
