/** A report about a network as one HTML file without scripts. @module */
import { countOf } from "../data/dataset.ts";
import { accuracy, amount, count, loss, percent, r2 } from "../numbers.ts";
import { type Evaluation, score } from "../training/scores.ts";
import { calibrationSection } from "./calibration.ts";
import { type Calibration, calibrationOf, predictionsOf } from "../training/calibration.ts";
import { classesSection, classScoresOf, confusionSection, meanF1 } from "./classes.ts";
import { constant, type Html, html, section } from "./html.ts";
import { labelsSection, worstLabelRows } from "./labels.ts";
import { mistakesSection } from "./mistakes.ts";
import { classRows, namesOf, rowLosses } from "./rows.ts";
import type { ReportSource } from "./source.ts";
import { STYLE } from "./style.ts";
import { settingsSection, trainingSection } from "./training.ts";
import { UNNAMED, valueSections } from "./values.ts";
import { weightsSection } from "./weights.ts";

/** The beginning of every report, by which a program recognizes it. */
export const REPORT_START = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="generator" content="mlpcuda report">
`;

/** A score in the head of a report. */
type Score = readonly [name: string, value: string];

/** The sections of the results of a kind of targets, and the scores of the head. */
interface Results {
  readonly scores: readonly Score[];
  readonly sections: readonly Html[];
}

/**
 * Returns a report about a network on a set, as the text of an HTML file. It contains its style, charts and images, and runs
 * no script. The same content gives the same text, with the same version of the host, which compresses the images.
 */
export async function formatReport(source: ReportSource): Promise<string> {
  const { title, mlp, set, setName, epochs, outputs, settings } = source;
  const evaluation = score(outputs, set, settings);
  const { scores, sections } = await resultsOf(source, evaluation);
  const rows = countOf(set), lossNote = settings.scaling ? " (of standardized targets)" : "";
  const head: Score[] = [...scores, [`loss${lossNote}`, loss(evaluation.loss)], ["rows", count(rows)]];
  const page = html`
    <meta http-equiv="Content-Security-Policy"
      content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${title}</title>
    <style>${constant(STYLE)}</style>
    </head>
    <body>
      <header>
        <h1>${title}</h1>
        <p class="soft">${networkText(source)}, evaluated on the ${setName} set of ${set.source}</p>
      </header>
      <main>
    ${section(
      "Results",
      html`<dl class="scores">${
        head.map(([name, value]) =>
          html`
            <div>
              <dt>${name}</dt>
              <dd>${value}</dd>
            </div>
          `
        )
      }</dl>`,
      head.some(([name]) => name.startsWith("accuracy"))
        ? html`<p class="soft">The numbers in brackets are the 95 % Wilson score interval of the accuracy.</p>`
        : undefined,
    )}${trainingSection(epochs)}${sections}${await weightsSection(source)}${settingsSection(
      mlp,
    )}${reproduction(source)}</main>
    </body>
    </html>
  `;
  return REPORT_START + page.markup;
}

function networkText({ mlp }: ReportSource): string {
  const layers = mlp.layers.map(({ outFeatures, activation }) => `${outFeatures} ${activation}`);
  return `${[mlp.inFeatures, ...layers].join(" → ")}, ${count(mlp.parameterCount)} parameters`;
}

/** Returns the sections of the kind of targets. */
async function resultsOf(source: ReportSource, evaluation: Evaluation): Promise<Results> {
  const { confusion, labels, outputs } = evaluation;
  if (confusion) return await classResults(source, evaluation, confusion);
  if (labels) return await labelResults(source, evaluation);
  const columns = source.mlp.labelColumns, width = outputs!.length;
  const named = columns?.length === width ? columns : undefined;
  const nameOf = (output: number) => named?.[output] ?? (width === 1 ? UNNAMED : `output ${output + 1}`);
  return {
    scores: [
      [`R²${width > 1 ? " (mean)" : ""}`, r2(evaluation.r2!)],
      ["mean absolute error", amount(evaluation.meanAbsoluteError!)],
    ],
    sections: await valueSections(source, outputs!, nameOf),
  };
}

async function classResults(
  source: ReportSource,
  evaluation: Evaluation,
  confusion: Uint32Array,
): Promise<Results> {
  const nameOf = namesOf(source), rows = classRows(source), scores = classScoresOf(confusion);
  const predictions = predictionsOf(source), calibration = predictions && calibrationOf(predictions);
  const { accuracy: share, correct = 0 } = evaluation;
  return {
    scores: [
      ...share === undefined ? [] : [["accuracy", accuracy(share, rows.length)] as const],
      ["correct", `${count(correct)} of ${count(rows.length)}`],
      ...rows.length === 0 ? [] : [["mean F1 of the classes", meanF1(scores).toFixed(4)] as const],
      ...errorScore(calibration),
    ],
    sections: [
      classesSection(scores, nameOf),
      await confusionSection(confusion, nameOf),
      calibration ? calibrationSection(calibration, "classes") : withoutProbabilities(),
      await mistakesSection(source, rows, nameOf),
    ],
  };
}

function errorScore(calibration: Calibration | undefined): Score[] {
  if (calibration === undefined || calibration.bins.length === 0) return [];
  return [["expected calibration error", percent(calibration.error)]];
}

function withoutProbabilities(): Html {
  return section(
    "Calibration",
    html`<p>The outputs of this network are not probabilities, so they have no calibration.</p>`,
  );
}

async function labelResults(source: ReportSource, evaluation: Evaluation): Promise<Results> {
  const nameOf = namesOf(source),
    { labels = [], f1 = 0, accuracy: share = 0, correct = 0, rows } = evaluation;
  const calibration = calibrationOf(predictionsOf(source)!);
  return {
    scores: [
      [`accuracy${labels.length > 1 ? ", all labels of a row" : ""}`, accuracy(share, rows)],
      ["correct", `${count(correct)} of ${count(rows)}`],
      [`F1${labels.length > 1 ? " (mean of the labels)" : ""}`, f1.toFixed(4)],
      ...errorScore(calibration),
    ],
    sections: [
      labelsSection(labels, nameOf),
      calibrationSection(calibration, "labels"),
      await worstLabelRows(source, rowLosses(source), nameOf),
    ],
  };
}

function reproduction({ command, facts, mlp }: ReportSource): Html {
  const { training } = mlp;
  const all: Score[] = [
    ...facts,
    ...training
      ? [
        [
          "trained",
          `${count(training.epochs)} ${training.epochs === 1 ? "epoch" : "epochs"} on ${
            count(training.dataset.rows)
          } rows of ${training.dataset.source} with ${training.backend}, seed ${training.config.seed}`,
        ] as const,
      ]
      : [],
  ];
  return section(
    "How to reproduce it",
    html`<p>The same command on the same data gives the same results on the same backend, bit for bit; only the times differ.</p>
<pre tabindex="0"><code>${command}</code></pre>`,
    html`
      <div class="scrolled" role="group" aria-label="What the results depend on" tabindex="0">
        <table>
          <caption>What the results depend on</caption>
          <tbody>
      ${all.map(([name, value]) =>
        html`
          <tr>
            <th scope="row" class="text">${name}</th>
            <td class="text">${value}</td>
          </tr>
        `
      )}</tbody>
        </table>
      </div>
    `,
  );
}
