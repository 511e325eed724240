/**
 * Turns command-line arguments into checked values, by the tables of a {@linkcode Command}.
 * @module
 */
import { parseArgs } from "@std/cli";
import { faultOf } from "../../src/config.ts";
import { type ArgumentSpec, type Command, dashed, type Flag, flagsOf, type Given, kebab } from "./command.ts";
import { UsageError } from "./errors.ts";
import { nearest } from "./suggest.ts";

/** What a command line gave. */
export interface Parsed<G extends Command["groups"]> {
  /** By group, only the options that stood there. */
  readonly given: { readonly [K in keyof G]: Given<G[K]["options"]> };
  /** The arguments that belong to no option. */
  readonly positionals: readonly string[];
  /** Whether the help text was asked for. */
  readonly help: boolean;
}

/** Whether the command line asks for the help text, whatever else it has. */
export function wantsHelp(args: readonly string[]): boolean {
  return beforeDashes(args).some((arg) => arg === "--help" || arg === "-h");
}

/** Whether the command line asks for stack traces, whatever else it has. */
export function wantsDebug(args: readonly string[]): boolean {
  return beforeDashes(args).includes("--debug");
}

/**
 * Parses the arguments of a command.
 *
 * @throws {UsageError} where an option is unknown, repeated, without its value or has a value that its table refuses,
 * and where an argument belongs to no option of a command that takes none
 */
export function parseCommand<const G extends Command["groups"]>(
  args: readonly string[],
  command: Command<G>,
): Parsed<G> {
  const flags = flagsOf(command);
  const names = (which: (flag: Flag) => boolean) => flags.filter(which).map((flag) => flag.long);
  const isBoolean = (flag: Flag) => flag.spec.kind === "boolean";
  const strangers: string[] = [];
  refuseAssignments(args, flags);
  const parsed = parseArgs([...args], {
    string: [...names((flag) => !isBoolean(flag)), "_"],
    boolean: names(isBoolean),
    negatable: names(isBoolean),
    // Everything is collected, so that an option given twice is seen.
    collect: names(() => true),
    alias: Object.fromEntries(flags.map((flag) => [flag.long, flag.aliases])),
    unknown: (arg, key) => {
      if (key !== undefined) strangers.push(arg);
      return key === undefined;
    },
  }) as Record<string, unknown>;

  if (strangers.length > 0) throw unknownOption(strangers[0], flags);
  const positionals = parsed._ as string[];
  if (positionals.length > 0 && command.positionals === undefined) {
    throw new UsageError(`Unexpected argument ${JSON.stringify(positionals[0])}`, {
      hint: helpHint(command),
    });
  }
  const groups: Record<string, Record<string, unknown>> = {};
  for (const group of Object.keys(command.groups)) groups[group] = {};
  for (const { group, option, long, spec } of flags) {
    // What is collected comes as an array; a negation comes as `false`.
    const values = [parsed[long]].flat();
    if (values.length === 0 || group === "") continue;
    if (values.length > 1) {
      throw new UsageError(`${dashed(long)} is given ${values.length} times, needs once`);
    }
    groups[group][option] = valueOf(long, spec, values[0]);
  }
  const help = [parsed.help].flat().includes(true);
  return { given: groups as Parsed<G>["given"], positionals, help };
}

/** The hint that leads to the help text. */
export function helpHint(command: Command): string {
  return `run \`${command.name} --help\` for the options`;
}

/** Checks one value and gives it its type. */
function valueOf(long: string, spec: ArgumentSpec, value: unknown): unknown {
  if (value === "") throw missingValue(long);
  if (spec.kind === "text") return value;
  const typed = spec.kind === "integer" || spec.kind === "number" ? numberOf(value) : value;
  const fault = faultOf(spec, typed);
  if (fault === undefined) return typed;
  const near = spec.kind === "choice" ? nearest(String(value), spec.choices ?? []) : undefined;
  throw new UsageError(`${dashed(long)} ${fault}`, {
    hint: near && `did you mean ${dashed(long)} ${near}?`,
  });
}

/** A number as people write them, `1e-3` and `.5` too; other text is left to be refused as it is. */
function numberOf(value: unknown): unknown {
  return typeof value === "string" && /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value)
    ? Number(value)
    : value;
}

/**
 * Refuses `--name=`, `--quiet=maybe` and `--no-quiet=true`, which `parseArgs()` takes for the option `name=`, for true
 * and for true. A person who typed one of them meant something else.
 */
function refuseAssignments(args: readonly string[], flags: readonly Flag[]): void {
  for (const arg of beforeDashes(args)) {
    const [, name, value] = /^--?([^=]+)=(.*)$/s.exec(arg) ?? [];
    const flag = flags.find(({ long, aliases }) => [long, `no-${long}`, ...aliases].includes(name));
    if (flag === undefined) continue;
    if (name === `no-${flag.long}`) throw new UsageError(`${dashed(name)} takes no value`);
    if (flag.spec.kind !== "boolean") {
      if (value === "") throw missingValue(flag.long);
    } else if (value !== "true" && value !== "false") {
      throw new UsageError(
        `${dashed(name)} takes no value but true or false, found ${JSON.stringify(value)}`,
      );
    }
  }
}

function missingValue(long: string): UsageError {
  return new UsageError(`${dashed(long)} needs a value, found none`);
}

function unknownOption(arg: string, flags: readonly Flag[]): UsageError {
  const spelling = arg.split("=")[0];
  const known = flags.flatMap(({ long, aliases, spec }) => [
    long,
    ...spec.kind === "boolean" ? [`no-${long}`] : [],
    ...aliases.filter((alias) => alias.length > 1),
  ]);
  // `--batchSize`, `--batch_size` and `-batch-size` mean `--batch-size`.
  const word = kebab(spelling.replace(/^-+/, "")).replaceAll("_", "-").replace(/^-/, "");
  const near = nearest(word, known);
  return new UsageError(`Unknown option ${JSON.stringify(spelling)}`, {
    hint: near && `did you mean ${dashed(near)}?`,
  });
}

/** The arguments before `--`, which ends the options. */
function beforeDashes(args: readonly string[]): readonly string[] {
  const end = args.indexOf("--");
  return end < 0 ? args : args.slice(0, end);
}
