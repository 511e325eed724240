/** Calibration: whether predictions of a probability are correct as often as it says. @module */
import { reliabilityChart } from "./charts.ts";
import { details, type Html, html, section, table } from "./html.ts";
import { count, percent } from "../numbers.ts";

/** The number of ranges of probability; 15 as in the tables of Guo et al. 2017. */
export const BINS = 15;

/** A range of probability with the predictions in it. */
export interface CalibrationBin {
  /** The lower end, which is excluded except 0, and the upper end, which is included. */
  readonly from: number;
  readonly to: number;
  /** The number of predictions. */
  readonly rows: number;
  /** The mean of their probabilities. */
  readonly confidence: number;
  /** The share of them that came true. */
  readonly share: number;
}

/** The calibration of predictions. */
export interface Calibration {
  /** The ranges that have predictions. */
  readonly bins: readonly CalibrationBin[];
  /** The expected calibration error, `Σ n / N · |share - confidence|` over the bins. */
  readonly error: number;
}

/** Returns the calibration of predictions, each with its probability and whether it came true. */
export function calibrationOf(
  predictions: Iterable<{ readonly probability: number; readonly isTrue: boolean }>,
): Calibration {
  const sums = Array.from({ length: BINS }, () => ({ rows: 0, probability: 0, isTrue: 0 }));
  let total = 0;
  for (const { probability, isTrue } of predictions) {
    if (Number.isNaN(probability)) continue;
    const sum = sums[Math.max(0, Math.min(BINS, Math.ceil(probability * BINS)) - 1)];
    sum.rows++;
    sum.probability += probability;
    sum.isTrue += Number(isTrue);
    total++;
  }
  const bins = sums.flatMap(({ rows, probability, isTrue }, i): CalibrationBin[] =>
    rows === 0
      ? []
      : [{ from: i / BINS, to: (i + 1) / BINS, rows, confidence: probability / rows, share: isTrue / rows }]
  );
  const error = bins.reduce(
    (sum, { rows, confidence, share }) => sum + rows * Math.abs(share - confidence),
    0,
  );
  return { bins, error: error / total };
}

/** Returns the section about calibration; `of` tells what is predicted. */
export function calibrationSection({ bins, error }: Calibration, of: "classes" | "labels"): Html {
  if (bins.length === 0) return section("Calibration", html`<p>No row belongs to a class.</p>`);
  const x = of === "classes" ? "confidence" : "probability of the label";
  const y = of === "classes" ? "accuracy" : "rows with the label";
  const meaning = of === "classes"
    ? "A prediction with a probability of 80 % should be correct in 80 % of the cases."
    : "Of the predictions that give a label a probability of 80 %, 80 % should have the label. All labels count together.";
  return section(
    "Calibration",
    html`<p>${meaning} The expected calibration error, the mean distance from that, is <strong id="ece">${
      percent(error)
    }</strong> (Naeini et al. 2015; ${BINS} equal ranges of probability as in Guo et al. 2017,
<a href="https://arxiv.org/abs/1706.04599">arXiv 1706.04599</a>).</p>`,
    reliabilityChart("Reliability diagram", bins, {
      x,
      y,
      note:
        "On the dashed line, probabilities are right; bars below it are too confident. Dots are at the mean probability.",
    }),
    details(
      "The numbers of the diagram",
      table("Predictions by probability", bins, [
        {
          title: "probability",
          cell: ({ from, to }) => `${(100 * from).toFixed(1)} to ${(100 * to).toFixed(1)} %`,
        },
        { title: of === "classes" ? "rows" : "predictions", cell: ({ rows }) => count(rows) },
        { title: `mean ${x}`, cell: ({ confidence }) => percent(confidence) },
        { title: y, cell: ({ share }) => percent(share) },
      ]),
    ),
  );
}
