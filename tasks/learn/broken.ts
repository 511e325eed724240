/**
 * The reference with eight mistakes that can be switched on: for each mistake, an expression of its source becomes a choice between
 * the expression and the wrong one.
 * @module
 */
import { sourceOf } from "../backprop/source.ts";
import { type Edit, type EditedFile, MUTANT_NAMES, MUTANTS } from "../../src/gui/learn/script/mutants.ts";

const REFERENCE = "src/backends/reference";

/** The folder of the made files, from the project's folder. */
export const BROKEN = "src/gui/learn/script/broken";

/** The files that are made: those with mistakes, and the one that calls them. */
export const BROKEN_FILES = ["activations", "losses", "ops", "updates", "step"] as const;

/** Returns a source of the reference in which its mistakes can be switched on. @throws {RangeError} if it lacks an edited line */
export function brokenSource(file: typeof BROKEN_FILES[number]): string {
  const path = `${REFERENCE}/${file}.ts`, lines = sourceOf(path).split("\n");
  const edits = MUTANT_NAMES.flatMap((name) =>
    MUTANTS[name].edits.filter((edit) => edit.file === file).map((edit) => ({ name, edit }))
  );
  const found = edits.map(({ name, edit }) => ({ name, edit, ...placeOf(lines, edit, path) }));
  for (const { name, edit, line, column } of found.toSorted((a, b) => b.column - a.column)) {
    const text = lines[line], end = column + edit.from.length;
    const choice = `(broken.by === ${JSON.stringify(name)} ? ${edit.to} : ${edit.from})`;
    lines[line] = text.slice(0, column) + choice + text.slice(end);
  }
  const text = lines.join("\n").replace(
    /(from ")(\.\.?\/[^"]+)(";)/g,
    (_, start, to, end) => `${start}${importFrom(to)}${end}`,
  );
  const needed = edits.length === 0 ? "" : 'import { broken } from "../broken.ts";\n';
  return `// deno-fmt-ignore-file; written by \`deno task build:learn\` from ${path}\n${needed}${text}`;
}

/** Returns the only place of an edit's expression. */
export function placeOf(
  lines: readonly string[],
  { line, from }: Edit,
  path: string,
): { readonly line: number; readonly column: number } {
  const at = lines.flatMap((text, i) => text.trim() === line ? [i] : []);
  if (at.length !== 1) {
    throw new RangeError(`${path} has ${at.length} lines ${JSON.stringify(line)}, needs one`);
  }
  const parts = lines[at[0]].split(from);
  if (parts.length !== 2) {
    throw new RangeError(
      `${JSON.stringify(line)} has ${parts.length - 1} times ${JSON.stringify(from)}, needs it once`,
    );
  }
  return { line: at[0], column: parts[0].length };
}

/** Returns an import of the reference as the made file has it: other made files are beside it. */
function importFrom(path: string): string {
  const name = /^\.\/(\w+)\.ts$/.exec(path)?.[1];
  if (name !== undefined && (BROKEN_FILES as readonly string[]).includes(name)) return path;
  const url = new URL(path, `file:///${REFERENCE}/`).pathname.replace("/src/", "");
  return `../../../../${url}`;
}

/** The path of a file of the reference. */
export const referencePath = (file: EditedFile): string => `${REFERENCE}/${file}.ts`;
