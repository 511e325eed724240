/** `deno task eval`: how good a saved network is. @module */
import { openBackend } from "../src/backends/open.ts";
import { evaluate, type Evaluation } from "../src/training/evaluate.ts";
import { visible } from "../src/visible.ts";
import { openData } from "./shared/data.ts";
import { loadModel } from "./shared/model.ts";
import {
  BACKEND_OPTIONS,
  backendOptionsOf,
  DATA_ALIASES,
  DATA_OPTION,
  JSON_OPTION,
  MODEL_OPTION,
} from "./shared/options.ts";
import type { Command } from "./terminal/command.ts";
import { TaskError } from "./terminal/errors.ts";
import { type Call, runTask, type TaskContext } from "./terminal/main.ts";
import { accuracy, count, loss, percent } from "./terminal/numbers.ts";
import type { Screen } from "./terminal/screen.ts";

/** Classes up to which the confusion matrix fits a terminal. */
const SHOWN_CLASSES = 20;

const COMMAND = {
  name: "eval",
  summary:
    "Evaluates a saved network: loss, accuracy with its standard error, and which classes it confuses.",
  groups: {
    what: {
      title: "Model and data",
      options: {
        ...MODEL_OPTION,
        ...DATA_OPTION,
        set: { kind: "choice", default: "test", choices: ["test", "train"], help: "which rows of the data" },
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
  const { given: { what, run }, screen, signal } = context;
  const mlp = await loadModel(what.model, context);
  const { sets, said } = await openData(what.data, { screen, signal });
  const which = what.set ?? COMMAND.groups.what.options.set.default;
  const dataset = sets[which];
  if (dataset === undefined) {
    throw new TaskError(`Cannot evaluate on ${sets.train.source}: it has no test rows`, {
      hint: "use --set train",
    });
  }
  await using backend = await openBackend(run.backend ?? "auto", backendOptionsOf(run));
  screen.note(`backend  ${backend.name} on ${backend.device}`);
  screen.note(`data     ${said}`);
  const evaluation = await evaluate(mlp, dataset, { backend });
  if (run.json) {
    const { confusion, ...rest } = evaluation;
    screen.row(JSON.stringify({ ...rest, ...(confusion && { confusion: [...confusion] }), set: which }));
  } else {
    printEvaluation(screen, evaluation, mlp.classNames);
  }
}

function printEvaluation(screen: Screen, evaluation: Evaluation, classNames: readonly string[] | undefined) {
  const { rows, correct, confusion, worst = [] } = evaluation;
  screen.row(`loss     ${loss(evaluation.loss)}`);
  if (evaluation.accuracy === undefined || confusion === undefined) {
    return screen.row(`rows     ${count(rows)}`);
  }
  screen.row(`accuracy ${accuracy(evaluation.accuracy, rows)} (${count(correct ?? 0)} of ${count(rows)})`);
  const classes = Math.sqrt(confusion.length);
  const nameOf = (label: number) => visible(classNames?.[label] ?? String(label));
  if (classes <= SHOWN_CLASSES) {
    printConfusion(
      screen,
      confusion,
      Array.from({ length: classes }, (_, c) => nameOf(c)),
    );
  }
  if (worst.length > 0) {
    screen.row("");
    screen.row("worst mistakes (row: label, taken for, loss)");
    for (const { row, label, guess, loss: rowLoss } of worst) {
      screen.row(`  ${row}: ${nameOf(label)}, ${nameOf(guess)}, ${loss(rowLoss)}`);
    }
  }
}

/** Prints the confusion matrix, a row for each label, with the share of it that was right. */
function printConfusion(screen: Screen, confusion: Uint32Array, names: readonly string[]): void {
  const classes = names.length;
  const cells = Array.from(confusion, (value) => value === 0 ? "." : String(value));
  const width = Math.max(...[...cells, ...names].map((text) => text.length));
  const first = Math.max(5, width);
  const line = (head: string, texts: readonly string[]) =>
    [head.padStart(first), ...texts.map((text) => text.padStart(width))].join(" ");
  screen.row("");
  screen.row(`${line("label", names)}    right (columns: taken for)`);
  for (const [label, name] of names.entries()) {
    const row = cells.slice(label * classes, (label + 1) * classes);
    const total = confusion.subarray(label * classes, (label + 1) * classes).reduce((a, b) => a + b, 0);
    const right = total > 0 ? percent(confusion[label * classes + label] / total).padStart(8) : "   no rows";
    screen.row(`${line(name, row)}  ${right}`);
  }
}
