/** `deno task eval`: evaluates a saved network on a data set. @module */
import { openBackend } from "../src/backends/open.ts";
import { evaluate } from "../src/training/evaluate.ts";
import { openSets, throwMissing } from "./shared/data.ts";
import { dataOptionsOf, MEANING_OPTIONS, READING_OPTIONS } from "./shared/data_options.ts";
import { evaluationLines } from "./shared/evaluation_lines.ts";
import { loadModel } from "./shared/model.ts";
import {
  BACKEND_OPTIONS,
  backendOptionsOf,
  DATA_ALIASES,
  DATA_OPTION,
  FOREIGN_OPTIONS,
  JSON_OPTION,
  MODEL_OPTION,
} from "./shared/options.ts";
import type { Command } from "./terminal/command.ts";
import { type Call, runTask, type TaskContext } from "./terminal/main.ts";

const COMMAND = {
  name: "eval",
  summary:
    "Evaluates a saved network. For classes, prints loss, accuracy with its standard error, and confusion matrix; for " +
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
    run: { title: "Run", options: { ...BACKEND_OPTIONS, ...JSON_OPTION } },
  },
} as const satisfies Command;

/** Runs this command, by default with the arguments of the process. */
export const run = (call?: Partial<Call>) => runTask(COMMAND, main, call);

if (import.meta.main) await run();

async function main(context: TaskContext<typeof COMMAND["groups"]>): Promise<void> {
  const { given: { data, run }, screen, signal } = context;
  const mlp = await loadModel(data.model, { ...context, layers: data.layers, normalize: data.normalize });
  const { model: _, layers: __, normalize: ___, data: named, set: ____, ...reading } = data;
  const { data: options } = await dataOptionsOf(reading);
  const set = data.set ?? COMMAND.groups.data.options.set.default;
  const { sets, lines } = await openSets(named, { screen, signal }, { ...options, like: mlp, set });
  const dataset = sets[set] ?? throwMissing(sets, set, "evaluate", "or --test-split as in training");
  await using backend = await openBackend(run.backend ?? "auto", backendOptionsOf(run));
  screen.note(`backend  ${backend.name} on ${backend.device}`);
  for (const line of lines) screen.note(line);
  const evaluation = await evaluate(mlp, dataset, { backend });
  if (run.json) {
    const { confusion, ...rest } = evaluation;
    screen.row(JSON.stringify({ ...rest, ...(confusion && { confusion: [...confusion] }), set }));
  } else {
    for (const line of evaluationLines(evaluation, mlp)) screen.row(line);
  }
}
