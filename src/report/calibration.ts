/** Calibration: whether predictions of a probability are correct as often as it says. @module */
import { reliabilityChart } from "./charts.ts";
import { details, type Html, html, section, table } from "./html.ts";
import { count, percent } from "../numbers.ts";
import { BINS, type Calibration } from "../training/calibration.ts";

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
