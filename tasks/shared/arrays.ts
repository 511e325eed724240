/** The option `--arrays`: the names of the arrays of an `.npz`, by role. @module */
import { ARRAY_ROLES } from "../../src/data/sources/npz_names.ts";
import type { ArrayRole } from "../../src/data/options.ts";
import { UsageError } from "../terminal/errors.ts";
import type { ArgumentTable } from "../terminal/command.ts";
import { nearest } from "../../src/suggest.ts";

/** The names of the arrays of a data set. */
export const ARRAYS_OPTION = {
  arrays: {
    kind: "text",
    value: "ROLE=NAME,...",
    help:
      "names of the arrays of an .npz, such as x=arr_0,y=arr_1; needed for names that are not in common use, or if " +
      `several arrays could have the same role; roles: ${ARRAY_ROLES.join(", ")}`,
  },
} as const satisfies ArgumentTable;

/** The hint for the fault of a file that `--arrays` mends. */
export const ARRAYS_HINT = "name the arrays, such as --arrays x=arr_0,y=arr_1";

/**
 * Parses the value of `--arrays`: `x=arr_0,y=arr_1`. A name can have any characters other than commas.
 *
 * @throws {UsageError} if a part is not `ROLE=NAME`, if a role does not exist, or if it is given twice
 */
export function parseArrays(text: string): { readonly [role in ArrayRole]?: string } {
  const arrays: { [role in ArrayRole]?: string } = {};
  for (const part of text.split(",")) {
    const at = part.indexOf("="),
      role = part.slice(0, Math.max(at, 0)).trim(),
      name = part.slice(at + 1).trim();
    if (at < 0 || role === "" || name === "") {
      throw new UsageError(`--arrays: ${JSON.stringify(part)} is not ROLE=NAME`, { hint: ARRAYS_HINT });
    }
    if (!isRole(role)) {
      const near = nearest(role.toLowerCase(), ARRAY_ROLES);
      const hint = near === undefined ? `the roles are ${ARRAY_ROLES.join(", ")}` : `did you mean ${near}?`;
      throw new UsageError(`--arrays: unknown role ${JSON.stringify(role)}`, { hint });
    }
    const same = (Object.keys(arrays) as ArrayRole[]).find((other) => arrayOf(other) === arrayOf(role));
    if (same !== undefined) {
      const twice = same === role ? `${role} is given twice` : `${same} and ${role} are the same array`;
      throw new UsageError(`--arrays: ${twice}`, { hint: "name each array once" });
    }
    arrays[role] = name;
  }
  return arrays;
}

function isRole(text: string): text is ArrayRole {
  return (ARRAY_ROLES as readonly string[]).includes(text);
}

/** Returns the array of a role: a single `x` or `y` is the training set. */
function arrayOf(role: ArrayRole): string {
  return role === "x" || role === "y" ? `${role}_train` : role;
}
