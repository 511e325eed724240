/** `deno task predict`: classifies images with a saved network. @module */
import { openBackend } from "../src/backends/open.ts";
import type { RowRange } from "../src/data/row_inputs.ts";
import type { NetworkClasses } from "../src/data/row_labels.ts";
import { probabilitiesOf, UNSURE_BELOW } from "../src/guess.ts";
import type { Mlp } from "../src/mlp.ts";
import { csvLines, type CsvOptions } from "./predict/csv.ts";
import { checkInputs, type InputOptions, readInputs } from "./predict/inputs.ts";
import { refuseToReplace, writeLines } from "./predict/output.ts";
import { counted, type Prediction, predictionJson, predictions, type Tally } from "./predict/prediction.ts";
import { printTable } from "./predict/table.ts";
import { ARRAYS_OPTION, parseArrays } from "./shared/arrays.ts";
import { parseInputScale } from "./shared/input_scale.ts";
import { loadModel } from "./shared/model.ts";
import {
  BACKEND_OPTIONS,
  backendOptionsOf,
  JSON_OPTION,
  MODEL_LAYERS_OPTION,
  MODEL_OPTION,
} from "./shared/options.ts";
import { type Command, withDefaults } from "./terminal/command.ts";
import { UsageError } from "./terminal/errors.ts";
import { type Call, runTask, type TaskContext } from "./terminal/main.ts";
import { accuracy, count } from "./terminal/numbers.ts";
import { shownPath, userPath } from "./terminal/paths.ts";
import type { Screen } from "./terminal/screen.ts";

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
      "as on the drawing page; an .npy of shape [N, I] or of the network's input shape, or an .npz with x_test: rows, " +
      "used as they are; - reads one of these from stdin",
  },
  groups: {
    input: {
      title: "Model and images",
      options: {
        ...MODEL_OPTION,
        ...MODEL_LAYERS_OPTION,
        raw: {
          kind: "boolean",
          default: false,
          help: "use images as they are, without centering; they need the network's input shape",
        },
        set: {
          kind: "choice",
          default: "test",
          choices: ["test", "train", "validation"],
          help: "set of an .npz; without a test set, by default its only set",
        },
        ...ARRAYS_OPTION,
        missing: {
          kind: "choice",
          default: "refuse",
          choices: ["refuse", "drop"],
          help: "missing values of a CSV in columns that had none in training: drop leaves out their rows",
        },
        rows: {
          kind: "text",
          value: "A-B",
          help: "first and last row of an array or set, counted from 0; by default all rows",
        },
        inputScale: {
          kind: "text",
          value: "SCALE",
          default: "auto",
          help:
            "scale of rows if it is not that of the rows that the network was trained on: pixels for 0 to 255, none for " +
            "pixels that were divided by 255, or a number such as 1/16; auto leaves them as they are",
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
        csv: {
          kind: "text",
          value: "PATH",
          help: "write the predictions to a CSV file, with a header, in place of the table; - for stdout",
        },
        probabilities: {
          kind: "boolean",
          default: false,
          help: "add a column with the probability of each class to the CSV",
        },
        id: {
          kind: "text",
          value: "NAME[,LABEL]",
          help:
            "write only the columns NAME and LABEL to the CSV, as a submission to Kaggle needs them: NAME is the column " +
            "of that name of an input, else the number of the row, from 1; LABEL is the class or the value",
        },
        force: { kind: "boolean", default: false, help: "replace the CSV file if it exists" },
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

type Context = TaskContext<typeof COMMAND["groups"]>;

/** Runs this command, by default with the arguments of the process. */
export const run = (call?: Partial<Call>) => runTask(COMMAND, main, call);

if (import.meta.main) await run();

async function main(context: Context): Promise<void> {
  const { given, positionals, screen, signal } = context;
  const input = withDefaults(COMMAND.groups.input.options, given.input);
  const shown = withDefaults(COMMAND.groups.shown.options, given.shown);
  if (positionals.length === 0) throw new UsageError("An IMAGE is needed, found none");
  if (positionals.filter((path) => path === "-").length > 1) throw new UsageError("- can be given only once");
  const csv = csvOf(shown);
  const options: InputOptions = {
    raw: given.input.raw,
    set: given.input.set,
    rows: input.rows === undefined ? undefined : rowsOf(input.rows),
    inputScale: scaleOf(input.inputScale),
    arrays: input.arrays === undefined ? undefined : parseArrays(input.arrays),
    id: csv?.submission?.id,
    missing: input.missing,
    note: screen.note,
  };
  const mlp = await loadModel(input.model, { ...context, layers: input.layers }), classes = classesOf(mlp);
  await checkInputs(positionals);
  if (csv?.path) await refuseToReplace(csv.path, { force: shown.force, inputs: positionals });
  await using backend = await openBackend(given.run.backend ?? "auto", backendOptionsOf(given.run));
  screen.note(`backend  ${backend.name} on ${backend.device}`);
  await using predictor = await backend.createPredictor(mlp, mlp.parameters);
  const tally = { rows: 0, blank: 0, labeled: 0, correct: 0 };
  const batches = counted(
    predictions(readInputs(positionals, mlp, { ...options, classes }), { mlp, predictor, signal }),
    tally,
  );
  if (csv) await printCsv(screen, csvLines(batches, mlp, csv), csv.path);
  else if (shown.json) await printJson(screen, batches, mlp);
  else await printTable(screen, batches, mlp, shown);
  for (const line of summaryLines(tally, csv?.path)) screen.note(line);
}

async function printJson(screen: Screen, batches: AsyncIterable<Prediction[]>, mlp: Mlp): Promise<void> {
  for await (const batch of batches) {
    for (const prediction of batch) screen.row(JSON.stringify(predictionJson(prediction, mlp)));
  }
}

/** Writes a CSV to a file, or to stdout, where control characters are shown as escapes. */
async function printCsv(
  screen: Screen,
  batches: AsyncIterable<readonly string[]>,
  path: string | undefined,
): Promise<void> {
  if (path !== undefined) return await writeLines(path, batches);
  for await (const lines of batches) {
    for (const line of lines) screen.row(line);
  }
}

function summaryLines({ rows, blank, labeled, correct }: Tally, path: string | undefined): string[] {
  const right = `${count(correct)} of ${count(labeled)} correct`;
  return [
    ...labeled > 0 ? [`accuracy ${accuracy(correct / labeled, labeled)} (${right})`] : [],
    ...path !== undefined
      ? [`saved    ${shownPath(path)}, ${rows === 1 ? "1 row" : `${count(rows)} rows`}`]
      : [],
    ...path !== undefined && blank > 0
      ? [`no ink on ${count(blank)} of the pictures: they have no class`]
      : [],
  ];
}

/** Parses the options of the CSV; returns `undefined` if none is written. A CSV without a path is written to stdout. */
function csvOf(shown: {
  readonly csv?: string;
  readonly id?: string;
  readonly probabilities: boolean;
  readonly json: boolean;
  readonly show: boolean;
}): CsvOptions & { readonly path?: string } | undefined {
  const { csv, id, probabilities, json, show } = shown;
  if (show && json) throw new UsageError("--show and --json exclude each other");
  if (csv === undefined) {
    if (id !== undefined) throw new UsageError("--id needs --csv");
    if (probabilities) throw new UsageError("--probabilities needs --csv");
    return undefined;
  }
  if (json || show) throw new UsageError(`--csv and --${json ? "json" : "show"} exclude each other`);
  const path = csv === "-" ? undefined : userPath(csv);
  if (id === undefined) return { path, probabilities };
  if (probabilities) throw new UsageError("--id and --probabilities exclude each other");
  const [name, label, ...more] = id.split(",").map((text) => text.trim());
  if (name === "" || label === "" || more.length > 0) {
    throw new UsageError(`--id needs a name or two, such as ImageId,Label, found ${JSON.stringify(id)}`);
  }
  return { path, probabilities, submission: { id: name, label } };
}

/** Parses `--input-scale`; returns `undefined` if rows have the scale of the network's own. */
function scaleOf(text: string): number | undefined {
  const { inputScale, inputScaling } = parseInputScale(text);
  if (inputScaling !== "none") {
    throw new UsageError(
      `--input-scale ${inputScaling} is for training; a saved network scales its inputs itself`,
    );
  }
  if (typeof inputScale === "number") return inputScale;
  return { auto: undefined, pixels: 1 / 255, none: 1 }[inputScale];
}

/** Returns the classes of a network; `undefined` for a regression and for several labels a row. */
function classesOf(mlp: Mlp): NetworkClasses | undefined {
  const classes = probabilitiesOf(mlp, new Float32Array(mlp.outFeatures))?.length;
  return classes === undefined ? undefined : { classes, classNames: mlp.classNames };
}

/** Parses a range of rows: `3-7`, or `3` for one row. */
function rowsOf(text: string): RowRange {
  const [, first, last = first] = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(text) ?? [];
  if (first === undefined || Number(first) > Number(last)) {
    throw new UsageError(`--rows needs two rows such as 0-9, found ${JSON.stringify(text)}`);
  }
  return { first: Number(first), last: Number(last) };
}
