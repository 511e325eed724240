/**
 * Paths as a person means them. `deno task` runs in the project's folder, whatever folder the person stood in.
 * @module
 */
import { relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { variable } from "./environment.ts";

/** The folder in which the person typed the command. */
export function userFolder(): string {
  return variable("INIT_CWD") ?? Deno.cwd();
}

/** The absolute path of a file that a person named. */
export function userPath(path: string): string {
  return resolve(userFolder(), path);
}

/** The absolute path of a file in this project, such as a default; in the current folder where it runs from a URL. */
export function projectPath(path: string): string {
  const root = new URL("../../", import.meta.url);
  return root.protocol === "file:" ? resolve(fileURLToPath(root), path) : resolve(path);
}

/** A path as messages show it: from where the person stood if it lies there or below, else absolute. */
export function shownPath(path: string): string {
  const shown = relative(userFolder(), path);
  const outside = shown === ".." || shown.startsWith(`..${sep}`) || resolve(shown) === shown;
  return outside || shown === "" ? path : shown;
}
