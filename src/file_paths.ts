/**
 * The parts of a path, by the rules of the operating system.
 * @module
 */

/** Returns the folder of a path: `a/b` for `a/b/c`, `.` for `c`, `/` for `/c`. */
export function folderOf(path: string): string {
  const last = lastSeparator(path);
  return last < 0 ? "." : path.slice(0, last) || "/";
}

/** Returns the name at the end of a path: `c` for `a/b/c`. */
export function nameOf(path: string): string {
  return path.slice(lastSeparator(path) + 1);
}

/** Returns whether a path is absolute: `/a`, or `C:\a` and `\\host\a` on Windows. */
export function isAbsolute(path: string): boolean {
  return path.startsWith("/") || (Deno.build.os === "windows" && /^([A-Za-z]:)?[\\/]/.test(path));
}

/** Returns the index of the last separator in a path, or -1. */
function lastSeparator(path: string): number {
  const separator = Deno.build.os === "windows" ? /[\\/]/g : /\//g;
  return [...path.matchAll(separator)].at(-1)?.index ?? -1;
}
