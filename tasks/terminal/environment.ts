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

/**
 * Keeps a library that looks for a desktop quiet where there is none: Vulkan's loader asks Wayland's for the display when
 * a WebGPU adapter is asked for, which prints lines of its own where the variable is not set, and none where it names
 * nothing.
 */
export function quietDrivers(): void {
  const name = "XDG_RUNTIME_DIR";
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") return;
  if (Deno.build.os === "linux" && Deno.env.get(name) === undefined) Deno.env.set(name, "/nonexistent");
}

/** The width of the terminal in columns. */
export function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns || DEFAULT_COLUMNS;
  } catch {
    return DEFAULT_COLUMNS;
  }
}
