/**
 * What the tasks ask of the process they run in: environment variables, and how wide the terminal is.
 * @module
 */

/** Columns where no stream is a terminal. */
const DEFAULT_COLUMNS = 80;

/** An environment variable; `undefined` where it is not set, or where the task was not given leave to read it. */
export function variable(name: string): string | undefined {
  const permission = Deno.permissions.querySync({ name: "env", variable: name });
  return permission.state === "granted" ? Deno.env.get(name) : undefined;
}

/** The width of the terminal in columns. */
export function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns || DEFAULT_COLUMNS;
  } catch {
    return DEFAULT_COLUMNS;
  }
}
