/**
 * `parseArgs()` with the options that this project's tasks use, with the name, signature and behaviour of
 * `jsr:@std/cli@1`, so that tasks run on a machine that reaches no registry. `deno.jsr.json` maps the same name to the
 * published package, which also splits names at dots and knows defaults; no task asks for either.
 * @module
 */

/** Names of options: one, or several. */
type Names = string | readonly string[];

/** What `parseArgs()` is told about the options. */
export interface ParseOptions {
  /** Names whose values stay text; `"_"` keeps the positional arguments text too. */
  string?: Names;
  /** Names that take no value, except `true` or `false`. */
  boolean?: Names;
  /** Other names of an option. */
  alias?: Readonly<Record<string, Names>>;
  /** Names that may be repeated; their values come as an array. */
  collect?: Names;
  /** Names that `--no-name` sets to `false`. */
  negatable?: Names;
  /**
   * Called with each argument that no other option declares; the argument is left out where it returns `false`.
   * A positional argument comes without a key.
   */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** Values by the names of their options and by each alias, and in `_` the arguments that belong to none. */
export interface Args {
  [name: string]: unknown;
  _: (string | number)[];
}

/** Splits command-line arguments into options and positional arguments. */
export function parseArgs(args: string[], options: ParseOptions = {}): Args {
  const aliases = aliasesOf(options.alias ?? {});
  const withAliases = (names: Names = []) =>
    new Set([names].flat().flatMap((name) => [name, ...aliases.get(name) ?? []]));
  const booleans = withAliases(options.boolean);
  const strings = withAliases(options.string);
  const collected = withAliases(options.collect);
  const negatable = withAliases(options.negatable);
  const parsed: Args = { _: [] };

  const set = (key: string, value: unknown, arg: string) => {
    const known = booleans.has(key) || strings.has(key) || aliases.has(key);
    if (!known && options.unknown?.(arg, key, value) === false) return;
    const converted = !strings.has(key) && isNumeric(value) ? Number(value) : value;
    for (const name of [key, ...aliases.get(key) ?? []]) {
      const before = Array.isArray(parsed[name]) ? parsed[name] : [];
      parsed[name] = collected.has(name) ? [...before, converted] : converted;
    }
  };
  /** A negation is not collected: it takes the place of what was. */
  const negate = (key: string) => {
    for (const name of [key, ...aliases.get(key) ?? []]) parsed[name] = false;
  };
  const setPositional = (arg: string) => {
    if (options.unknown?.(arg) === false) return;
    parsed._.push(!strings.has("_") && isNumeric(arg) ? Number(arg) : arg);
  };
  const valueless = (key: string) => strings.has(key) ? "" : true;

  const end = args.indexOf("--");
  const flags = end < 0 ? args : args.slice(0, end);
  for (let i = 0; i < flags.length; i++) {
    const arg = flags[i];
    const next = flags[i + 1];
    /** Gives `key` the next argument where that can be its value; returns whether it did. */
    const take = (key: string, isValue: boolean) => {
      const takes = booleans.has(key) ? next === "true" || next === "false" : isValue;
      if (takes) set(key, booleans.has(key) ? next === "true" : next, arg);
      return takes;
    };
    const assigned = /^--([^=]+)=(.*)$/s.exec(arg);
    const negated = /^--no-(.+)$/.exec(arg);
    if (assigned !== null) {
      const [, key, value] = assigned;
      set(key, booleans.has(key) ? value !== "false" : value, arg);
    } else if (negated !== null && negatable.has(negated[1])) {
      negate(negated[1]);
    } else if (/^--./.test(arg)) {
      const key = arg.slice(2);
      if (take(key, !!next && !next.startsWith("-"))) i++;
      else set(key, valueless(key), arg);
    } else if (/^-[^-]/.test(arg)) {
      const { letters, rest } = splitCluster(arg);
      for (const [letter, value] of letters) set(letter, value ?? valueless(letter), arg);
      if (rest !== undefined) {
        if (take(rest, !!next && !/^--?[^-]/.test(next))) i++;
        else set(rest, valueless(rest), arg);
      }
    } else {
      setPositional(arg);
    }
  }
  for (const name of booleans) parsed[name] ??= collected.has(name) ? [] : false;
  for (const name of strings) if (collected.has(name)) parsed[name] ??= [];
  if (end >= 0) parsed._.push(...args.slice(end + 1));
  return parsed;
}

/** The other names of each name, whichever of them is asked for. */
function aliasesOf(alias: Readonly<Record<string, Names>>): Map<string, string[]> {
  const others = new Map<string, string[]>();
  for (const [name, more] of Object.entries(alias)) {
    const all = [name, ...[more].flat()];
    for (const one of all) others.set(one, all.filter((other) => other !== one));
  }
  return others;
}

/**
 * Takes `-abc` apart: each letter with the value that follows it in the cluster, if any, and the last letter as
 * `rest` where no value ended the cluster before it.
 */
function splitCluster(arg: string): { letters: [string, string | undefined][]; rest?: string } {
  const letters: [string, string | undefined][] = [];
  for (let i = 1; i < arg.length - 1; i++) {
    const tail = arg.slice(i + 1);
    const value = valueIn(arg[i], tail);
    letters.push([arg[i], value]);
    if (value !== undefined) return { letters };
  }
  return { letters, rest: arg.at(-1) };
}

/** What follows a letter of a cluster as its value: after `=`, a lone `-`, what ends in a number, or a sign such as `/`. */
function valueIn(letter: string, tail: string): string | undefined {
  if (tail === "-") return tail;
  if (/[A-Za-z]/.test(letter)) {
    const assigned = /=(.+)/.exec(tail);
    if (assigned !== null) return assigned[1];
    if (/\d(\.\d*)?(e-?\d+)?$/.test(tail)) return tail;
  }
  return tail.length > 1 && /^\W/.test(tail) ? tail : undefined;
}

/** Whether text is a number as JavaScript reads one: decimal, with an exponent, or `0xff`. */
function isNumeric(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value));
}
