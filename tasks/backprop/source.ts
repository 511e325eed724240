/** Parts of the project's source that docs/backprop.md shows. Needs read permission. @module */
import { fromFileUrl } from "@std/path";

/** The project's folder. */
export const ROOT: string = fromFileUrl(new URL("../../", import.meta.url));

/** A part of a source file. */
export interface SourcePart {
  /** Its text, without indentation that all lines share. */
  readonly text: string;
  /** Its first line, from 1. */
  readonly first: number;
  /** Its last line. */
  readonly last: number;
}

/** Returns the text of a file of the project. */
export function sourceOf(path: string): string {
  return Deno.readTextFileSync(ROOT + path);
}

/**
 * Returns a function of a TypeScript file with its documentation, or the `case` of a string in it.
 *
 * @throws {RangeError} if the file has no such function, or the function no such case
 */
export function cut(path: string, name: string, caseOf?: string): SourcePart {
  const lines = sourceOf(path).split("\n");
  const start = lines.findIndex((line) => line.replace(/^export /, "").startsWith(`function ${name}(`));
  const end = lines.indexOf("}", start);
  if (start < 0 || end < 0) throw new RangeError(`${path} has no function "${name}"`);
  if (caseOf === undefined) return partOf(lines, documented(lines, start), end);
  const from = lines.findIndex((line, at) => at > start && at < end && line === `    case "${caseOf}":`);
  if (from < 0) throw new RangeError(`"${name}" in ${path} has no case "${caseOf}"`);
  return partOf(lines, from, lines.findIndex((line, at) => at > from && /^ {6}return\b/.test(line)));
}

/** Returns the line of the source that has a text. @throws {RangeError} if no line or more than one has it */
export function lineOf(path: string, text: string): number {
  const found = sourceOf(path).split("\n").flatMap((line, at) => line.includes(text) ? [at + 1] : []);
  if (found.length !== 1) {
    throw new RangeError(`${path} has ${found.length} lines with ${JSON.stringify(text)}, needs one`);
  }
  return found[0];
}

/** Returns the first line of the comment above a function, or the function's own line if it has none. */
function documented(lines: readonly string[], start: number): number {
  if (!lines[start - 1]?.trimEnd().endsWith("*/")) return start;
  let at = start - 1;
  while (!lines[at].startsWith("/**")) at--;
  return at;
}

function partOf(lines: readonly string[], from: number, to: number): SourcePart {
  const part = lines.slice(from, to + 1);
  const indent = Math.min(...part.filter((line) => line !== "").map((line) => line.search(/\S/)));
  return { text: part.map((line) => line.slice(indent)).join("\n"), first: from + 1, last: to + 1 };
}
