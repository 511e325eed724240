/** Checks of the names of zip entries. @module */

/** Matches a name that leads out of the folder in which the archive is unpacked: `../x`, `a\..\x`, `/x`, `C:\x`. */
const OUTSIDE = /(^|[\\/])\.\.([\\/]|$)|^[\\/]|^[A-Za-z]:[\\/]/;

/** Describes the fault of a name as a clause to follow the quoted name; returns `undefined` if the name has none. */
export function nameFault(name: string): string | undefined {
  if (OUTSIDE.test(name)) return `which leads out of the archive's folder, needs a name within it`;
  if (name.includes("\0")) return "which some readers cut off at NUL, needs a name without it";
  return undefined;
}
