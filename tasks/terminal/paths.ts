/**
 * Paths relative to the user's current folder. `deno task` always runs in the project's folder.
 * @module
 */
import { relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { variable } from "./environment.ts";

/** Returns the folder in which the user typed the command. */
export function userFolder(): string {
  return variable("INIT_CWD") ?? Deno.cwd();
}

/** Returns the absolute path of a file that the user named. */
export function userPath(path: string): string {
  return resolve(userFolder(), path);
}

/** Returns the absolute path of a file in this project, or in the current folder if the program runs from a URL. */
export function projectPath(path: string): string {
  const root = new URL("../../", import.meta.url);
  return root.protocol === "file:" ? resolve(fileURLToPath(root), path) : resolve(path);
}

/** Returns a path for messages: relative if it is in or below the user's folder, else absolute. */
export function shownPath(path: string): string {
  const shown = relative(userFolder(), path);
  const outside = shown === ".." || shown.startsWith(`..${sep}`) || resolve(shown) === shown;
  return outside || shown === "" ? path : shown;
}
