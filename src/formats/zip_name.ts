/** Checks of the names of zip entries. @module */

/** Matches a name that leads out of the folder in which the archive is unpacked: `../x`, `/x`, `C:\\x`, `C:x`. */
const OUTSIDE = /(^|[\\/])\.\.([\\/]|$)|^[\\/]|^[A-Za-z]:(?!\d+(?:\.npy)?$)/;
/** Matches control characters, and those that change the direction or the lines of a text. */
// deno-lint-ignore no-control-regex -- it finds control characters
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
/** Matches a part of a name that is a property of every object. */
const PROTOTYPE = /(^|\/)__proto__(\.[^/]*)?(\/|$)/;

/** Describes the fault of a name as a clause to follow the quoted name; returns `undefined` if the name has none. */
export function nameFault(name: string): string | undefined {
  if (name.includes("\0")) return "which some readers cut off at NUL, needs a name without it";
  if (OUTSIDE.test(name)) return "which leads out of the archive's folder, needs a name within it";
  if (name.includes("\\")) return "which is a path on some systems only, needs a name without backslash";
  if (CONTROL.test(name)) return "which has a control character, needs a name without it";
  if (PROTOTYPE.test(name)) return "which is the prototype of objects in JavaScript, needs another name";
  return undefined;
}
