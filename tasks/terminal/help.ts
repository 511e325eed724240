/**
 * The help text of a command, from the same tables that its parser uses.
 * @module
 */
import { rangeOf } from "../../src/plan/option.ts";
import {
  type ArgumentSpec,
  type Command,
  commandLine,
  dashed,
  type Flag,
  flagsOf,
  GENERAL,
  type OptionGroup,
} from "./command.ts";

/** The maximum width of the text in columns; longer lines are hard to read. */
const MAX_COLUMNS = 100;
/** The width of the column of spellings; a longer spelling has its text on the next line. */
const LEFT = 31;
/** The width of the column of command names, which are short. */
const COMMANDS_LEFT = 12;
/** The minimum width of the texts beside the spellings; if there are fewer columns, a text is below its option. */
const MIN_RIGHT = 30;

/** Returns the help text of a command of `program`, no line wider than `columns`. */
export function helpText(command: Command, options: { columns: number; program: string }): string {
  const columns = Math.min(options.columns, MAX_COLUMNS);
  const flags = flagsOf(command);
  const line = (...words: readonly string[]) => commandLine(options.program, command, ...words);
  const usage = command.commands
    ? line("COMMAND", "[options]")
    : line("[options]", command.positionals?.name ?? "");
  const lines = [...wrap(`Usage: ${usage}`, columns), "", ...wrap(command.summary, columns)];
  for (const [at, [name, summary]] of Object.entries(command.commands ?? {}).entries()) {
    if (at === 0) lines.push("", "Commands:");
    lines.push(...entry(`  ${name}`, summary, columns, COMMANDS_LEFT));
  }
  if (command.positionals) {
    lines.push(
      "",
      "Arguments:",
      ...entry(`  ${command.positionals.name}`, command.positionals.help, columns),
    );
  }
  for (const [key, group] of Object.entries<OptionGroup>({ ...command.groups, "": GENERAL })) {
    const { title, sections = {} } = group;
    const inSections = new Set(Object.values(sections).flat());
    const rest = Object.keys(group.options).filter((option) => !inSections.has(option));
    for (const [heading, options] of Object.entries({ [title]: rest, ...sections })) {
      lines.push("", `${heading}:`);
      for (const flag of flags.filter((flag) => flag.group === key && options.includes(flag.option))) {
        lines.push(...entry(spellings(flag), `${flag.spec.help}${details(flag.spec)}`, columns));
      }
    }
  }
  for (const [at, { args, help }] of (command.examples ?? []).entries()) {
    if (at === 0) lines.push("", "Examples:");
    lines.push(...wrap(line(args), columns - 2).map((part) => `  ${part}`));
    lines.push(...wrap(help, columns - 6).map((part) => `      ${part}`));
  }
  return lines.join("\n");
}

/** Returns `  -o, --output PATH`. Long spellings are aligned, also without a short one before them. */
function spellings({ long, aliases, spec }: Flag): string {
  const short = aliases.filter((alias) => alias.length === 1).map(dashed);
  const others = aliases.filter((alias) => alias.length > 1).map(dashed);
  const shown = spec.kind === "boolean" && spec.default === true ? `--no-${long}` : `--${long}`;
  const names = [shown, ...others].join(", ");
  return `  ${short.length > 0 ? `${short.join(", ")}, ` : "    "}${names}${placeholder(spec)}`;
}

function placeholder(spec: ArgumentSpec): string {
  const words = { integer: " N", number: " X", choice: " NAME", weights: " WEIGHTS", boolean: "" };
  if (spec.kind === "text" || spec.kind === "texts") return ` ${spec.value}`;
  if (spec.kind !== "list") return words[spec.kind];
  if (spec.of.kind === "boolean") return "[=true,false]";
  return `${words[spec.of.kind]}${spec.of.kind === "weights" ? "|…" : ",…"}`;
}

/**
 * Returns the choices or the range, and the default: `: he, glorot, uniform, zeros (default he)`, ` (from 1; default
 * 128)`.
 */
function details(spec: ArgumentSpec): string {
  if (spec.kind === "list") return details(spec.of);
  if (spec.kind === "boolean") return "";
  const choices = spec.kind === "choice" ? `: ${spec.choices?.join(", ")}` : "";
  const range = spec.kind === "integer" || spec.kind === "number" ? rangeOf(spec).trim() : "";
  const fallback = spec.default === undefined ? "" : `default ${spec.default}`;
  const notes = [range, fallback].filter((note) => note !== "").join("; ");
  return choices + (notes === "" ? "" : ` (${notes})`);
}

/**
 * Returns the lines of an option: its text is beside the spellings in `width` columns, or below if there is no space.
 */
function entry(left: string, text: string, columns: number, width = LEFT): string[] {
  const beside = columns - width >= MIN_RIGHT;
  const indent = " ".repeat(beside ? width : 10);
  const right = wrap(text, columns - indent.length).map((line) => indent + line);
  const fits = beside && left.length + 2 <= width;
  return fits
    ? [left.padEnd(width) + right[0].trimStart(), ...right.slice(1)]
    : [...wrapSpellings(left, columns), ...right];
}

/** Breaks spellings that are wider than the terminal at their spaces, and aligns the parts. */
function wrapSpellings(left: string, columns: number): string[] {
  const indent = /^ */.exec(left)?.[0] ?? "";
  return wrap(left.trim(), columns - indent.length).map((line) => indent + line);
}

/** Breaks text at spaces into lines of at most `columns`; a longer word is split. */
export function wrap(text: string, columns: number): string[] {
  const width = Math.max(1, columns);
  const lines: string[] = [];
  let line = "";
  for (
    const word of text.split(" ").flatMap((word) => word.match(new RegExp(`.{1,${width}}`, "gu")) ?? [""])
  ) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
