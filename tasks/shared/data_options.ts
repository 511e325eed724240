/** The options of tasks that read data sets, and their values as options of the library. @module */
import type { DataOptions } from "../../src/data/options.ts";
import type { DataNote } from "../../src/data/dataset.ts";
import type { TrainConfig } from "../../src/training/config.ts";
import { type ArgumentTable, dashed, type Given, kebab } from "../terminal/command.ts";
import { UsageError } from "../terminal/errors.ts";
import { userPath } from "../terminal/paths.ts";
import { ARRAYS_OPTION, parseArrays } from "./arrays.ts";
import { IMAGE_SIZE_OPTION, parseImageSize } from "./image_size.ts";
import { INPUT_SCALE_OPTION, parseInputScale } from "./input_scale.ts";
import { TRUST_OPTION } from "./options.ts";

/** The options for the parts of a file. */
export const READING_OPTIONS = {
  ...ARRAYS_OPTION,
  ...IMAGE_SIZE_OPTION,
  label: {
    kind: "text",
    value: "COLUMNS",
    help:
      "columns of a table with the labels or targets, by name or number from 1; by default the column named label, " +
      "target, class or y, else the last",
  },
  drop: {
    kind: "text",
    value: "COLUMNS",
    help: "columns of a table that are not used, by name or number from 1",
  },
  missing: {
    kind: "choice",
    default: "refuse",
    choices: ["refuse", "mean", "drop"],
    help: "missing values of a table: refuse the table, use the mean of the column, or drop the row",
  },
  ...TRUST_OPTION,
} as const satisfies ArgumentTable;

/** The options for the meaning of inputs and labels. */
export const MEANING_OPTIONS = {
  ...INPUT_SCALE_OPTION,
  task: {
    kind: "choice",
    default: "auto",
    choices: ["auto", "classify", "regress", "multilabel"],
    help:
      "kind of labels: classes, target values, or several labels a row; auto decides by their type and values",
  },
  classes: {
    kind: "text",
    value: "CLASSES",
    help: "number of classes, their names in label order such as cat,dog, or a file with a name a line",
  },
  testSplit: {
    kind: "number",
    default: 0,
    min: 0,
    below: 1,
    help: "share of the rows that becomes the test set, if the data has none",
  },
} as const satisfies ArgumentTable;

/** The options of tasks that read a data set to train on. */
export const DATA_OPTIONS = { ...READING_OPTIONS, ...MEANING_OPTIONS } as const;

/** The values of the command line, as options of the library. */
export interface GivenData {
  /** The options of `loadDataset()`. */
  readonly data: DataOptions;
  /** The option of `train()` that scales inputs; absent if it is not given. */
  readonly inputScaling?: TrainConfig["inputScaling"];
}

/**
 * Returns the given options as those of the library.
 *
 * @throws {UsageError} if a value is invalid
 */
export async function dataOptionsOf(given: Given<typeof DATA_OPTIONS>): Promise<GivenData> {
  const { arrays, imageSize, label, drop, missing, inputScale, task, classes, testSplit, trustSizes } = given;
  const scale = inputScale === undefined ? undefined : parseInputScale(inputScale);
  const options = {
    arrays: arrays === undefined ? undefined : parseArrays(arrays),
    label: label === undefined ? undefined : listOf("label", label),
    drop: drop === undefined ? undefined : listOf("drop", drop),
    missing,
    imageSize: imageSize === undefined ? undefined : parseImageSize(imageSize),
    inputScale: scale?.inputScale,
    task,
    classes: classes === undefined ? undefined : await classesOf(classes),
    testSplit,
    trustSizes,
  };
  const data = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { data, ...scale && { inputScaling: scale.inputScaling } };
}

/** Parses names that are separated by commas. */
function listOf(option: string, text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.every((name) => name !== "")) return names;
  throw new UsageError(`${dashed(option)} needs names separated by commas, found ${JSON.stringify(text)}`);
}

/** Parses the value of `--classes`: a number, names, or a file of names. */
async function classesOf(text: string): Promise<number | string[]> {
  if (/^\d+$/.test(text)) {
    const count = Number(text);
    if (count >= 2 && count <= 2 ** 31) return count;
    throw new UsageError(`--classes needs a number of classes from 2, found ${text}`);
  }
  if (text.includes(",")) return listOf("classes", text);
  try {
    const lines = (await Deno.readTextFile(userPath(text))).split(/\r\n|\n|\r/).map((line) => line.trim());
    const names = lines.filter((line) => line !== "");
    if (names.length >= 2) return names;
    throw new UsageError(
      `--classes needs a file with a name a line, ${JSON.stringify(text)} has ${names.length}`,
    );
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const found = `found ${JSON.stringify(text)}, which is no file`;
    throw new UsageError(`--classes needs a number, names separated by commas, or a file, ${found}`);
  }
}

/** Returns a note with the option that changes the decision: `inputs not scaled (columns differ 79×: --input-scale standardize)`. */
export function noteText({ text, option }: DataNote): string {
  if (!option) return text;
  const flag = `${dashed(kebab(option.name))} ${option.value}`.trim();
  return text.endsWith(")") ? `${text.slice(0, -1)}: ${flag})` : `${text} (${flag})`;
}
