/**
 * The environment of a task: variables, and the width of the terminal.
 * @module
 */

/** The number of columns if no stream is a terminal. */
const DEFAULT_COLUMNS = 80;

/** The variables that every task reads, and the effect if it may not. Without XDG_RUNTIME_DIR, a driver prints its own messages. */
const VARIABLES = {
  INIT_CWD: "relative paths begin in the folder of the process",
  TERM: "lines are redrawn on every terminal",
} as const;

/**
 * Returns a line that names the variables that this task may not read, and the effects; `undefined` if it may read all of them.
 *
 * @param isTask true for `deno task`, which alone sets `INIT_CWD`
 */
export function deniedLine(isTask: boolean): string | undefined {
  const denied = Object.entries(VARIABLES).filter(([name]) =>
    (isTask || name !== "INIT_CWD") &&
    Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted"
  );
  if (denied.length === 0) return undefined;
  const effects = denied.map(([, effect]) => effect).join(", ");
  return `passed over --allow-env=${denied.map(([name]) => name).join(",")}: ${effects}`;
}

/** Returns an environment variable; `undefined` if it is not set, or if the task has no permission to read it. */
export function variable(name: string): string | undefined {
  const permission = Deno.permissions.querySync({ name: "env", variable: name });
  return permission.state === "granted" ? Deno.env.get(name) : undefined;
}

/**
 * Prevents messages of graphics drivers on a machine without a desktop. When a WebGPU adapter is requested, Vulkan's
 * loader connects to Wayland, which prints errors if `XDG_RUNTIME_DIR` is not set, but none if it is a folder that
 * does not exist.
 */
export function quietDrivers(): void {
  const name = "XDG_RUNTIME_DIR";
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") return;
  if (Deno.build.os === "linux" && Deno.env.get(name) === undefined) Deno.env.set(name, "/nonexistent");
}

/** Returns the width of the terminal in columns. */
export function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns || DEFAULT_COLUMNS;
  } catch {
    return DEFAULT_COLUMNS;
  }
}
