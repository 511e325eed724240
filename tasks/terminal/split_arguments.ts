/**
 * Splitting of command-line arguments into options with their values, and positional arguments. The values themselves
 * are not checked here.
 * @module
 */
import { dashed, type Flag, kebab, takesNoValue } from "./command.ts";
import { UsageError } from "./errors.ts";
import { nearest } from "../../src/suggest.ts";

/** A split command line. */
export interface SplitArguments {
  /** The options that were given, each with its values in order: text, or true or false for an option without a value. */
  readonly options: ReadonlyMap<Flag, readonly (string | boolean)[]>;
  /** The arguments that belong to no option. */
  readonly positionals: readonly string[];
}

/** Returns the arguments before `--`, which ends the options. */
export function beforeDashes(args: readonly string[]): readonly string[] {
  const end = args.indexOf("--");
  return end < 0 ? args : args.slice(0, end);
}

/**
 * Splits arguments: `--name value`, `--name=value`, `--no-name`, `-n value`, `-n=value` and clusters such as `-qn
 * value`. A value that begins with a dash needs the equals sign. Exceptions are a single `-`, and negative numbers
 * for an option whose value is a number.
 *
 * @throws {UsageError} if an option is unknown or lacks its value, or if a boolean option has one
 */
export function splitArguments(args: readonly string[], flags: readonly Flag[]): SplitArguments {
  const bySpelling = new Map(
    flags.flatMap((flag) => [flag.long, ...flag.aliases].map((name) => [name, flag])),
  );
  const options = new Map<Flag, (string | boolean)[]>();
  const positionals: string[] = [];
  const add = (flag: Flag, value: string | boolean) => options.set(flag, [...options.get(flag) ?? [], value]);
  const end = beforeDashes(args).length;

  for (let i = 0; i < end; i++) {
    const arg = args[i];
    /** Adds an option whose value is `assigned`, else the next argument. */
    const take = (name: string, flag: Flag, assigned: string | undefined) => {
      if (flag.spec.kind === "boolean") return add(flag, booleanOf(name, assigned));
      if (takesNoValue(flag.spec)) return add(flag, assigned ?? true); // the parser of lists checks the value
      const next = i + 1 < end ? args[i + 1] : undefined;
      if (assigned === undefined && isValue(next, flag, bySpelling)) i++;
      else if (!assigned) throw missingValue(flag, assigned ?? next, bySpelling);
      add(flag, assigned ?? next!);
    };
    if (!arg.startsWith("-") || arg === "-") {
      positionals.push(arg);
    } else if (arg.startsWith("--")) {
      const [, name, assigned] = /^--([^=]*)(?:=(.*))?$/s.exec(arg)!;
      const flag = bySpelling.get(name);
      const negated = name.startsWith("no-") ? bySpelling.get(name.slice(3)) : undefined;
      if (flag && name.length > 1) take(name, flag, assigned);
      else if (!negated || !takesNoValue(negated.spec)) throw unknownOption(arg, flags);
      else if (assigned !== undefined) throw new UsageError(`${dashed(name)} takes no value`);
      else add(negated, false);
    } else {
      const [, letters, assigned] = /^-([^=]*)(?:=(.*))?$/s.exec(arg)!;
      for (const [at, letter] of [...letters].entries()) {
        const flag = bySpelling.get(letter), isLast = at === [...letters].length - 1;
        if (!flag || (!isLast && !takesNoValue(flag.spec))) throw unknownOption(arg, flags);
        take(letter, flag, isLast ? assigned : undefined);
      }
      if (letters === "") throw unknownOption(arg, flags);
    }
  }
  return { options, positionals: [...positionals, ...args.slice(end + 1)] };
}

/** Returns whether `next` is the value of the option before it, and not another option. */
function isValue(next: string | undefined, { spec }: Flag, known: ReadonlyMap<string, Flag>): boolean {
  if (!next) return false;
  if (!next.startsWith("-") || next === "-") return true;
  // `-1`, but also `-inf` or `-x`, for which the check of the value gives the better error.
  const { kind } = spec.kind === "list" ? spec.of : spec;
  const takesNumbers = ["number", "integer", "weights"].includes(kind);
  return takesNumbers && next[1] !== "-" && !known.has(next[1]);
}

function booleanOf(name: string, assigned: string | undefined): boolean {
  if (assigned === undefined || assigned === "true") return true;
  if (assigned === "false") return false;
  throw new UsageError(
    `${dashed(name)} takes no value but true or false, found ${JSON.stringify(assigned)}`,
  );
}

/**
 * Creates the error for a missing value. If `next` is not an option, it may be meant as the value, which the hint
 * explains.
 */
function missingValue(
  { long }: Flag,
  next: string | undefined,
  known: ReadonlyMap<string, Flag>,
): UsageError {
  const isOption = known.has(next?.startsWith("--") ? next.slice(2) : next?.[1] ?? "");
  return new UsageError(`${dashed(long)} needs a value, found none`, {
    hint: next && !isOption ? `a value that begins with - is written ${dashed(long)}=${next}` : undefined,
  });
}

function unknownOption(arg: string, flags: readonly Flag[]): UsageError {
  const spelling = arg.split("=")[0];
  const known = flags.flatMap(({ long, aliases, spec }) => [
    long,
    ...takesNoValue(spec) ? [`no-${long}`] : [],
    ...aliases.filter((alias) => alias.length > 1),
  ]);
  // `--batchSize`, `--batch_size` and `-batch-size` mean `--batch-size`.
  const word = kebab(spelling.replace(/^-+/, "")).replaceAll("_", "-").replace(/^-/, "");
  const near = nearest(word, known);
  return new UsageError(`Unknown option ${JSON.stringify(spelling)}`, {
    hint: near && `did you mean ${dashed(near)}?`,
  });
}
