/** Search for the arrays of an `.npz` by their roles: those that the caller names, and those with names in common use. @module */
import { FormatError } from "../../errors.ts";
import { ARRAY_ROLES, mayBeClassNames, roleOfName } from "./npz_names.ts";
import type { ArrayRole, DataOptions } from "../options.ts";
import type { SetName } from "./raw_rows.ts";

/** The names of the arrays of one set; absent for an array that the file does not have. */
export interface SetArrays {
  /** The name of the inputs. */
  readonly x?: string;
  /** The name of the labels or targets. */
  readonly y?: string;
}

/** The arrays of a file by role. */
export interface NpzRoles {
  /** Returns the arrays of a set. Throws a {@linkcode FormatError} if several arrays have one of its roles. */
  arraysOf(set: SetName): SetArrays;
  /** The name of the array with the class names; absent if there is none. */
  readonly classNames?: string;
  /** The name of an array that has the class names if it holds strings; absent if there is none. */
  readonly possibleClassNames?: string;
  /** The sets whose inputs the caller named. */
  readonly named: readonly SetName[];
  /** Arrays such as `x` and `y` that are not used because the file also has arrays such as `x_train` and `y_train`. */
  readonly unused: { readonly x: readonly string[]; readonly y: readonly string[] };
  /** Creates the error for a fault of the file. */
  readonly refuse: (fault: string) => FormatError;
  /** Creates the error for a file that lacks arrays; `needed` is their names. */
  readonly missing: (needed: string) => FormatError;
}

/** The roles of the arrays of each set. */
export const SET_ROLES = {
  train: ["x_train", "y_train"],
  test: ["x_test", "y_test"],
  validation: ["x_val", "y_val"],
} as const satisfies Readonly<Record<SetName, readonly [ArrayRole, ArrayRole]>>;

/** The number of names, and the length of a name, in a message. */
const SHOWN_NAMES = 20, SHOWN_LENGTH = 60;

/**
 * Finds the arrays of a file by their roles.
 *
 * @param names the names of all arrays
 * @param options `file` is the file's name, for messages; `arrays` has the names that the caller gives, by role
 * @throws {TypeError} if `arrays` has an unknown role, or both `x` and `x_train`, or both `y` and `y_train`
 * @throws {FormatError} if the file lacks an array of `arrays`
 */
export function rolesOf(
  names: readonly string[],
  { file, arrays = {} }: { readonly file: string } & Pick<DataOptions, "arrays">,
): NpzRoles {
  const refuse = (fault: string) =>
    new FormatError(`Cannot load ${JSON.stringify(file)}: ${fault}`, { file });
  const found = `it holds ${shownNames(names)}`;
  const given = givenRoles(arrays);
  const known = new Set(names);
  for (const [role, name] of given) {
    if (!known.has(name)) {
      throw refuse(`${found}, the option "arrays" names ${JSON.stringify(name)} as ${role}`);
    }
  }
  const used = new Set(given.values());
  const candidates = new Map<ArrayRole, string[]>(ARRAY_ROLES.map((role) => [role, []]));
  for (const name of names) {
    const role = used.has(name) ? undefined : roleOfName(name);
    if (role) candidates.get(role)!.push(name);
  }
  const candidatesOf = (role: ArrayRole) => candidates.get(role)!;
  const pick = (role: ArrayRole, others = candidatesOf(role)): string | undefined => {
    const name = given.get(role);
    if (name !== undefined || others.length < 2) return name ?? others[0];
    const choice = `${role}=${others[0]}`;
    throw refuse(
      `both ${others[0]} and ${others[1]} could be its ${role}; the option "arrays" chooses: ${choice}`,
    );
  };

  const isTrainNamed = given.has("x_train") || given.has("y_train");
  const hasTrain = isTrainNamed || candidatesOf("x_train").length + candidatesOf("y_train").length > 0;
  const arraysOf = (set: SetName): SetArrays => {
    const [x, y] = SET_ROLES[set];
    if (set !== "train") return { x: pick(x), y: pick(y) };
    if (!hasTrain) return { x: pick("x"), y: pick("y") };
    // If the caller names one of the two, the other may be a single array, too.
    const all = (role: "x" | "y") => [
      ...candidatesOf(`${role}_train`),
      ...isTrainNamed ? candidatesOf(role) : [],
    ];
    return { x: pick(x, all("x")), y: pick(y, all("y")) };
  };
  return {
    arraysOf,
    classNames: pick("class_names"),
    possibleClassNames: names.find((name) => mayBeClassNames(name) && !used.has(name)),
    named: (Object.keys(SET_ROLES) as SetName[]).filter((set) => given.has(SET_ROLES[set][0])),
    unused: hasTrain && !isTrainNamed ? { x: candidatesOf("x"), y: candidatesOf("y") } : { x: [], y: [] },
    refuse,
    missing: (needed) => {
      const hint = names.length === 0 ? "" : ` (the option "arrays" takes other names)`;
      return refuse(`${found}, needs ${needed}${hint}`);
    },
  };
}

/** Returns the names that the caller gives; `x` and `y` are the training set. */
function givenRoles(arrays: NonNullable<DataOptions["arrays"]>): Map<ArrayRole, string> {
  const given = new Map<ArrayRole, string>();
  for (const [key, name] of Object.entries(arrays)) {
    if (name === undefined) continue;
    if (!(ARRAY_ROLES as readonly string[]).includes(key)) {
      throw new TypeError(
        `Option "arrays" has the role ${JSON.stringify(key)}, needs ${ARRAY_ROLES.join(", ")}`,
      );
    }
    const role = key === "x" || key === "y" ? `${key}_train` as const : key as ArrayRole;
    if (given.has(role)) {
      const single = role.charAt(0);
      throw new TypeError(`Option "arrays" has both ${single} and ${role}, which are the same array`);
    }
    given.set(role, name);
  }
  return given;
}

function shownNames(names: readonly string[]): string {
  if (names.length === 0) return "no arrays";
  const shown = names.slice(0, SHOWN_NAMES).map((name) =>
    name.length > SHOWN_LENGTH ? `${name.slice(0, SHOWN_LENGTH - 3)}...` : name
  );
  return shown.join(", ") + (names.length > SHOWN_NAMES ? ", ..." : "");
}
