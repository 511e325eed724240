/** `deno task eval`: evaluates a saved network on a data set. @module */
import { openBackend } from "../src/backends/open.ts";
import { deniedBackendLines } from "./shared/backend_lines.ts";
import { evaluateRows, scoreRows } from "../src/training/evaluate.ts";
import { openSets, throwMissing } from "./shared/data.ts";
import { dataOptionsOf, MEANING_OPTIONS, READING_OPTIONS } from "./shared/data_options.ts";
import { calibrationGain } from "./shared/calibration_gain.ts";
import { evaluationLines } from "./shared/evaluation_lines.ts";
import { loadModel } from "./shared/model.ts";
import {
  BACKEND_OPTIONS,
  backendOptionsOf,
  DATA_ALIASES,
  DATA_OPTION,
  DEFAULT_MODEL,
  FOREIGN_OPTIONS,
  JSON_OPTION,
  MODEL_OPTION,
} from "./shared/options.ts";
import { commandText } from "./report/command_text.ts";
import { REPORT_OPTION } from "./report/options.ts";
import { openReport, refuseNoReport } from "./report/report_file.ts";
import type { Command } from "./terminal/command.ts";
import { type Call, runTask, type TaskContext } from "./terminal/main.ts";
import { shownPath, userPath } from "./terminal/paths.ts";

const COMMAND = {
  name: "eval",
  summary:
    "Evaluates a saved network. For classes, prints loss, accuracy with its 95 % interval, expected calibration error (ECE), and confusion matrix; for " +
    "labels, accuracy, precision, recall and F1 of each; for target values, R² and mean absolute error of each.",
  groups: {
    data: {
      title: "Model and data",
      options: {
        ...MODEL_OPTION,
        ...FOREIGN_OPTIONS,
        ...DATA_OPTION,
        ...READING_OPTIONS,
        classes: MEANING_OPTIONS.classes,
        testSplit: MEANING_OPTIONS.testSplit,
        set: {
          kind: "choice",
          default: "test",
          choices: ["test", "train", "validation"],
          help: "set to evaluate on",
        },
      },
      aliases: { ...DATA_ALIASES, model: ["m"] },
    },
    run: {
      title: "Run",
      options: {
        ...BACKEND_OPTIONS,
        ...REPORT_OPTION,
        force: { kind: "boolean", default: false, help: "replace a file even if it is not a report" },
        ...JSON_OPTION,
      },
    },
  },
} as const satisfies Command;

/** Runs this command, by default with the arguments of the process. */
export const run = (call?: Partial<Call>) => runTask(COMMAND, main, call);

if (import.meta.main) await run();

async function main(context: TaskContext<typeof COMMAND["groups"]>): Promise<void> {
  const { given: { data, run }, screen, signal, program, args } = context;
  const path = run.report === undefined ? undefined : userPath(run.report);
  if (path !== undefined) await refuseNoReport(path, run.force ?? false);
  const mlp = await loadModel(data.model, {
    ...context,
    layers: data.layers,
    normalize: data.normalize,
    trustSizes: data.trustSizes,
  });
  const { model: _, layers: __, normalize: ___, data: named, set: ____, ...reading } = data;
  const { data: options } = await dataOptionsOf(reading);
  const set = data.set ?? COMMAND.groups.data.options.set.default;
  const { sets, lines } = await openSets(named, { screen, signal }, { ...options, like: mlp, set });
  const dataset = sets[set] ?? throwMissing(sets, set, "evaluate", "or --test-split as in training");
  await using report = path === undefined ? undefined : await openReport(path, screen);
  await using backend = await openBackend(run.backend ?? "auto", backendOptionsOf(run));
  for (const line of deniedBackendLines(backend)) screen.note(line);
  screen.note(`backend  ${backend.name} on ${backend.device}`);
  for (const line of lines) screen.note(line);
  const rows = await evaluateRows(mlp, dataset, { backend }), evaluation = scoreRows(mlp, rows);
  const calibration = calibrationGain(mlp, rows, evaluation);
  if (run.json) {
    const { confusion, ...rest } = evaluation;
    screen.row(
      JSON.stringify({ ...rest, ...calibration, ...(confusion && { confusion: [...confusion] }), set }),
    );
  } else {
    for (const line of evaluationLines(evaluation, mlp, calibration)) screen.row(line);
  }
  if (report === undefined) return;
  const file = userPath(data.model ?? DEFAULT_MODEL),
    model = { path: file, bytes: await Deno.readFile(file) };
  const command = commandText(program, COMMAND, args);
  await report.write({
    mlp,
    model,
    set: dataset,
    setName: set === "train" ? "training" : set,
    epochs: [],
    backend,
    command,
  });
  screen.note(`report   ${shownPath(path!)}`);
}
