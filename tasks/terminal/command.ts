/**
 * The description of a task's command line: one table of options per group. Both the parser and the help text use it.
 * {@linkcode TRAIN_OPTIONS} of the library is such a table.
 * @module
 */
import type { OptionSpec, OptionValueOf } from "../../src/plan/option.ts";

/** An option that takes any text, such as a path. */
export interface TextSpec {
  /** The kind of its value. */
  readonly kind: "text";
  /** The placeholder of the value in the help text, such as `PATH`. */
  readonly value: string;
  /** The default value, if it has one. */
  readonly default?: string;
  /** One line of help. */
  readonly help: string;
}

/** An option that takes any text, and can be given several times. */
export interface TextsSpec extends Omit<TextSpec, "kind" | "default"> {
  /** The kind of its value. */
  readonly kind: "texts";
  /** It has no default value. */
  readonly default?: undefined;
}

/** An option that takes several values of another option, as a list or a range. */
export interface ListSpec<S extends OptionSpec = OptionSpec> {
  /** The kind of its value. */
  readonly kind: "list";
  /** The option of one value. */
  readonly of: S;
  /** It has no default value; the help text shows that of one value. */
  readonly default?: undefined;
  /** One line of help. */
  readonly help: string;
}

/** The options of a table, each with several values. */
export type Lists<T extends Readonly<Record<string, OptionSpec>>> = {
  readonly [K in keyof T]: ListSpec<T[K]>;
};

/** An option of a task. */
export type ArgumentSpec = OptionSpec | TextSpec | TextsSpec | ListSpec;

/** Options by their name in camel case; the command line spells `batchSize` as `--batch-size`. */
export type ArgumentTable = Readonly<Record<string, ArgumentSpec>>;

/** A group of options in the help text. */
export interface OptionGroup<O extends ArgumentTable = ArgumentTable> {
  /** The heading. */
  readonly title: string;
  /** The options. */
  readonly options: O;
  /** Other spellings by option name, without dashes: `{ learningRate: ["lr"], output: ["o"] }`. */
  readonly aliases?: { readonly [K in keyof O]?: readonly string[] };
  /** Options that the help text shows under headings of their own, after the others, by heading. */
  readonly sections?: Readonly<Record<string, readonly (keyof O)[]>>;
}

/** The command line of a task. */
export interface Command<
  G extends Readonly<Record<string, OptionGroup>> = Readonly<Record<string, OptionGroup>>,
> {
  /** Its name after that of the program, such as `train`; empty for the program itself. */
  readonly name: string;
  /** The command before its name, in place of the name of the program: `deno run --allow-read`. */
  readonly runBy?: string;
  /** The purpose of the task, in a sentence or two. */
  readonly summary: string;
  /** The options, group by group. */
  readonly groups: G;
  /** The positional arguments, such as `IMAGE...`; absent if the task has none. */
  readonly positionals?: { readonly name: string; readonly help: string };
  /** The commands of a program, each with its description; a program with commands has no positional arguments. */
  readonly commands?: Readonly<Record<string, string>>;
  /** Example arguments, each with a description. */
  readonly examples?: readonly { readonly args: string; readonly help: string }[];
}

/** The program that runs a task by its name. */
export const DENO_TASK = "deno task";

/** Returns a command line as a person types it, such as `deno task train --epochs 5`. */
export function commandLine(
  program: string,
  { name, runBy = program }: Pick<Command, "name" | "runBy">,
  ...args: readonly string[]
): string {
  return [runBy, name, ...args].filter((word) => word !== "").join(" ");
}

/** The type of an option's value. */
export type ValueOf<S extends ArgumentSpec> = S extends { kind: "texts" } ? readonly string[]
  : S extends ListSpec<infer O> ? readonly OptionValueOf<O>[]
  : S extends { kind: "text" | "weights" } ? string
  : S extends { choices: readonly (infer C)[] } ? C
  : S extends { kind: "boolean" } ? boolean
  : number;

/** The options of a table that were given, by name. */
export type Given<O extends ArgumentTable> = { readonly [K in keyof O]?: ValueOf<O[K]> };

/** The options of a table with their defaults filled in; an option without a default can be absent. */
export type Filled<O extends ArgumentTable> =
  & { readonly [K in keyof O as O[K] extends { default: unknown } ? K : never]: ValueOf<O[K]> }
  & { readonly [K in keyof O as O[K] extends { default: unknown } ? never : K]?: ValueOf<O[K]> };

/** Returns the given options together with the defaults of a table. */
export function withDefaults<const O extends ArgumentTable>(options: O, given: Given<O>): Filled<O> {
  const defaults = Object.entries(options).flatMap(([name, spec]) =>
    spec.default === undefined ? [] : [[name, spec.default]]
  );
  return { ...Object.fromEntries(defaults), ...given };
}

/** The options that every task has. */
export const GENERAL: OptionGroup = {
  title: "General",
  options: {
    help: { kind: "boolean", default: false, help: "show this text" },
    debug: { kind: "boolean", default: false, help: "show the stack trace of an error" },
  },
  aliases: { help: ["h"] },
};

/** An option with its spellings on the command line. */
export interface Flag {
  /** The group's key in `Command.groups`; `""` for the general options. */
  readonly group: string;
  /** The option's name in its table. */
  readonly option: string;
  /** Its long spelling without dashes, such as `batch-size`. */
  readonly long: string;
  /** Other spellings without dashes. */
  readonly aliases: readonly string[];
  /** Its entry in the table. */
  readonly spec: ArgumentSpec;
}

/** Returns whether an option can be given without a value, which then is true. */
export function takesNoValue(spec: ArgumentSpec): boolean {
  return spec.kind === "boolean" || (spec.kind === "list" && spec.of.kind === "boolean");
}

/** Returns every option of a command in the order of the help text, the general ones last. */
export function flagsOf(command: Command): Flag[] {
  return Object.entries({ ...command.groups, "": GENERAL }).flatMap(([group, { options, aliases = {} }]) =>
    Object.entries(options).map(([option, spec]) => ({
      group,
      option,
      long: kebab(option),
      aliases: aliases[option] ?? [],
      spec,
    }))
  );
}

/** Returns the spelling of a name on the command line: `batch-size` for `batchSize`. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Adds the dashes to a spelling: `-o`, `--output`. */
export function dashed(spelling: string): string {
  return spelling.length === 1 ? `-${spelling}` : `--${spelling}`;
}
