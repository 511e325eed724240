/** Lists and ranges of values on the command line, by the option of one value. @module */
import { faultOf, type OptionSpec, type OptionValue, WEIGHT_WORDS } from "../../src/plan/option.ts";
import { MAX_MEMBERS, valuesBetween } from "../../src/sweep/grid.ts";
import { UsageError } from "./errors.ts";
import { numberOf } from "./number_text.ts";
import { nearest } from "../../src/suggest.ts";

/** Matches a range: `1e-4..1e-2:log:8`, `16..64`. */
const RANGE = /^(.+)\.\.([^:]+)(?::(.*))?$/;
/** Matches a range of whole numbers with a dash: `1-5`. */
const DASH_RANGE = /^(\d+)-(\d+)$/;
/** Matches the number of values of a range, and their distances. */
const SPACING = /^(log|linear):(\d+)$/;

/** A range as an example, for messages. */
const EXAMPLE = "such as 1e-4..1e-2:log:8 or 0..0.5:linear:6";

/**
 * Parses a list of values that are separated by commas, each a value of `spec` or a range: `0.1,0.3`, `1-5`,
 * `1e-4..1e-2:log:8`. Weights, which have commas of their own, are separated by `|`.
 *
 * @param flag the option as it is typed, for messages
 * @param value the text; `true` or `false` for an option that is given without one
 * @throws {UsageError} if a value is invalid, or is given twice
 */
export function parseList(flag: string, spec: OptionSpec, value: string | boolean): OptionValue[] {
  if (typeof value === "boolean") return [value];
  const values = value.split(spec.kind === "weights" ? "|" : ",").flatMap((part) =>
    valuesOf(flag, spec, part.trim())
  );
  const seen = new Set<OptionValue>();
  for (const each of values) {
    if (seen.has(each)) throw new UsageError(`${flag} has the value ${each} twice, needs each once`);
    seen.add(each);
  }
  return values;
}

/** Returns the values of a part of a list: one, or those of a range. */
function valuesOf(flag: string, spec: OptionSpec, text: string): OptionValue[] {
  const isNumber = spec.kind === "integer" || spec.kind === "number";
  const values = isNumber ? rangeOf(flag, spec, text) ?? [numberOf(text)] : [
    spec.kind === "boolean" && (text === "true" || text === "false") ? text === "true" : text,
  ];
  for (const value of values) {
    const fault = faultOf(spec, value);
    if (fault === undefined) continue;
    const words = spec.kind === "choice" ? spec.choices : spec.kind === "weights" ? WEIGHT_WORDS : undefined;
    const near = words && nearest(text, words);
    throw new UsageError(`${flag} ${fault}`, { hint: near && `did you mean ${flag} ${near}?` });
  }
  return values as OptionValue[];
}

/** Returns the values of a range; `undefined` if the text is none. */
function rangeOf(flag: string, spec: OptionSpec, text: string): number[] | undefined {
  const isWhole = spec.kind === "integer";
  const [, low, high, rest] = RANGE.exec(text) ?? (isWhole ? DASH_RANGE.exec(text) : undefined) ?? [];
  if (low === undefined) return undefined;
  const refuse = (why: string) => new UsageError(`${flag} ${JSON.stringify(text)} ${why}`);
  const [from, to] = [low, high].map(numberOf);
  if (typeof from !== "number" || typeof to !== "number") throw refuse(`is no range, ${EXAMPLE}`);
  if (from >= to) throw refuse("is no range, needs the smaller number first");
  if (rest !== undefined) {
    const [, spacing, count] = SPACING.exec(rest) ?? [];
    if (spacing === undefined) throw refuse(`is no range, needs :log:N or :linear:N at its end, ${EXAMPLE}`);
    if (!(Number(count) >= 2 && Number(count) <= MAX_MEMBERS)) {
      throw refuse(`is no range, needs 2 to ${MAX_MEMBERS} values, found ${count}`);
    }
    if (spacing === "log" && from <= 0) {
      throw refuse(`is no range, equal ratios need numbers above 0, found ${from}`);
    }
    const values = valuesBetween(from, to, { count: Number(count), spacing: spacing as "log" | "linear" });
    return isWhole ? values.map(Math.round) : values;
  }
  if (!isWhole) throw refuse(`needs the number of its values, ${EXAMPLE}`);
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) throw refuse("is no range of whole numbers");
  if (to - from >= MAX_MEMBERS) {
    throw refuse(`has ${to - from + 1} values, at most ${MAX_MEMBERS} are allowed`);
  }
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}
