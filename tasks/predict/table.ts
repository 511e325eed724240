/** Predictions as a table on the terminal. @module */
import { type Candidate, candidatesOf, guessOf, verdictOf } from "../../src/guess.ts";
import type { InputRow } from "../../src/data/meaning/row_inputs.ts";
import type { Mlp } from "../../src/mlp.ts";
import { imageSpecOf, type InputSpec } from "../../src/data/dataset.ts";
import { imageShapeOf } from "../../src/data/pictures/image_shape.ts";
import { luminanceOf } from "../../src/data/pictures/luminance.ts";
import { pixelsOfInputs } from "../../src/data/pictures/pixel_units.ts";
import { visible } from "../../src/visible.ts";
import { drawingLines } from "../terminal/drawing.ts";
import { variable } from "../terminal/environment.ts";
import { percent } from "../terminal/numbers.ts";
import type { Screen } from "../terminal/screen.ts";
import { type Column, startTable } from "../terminal/table.ts";
import { isPredicted, type Prediction } from "./prediction.ts";

/** The maximum width of the table with a column for each label, and the width of such a column: `* 100.00 %`. */
const TERMINAL = 80, LABEL_WIDTH = 10;

/**
 * Prints predictions as a table, as they come. The first batch decides the widths of its columns; a later one with longer
 * cells makes them wider. One with other columns, as when labels are known from then on, begins a new table.
 */
export async function printTable(
  screen: Screen,
  batches: AsyncIterable<readonly Prediction[]>,
  mlp: Mlp,
  { top, show }: { readonly top: number; readonly show: boolean },
): Promise<void> {
  const isTerminal = Deno.stdout.isTerminal(), canDraw = show && isTerminal && areImages(mlp);
  if (show && !canDraw) {
    const why = isTerminal ? "the network's inputs are not known to be images" : "stdout is not a terminal";
    screen.note(`--show is ignored: ${why}`);
  }
  let columns: Column<Prediction>[] = [];
  for await (const batch of batches) {
    const found = columnsOf(batch, mlp, top);
    const continued = `${found.map(({ title }) => title)}` === `${columns.map(({ title }) => title)}`;
    columns = found.map((column, i) =>
      continued ? { ...column, width: Math.max(column.width, columns[i].width) } : column
    );
    const table = startTable(columns, screen.row, { continued });
    for (const prediction of batch) {
      table.row(prediction);
      if (canDraw) screen.picture(drawingOf(prediction.row.inputs, mlp));
    }
  }
}

function columnsOf(predictions: readonly Prediction[], mlp: Mlp, top: number): Column<Prediction>[] {
  const nameOf = (label: number) => visible(mlp.classNames?.[label] ?? String(label));
  const classes = predictions[0].probabilities?.length ?? mlp.outFeatures;
  const names = Array.from({ length: classes }, (_, label) => nameOf(label).length);
  const best = ({ row: { blank }, probabilities }: Prediction): Candidate[] =>
    blank || !probabilities ? [] : candidatesOf(probabilities).slice(0, top);
  const other = ({ label, probability }: Candidate) => `${nameOf(label)} (${percent(probability)})`;
  const width = Math.max(...names), others = (Math.min(top, classes) - 1) * (width + 12) - 2;
  const file: Column<Prediction> = {
    title: "image",
    width: Math.max(...predictions.map(({ row }) => visible(row.name).length)),
    align: "left",
    cell: ({ row }) => row.name,
  };
  const label: Column<Prediction> = {
    title: "label",
    width,
    cell: ({ row }) => row.label === undefined ? "" : nameOf(row.label),
  };
  if (predictions[0].labels) return [file, ...labelColumns(predictions, nameOf, file.width)];
  const labels = predictions.some(({ row }) => row.label !== undefined) ? [label] : [];
  if (predictions.every(({ probabilities }) => !probabilities)) {
    const outputs = (prediction: Prediction) =>
      Array.from(prediction.outputs, (value) => value.toPrecision(6)).join(" ");
    return [file, ...labels, { title: "outputs", width: 0, align: "left", cell: outputs }];
  }
  return [
    file,
    ...labels,
    { title: "guess", width, cell: (row) => best(row).slice(0, 1).map(({ label }) => nameOf(label)).join() },
    {
      title: "probability",
      width: 8,
      cell: (row) => best(row).slice(0, 1).map((it) => percent(it.probability)).join(),
    },
    ...top > 1
      ? [
        {
          title: top === 2 ? "runner-up" : "next",
          width: others,
          align: "left",
          cell: (row) => best(row).slice(1).map(other).join(", "),
        } as Column<Prediction>,
      ]
      : [],
    { title: "", width: 0, align: "left", cell: remarkOf },
  ];
}

/** Returns the columns of several labels: one for each if the table is narrow enough, else one that lists those above 1/2. */
function labelColumns(
  predictions: readonly Prediction[],
  nameOf: (label: number) => string,
  used: number,
): Column<Prediction>[] {
  const count = predictions[0].labels!.length;
  const shown = (probability: number) => `${isPredicted(probability) ? "* " : ""}${percent(probability)}`;
  const columns = Array.from({ length: count }, (_, o): Column<Prediction> => ({
    title: nameOf(o),
    width: LABEL_WIDTH,
    cell: ({ row, labels }) => row.blank ? "" : shown(labels![o]),
  }));
  const remark: Column<Prediction> = { title: "", width: 0, align: "left", cell: remarkOf };
  const width = columns.reduce((sum, { title }) => sum + 2 + Math.max(LABEL_WIDTH, title.length), used);
  if (width <= TERMINAL) return [...columns, remark];
  return [
    {
      title: "labels above 50 %",
      width: 0,
      align: "left",
      cell: ({ row, labels }) => {
        if (row.blank) return "";
        const predicted = [...labels!.keys()].filter((o) => isPredicted(labels![o]));
        const listed = predicted.sort((a, b) => labels![b] - labels![a]);
        return listed.map((o) => `${nameOf(o)} (${percent(labels![o])})`).join(", ") || "none";
      },
    },
    remark,
  ];
}

function remarkOf({ row: { blank, parts, picture }, probabilities, evidence }: Prediction): string {
  if (blank) return "no ink: nothing to classify";
  const guess = probabilities && guessOf(probabilities, evidence);
  const remarks = [
    ...guess && !guess.sure ? [verdictOf(guess)] : [],
    ...parts !== undefined && picture === undefined ? [`seems to hold ${parts} digits`] : [],
  ];
  return remarks.join(", ");
}

function areImages(network: InputSpec): boolean {
  return imageSpecOf(network) !== undefined && imageShapeOf(network) !== undefined;
}

/** Returns the lines that show an input of a network as a gray image; none if its inputs are not images. */
export function drawingOf(inputs: InputRow["inputs"], network: InputSpec): string[] {
  const image = imageSpecOf(network), shape = imageShapeOf(network);
  if (!image || !shape) return [];
  const { width, height, channels } = shape, pixels = pixelsOfInputs(inputs, image);
  const values = Float32Array.from(
    { length: width * height },
    (_, i) => luminanceOf(pixels, channels * i, channels) / 255,
  );
  return drawingLines({ values, width, color: !Deno.noColor && variable("TERM") !== "dumb" });
}
