/** The sections about several labels a row: the scores of each, and the worst rows. @module */
import { countOf } from "../data/dataset.ts";
import { count, loss, percent } from "../numbers.ts";
import type { LabelScores } from "../training/scores.ts";
import { type Html, html, section, table } from "./html.ts";
import { shownRows, WORST } from "./inputs.ts";
import type { ReportSource } from "./source.ts";

/** The maximum number of labels that are listed. */
const MOST_LISTED = 60;

/** Returns the section with the scores of each label. */
export function labelsSection(labels: readonly LabelScores[], nameOf: (label: number) => string): Html {
  const all = labels.map((scores, label) => ({ ...scores, label })), isCut = all.length > MOST_LISTED;
  const shown = isCut ? all.sort((a, b) => a.f1 - b.f1).slice(0, MOST_LISTED) : all;
  return section(
    "Labels",
    html`<p>A label is predicted if its probability is above 50 %. Precision: of the rows for which it was predicted, the
share that has it. Recall: of the rows that have it, the share for which it was predicted. F1: the harmonic mean of both.${
      isCut ? ` Shown are the ${MOST_LISTED} of ${count(all.length)} labels with the lowest F1.` : ""
    }</p>`,
    table("Scores of each label", shown, [
      { title: "label", isText: true, cell: ({ label }) => nameOf(label) },
      { title: "rows", cell: ({ positives }) => count(positives) },
      { title: "accuracy", cell: ({ accuracy }) => percent(accuracy) },
      { title: "precision", cell: ({ precision }) => percent(precision) },
      { title: "recall", cell: ({ recall }) => percent(recall) },
      { title: "F1", cell: ({ f1 }) => f1.toFixed(4) },
    ]),
  );
}

/** Returns the section with the rows with the highest losses, of those with an incorrect label. */
export async function worstLabelRows(
  source: ReportSource,
  losses: Float64Array,
  nameOf: (label: number) => string,
): Promise<Html> {
  const { outputs, set } = source, width = outputs.length / countOf(set), title = "Worst rows";
  const differences = (row: number) => {
    const missed: string[] = [], added: string[] = [];
    for (let o = 0; o < width; o++) {
      const at = row * width + o, predicted = outputs[at] > 0, positive = set.targets![at] > 0.5;
      if (predicted !== positive) (positive ? missed : added).push(nameOf(o));
    }
    return { row, missed, added };
  };
  const rows = Array.from(losses.keys()).map(differences)
    .filter(({ missed, added }) => missed.length + added.length > 0)
    .sort((a, b) => losses[b.row] - losses[a.row]);
  if (rows.length === 0) {
    return section(title, html`<p>Every label of every row was predicted correctly.</p>`);
  }
  const shown = rows.slice(0, WORST).map(({ row, missed, added }) => ({
    row,
    texts: [
      ["missed", listed(missed)],
      ["added", listed(added)],
      ["loss", loss(losses[row])],
    ] as const,
  }));
  return section(
    title,
    html`<p>${count(rows.length)} ${
      rows.length === 1 ? "row has" : "rows have"
    } an incorrect label: one that was missed, or one that was predicted in addition. The highest loss is first.</p>`,
    await shownRows(title, source, shown),
  );
}

/** Returns names as a list; of more than three, the number of the others. */
function listed(names: readonly string[]): string {
  if (names.length === 0) return "–";
  const [first, second, third, ...others] = names;
  return [first, second, third].filter((name) => name !== undefined).join(", ") +
    (others.length > 0 ? ` and ${others.length} more` : "");
}
