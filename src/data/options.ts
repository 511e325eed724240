/** The options of data sets: the interpretation of their inputs and labels, and the parts of files. @module */
import { INPUT_SPEC, NAMES, TASK } from "../argument_kinds.ts";
import {
  either,
  type Fields,
  fields,
  FINITE,
  FLAG,
  named,
  oneOf,
  RATE,
  SEED,
  TEXT,
  whole,
} from "../arguments.ts";
import type { SizeOptions } from "../formats/expansion.ts";
import type { InputSpec, TaskKind } from "./dataset.ts";

/** The kinds of {@linkcode DataOptions}. */
export const DATA_KINDS: Fields = {
  inputScale: either(`"auto", "pixels", "none" or a number`, oneOf(["auto", "pixels", "none"]), FINITE),
  task: oneOf(["auto", "classify", "regress", "multilabel"]),
  arrays: named(TEXT),
  classes: either("a whole number from 1 or a list of names", whole(1), NAMES),
  label: NAMES,
  drop: NAMES,
  missing: oneOf(["refuse", "mean", "drop"]),
  imageSize: fields({ width: whole(1), height: whole(1), channels: oneOf([1, 3]) }),
  testSplit: RATE,
  seed: SEED,
  trustSizes: FLAG,
  like: (value, path) =>
    INPUT_SPEC(value, path) ?? fields({}, { outFeatures: whole(1), task: TASK })(value, path),
};

/** The role of an array of an `.npz`. */
export type ArrayRole =
  | "x"
  | "y"
  | "x_train"
  | "y_train"
  | "x_test"
  | "y_test"
  | "x_val"
  | "y_val"
  | "class_names";

/** The options for the interpretation and the parts of data sets. */
export interface DataOptions extends SizeOptions {
  /**
   * How inputs are scaled: `"pixels"` multiplies them by 1/255, a number by that number, `"none"` leaves them unchanged.
   * `"auto"`, the default, chooses `"pixels"` for images of whole numbers from 0 to 255, else `"none"`.
   */
  readonly inputScale?: "auto" | "pixels" | "none" | number;
  /** The kind of labels or targets; `"auto"`, the default, decides by their type and values. */
  readonly task?: "auto" | TaskKind;
  /** The names of the arrays of an `.npz`, by role; by default the names that are in common use. */
  readonly arrays?: { readonly [role in ArrayRole]?: string };
  /** The number of classes, or their names in label order; by default those of the source or of its labels. */
  readonly classes?: number | readonly string[];
  /**
   * The columns of a table with the labels or targets, each by its name or its number from 1; by default the column named
   * `label`, `target`, `class` or `y`, else the last.
   */
  readonly label?: readonly string[];
  /** The columns of a table that are not used, each by its name or its number from 1. */
  readonly drop?: readonly string[];
  /**
   * The treatment of missing values of a table: `"refuse"`, the default, `"mean"` to replace them by the mean of the training
   * set's column, or `"drop"` to leave out their rows.
   */
  readonly missing?: "refuse" | "mean" | "drop";
  /** The size to which the pictures of a folder are brought; 28×28 gray by default. `channels` is 1 for gray, 3 for color. */
  readonly imageSize?: { readonly width: number; readonly height: number; readonly channels: 1 | 3 };
  /** The share of the rows that becomes the test set of a source without one, from 0 to below 1; 0 by default. */
  readonly testSplit?: number;
  /** The seed of the rows of `testSplit`; 1 by default. */
  readonly seed?: number;
  /**
   * A network, or another set, whose scale, image properties, columns, classes and kind of targets this set has, too. The
   * values of the set do not decide them then. Without `outFeatures`, the set has only the inputs in common with it, and decides
   * its classes or targets.
   */
  readonly like?: InputSpec & { readonly outFeatures?: number; readonly task?: TaskKind };
}
