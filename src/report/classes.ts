/** The sections about classes: precision and recall of each, and the confusion matrix. @module */
import { count, percent } from "../numbers.ts";
import { type Html, html, scrolled, section, table } from "./html.ts";
import { matrixPicture } from "./pictures.ts";

/** The maximum number of classes whose confusion matrix is a table with numbers. */
const MOST_IN_TABLE = 30;
/** The maximum number of classes whose confusion matrix is shown, as a picture. */
const MOST_IN_PICTURE = 1000;
/** The maximum number of classes and of confusions that are listed. */
const MOST_LISTED = 60, MOST_CONFUSIONS = 10;

/** The scores of a class; a share of no rows is NaN. */
export interface ClassScores {
  /** The class. */
  readonly label: number;
  /** The number of its rows. */
  readonly rows: number;
  /** The number of rows that were predicted as this class. */
  readonly predicted: number;
  /** The share of the rows predicted as this class that belong to it. */
  readonly precision: number;
  /** The share of its rows that were predicted as this class. */
  readonly recall: number;
  /** `2 precision recall / (precision + recall)`, 0 if no row was predicted correctly. */
  readonly f1: number;
}

/** Returns the scores of each class of a confusion matrix `[C, C]`, whose rows are labels. */
export function classScoresOf(confusion: Uint32Array): ClassScores[] {
  const classes = Math.sqrt(confusion.length);
  return Array.from({ length: classes }, (_, label) => {
    let rows = 0, predicted = 0;
    for (let other = 0; other < classes; other++) {
      rows += confusion[label * classes + other];
      predicted += confusion[other * classes + label];
    }
    const correct = confusion[label * classes + label];
    return {
      label,
      rows,
      predicted,
      precision: correct / predicted,
      recall: correct / rows,
      f1: 2 * correct / (rows + predicted),
    };
  });
}

/** A pair of classes of which one was taken for the other. */
export interface Confusion {
  readonly label: number;
  readonly guess: number;
  /** The number of rows. */
  readonly rows: number;
}

/** Returns the most frequent confusions, the most frequent first; of equally frequent ones, the lower label is first. */
export function confusionsOf(confusion: Uint32Array, most: number): Confusion[] {
  const classes = Math.sqrt(confusion.length), found: Confusion[] = [];
  for (const [at, rows] of confusion.entries()) {
    const label = Math.floor(at / classes), guess = at % classes;
    if (rows > 0 && label !== guess) found.push({ label, guess, rows });
  }
  return found.sort((a, b) => b.rows - a.rows).slice(0, most);
}

/** Returns a share in percent, or a dash if it is a share of nothing. */
function shareText(share: number): string {
  return Number.isNaN(share) ? "–" : percent(share);
}

/** Returns the section with precision, recall and F1 of each class. */
export function classesSection(scores: readonly ClassScores[], nameOf: (label: number) => string): Html {
  const isCut = scores.length > MOST_LISTED;
  const shown = isCut
    ? scores.filter(({ f1 }) => !Number.isNaN(f1)).sort((a, b) => a.f1 - b.f1).slice(0, MOST_LISTED)
    : scores;
  const hasDash = shown.some(({ rows, predicted }) => rows === 0 || predicted === 0);
  return section(
    "Classes",
    html`<p>Precision: of the rows predicted as the class, the share that belongs to it. Recall: of its rows, the share
predicted as it. F1: the harmonic mean of both.${
      isCut ? ` Shown are the ${MOST_LISTED} of ${count(scores.length)} classes with the lowest F1.` : ""
    }${hasDash ? " A dash is a share of no rows." : ""}</p>`,
    table("Precision, recall and F1 of each class", shown, [
      { title: "class", isText: true, cell: ({ label }) => nameOf(label) },
      { title: "rows", cell: ({ rows }) => count(rows) },
      { title: "precision", cell: ({ precision }) => shareText(precision) },
      { title: "recall", cell: ({ recall }) => shareText(recall) },
      { title: "F1", cell: ({ f1 }) => Number.isNaN(f1) ? "–" : f1.toFixed(4) },
    ]),
  );
}

/** Returns the mean F1 of the classes that have rows or predictions. */
export function meanF1(scores: readonly ClassScores[]): number {
  const found = scores.filter(({ f1 }) => !Number.isNaN(f1));
  return found.reduce((sum, { f1 }) => sum + f1, 0) / found.length;
}

/** Returns the section with the confusion matrix and the most frequent confusions. */
export async function confusionSection(
  confusion: Uint32Array,
  nameOf: (label: number) => string,
): Promise<Html> {
  const classes = Math.sqrt(confusion.length), confusions = confusionsOf(confusion, MOST_CONFUSIONS);
  const list = confusions.map(({ label, guess, rows }) =>
    html`<li>${nameOf(label)} taken for ${nameOf(guess)}: ${count(rows)} ${rows === 1 ? "row" : "rows"}</li>`
  );
  return section(
    "Confusion matrix",
    await matrixOf(confusion, classes, nameOf),
    list.length === 0 ? html`<p>No row was predicted incorrectly.</p>` : html`
      <h3>Most frequent confusions</h3>
      <ol class="confusions">${list}</ol>
    `,
  );
}

async function matrixOf(
  confusion: Uint32Array,
  classes: number,
  nameOf: (label: number) => string,
): Promise<Html> {
  if (classes > MOST_IN_PICTURE) {
    return html`<p>The matrix of ${count(classes)} classes is too large for a report.</p>`;
  }
  if (classes > MOST_IN_TABLE) {
    const src = await matrixPicture(confusion, classes);
    const text =
      `Confusion matrix of ${classes} classes: labels from top to bottom, predictions from left to right`;
    return html`<figure><img class="matrix" src="${src}" width="${classes}" height="${classes}" alt="${text}">
<figcaption>${text}. The darker a pixel, the larger the share of the label's rows.</figcaption></figure>`;
  }
  const labels = Array.from({ length: classes }, (_, label) => label);
  const rows = labels.map((label) => {
    const counts = confusion.subarray(label * classes, (label + 1) * classes);
    const total = counts.reduce((a, b) => a + b, 0);
    const cells = labels.map((guess) => {
      const kind = label === guess ? "right" : "wrong", share = total === 0 ? 0 : counts[guess] / total;
      const shade = Math.round(100 * Math.sqrt(share)); // the root, so that few rows are seen, too
      return counts[guess] === 0
        ? html`<td class="none">0</td>`
        : html`<td class="${kind}" style="--share:${shade}%">${count(counts[guess])}</td>`;
    });
    return html`<tr><th scope="row">${nameOf(label)}</th>${cells}</tr>`;
  });
  return html`
    <p>A line for each label, and a column for each prediction.</p>
    ${scrolled(
      "Confusion matrix",
      html`
        <table class="matrix">
          <thead>
            <tr><th scope="col">label</th>${labels.map((guess) =>
              html`<th scope="col">${nameOf(guess)}</th>`
            )}</tr>
          </thead>
          <tbody>
        ${rows}</tbody>
        </table>
      `,
    )}
  `;
}
