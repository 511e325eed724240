/** The roles that the arrays of an `.npz` have by the names that are in common use. @module */
import type { ArrayRole } from "../options.ts";

/** The roles of arrays, in the order of messages. */
export const ARRAY_ROLES: readonly ArrayRole[] = [
  "x",
  "y",
  "x_train",
  "y_train",
  "x_test",
  "y_test",
  "x_val",
  "y_val",
  "class_names",
];

const INPUTS = "x|xs|images?|imgs?|data|inputs?|features?|pixels|samples";
const LABELS = "y|ys|labels?|targets?|outputs?|class";
const TRAIN = "train|training|trainset|trainingset";
const TEST = "test|testing|testset";
const VALIDATION = "val|valid|validation|valset|validset|validationset|dev|devset";
/** The short names of sets, which only follow `x` and `y`: `Xtr`, `yte`. */
const SHORT: Readonly<Record<string, string>> = {
  tr: "train",
  trn: "train",
  te: "test",
  tst: "test",
  va: "val",
};

const SET_FIRST = new RegExp(`^(?:(${TRAIN})|(${TEST})|${VALIDATION})(?:(${INPUTS})|(?:${LABELS}))$`);
const SET_LAST = new RegExp(`^(?:(${INPUTS})|(?:${LABELS}))(?:(${TRAIN})|(${TEST})|${VALIDATION})$`);
const SHORT_SET = /^([xy])(trn?|te|tst|va)$/;
const SINGLE = new RegExp(`^(?:(${INPUTS})|(?:${LABELS}))$`);
const CLASS_NAMES = /^(?:class|target|targets|label|labels|category)names$|^listclasses$/;

/** The length of the longest name that can have a role; longer ones are not examined. */
const MAX_LENGTH = 40;

/**
 * Returns the role of an array by its name: `x_train` for `X_train`, `train_images` and `trainData`; `x` for `data`;
 * `undefined` for a name that is not in common use, such as `arr_0`. Upper and lower case, underscores, hyphens, dots, slashes
 * and spaces do not matter.
 */
export function roleOfName(name: string): ArrayRole | undefined {
  if (name.length > MAX_LENGTH) return undefined;
  const plain = name.toLowerCase().replace(/[-_./ ]/g, "");
  const first = SET_FIRST.exec(plain);
  if (first) return roleOf(first[3] ? "x" : "y", first[1] ? "train" : first[2] ? "test" : "val");
  const last = SET_LAST.exec(plain);
  if (last) return roleOf(last[1] ? "x" : "y", last[2] ? "train" : last[3] ? "test" : "val");
  const short = SHORT_SET.exec(plain);
  if (short) return roleOf(short[1] as "x" | "y", SHORT[short[2]] as "train" | "test" | "val");
  const single = SINGLE.exec(plain);
  if (single) return single[1] ? "x" : "y";
  return CLASS_NAMES.test(plain) ? "class_names" : undefined;
}

/** Returns whether a name may be that of the class names: `classes` holds names in some files, and numbers in others. */
export function mayBeClassNames(name: string): boolean {
  return /^(?:classes|categories)$/i.test(name);
}

function roleOf(content: "x" | "y", set: "train" | "test" | "val"): ArrayRole {
  return `${content}_${set}`;
}
