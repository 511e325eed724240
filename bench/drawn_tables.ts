/** `deno task drawn:tables`: renews the tables of docs/drawing.md from bench/results/drawn.json. @module */
import type { Command } from "../tasks/terminal/command.ts";
import { runTask } from "../tasks/terminal/main.ts";
import { projectPath } from "../tasks/terminal/paths.ts";
import { DRAWN_TABLES, type DrawnFigures, misreadText } from "./drawings/figures.ts";
import { renewedParts, sourceOf, wrapped } from "./markdown.ts";
import { table } from "../tasks/shared/markdown.ts";
import type { Result } from "./results.ts";

/** The document with the tables. */
export const DRAWN_DOCUMENT = "docs/drawing.md";

/** The result of `deno task drawn --name drawn`. */
export type DrawnResult = Result & DrawnFigures;

const COMMAND = {
  name: "drawn:tables",
  summary: "Renews the tables of docs/drawing.md from the result of `deno task drawn --name drawn`.",
  groups: {},
} as const satisfies Command;

/** Reads the result. */
export async function readDrawn(): Promise<DrawnResult> {
  return JSON.parse(await Deno.readTextFile(projectPath("bench/results/drawn.json")));
}

/**
 * Returns the document with its parts `<!-- drawn NAME -->` renewed: the tables, `source` with the network, the machine and
 * MNIST's accuracy, and `misread` with the digits that were misread.
 *
 * @throws {RangeError} if there is no table of a name, or a part has no end
 */
export function renewedDrawn(document: string, result: DrawnResult): string {
  return renewedParts(document, "drawn", (name) => {
    if (name === "source") return sourceText(result);
    if (name === "misread") return wrapped(misreadText(result));
    if (!Object.hasOwn(DRAWN_TABLES, name)) throw new RangeError(`There is no section "${name}"`);
    const rows = DRAWN_TABLES[name as keyof typeof DRAWN_TABLES](result);
    return rows && table(rows);
  });
}

function sourceText(result: DrawnResult): string {
  const { network, seed, mnistAccuracy, beside } = result,
    percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  const without = beside
    ? `; the one without \`--outliers\` ${percent(beside.mnistAccuracy)}, and ${
      percent(beside.drawnAccuracy)
    } of the drawn digits`
    : "";
  return wrapped(
    `Network ${network}, drawings of seed ${seed}, on ${sourceOf(result)}. The network reads ${
      percent(mnistAccuracy)
    } of MNIST's test set correctly${without}.`,
  );
}

if (import.meta.main) {
  await runTask(COMMAND, async ({ screen }) => {
    const path = projectPath(DRAWN_DOCUMENT), before = await Deno.readTextFile(path);
    const after = renewedDrawn(before, await readDrawn());
    if (after === before) return;
    await Deno.writeTextFile(path, after);
    screen.row(DRAWN_DOCUMENT);
  });
}
