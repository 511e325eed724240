/** `deno task export`: writes a saved network for other programs, after a comparison with the network. @module */
import { basename } from "node:path";
import type { Dataset } from "../src/data/dataset.ts";
import { compareExport, type Comparison } from "../src/export/compare.ts";
import { type ExportFormat, exportNetwork } from "../src/export/export.ts";
import { exportTypes } from "../src/export/javascript_types.ts";
import { makeRows } from "../src/export/made_rows.ts";
import { readFileBounded, writeFileAtomic } from "../src/files.ts";
import { formatLayers } from "../src/plan/layers.ts";
import type { Mlp } from "../src/mlp.ts";
import { FORMATS, PAGE_ROWS, refuseToReplace, type Target, targetOf } from "./export/target.ts";
import { openSets, throwMissing } from "./shared/data.ts";
import { dataOptionsOf, READING_OPTIONS } from "./shared/data_options.ts";
import { loadModel } from "./shared/model.ts";
import {
  DATA_ALIASES,
  DATA_OPTION,
  DEFAULT_MODEL,
  FOREIGN_OPTIONS,
  JSON_OPTION,
  MODEL_OPTION,
} from "./shared/options.ts";
import { type Command, withDefaults } from "./terminal/command.ts";
import { TaskError, UsageError } from "./terminal/errors.ts";
import { type Call, runTask, type TaskContext } from "./terminal/main.ts";
import { count } from "./terminal/numbers.ts";
import { shownPath, userPath } from "./terminal/paths.ts";
import { fileError } from "./terminal/system_errors.ts";

/** The number of made rows for the comparison. */
const MADE_ROWS = 1000;

/** The command line of `export`. */
export const COMMAND = {
  name: "export",
  summary:
    "Writes a saved network for other programs: safetensors and npz for PyTorch and NumPy, ONNX, a JavaScript module, or the " +
    "drawing page as one file of HTML that needs no server. Before the file gets its name, it is read back, and its " +
    "predictions are compared with those of the network.",
  positionals: { name: "MODEL", help: `saved model (default ${DEFAULT_MODEL} in the current folder)` },
  groups: {
    output: {
      title: "Output",
      options: {
        output: {
          kind: "text",
          value: "PATH",
          help: `file to write; its extension is the format: ${
            FORMATS.map((name) => `.${name}`).join(", ")
          }; beside a .js, a .d.ts with its types`,
        },
        format: {
          kind: "choice",
          default: "auto",
          choices: ["auto", "safetensors", "onnx", "js", "npz", "html"],
          help: "format, if the extension does not tell it",
        },
        precision: {
          kind: "choice",
          default: "float64",
          choices: ["float64", "float32"],
          help: "arithmetic of an ONNX graph: float64 is more exact, float32 runs also on GPUs and phones",
        },
        rows: {
          kind: "integer",
          min: 0,
          max: 10_000,
          default: PAGE_ROWS,
          help: "rows of the test set and of the training set inside of a page (.html), at most",
        },
        learn: {
          kind: "boolean",
          default: false,
          help: "write the learning page instead of the drawing page (.html), as `learn` serves it",
        },
        force: { kind: "boolean", default: false, help: "replace files that exist" },
        ...JSON_OPTION,
      },
      aliases: { output: ["o"] },
    },
    data: {
      title: "Model and comparison",
      options: {
        ...MODEL_OPTION,
        ...FOREIGN_OPTIONS,
        data: {
          ...DATA_OPTION.data,
          help:
            `data set to compare on, as those of eval; by default ${
              count(MADE_ROWS)
            } made rows. A page has rows of it inside; ` +
            "its default is data/mnist.npz, if it is there",
        },
        ...READING_OPTIONS,
        set: {
          kind: "choice",
          default: "test",
          choices: ["test", "train", "validation"],
          help: "set of the data",
        },
      },
      aliases: { ...DATA_ALIASES, model: ["m"] },
    },
  },
  examples: [
    { args: "model/model.npz -o digits.onnx", help: "a graph for ONNX runtimes" },
    { args: "-o page.html", help: "the drawing page as one file, to give away" },
    { args: "--learn -o learn.html", help: "the learning page as one file" },
    { args: "-o digits.js --data data/mnist.npz", help: "a module for web pages, compared on a test set" },
    {
      args: "net.pt --layers 128:relu,10:softmax --normalize 0.1307,0.3081 -o net.npz",
      help:
        "a network of PyTorch as an .npz with all that its own file does not tell, which every task takes as a model",
    },
  ],
} as const satisfies Command;

type Context = TaskContext<typeof COMMAND["groups"]>;

/** Runs this command, by default with the arguments of the process. */
export const run = (call?: Partial<Call>) => runTask(COMMAND, main, call);

if (import.meta.main) await run();

/** The body of the task. */
export async function main(context: Context): Promise<void> {
  const { given, positionals, screen } = context;
  const { output, format, precision, rows: pageRows, force, json } = withDefaults(
    COMMAND.groups.output.options,
    given.output,
  );
  if (positionals.length > 1) {
    throw new UsageError(`One MODEL is exported at a time, found ${positionals.length}`);
  }
  if (positionals.length > 0 && given.data.model !== undefined) {
    throw new UsageError("MODEL and --model exclude each other");
  }
  const file = targetOf(output, format === "auto" ? undefined : format), isOnnx = file.format === "onnx";
  const isPage = file.format === "html";
  if (given.output.rows !== undefined && !isPage) throw new UsageError("--rows needs the format html");
  if (given.output.learn && !isPage) throw new UsageError("--learn needs the format html");
  if (given.output.learn && given.output.rows !== undefined) {
    throw new UsageError("--rows and --learn exclude each other: the learning page has up to 200 test rows");
  }
  if (given.data.set !== undefined && isPage) throw new UsageError("--set needs another format than html");
  if (given.output.precision !== undefined && !isOnnx) {
    throw new UsageError("--precision needs the format onnx");
  }
  const { layers, normalize, trustSizes } = given.data, named = positionals[0] ?? given.data.model;
  const mlp = await loadModel(named, { ...context, layers, normalize, trustSizes });
  await refuseToReplace(file, { model: userPath(named ?? DEFAULT_MODEL), force });
  screen.note(`network  ${formatLayers(mlp.layers)} on inputs [${mlp.inputShape.join(", ")}]`);
  if (file.format === "html") return await writePage(file.path, { mlp, named, rows: pageRows }, context);
  if (mlp.thresholds && (isOnnx || file.format === "js")) {
    screen.note(
      `warning: a .${file.format} has no place for the thresholds of --outliers, only probabilities are in it`,
    );
  }
  const target = { ...file, format: file.format };
  const inputs = await rowsOf(mlp, context);
  const types = target.types && basename(target.types);
  const bytes = exportNetwork(mlp, target.format, { precision, types });
  const comparison = await save({ target, mlp, bytes, inputs }, context);
  const { rows, largestDifference } = comparison, path = shownPath(target.path);
  if (target.types !== undefined) {
    await writing(target.types, writeFileAtomic(target.types, new TextEncoder().encode(exportTypes(mlp))));
  }
  const beside = target.types === undefined ? {} : { types: shownPath(target.types) };
  if (json) {
    const arithmetic = isOnnx ? { precision } : {}, { format } = target;
    const result = { path, format, ...arithmetic, bytes: bytes.length, ...beside, rows, largestDifference };
    return screen.row(JSON.stringify(result));
  }
  const difference = largestDifference === 0 ? "0" : largestDifference.toExponential(1);
  screen.row(
    `${path}: ${count(bytes.length)} bytes; largest difference of ${count(rows)} rows ${difference}`,
  );
  if (beside.types) screen.row(`${beside.types}: its types`);
}

/** Writes a page. Only this format needs the page's files, so its module is loaded here. */
async function writePage(
  path: string,
  { mlp, named, rows }: { readonly mlp: Mlp; readonly named: string | undefined; readonly rows: number },
  context: Context,
): Promise<void> {
  const { given, screen } = context,
    { model: _, layers: __, normalize: ___, data, set: ____, ...reading } = given.data;
  const { data: options } = await dataOptionsOf(reading);
  const model = basename(named ?? DEFAULT_MODEL); // the page must not reveal the folders of this machine
  if (given.output.learn) {
    const { exportLearnPage, learnLine } = await import("./export/learn.ts");
    const page = await exportLearnPage({ path, mlp, model, data, options }, context);
    return screen.row(given.output.json ? JSON.stringify(page) : learnLine(page));
  }
  const { exportPage, pageLine, pageResult } = await import("./export/page.ts");
  const page = await exportPage({ path, mlp, model, data, options, rows }, context);
  screen.row(given.output.json ? JSON.stringify(pageResult(page)) : pageLine(page));
}

/** Returns the rows to compare on: those of `--data`, else made ones. */
async function rowsOf(mlp: Mlp, { given, screen, signal }: Context): Promise<Dataset["inputs"]> {
  const { model: _, layers: __, normalize: ___, data: named, set: wanted, ...reading } = given.data;
  const set = wanted ?? COMMAND.groups.data.options.set.default;
  if (named === undefined) {
    screen.note(`rows     ${count(MADE_ROWS)} made rows (--data compares on a data set)`);
    return makeRows(mlp, { count: MADE_ROWS });
  }
  const { data: options } = await dataOptionsOf(reading);
  const { sets, lines } = await openSets(named, { screen, signal }, { ...options, like: mlp, set });
  for (const line of lines) screen.note(line);
  const dataset = sets[set] ?? (wanted === undefined ? sets.train : undefined);
  return (dataset ?? throwMissing(sets, set, "compare")).inputs;
}

/** Writes the file; compares what the disk has with the network before the file gets its name. */
async function save(
  { target, mlp, bytes, inputs }: {
    readonly target: Target<ExportFormat>;
    readonly mlp: Mlp;
    readonly bytes: Uint8Array;
    readonly inputs: Dataset["inputs"];
  },
  { screen, signal }: Context,
): Promise<Comparison> {
  const rows = count(inputs.length / mlp.inFeatures);
  const onProgress = (done: number) => screen.progress(`comparing: ${count(done)} of ${rows} rows`);
  let comparison: Comparison | undefined;
  const check = async (written: string) => {
    const found = await readFileBounded(written), { format } = target;
    comparison = await compareExport({ mlp, format, bytes: found, inputs, signal, onProgress });
    const { largestDifference, allowedDifference } = comparison;
    if (largestDifference <= allowedDifference) return;
    throw new TaskError(
      `Cannot export to ${JSON.stringify(shownPath(target.path))}: its predictions differ by up to ` +
        `${largestDifference.toExponential(1)}, at most ${allowedDifference.toExponential()} is allowed`,
      { hint: format === "onnx" ? "use --precision float64" : undefined },
    );
  };
  try {
    await writing(target.path, writeFileAtomic(target.path, bytes, { check }));
  } finally {
    screen.clear();
  }
  return comparison!;
}

/** Waits for a write; an error of the system becomes one about this file. */
async function writing(path: string, write: Promise<void>): Promise<void> {
  try {
    await write;
  } catch (error) {
    throw fileError("Cannot export to", path, error);
  }
}
