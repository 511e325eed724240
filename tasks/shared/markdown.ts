/** Tables in Markdown, as `deno fmt` writes them. @module */

/** Returns the width of a text in columns of a terminal: two for each sign of East Asian scripts. */
function widthOf(text: string): number {
  return text.length +
    (text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu)?.length ?? 0);
}

/** Returns a table in Markdown, its columns padded as `deno fmt` does; the first row is the heading. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((row) => widthOf(row[column]))));
  const padded = (cell: string, at: number) => cell + " ".repeat(widths[at] - widthOf(cell));
  const lines = rows.map((row) => `| ${row.map(padded).join(" | ")} |`);
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}
