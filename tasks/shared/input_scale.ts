/** The option `--input-scale`, which tells how a data set's inputs are scaled, and whether training scales them. @module */
import type { DataOptions } from "../../src/data/options.ts";
import type { TableColumn } from "../../src/data/dataset.ts";
import { listOf } from "../../src/plan/option.ts";
import type { TrainConfig } from "../../src/training/config.ts";
import { categoriesOf, type InputScaling } from "../../src/training/input_scaling.ts";
import type { ArgumentTable } from "../terminal/command.ts";
import { UsageError } from "../terminal/errors.ts";
import { amount, count } from "../terminal/numbers.ts";
import { nearest } from "../../src/suggest.ts";

/** The scale of the inputs. */
export const INPUT_SCALE_OPTION = {
  inputScale: {
    kind: "text",
    value: "SCALE",
    default: "auto",
    help:
      "scale of the inputs: pixels (by 1/255), none, a number such as 0.0625 or 1/16, standardize (each input to mean 0 and " +
      "standard deviation 1) or minmax (each input to 0 to 1); auto takes pixels for images of bytes, else none",
  },
} as const satisfies ArgumentTable;

/** The words that the option takes. The last two are settings of training. */
const WORDS = ["auto", "pixels", "none", "standardize", "minmax"] as const;

/** How a data set's inputs are scaled, and whether training scales them. */
export interface InputScale {
  /** The option of the data set. */
  readonly inputScale: NonNullable<DataOptions["inputScale"]>;
  /** The setting of the run. */
  readonly inputScaling: TrainConfig["inputScaling"];
}

/**
 * Parses the value of `--input-scale`: a word, a number such as `0.0625`, or a fraction such as `1/16`.
 *
 * @throws {UsageError} if it is neither a word that the option takes nor a number above 0
 */
export function parseInputScale(text: string): InputScale {
  const word = WORDS.find((word) => word === text.trim());
  if (word === "standardize" || word === "minmax") return { inputScale: "none", inputScaling: word };
  if (word !== undefined) return { inputScale: word, inputScaling: "none" };
  const inputScale = parseFactor(text);
  if (inputScale !== undefined && inputScale > 0) return { inputScale, inputScaling: "none" };
  const near = nearest(text.trim(), WORDS);
  throw new UsageError(
    `--input-scale needs ${listOf([...WORDS, "a number above 0"])}, found ${JSON.stringify(text)}`,
    { hint: near && `did you mean --input-scale ${near}?` },
  );
}

/** Parses a finite number from 0, such as `0.0625`, or a fraction of two, such as `1/16`; returns `undefined` for other texts. */
export function parseFactor(text: string): number | undefined {
  const form = /^\s*(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*(?:\/\s*(\d+\.?\d*|\.\d+)\s*)?$/i;
  const [, digits, exponent = "", divisor = "1"] = form.exec(text) ?? [];
  const value = digits === undefined ? NaN : Number(digits + exponent) / Number(divisor);
  return Number.isFinite(value) ? value : undefined;
}

/**
 * Returns a scaling of inputs in words: `13 standardized in training: means 0.3619 to 746.9, deviations 0.1245 to 314.9`.
 *
 * @param columns the columns of the table; the categories of columns of texts are not counted
 */
export function inputScalingText(
  { shift, scale }: InputScaling,
  { inputScaling }: Pick<TrainConfig, "inputScaling">,
  columns?: readonly TableColumn[],
): string {
  const isCategory = categoriesOf(columns);
  const scaled = shift.flatMap((by, i) => isCategory[i] || scale[i] === 0 ? [] : [{ by, scale: scale[i] }]);
  const constants = scale.filter((by, i) => !isCategory[i] && by === 0).length;
  const [verb, shifts, scales] = inputScaling === "minmax"
    ? ["scaled to 0 to 1", "minima", "ranges"]
    : ["standardized", "means", "deviations"];
  const ranges = scaled.length === 0
    ? ""
    : `: ${shifts} ${rangeText(scaled.map(({ by }) => by))}, ${scales} ${
      rangeText(scaled.map(({ scale }) => scale))
    }`;
  const ignored = constants === 0 ? "" : `; ${count(constants)} constant in the rows to train on, ignored`;
  return `${count(scaled.length)} ${verb} in training${ranges}${ignored}`;
}

/** Returns the smallest and the largest of these values in words: `0.1245 to 314.9`. */
export function rangeText(values: readonly number[]): string {
  const [least, most] = values.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Infinity, -Infinity],
  );
  return `${amount(least)} to ${amount(most)}`;
}
