/** The parts of docs/backprop.md that are made from the code: sources, plans, numbers and links. @module */
import { buildPlan } from "../../src/plan/build.ts";
import { formatPlan } from "../../src/plan/format.ts";
import { parseLayers } from "../../src/plan/layers.ts";
import { resolveConfig } from "../../src/training/config.ts";
import { table } from "../shared/markdown.ts";
import { ADAM, examplePlan, SGD } from "./example.ts";
import { DEPTH, meanSquares } from "./initialization.ts";
import { languageRows } from "./languages.ts";
import { largestDifference, REASONS } from "./mutants.ts";
import * as numbers from "./numbers.ts";
import type { Mutant } from "./plain_step.ts";
import { cut, lineOf } from "./source.ts";

/** The parts by their names; the words after the name in the document are the arguments. */
const PARTS: Readonly<Record<string, (...words: string[]) => string>> = {
  explain: (first, last = first) => {
    const lines = planLines().slice(Number(first), Number(last) + 1);
    return fence("text", lines.map((line) => line.trimStart()).join("\n"));
  },
  source: sourcePart,
  plan: (optimizer) => fence("text", formatPlan(examplePlan(optimizer === "adam" ? ADAM : SGD))),
  given: () => fence("ts", numbers.given()),
  forward: () => fence("text", numbers.forward()),
  backward: () => fence("text", numbers.backward()),
  sgd: () => fence("text", numbers.sgd()),
  adam: () => fence("text", numbers.adam()),
  check: () => table(numbers.checkRows()),
  mutants: () => table(mutantRows()),
  initialization: () => table(initializationRows()),
  languages: () => table(languageRows()),
};

/** Returns the operations of the plan of the default network, each as a line of `deno task explain`. */
export function planLines(): string[] {
  const input = { inFeatures: 784, inputScale: 1 / 255, labels: true, outFeatures: 10 };
  const plan = buildPlan(parseLayers("128:relu,64:relu,10:softmax"), resolveConfig(), input);
  return formatPlan(plan).split("\n").slice(1);
}

/**
 * Returns the document with its made parts renewed. A part is the text between the comments `<!-- made NAME WORDS -->` and
 * `<!-- end -->`. A link to a line of the source has the text of the line as its title, from which its number is renewed.
 *
 * @throws {RangeError} if there is no part of a name, a part has no end, or the source does not have a part or a line
 */
export function renewedBackprop(document: string): string {
  const withParts = document.replaceAll(
    /<!-- made (\S+)([^>]*) -->\n(?:((?:(?!<!-- made ).)*?)<!-- end -->)?/gs,
    (part, name, words, content) => {
      if (!Object.hasOwn(PARTS, name)) throw new RangeError(`There is no part "${name}"`);
      if (content === undefined) throw new RangeError(`The part "${name}" has no end`);
      const text = PARTS[name](...words.trim().split(" ").filter((word: string) => word !== ""));
      return `${part.slice(0, part.indexOf("\n"))}\n\n${text}\n\n<!-- end -->`;
    },
  );
  return withParts.replaceAll(
    /\]\(\.\.\/([^)#\s]+)#L\d+ "([^"]+)"\)/g,
    (_, path, text) => `](../${path}#L${lineOf(path, text)} "${text}")`,
  );
}

function fence(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

function sourcePart(path: string, name: string, caseOf?: string): string {
  const { text, first, last } = cut(path, name, caseOf);
  const title = caseOf === undefined ? `\`${name}\`` : `\`${name}\`, \`${caseOf}\``;
  const file = path.slice(path.lastIndexOf("/") + 1);
  return `[${title} in ${file}](../${path}#L${first}-L${last}):\n\n${fence("ts ignore", text)}`;
}

function initializationRows(): string[][] {
  const shown = [1, 5, 10, DEPTH];
  return [
    ["variance of the weights", ...shown.map((layer) => `layer ${layer}`)],
    ...[["1 / I", 1], ["2 / I (He)", 2], ["4 / I", 4]].map(([title, factor]) => {
      const found = meanSquares(Number(factor));
      return [String(title), ...shown.map((layer) => String(Number(found[layer - 1].toPrecision(3))))];
    }),
  ];
}

/** The difference from which the check reports a mistake. */
export const TOLERANCE = 1e-6;

function mutantRows(): string[][] {
  const verdict = (rows: 1 | 2, mutant: Mutant) => {
    const difference = largestDifference(rows, mutant);
    return difference > TOLERANCE ? `seen: ${difference.toFixed(6)}` : "not seen";
  };
  return [
    ["mistake", "one row", "two rows", "reason"],
    ...(Object.entries(REASONS) as [Mutant, string][]).map(([mutant, reason]) => [
      mutant,
      verdict(1, mutant),
      verdict(2, mutant),
      reason,
    ]),
  ];
}
