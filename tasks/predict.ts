/** `deno task predict`: classifies images with a saved network. @module */
import { openBackend } from "../src/backends/open.ts";
import { type NetworkImage, readImages, type ReadImagesOptions } from "../src/data/images.ts";
import { readFileBounded, readToEnd } from "../src/files.ts";
import {
  type Candidate,
  candidatesOf,
  guessOf,
  labelProbabilitiesOf,
  probabilitiesOf,
  UNSURE_BELOW,
} from "../src/guess.ts";
import type { Mlp } from "../src/mlp.ts";
import { visible } from "../src/visible.ts";
import { loadModel } from "./shared/model.ts";
import { BACKEND_OPTIONS, backendOptionsOf, JSON_OPTION, MODEL_OPTION } from "./shared/options.ts";
import { type Command, withDefaults } from "./terminal/command.ts";
import { drawingLines } from "./terminal/drawing.ts";
import { variable } from "./terminal/environment.ts";
import { UsageError } from "./terminal/errors.ts";
import { unlessAborted } from "./terminal/interrupt.ts";
import { type Call, runTask, type TaskContext } from "./terminal/main.ts";
import { percent } from "./terminal/numbers.ts";
import { shownPath, userPath } from "./terminal/paths.ts";
import type { Screen } from "./terminal/screen.ts";
import { fileError } from "./terminal/system_errors.ts";
import { type Column, startTable } from "./terminal/table.ts";

const COMMAND = {
  name: "predict",
  summary:
    "Classifies images or rows with a saved network. Prints the most probable classes, or all labels, with their " +
    `probabilities. A class below ${
      100 * UNSURE_BELOW
    } % is marked as not sure; * marks labels above 50 %. ` +
    "For a regression, prints the outputs.",
  positionals: {
    name: "IMAGE...",
    help:
      "a .png, or an .npy of shape [H, W] or [N, H, W]: images, dark on light or light on dark, whose ink is centered " +
      "as on the drawing page; an .npy of shape [N, I], or an .npz with x_test: rows, used as they are; " +
      "- reads one of these from stdin",
  },
  groups: {
    input: {
      title: "Model and images",
      options: {
        ...MODEL_OPTION,
        raw: {
          kind: "boolean",
          default: false,
          help: "use images as they are, without centering; they need the network's input shape",
        },
        set: { kind: "choice", default: "test", choices: ["test", "train"], help: "set of an .npz" },
        rows: {
          kind: "text",
          value: "A-B",
          help: "first and last row of an array or set, counted from 0; by default all rows",
        },
      },
      aliases: { model: ["m"] },
    },
    shown: {
      title: "Output",
      options: {
        top: { kind: "integer", default: 2, min: 1, max: 1000, help: "number of most probable classes" },
        show: { kind: "boolean", default: false, help: "draw the network's input on the terminal" },
        ...JSON_OPTION,
      },
    },
    run: { title: "Run", options: BACKEND_OPTIONS },
  },
  examples: [
    {
      args: "scan.png photo.png --show",
      help: "two images, with the network's input of each",
    },
    { args: "data/mnist.npz --rows 0-9", help: "the first ten rows of a test set" },
  ],
} as const satisfies Command;

/** The maximum width of the table with a column for each label, and the width of such a column: `* 100.00 %`. */
const TERMINAL = 80, LABEL_WIDTH = 10;

type Context = TaskContext<typeof COMMAND["groups"]>;

/** An image and the network's outputs for it. */
interface Prediction {
  readonly image: NetworkImage;
  /** The network's outputs `[O]`. */
  readonly outputs: Float32Array;
  /** The probabilities of classes, `[C]`; absent if the network has no classes. */
  readonly probabilities?: Float32Array;
  /** The probabilities of several labels, `[O]`; absent if the network has no labels. */
  readonly labels?: Float32Array;
}

/** Runs this command, by default with the arguments of the process. */
export const run = (call?: Partial<Call>) => runTask(COMMAND, main, call);

if (import.meta.main) await run();

async function main(context: Context): Promise<void> {
  const { given, positionals, screen, signal } = context;
  const input = withDefaults(COMMAND.groups.input.options, given.input);
  const shown = withDefaults(COMMAND.groups.shown.options, given.shown);
  if (positionals.length === 0) throw new UsageError("An IMAGE is needed, found none");
  if (positionals.filter((path) => path === "-").length > 1) throw new UsageError("- can be given only once");
  if (shown.show && shown.json) throw new UsageError("--show and --json exclude each other");
  const rows = input.rows === undefined ? undefined : rowsOf(input.rows);
  const mlp = await loadModel(input.model, context);
  const images: NetworkImage[] = [];
  for (const path of positionals) {
    const opened = openImages(path, mlp, { raw: input.raw, set: input.set, rows });
    images.push(...await unlessAborted(signal, opened));
  }
  await using backend = await openBackend(given.run.backend ?? "auto", backendOptionsOf(given.run));
  screen.note(`backend  ${backend.name} on ${backend.device}`);
  await using predictor = await backend.createPredictor(mlp, mlp.parameters);
  const outputs = await predictor.run(inputsOf(images, mlp.inFeatures));
  const probabilities = probabilitiesOf(mlp, outputs), labels = labelProbabilitiesOf(mlp, outputs);
  const predictions = images.map((image, i): Prediction => {
    const part = (values: Float32Array) => {
      const width = values.length / images.length;
      return values.subarray(i * width, (i + 1) * width);
    };
    return {
      image,
      outputs: part(outputs),
      ...probabilities && { probabilities: part(probabilities) },
      ...labels && { labels: part(labels) },
    };
  });
  if (shown.json) {
    for (const prediction of predictions) screen.row(JSON.stringify(predictionJson(prediction, mlp)));
  } else printPredictions(screen, predictions, mlp, shown);
}

async function openImages(
  path: string,
  mlp: Mlp,
  options: Omit<ReadImagesOptions, "name">,
): Promise<NetworkImage[]> {
  if (path === "-") {
    const name = "stdin";
    return await readImages(await readToEnd(Deno.stdin, { name }), mlp, { name, ...options });
  }
  const name = shownPath(userPath(path));
  try {
    return await readImages(await readFileBounded(userPath(path)), mlp, { name, ...options });
  } catch (error) {
    throw fileError("Cannot read", userPath(path), error);
  }
}

/** Parses a range of rows: `3-7`, or `3` for one row. */
function rowsOf(text: string): { first: number; last: number } {
  const [, first, last = first] = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(text) ?? [];
  if (first === undefined || Number(first) > Number(last)) {
    throw new UsageError(`--rows needs two rows such as 0-9, found ${JSON.stringify(text)}`);
  }
  return { first: Number(first), last: Number(last) };
}

/** Returns the inputs of all images, `[N, I]`: bytes if all of them are bytes, else float32. */
function inputsOf(images: readonly NetworkImage[], inFeatures: number): Uint8Array | Float32Array {
  const areBytes = images.every(({ inputs }) => inputs instanceof Uint8Array);
  const all = new (areBytes ? Uint8Array : Float32Array)(images.length * inFeatures);
  for (const [i, { inputs }] of images.entries()) all.set(inputs, i * inFeatures);
  return all;
}

function predictionJson({ image, outputs, probabilities, labels }: Prediction, { classNames }: Mlp) {
  const { name: file, blank, label } = image;
  const known = label === undefined ? {} : { trueLabel: label };
  if (blank) return { file, blank };
  if (labels) {
    const predicted = [...labels.keys()].filter((o) => isPredicted(labels[o]));
    const names = classNames && { labelNames: predicted.map((o) => classNames[o]) };
    return { file, labels: predicted, ...names, probabilities: [...labels] };
  }
  if (!probabilities) return { file, ...known, outputs: [...outputs] };
  const { label: guess, ...rest } = guessOf(probabilities);
  const name = classNames && { className: classNames[guess] };
  return { file, ...known, guess, ...name, ...rest, probabilities: [...probabilities] };
}

function printPredictions(
  screen: Screen,
  predictions: readonly Prediction[],
  mlp: Mlp,
  { top, show }: { readonly top: number; readonly show: boolean },
): void {
  const canDraw = show && Deno.stdout.isTerminal();
  if (show && !canDraw) screen.note("--show is ignored: stdout is not a terminal");
  const table = startTable(columnsOf(predictions, mlp, top), screen.row);
  for (const prediction of predictions) {
    table.row(prediction);
    if (!canDraw) continue;
    screen.picture(drawingOf(prediction.image, mlp));
  }
}

function columnsOf(predictions: readonly Prediction[], mlp: Mlp, top: number): Column<Prediction>[] {
  const nameOf = (label: number) => visible(mlp.classNames?.[label] ?? String(label));
  const classes = predictions[0].probabilities?.length ?? mlp.outFeatures;
  const names = Array.from({ length: classes }, (_, label) => nameOf(label).length);
  const best = ({ image, probabilities }: Prediction): Candidate[] =>
    image.blank || !probabilities ? [] : candidatesOf(probabilities).slice(0, top);
  const other = ({ label, probability }: Candidate) => `${nameOf(label)} (${percent(probability)})`;
  const width = Math.max(...names), others = (Math.min(top, classes) - 1) * (width + 12) - 2;
  const file: Column<Prediction> = {
    title: "image",
    width: Math.max(...predictions.map(({ image }) => visible(image.name).length)),
    align: "left",
    cell: ({ image }) => image.name,
  };
  const label: Column<Prediction> = {
    title: "label",
    width,
    cell: ({ image }) => image.label === undefined ? "" : nameOf(image.label),
  };
  if (predictions[0].labels) return [file, ...labelColumns(predictions, nameOf, file.width)];
  const labels = predictions.some(({ image }) => image.label !== undefined) ? [label] : [];
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
    cell: ({ image, labels }) => image.blank ? "" : shown(labels![o]),
  }));
  const remark: Column<Prediction> = { title: "", width: 0, align: "left", cell: remarkOf };
  const width = columns.reduce((sum, { title }) => sum + 2 + Math.max(LABEL_WIDTH, title.length), used);
  if (width <= TERMINAL) return [...columns, remark];
  return [
    {
      title: "labels above 50 %",
      width: 0,
      align: "left",
      cell: ({ image, labels }) => {
        if (image.blank) return "";
        const predicted = [...labels!.keys()].filter((o) => isPredicted(labels![o]));
        const listed = predicted.sort((a, b) => labels![b] - labels![a]);
        return listed.map((o) => `${nameOf(o)} (${percent(labels![o])})`).join(", ") || "none";
      },
    },
    remark,
  ];
}

/** Returns whether a label of this probability is predicted. */
function isPredicted(probability: number): boolean {
  return probability > 0.5;
}

function remarkOf({ image, probabilities }: Prediction): string {
  if (image.blank) return "no ink: nothing to classify";
  return probabilities && !guessOf(probabilities).sure ? "not sure" : "";
}

/** Returns the lines that show the network's input as an image; none if the input is not an image. */
function drawingOf({ inputs }: NetworkImage, { inputShape, inputScale }: Mlp): string[] {
  const sides = inputShape.filter((length) => length > 1);
  const width = sides.length === 2 ? sides[1] : Math.sqrt(inputs.length);
  if (!Number.isInteger(width) || sides.length > 2) return [];
  const values = Float32Array.from(inputs, (value) => value * inputScale);
  return drawingLines({ values, width, color: !Deno.noColor && variable("TERM") !== "dumb" });
}
