/**
 * Parsing of command-line arguments into checked values, by the tables of a {@linkcode Command}.
 * @module
 */
import { faultOf, WEIGHT_WORDS } from "../../src/plan/option.ts";
import { type ArgumentSpec, type Command, dashed, flagsOf, type Given } from "./command.ts";
import { UsageError } from "./errors.ts";
import { parseList } from "./lists.ts";
import { numberOf } from "./number_text.ts";
import { beforeDashes, splitArguments } from "./split_arguments.ts";
import { nearest } from "../../src/suggest.ts";

/** A parsed command line. */
export interface Parsed<G extends Command["groups"]> {
  /** The options that were given, by group; without defaults. */
  readonly given: { readonly [K in keyof G]: Given<G[K]["options"]> };
  /** The arguments that belong to no option. */
  readonly positionals: readonly string[];
  /** True if the help text was requested. */
  readonly help: boolean;
}

/** Returns whether the command line requests the help text; other arguments need not be valid. */
export function wantsHelp(args: readonly string[]): boolean {
  return beforeDashes(args).some((arg) => arg === "--help" || arg === "-h");
}

/** Returns whether the command line requests stack traces; other arguments need not be valid. */
export function wantsDebug(args: readonly string[]): boolean {
  return beforeDashes(args).includes("--debug");
}

/**
 * Parses the arguments of a command.
 *
 * @throws {UsageError} if an option is unknown, repeated, without its value or with an invalid one, or if an argument
 * belongs to no option and the command has no positional arguments
 */
export function parseCommand<const G extends Command["groups"]>(
  args: readonly string[],
  command: Command<G>,
): Parsed<G> {
  const flags = flagsOf(command);
  const { options, positionals } = splitArguments(args, flags);
  if (positionals.length > 0 && command.positionals === undefined) {
    throw new UsageError(`Unexpected argument ${JSON.stringify(positionals[0])}`);
  }
  const groups: Record<string, Record<string, unknown>> = {};
  for (const group of Object.keys(command.groups)) groups[group] = {};
  for (const [{ group, option, long, spec }, values] of options) {
    if (values.length > 1 && spec.kind !== "texts") {
      throw new UsageError(`${dashed(long)} is given ${values.length} times, needs once`);
    }
    if (group !== "") {
      groups[group][option] = spec.kind === "texts" ? values : valueOf(long, spec, values[0]);
    }
  }
  const help = [...options.keys()].some(({ group, option }) => group === "" && option === "help");
  return { given: groups as Parsed<G>["given"], positionals, help };
}

/** Converts the text of one value to its type, and checks it. */
function valueOf(long: string, spec: ArgumentSpec, value: string | boolean): unknown {
  if (spec.kind === "text" || spec.kind === "texts") return value;
  if (spec.kind === "list") return parseList(dashed(long), spec.of, value);
  const typed = spec.kind === "integer" || spec.kind === "number" ? numberOf(value) : value;
  const fault = faultOf(spec, typed);
  if (fault === undefined) return typed;
  const words = spec.kind === "choice" ? spec.choices : spec.kind === "weights" ? WEIGHT_WORDS : undefined;
  const near = words && nearest(String(value), words);
  throw new UsageError(`${dashed(long)} ${fault}`, {
    hint: near && `did you mean ${dashed(long)} ${near}?`,
  });
}
