/** The definition of options: kind, default, range and help, and the check of a value. @module */
import { type Fields, foundText } from "../arguments.ts";

/** A value that an option can have. */
export type OptionValue = number | string | boolean;

/** An option of a training run. */
export interface OptionSpec {
  /** The kind of its value. */
  readonly kind: "integer" | "number" | "choice" | "boolean" | "weights";
  /** The value if none is given. */
  readonly default: OptionValue;
  /** The value in files that were written before the option existed; absent for the options of the first version. */
  readonly absent?: OptionValue;
  /** The values a `choice` can have. */
  readonly choices?: readonly string[];
  /** The smallest value allowed. */
  readonly min?: number;
  /** The largest value allowed. */
  readonly max?: number;
  /** The value must be above this one. */
  readonly above?: number;
  /** The value must be below this one. */
  readonly below?: number;
  /** Another option and its value; with any other value of it, this option must have its default. */
  readonly only?: { readonly option: string; readonly value: string };
  /** One line of help: its effect, with the unit of its value. */
  readonly help: string;
}

/** The type of an option's value. */
export type OptionValueOf<S extends OptionSpec> = S extends { choices: readonly (infer C)[] } ? C
  : S["kind"] extends "boolean" ? boolean
  : S["kind"] extends "weights" ? string
  : number;

/** A table with one option, `K`, whose choices are the names of another table. */
export type ChoiceOf<K extends string, C extends string> = {
  readonly [_ in K]: {
    readonly kind: "choice";
    readonly default: C;
    readonly choices: readonly C[];
    readonly help: string;
  };
};

/** Returns a table with one option, whose choices are the names of another table in its order. */
export function choiceOf<K extends string, C extends string>(
  name: K,
  table: Readonly<Record<C, unknown>>,
  rest: { readonly default: C; readonly help: string },
): ChoiceOf<K, C> {
  const spec = { kind: "choice", choices: Object.keys(table) as C[], ...rest } as const;
  return { [name]: spec } as unknown as ChoiceOf<K, C>;
}

/** The values of the options of a table, by name. */
export type OptionValues<T extends Readonly<Record<string, OptionSpec>>> = {
  readonly [K in keyof T]: OptionValueOf<T[K]>;
};

/** The words that an option of kind `weights` accepts instead of a list. */
export const WEIGHT_WORDS = ["none", "balanced"] as const;

/**
 * Parses the value of an option of kind `weights`.
 *
 * @returns `"none"`, `"balanced"`, or the numbers of a list such as `1,2.5`; `undefined` if the text is none of these
 */
export function weightsOf(text: string): (typeof WEIGHT_WORDS)[number] | readonly number[] | undefined {
  const word = WEIGHT_WORDS.find((word) => word === text);
  if (word !== undefined) return word;
  const numbers = text.split(",").map((part) => part.trim() === "" ? NaN : Number(part));
  return numbers.every((number) => Number.isFinite(number) && number >= 0) ? numbers : undefined;
}

/** Returns the fault of `value` for this option, as `needs …, found …`; `undefined` if it has none. */
export function faultOf(spec: OptionSpec, value: unknown): string | undefined {
  const found = foundText(value);
  if (spec.kind === "boolean") {
    return typeof value === "boolean" ? undefined : `needs true or false, found ${found}`;
  }
  if (spec.kind === "choice") {
    const choices = spec.choices ?? [];
    return choices.includes(value as string) ? undefined : `needs ${listOf(choices)}, found ${found}`;
  }
  if (spec.kind === "weights") {
    return typeof value === "string" && weightsOf(value) !== undefined
      ? undefined
      : `needs none, balanced or a list of numbers from 0 such as 1,2.5, found ${found}`;
  }
  const whole = spec.kind === "integer";
  const wrong = typeof value !== "number" || !Number.isFinite(value) ||
    (whole && !Number.isSafeInteger(value)) ||
    (spec.min !== undefined && value < spec.min) || (spec.max !== undefined && value > spec.max) ||
    (spec.above !== undefined && value <= spec.above) || (spec.below !== undefined && value >= spec.below);
  return wrong ? `needs ${whole ? "a whole number" : "a number"}${rangeOf(spec)}, found ${found}` : undefined;
}

/** Returns the kinds of the options of a table, for checks of arguments that have them as fields. */
export function optionKinds(table: Readonly<Record<string, OptionSpec>>): Fields {
  const kinds = Object.entries(table).map(([name, spec]) => [
    name,
    (value: unknown, path: string) => {
      const [, needs, found] = /^needs ([^]*), found ([^]*)$/.exec(faultOf(spec, value) ?? "") ?? [];
      return needs === undefined ? undefined : { path, needs, found, isRange: typeof value === "number" };
    },
  ]);
  return Object.fromEntries(kinds);
}

/** Returns the range of a numeric option in words, such as ` from 0 to below 1`; empty if it has none. */
export function rangeOf(spec: OptionSpec): string {
  const low = spec.above !== undefined
    ? ` above ${spec.above}`
    : spec.min !== undefined
    ? ` from ${spec.min}`
    : "";
  const high = spec.below !== undefined
    ? ` to below ${spec.below}`
    : spec.max !== undefined
    ? ` to ${spec.max}`
    : "";
  return low + (low === "" ? high.replace(/^ to /, " ") : high);
}

/** Returns choices as a list in words: `a`, `a or b`, `a, b or c`. */
export function listOf(choices: readonly string[]): string {
  return choices.length < 2 ? choices.join("") : `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
}
