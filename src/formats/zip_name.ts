/** The names that entries of zip archives may have here. @module */

/** Names that mean a file outside of the folder that an archive is unpacked in: `../x`, `a\..\x`, `/x`, `C:\x`. */
const OUTSIDE = /(^|[\\/])\.\.([\\/]|$)|^[\\/]|^[A-Za-z]:[\\/]/;

/** Says what is wrong with a name, as a continuation of a sentence that quotes it; `undefined` if nothing is. */
export function nameFault(name: string): string | undefined {
  if (OUTSIDE.test(name)) return `which leads out of the archive's folder, needs a name within it`;
  if (name.includes("\0")) return "which some readers cut off at NUL, needs a name without it";
  return undefined;
}
