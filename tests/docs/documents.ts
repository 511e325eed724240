/** Reading of README.md and of the files of docs/. Needs read permission. @module */
import { assert } from "@std/assert";
import { join } from "@std/path";
import { ROOT } from "../tasks/support.ts";

/** Returns the text of a document, by its path from the project's folder. */
export function textOf(path: string): string {
  return Deno.readTextFileSync(join(ROOT, path));
}

/** The documents outside docs/. */
const OTHERS = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md"];

/** Returns the paths of README.md, of the other documents outside docs/, and of all Markdown files of docs/, sorted. */
export function documents(): string[] {
  const names = [...Deno.readDirSync(join(ROOT, "docs"))].map(({ name }) => name);
  return [...OTHERS, ...names.filter((name) => name.endsWith(".md")).sort().map((name) => `docs/${name}`)];
}

/** Returns the text of all documents. */
export function allText(): string {
  return documents().map(textOf).join("\n");
}

/** Returns the first block of code of a language, such as `ts`, of a document. */
export function blockOf(path: string, language: string): string {
  const [, block] = new RegExp(`\n\`\`\`${language}\n(.*?)\n\`\`\`\n`, "s").exec(textOf(path)) ?? [];
  assert(block !== undefined, `${path} has no ${language} block`);
  return block;
}

/** Returns the lines of code of all blocks of a language. */
export function codeLines(language: string): string[] {
  const blocks = allText().matchAll(new RegExp(`\n\`\`\`${language}\n(.*?)\n\`\`\`\n`, "gs"));
  return [...blocks].flatMap(([, block]) => block.split("\n"));
}

/** Returns the text of a document without its blocks of code. */
export function proseOf(path: string): string {
  return textOf(path).replaceAll(/^ *```.*?^ *```$/gms, "");
}

/** Returns the rows of all tables in a document, each with its cells; the columns' padding is removed. */
export function tableRows(path: string): string[][] {
  const lines = proseOf(path).split("\n").filter((line) => line.startsWith("|"));
  return lines.map((line) =>
    line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim().replaceAll("\\|", "|"))
  );
}

/** Returns the anchors of a document's headings, or of a source file's lines, as GitHub makes them. */
export function anchorsOf(path: string): string[] {
  if (!path.endsWith(".md")) return textOf(path).trimEnd().split("\n").map((_, at) => `L${at + 1}`);
  return [...proseOf(path).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\- _]/gu, "").replaceAll(" ", "-")
  );
}

/** Returns the targets of a document's links and pictures that are not on another host. */
export function localLinks(path: string): string[] {
  const prose = proseOf(path).replaceAll(/`[^`\n]*`/g, (code) => code.includes("](") ? "" : code);
  const targets = [...prose.matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)|\b(?:src|srcset|href)="([^"]+)"/g)];
  return targets.map(([, link, attribute]) => link ?? attribute).filter((target) => !/^[a-z]+:/.test(target));
}
