/** The kind of labels or targets, by the type and the values of their array. @module */
import { shapeText } from "../../formats/fault.ts";
import type { Naming } from "../arrays.ts";
import type { TaskKind } from "../dataset.ts";
import type { RawArray } from "../sources/raw.ts";
import { targetKindOf } from "./target_kind.ts";

/** The maximum number of different float labels that are classes. */
const MAX_FLOAT_CLASSES = 20;

/** Numbers of labels or targets. */
export type LabelNumbers = ArrayLike<number | bigint>;

/** Labels or targets, with their shape and kind. */
export interface LabelArray {
  /** The name of the array, for messages. */
  readonly name: string;
  /** Rows, `N`. */
  readonly rows: number;
  /** Values a row, `O`. */
  readonly width: number;
  /** The values `[N, O]`. */
  readonly values: LabelNumbers | readonly string[];
  /** True for integers, bools and strings. */
  readonly areDiscrete: boolean;
}

/**
 * Returns labels or targets `[N]` or `[N, O]` with their numbers of rows and values.
 *
 * @throws the error of `refuse` if the array has another rank, or no rows
 */
export function labelArray({ name, shape, values, dtype }: RawArray, refuse: Naming["refuse"]): LabelArray {
  if (shape.length === 0 || shape.length > 2 || shape[1] === 0) {
    const found = `"${name}" has shape ${shapeText(shape)} of ${dtype}`;
    throw refuse("shape", `${found}, needs labels [N] or target values [N, O]`);
  }
  if (shape[0] === 0) throw refuse("range", `"${name}" holds no rows`);
  const areFloats = values instanceof Float32Array || values instanceof Float64Array;
  return {
    name,
    rows: shape[0],
    width: shape[1] ?? 1,
    values: values as LabelArray["values"],
    areDiscrete: !areFloats,
  };
}

/** Returns whether labels are strings. */
export function areStrings(values: LabelArray["values"]): values is readonly string[] {
  return Array.isArray(values) && typeof values[0] === "string";
}

/**
 * Returns the kind of the labels or targets of a training set:
 *
 * - strings, integers and bools in one column are classes;
 * - floats in one column are classes if they are whole numbers, at most 20 different ones, and contiguous from 0 or 1, or -1
 *   and 1; else target values;
 * - several columns are classes if they are one-hot, several labels a row if all are 0 or 1, else target values.
 */
export function taskOf({ values, width, areDiscrete }: LabelArray): TaskKind {
  if (areStrings(values)) return "classify";
  if (width > 1) {
    const kind = targetKindOf(values, width);
    return kind === "one-hot" ? "classify" : kind === "labels" ? "multilabel" : "regress";
  }
  return areDiscrete || areFloatClasses(values) ? "classify" : "regress";
}

function areFloatClasses(values: LabelNumbers): boolean {
  const different = new Set<number>();
  for (let row = 0; row < values.length; row++) {
    const value = Number(values[row]);
    if (!Number.isInteger(value)) return false;
    if (different.add(value).size > MAX_FLOAT_CLASSES) return false;
  }
  const least = Math.min(...different), most = Math.max(...different);
  if (least === -1) return most === 1 && different.size === 2;
  return (least === 0 || least === 1) && different.size === most - least + 1;
}

/**
 * Checks that labels or targets are of the kind that was asked for.
 *
 * @throws the error of `refuse` if they are not
 */
export function checkTask(
  { name, values, width }: LabelArray,
  task: TaskKind,
  refuse: Naming["refuse"],
): void {
  const found = `"${name}" holds ${areStrings(values) ? "strings" : `${width} numbers a row`}`;
  if (task === "classify") {
    if (width === 1 || (!areStrings(values) && targetKindOf(values, width) === "one-hot")) return;
    throw refuse("shape", `${found}, classes need one number or string a row, or one-hot rows`);
  }
  if (areStrings(values)) throw refuse("shape", `${found}, ${kindText(task)} need numbers`);
  if (task === "regress" || targetKindOf(values, width) !== "values") return;
  const at = Array.from(values, Number).findIndex((value) => value !== 0 && value !== 1);
  const row = Math.floor(at / width);
  throw refuse("range", `"${name}" has ${values[at]} in row ${row}, several labels a row need 0 and 1`);
}

/** Returns the plural of a kind for messages. */
export function kindText(task: TaskKind): string {
  return { classify: "class labels", regress: "target values", multilabel: "several labels a row" }[task];
}
