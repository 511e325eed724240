/** The section with the rows of classes that were predicted worst. @module */
import { count, loss, percent } from "../numbers.ts";
import { type Html, html, section } from "./html.ts";
import { shownRows, WORST } from "./inputs.ts";
import type { ClassRow } from "./rows.ts";
import type { ReportSource } from "./source.ts";

/** Returns the section with the incorrectly predicted rows with the highest losses. */
export async function mistakesSection(
  source: ReportSource,
  rows: readonly ClassRow[],
  nameOf: (label: number) => string,
): Promise<Html> {
  const wrong = rows.filter(({ label, guess }) => label !== guess).sort((a, b) => b.loss - a.loss);
  const worst = wrong.slice(0, WORST), title = "Worst mistakes";
  if (worst.length === 0) return section(title, html`<p>No row was predicted incorrectly.</p>`);
  const shown = worst.map(({ row, label, guess, confidence, loss: value }) => ({
    row,
    texts: [
      ["label", nameOf(label)],
      ["predicted", nameOf(guess)],
      ...confidence === undefined ? [] : [["confidence", percent(confidence)] as const],
      ["loss", loss(value)],
    ] as const,
  }));
  return section(
    title,
    html`<p>The ${worst.length === wrong.length ? "" : `${WORST} of `}${
      count(wrong.length)
    } incorrectly predicted ${wrong.length === 1 ? "row" : "rows"}${
      worst.length === wrong.length ? "" : " with the highest loss"
    }, the highest loss first.</p>`,
    await shownRows(title, source, shown),
  );
}
