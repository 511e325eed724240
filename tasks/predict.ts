/** `deno task predict`: classifies images with a saved network. @module */
import { FormatError } from "../src/errors.ts";
import { guessNetwork } from "../src/guess.ts";
import { openBackend } from "../src/backends/open.ts";
import { deniedBackendLines } from "./shared/backend_lines.ts";
import type { NetworkClasses } from "../src/data/meaning/row_labels.ts";
import { probabilitiesOf } from "../src/guess.ts";
import type { Mlp } from "../src/mlp.ts";
import { COMMAND } from "./predict/command.ts";
import { csvLines } from "./predict/csv.ts";
import { existingInputs, type InputOptions, readInputs } from "./predict/inputs.ts";
import { refuseToReplace, writeLines } from "./predict/output.ts";
import { counted, type Prediction, predictionJson, predictions, type Tally } from "./predict/prediction.ts";
import { withReadings } from "./predict/readings.ts";
import { printTable } from "./predict/table.ts";
import { csvOf, rowsOf, scaleOf } from "./predict/values.ts";
import { parseArrays } from "./shared/arrays.ts";
import { loadModel } from "./shared/model.ts";
import { backendOptionsOf } from "./shared/options.ts";
import { withDefaults } from "./terminal/command.ts";
import { TaskError, UsageError } from "./terminal/errors.ts";
import { type Call, runTask, type TaskContext } from "./terminal/main.ts";
import { accuracy, count } from "./terminal/numbers.ts";
import { shownPath } from "./terminal/paths.ts";
import type { Screen } from "./terminal/screen.ts";

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
  const tally = { rows: 0, blank: 0, labeled: 0, correct: 0, faults: 0 };
  const options: InputOptions = {
    raw: given.input.raw,
    many: input.many,
    set: given.input.set,
    rows: input.rows === undefined ? undefined : rowsOf(input.rows),
    inputScale: scaleOf(input.inputScale),
    arrays: input.arrays === undefined ? undefined : parseArrays(input.arrays),
    id: csv?.submission?.id,
    missing: input.missing,
    trustSizes: input.trustSizes,
    note: screen.note,
    onFault: (error) => {
      if (!input.keepGoing || !isFileFault(error)) throw error;
      screen.error(error.message);
      tally.faults++;
    },
  };
  const { layers, normalize, trustSizes } = input;
  const mlp = await loadModel(input.model, { ...context, layers, normalize, trustSizes }),
    classes = classesOf(mlp);
  const inputs = await existingInputs(positionals, options.onFault);
  if (csv?.path) await refuseToReplace(csv.path, { force: shown.force, inputs });
  await using backend = await openBackend(given.run.backend ?? "auto", backendOptionsOf(given.run));
  for (const line of deniedBackendLines(backend)) screen.note(line);
  screen.note(`backend  ${backend.name} on ${backend.device}`);
  await using predictor = await backend.createPredictor(guessNetwork(mlp), mlp.parameters);
  const rows = readInputs(inputs, mlp, { ...options, classes });
  const all = counted(predictions(rows, { mlp, predictor, signal }), tally);
  const batches = input.many && classes ? withReadings(all, mlp, screen.note) : all;
  if (csv) await printCsv(screen, csvLines(batches, mlp, csv), csv.path);
  else if (shown.json) await printJson(screen, batches, mlp);
  else await printTable(screen, batches, mlp, shown);
  for (const line of summaryLines(tally, csv?.path)) screen.note(line);
  if (tally.faults > 0) {
    const files = tally.faults === 1 ? "1 file" : `${count(tally.faults)} files`;
    throw new TaskError(`Cannot predict all inputs: ${files} left out`);
  }
}

/** Returns whether an error is a fault of a file, and not of the program, of its output or of a backend. */
function isFileFault(error: unknown): error is Error {
  return error instanceof FormatError || error instanceof TaskError ||
    error instanceof TypeError || error instanceof RangeError;
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

/** Returns the classes of a network; `undefined` for a regression and for several labels a row. */
function classesOf(mlp: Mlp): NetworkClasses | undefined {
  const classes = probabilitiesOf(mlp, new Float32Array(mlp.outFeatures))?.length;
  return classes === undefined ? undefined : { classes, classNames: mlp.classNames };
}
