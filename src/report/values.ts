/** The sections about target values: the scores of each output, its residuals, and the worst rows. @module */
import { countOf } from "../data/dataset.ts";
import { amount, count, r2 } from "../numbers.ts";
import type { OutputScores } from "../training/scores.ts";
import { everyNth, type Histogram, histogramChart, scatterChart } from "./charts.ts";
import { type Html, html, section, table } from "./html.ts";
import { shownRows, WORST } from "./inputs.ts";
import type { ReportSource } from "./source.ts";

/** The maximum number of outputs with charts, of those that are listed, and of the points of a chart. */
const MOST_CHARTS = 4, MOST_LISTED = 60, MOST_POINTS = 1000;
/** The number of bins of a histogram. */
const BINS = 30;

/** The name of a single output without a name. */
export const UNNAMED = "output";

/** The residuals of an output, output minus target. */
export interface Residuals {
  /** The output, from 0. */
  readonly output: number;
  /** Their mean, and the root of the mean of their squares. */
  readonly mean: number;
  readonly rootMeanSquare: number;
  /** The residual of each row. */
  readonly values: Float64Array;
}

/** Returns the residuals of an output. */
export function residualsOf({ outputs, set }: ReportSource, output: number): Residuals {
  const rows = countOf(set), width = outputs.length / rows;
  const values = Float64Array.from({ length: rows }, (_, row) => {
    const at = row * width + output;
    return outputs[at] - set.targets![at];
  });
  const mean = values.reduce((sum, value) => sum + value, 0) / rows;
  const square = values.reduce((sum, value) => sum + value * value, 0) / rows;
  return { output, mean, rootMeanSquare: Math.sqrt(square), values };
}

/** Returns the histogram of values in equal bins, each of which includes its lower end, the last one both. */
export function histogramOf(values: Float64Array): Histogram {
  const finite = values.filter(Number.isFinite);
  let low = finite.reduce((a, b) => Math.min(a, b), Infinity),
    high = finite.reduce((a, b) => Math.max(a, b), -Infinity);
  if (!(high > low)) {
    [low, high] = finite.length === 0 ? [-1, 1] : [low - (Math.abs(low) || 1), low + (Math.abs(low) || 1)];
  }
  const counts = new Array<number>(BINS).fill(0);
  for (const value of finite) counts[Math.min(BINS - 1, Math.floor((value - low) / (high - low) * BINS))]++;
  return { range: [low, high], counts };
}

/** Returns the sections about target values. */
export async function valueSections(
  source: ReportSource,
  outputs: readonly OutputScores[],
  nameOf: (output: number) => string,
): Promise<Html[]> {
  const worst = outputs.map((scores, output) => ({ ...scores, output })).sort((a, b) => a.r2 - b.r2);
  const listed = worst.slice(0, MOST_LISTED).sort((a, b) => a.output - b.output);
  const charted = worst.slice(0, MOST_CHARTS).sort((a, b) => a.output - b.output);
  const found = new Map(listed.map(({ output }) => [output, residualsOf(source, output)]));
  const isCut = outputs.length > MOST_LISTED;
  return [
    section(
      "Outputs",
      html`<p>The residual is the output minus the target. All but R² are in the units of the targets.${
        isCut ? ` Shown are the ${MOST_LISTED} of ${count(outputs.length)} outputs with the lowest R².` : ""
      }</p>`,
      table("Scores of each output", listed, [
        { title: "output", isText: true, cell: ({ output }) => nameOf(output) },
        { title: "R²", cell: ({ r2: value }) => r2(value) },
        { title: "mean absolute error", cell: ({ meanAbsoluteError }) => amount(meanAbsoluteError) },
        { title: "root mean square", cell: ({ output }) => amount(found.get(output)!.rootMeanSquare) },
        { title: "mean residual", cell: ({ output }) => amount(found.get(output)!.mean) },
      ]),
    ),
    section(
      "Residuals",
      charted.length < outputs.length
        ? html`<p>Shown are the ${MOST_CHARTS} of ${count(outputs.length)} outputs with the lowest R².</p>`
        : undefined,
      html`<div class="charts">${
        charted.map(({ output }) => chartsOf(source, found.get(output)!, nameOf(output)))
      }</div>`,
    ),
    await worstRows(source, outputs.length, nameOf),
  ];
}

function chartsOf({ outputs, set }: ReportSource, { output, values }: Residuals, name: string): Html[] {
  const rows = values.length, width = outputs.length / rows, shown = everyNth(rows, MOST_POINTS);
  const points = shown.map((row) =>
    [set.targets![row * width + output], outputs[row * width + output]] as const
  );
  return [
    scatterChart(name === UNNAMED ? "Output over target" : `${name}: output over target`, points, {
      format: tickText,
      note: `On the dashed line, both are equal.${
        shown.length < rows ? ` ${count(MOST_POINTS)} of ${count(rows)} rows, at equal distances.` : ""
      }`,
    }),
    histogramChart(name === UNNAMED ? "Residuals" : `${name}: residuals`, histogramOf(values), {
      x: "residual",
      format: tickText,
      note: "Number of rows by residual, output minus target.",
    }),
  ];
}

/** Returns a tick without digits that it does not need: `0.5`, `20000`, `1e+6`. */
function tickText(value: number): string {
  return Math.abs(value) < 1e5 ? String(value) : value.toExponential();
}

/** Returns the section with the rows whose residuals are the largest, in root mean squares of their output. */
async function worstRows(
  source: ReportSource,
  width: number,
  nameOf: (output: number) => string,
): Promise<Html> {
  const rows = countOf(source.set), { outputs, set } = source;
  const worst = Array.from({ length: rows }, () => ({ output: 0, size: -1 }));
  for (let output = 0; output < width; output++) {
    const { values, rootMeanSquare } = residualsOf(source, output);
    for (const [row, value] of values.entries()) {
      const size = rootMeanSquare === 0 ? 0 : Math.abs(value) / rootMeanSquare;
      if (size > worst[row].size) worst[row] = { output, size };
    }
  }
  const shown = worst.map((found, row) => ({ ...found, row })).filter(({ size }) => size > 0)
    .sort((a, b) => b.size - a.size).slice(0, WORST)
    .map(({ row, output }) => {
      const at = row * width + output, target = set.targets![at];
      return {
        row,
        texts: [
          ...width > 1 ? [["output name", nameOf(output)] as const] : [],
          ["target", amount(target)],
          ["output", amount(outputs[at])],
          ["residual", amount(outputs[at] - target)],
        ] as const,
      };
    });
  const title = "Worst rows";
  if (shown.length === 0) return section(title, html`<p>Every output is equal to its target.</p>`);
  return section(
    title,
    html`<p>The ${shown.length === rows ? "" : `${shown.length} of `}${
      count(rows)
    } rows with the largest residual${
      width > 1 ? ", compared with the root mean square of its output" : ""
    }.</p>`,
    await shownRows(title, source, shown),
  );
}
