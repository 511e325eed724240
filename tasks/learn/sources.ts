/** The excerpts of the project's source that the learning page shows. Needs read permission. @module */
import { LANGUAGES, PLACES } from "../backprop/languages.ts";
import { cut, sourceOf } from "../backprop/source.ts";
import { ACTIVATION_TABLE } from "../../src/plan/activations.ts";

/** The file of the excerpts, from the project's folder. */
export const SOURCES = "src/gui/learn/sources.json";

/** The most lines of an excerpt. */
const MOST_LINES = 70;

/** The functions of the reference for the activations, each with a case for each of them. */
const CASES = { forward: "activate", backward: "activateBackward" } as const;

/** A part of a file. */
interface Excerpt {
  readonly path: string;
  readonly first: number;
  readonly text: string;
}

/** Returns the excerpts as JSON: by operation and language, and the cases of the activations by direction and name. */
export function sourcesText(): string {
  const operations = Object.entries(PLACES).filter(([op]) => op !== "relu").map(([op, places]) => [
    op,
    Object.fromEntries(places.map(([path, name], i) => [
      LANGUAGES[i],
      i === 0 ? excerptOfReference(path, name) : excerptOf(path, name),
    ])),
  ]);
  const path = "src/backends/reference/activations.ts";
  const activations = Object.entries(CASES).map(([direction, name]) => [
    direction,
    Object.fromEntries(
      Object.keys(ACTIVATION_TABLE).filter((activation) => activation !== "linear").map((activation) => [
        activation,
        excerptOfReference(path, name, caseIn(path, name, activation)),
      ]),
    ),
  ]);
  const all = { ...Object.fromEntries(operations), activations: Object.fromEntries(activations) };
  return JSON.stringify(all, null, 2) + "\n";
}

function excerptOfReference(path: string, name: string, part?: { first: number; text: string }): Excerpt {
  const { first, text } = part ?? cut(path, name);
  return { path, first, text };
}

/** Returns the `case` of a function, to the `return` that ends it. */
function caseIn(path: string, name: string, activation: string): { first: number; text: string } {
  const { first, text } = cut(path, name), lines = text.split("\n");
  const start = lines.findIndex((line) => line.trim().startsWith(`case "${activation}":`));
  const end = lines.findIndex((line, at) => at > start && /^ {4}(case|default)\b|^ {2}}/.test(line));
  if (start < 0 || end < 0) throw new RangeError(`"${name}" in ${path} has no case "${activation}"`);
  return { first: first + start, text: lines.slice(start, end).map((line) => line.slice(4)).join("\n") };
}

/**
 * Returns a function or a type of a file in any language, with the comment above it. It ends with the next line that begins with
 * `}`.
 *
 * @throws {RangeError} if the file does not have it, or it is too long to be shown
 */
export function excerptOf(path: string, name: string): Excerpt {
  const lines = sourceOf(path).split("\n");
  const isNamed = new RegExp(`^[^/*]*\\b${name}(\\(| \\{)`);
  const found = lines.findIndex((line, at) =>
    isNamed.test(line) && !isDeclared(lines, at) && (/^\S/.test(line) || /^\S.*[^;{}]$/.test(lines[at - 1]))
  );
  const end = lines.findIndex((line, at) => at >= found && /^}/.test(line));
  if (found < 0 || end < 0) throw new RangeError(`${path} has no "${name}"`);
  let start = found;
  while (start > 0 && /^[^}#\s]| \*/.test(lines[start - 1])) start--;
  if (end - start >= MOST_LINES) {
    throw new RangeError(`"${name}" in ${path} has ${end - start + 1} lines, the page shows ${MOST_LINES}`);
  }
  return { path, first: start + 1, text: lines.slice(start, end + 1).join("\n") };
}

/** Returns whether what begins at a line ends with `;` before a `{`: a declaration without a body. */
function isDeclared(lines: readonly string[], at: number): boolean {
  const text = lines.slice(at, at + 12).join("\n"), body = text.indexOf("{"), end = text.indexOf(";");
  return end >= 0 && (body < 0 || end < body);
}
