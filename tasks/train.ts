/** `deno task train`: trains a network and saves it. @module */
import { openBackend } from "../src/backends/open.ts";
import type { Checkpoint } from "../src/training/checkpoint_parts.ts";
import type { TrainConfig } from "../src/training/config.ts";
import type { Dataset } from "../src/data/dataset.ts";
import { evaluate, type Evaluation } from "../src/training/evaluate.ts";
import { Mlp } from "../src/mlp.ts";
import { checkResume, endOfRun } from "../src/training/resume.ts";
import { train, type TrainEvent } from "../src/training/train.ts";
import { backendLines, type Trained, trainedOf } from "./shared/backend_lines.ts";
import { openData } from "./shared/data.ts";
import { DATA_OPTIONS, dataOptionsOf } from "./shared/data_options.ts";
import { initOf, likeInputs, openStart, START_GROUP } from "./shared/init_option.ts";
import { isSameFile } from "./shared/kept_files.ts";
import {
  BACKEND_OPTIONS,
  backendOptionsOf,
  DATA_ALIASES,
  DATA_OPTION,
  DEFAULT_MODEL,
  JSON_OPTION,
  NORMALIZE_OPTION,
} from "./shared/options.ts";
import { OUTPUT_OPTIONS, refuseToOverwrite } from "./shared/output.ts";
import { openRunFiles, refuseSameFile } from "./shared/run_files.ts";
import type { Command } from "./terminal/command.ts";
import { unlessAborted } from "./terminal/interrupt.ts";
import { type Call, runTask, type TaskContext } from "./terminal/main.ts";
import { accuracy, amount, duration, loss, r2 } from "./terminal/numbers.ts";
import { shownPath, userPath } from "./terminal/paths.ts";
import { progressText } from "./terminal/progress.ts";
import type { Screen } from "./terminal/screen.ts";
import { epochColumns, scoreOf, startTable } from "./terminal/table.ts";
import { readCheckpoint, resumedMlp } from "./shared/resumed_run.ts";
import { checkRun, chooseRun } from "./shared/run_choice.ts";
import { dataNotes } from "./shared/run_notes.ts";
import {
  checkConfig,
  checkPatience,
  configOf,
  configText,
  LAYERS_OPTION,
  layersOf,
  networkText,
} from "./shared/training.ts";

const COMMAND = {
  name: "train",
  summary: "Trains a network and saves it. With no options: 784-128-64-10 on MNIST, 100 epochs, " +
    `saved to ${DEFAULT_MODEL} in the current folder. Ctrl-C, SIGTERM or a closed terminal ends training early and ` +
    "saves the network.",
  groups: {
    network: {
      title: "Data",
      options: {
        ...DATA_OPTION,
        ...DATA_OPTIONS,
        ...LAYERS_OPTION,
        ...NORMALIZE_OPTION,
      },
      aliases: DATA_ALIASES,
      sections: { Network: ["layers", "normalize"] },
    },
    config: START_GROUP,
    run: {
      title: "Run",
      options: {
        ...BACKEND_OPTIONS,
        output: OUTPUT_OPTIONS.output,
        checkpoint: {
          kind: "text",
          value: "PATH",
          help: "write a checkpoint after every epoch, for --resume; " +
            "the checkpoint of an earlier run is kept as NAME.previous.npz",
        },
        resume: {
          kind: "text",
          value: "PATH",
          help:
            "continue from a checkpoint with its settings, of which only --epochs may change; if its run has ended, " +
            "save the model; if it is damaged, use NAME.previous.npz",
        },
        force: OUTPUT_OPTIONS.force,
        quiet: { kind: "boolean", default: false, help: "print only the result" },
        ...JSON_OPTION,
      },
      aliases: { output: ["o"], quiet: ["q"] },
    },
  },
  examples: [
    {
      args: "--init model/model.npz --data letters.npz -o letters-model.npz",
      help: "train a saved model further on other data",
    },
    { args: "--epochs 5 --lr 0.002", help: "five passes with a higher learning rate" },
    {
      args: "--data houses.csv --label price --input-scale standardize --test-split 0.2",
      help: "a table, with a fifth of its rows as the test set",
    },
    { args: "--data photos --image-size 32x32x3", help: "a folder with a folder of pictures for each class" },
    {
      args: "--layers 512:relu,10:softmax --optimizer sgd --momentum 0.9 --lr 0.1",
      help: "another network",
    },
    {
      args: "--validation-split 0.1 --patience 5",
      help: "stop after five epochs without a better validation loss",
    },
  ],
} as const satisfies Command;

type Context = TaskContext<typeof COMMAND["groups"]>;

/** A run that is about to start. */
interface Job {
  readonly mlp: Mlp;
  readonly train: Dataset;
  readonly validation: Dataset | undefined;
  readonly test: Dataset | undefined;
  readonly config: Partial<TrainConfig>;
  /** All settings, also those of the checkpoint and the default ones. */
  readonly settings: TrainConfig;
  readonly resume: Checkpoint | undefined;
}

/** Runs this command, by default with the arguments of the process. */
export const run = (call?: Partial<Call>) => runTask(COMMAND, main, call);

if (import.meta.main) await run();

async function main(context: Context): Promise<void> {
  const { signal, screen } = context;
  screen.outliveStdout(); // training continues if the reader of stdout ends
  try {
    await trainAndSave(context);
  } catch (error) {
    if (signal.aborted && error === signal.reason) screen.note("Nothing is saved: no step was done");
    throw error;
  }
}

async function trainAndSave({ given, screen, signal, program }: Context): Promise<void> {
  const { run } = given, { config: settled, model } = initOf(given.config, run);
  const output = userPath(run.output ?? DEFAULT_MODEL);
  const checkpoint = run.checkpoint === undefined ? undefined : userPath(run.checkpoint);
  const layers = given.network.layers === undefined ? undefined : layersOf(given.network.layers);
  const { data, layers: layersText, normalize, ...meaning } = given.network;
  const { data: options, ...scaled } = await dataOptionsOf(meaning);
  const wanted = { ...settled, ...scaled };
  if (run.resume === undefined) checkConfig(wanted);
  const written = checkpoint === undefined ? [output] : [output, checkpoint];
  if (checkpoint !== undefined) refuseSameFile(output, checkpoint);
  const read = run.resume === undefined ? undefined : readCheckpoint(userPath(run.resume), screen);
  const { resume, damaged } = read === undefined ? {} : await unlessAborted(signal, read);
  let replaced: Mlp | undefined;
  for (const path of written) {
    // A damaged file may be replaced: its earlier version is kept already.
    if (damaged !== undefined && await isSameFile(path, damaged)) continue;
    const model = await unlessAborted(signal, refuseToOverwrite(path, run.force ?? false));
    if (path === output) replaced = model;
  }
  const shown = run.quiet ? {} : { screen };
  const start = await openStart(model, { signal, program, ...shown, layers: layersText, normalize });
  const like = resume ? { like: new Mlp(resume.mlp) } : likeInputs(start);
  const { sets, lines: dataLines } = await openData(data, { screen, signal }, {
    ...options,
    ...like,
    inputScaling: wanted.inputScaling,
  });
  if (resume === undefined) checkPatience(wanted, sets.validation);
  await using files = await openRunFiles(written, { screen, damaged });
  const { mlp, config, notes } = resume
    ? { mlp: resumedMlp(resume, layers), config: wanted, notes: [] }
    : chooseRun(sets.train, { layers, config: wanted, start });
  const settings = configOf({ ...resume?.config, ...config });
  if (resume) checkResume(resume, settings, mlp, sets.train);
  else checkRun(mlp, sets.train, settings.loss);
  const lines = [...notes, ...dataNotes(mlp, sets.train, settings)];
  const { backend: named = "auto" } = run;
  await using backend = await openBackend(named, backendOptionsOf(run));
  const validation = settings.validationSplit > 0 ? undefined : sets.validation;
  const job: Job = { mlp, train: sets.train, validation, test: sets.test, config, settings, resume };
  if (!run.quiet) {
    const before = named === "auto"
      ? trainedBefore({ output, replaced }, { path: run.resume, resume })
      : undefined;
    for (const line of [...backendLines(backend, before), ...dataLines, ...lines]) screen.note(line);
    screen.note(`network  ${networkText(mlp)}`);
    screen.note(`training ${configText(settings, resume)}`);
  }

  // An epoch is saved before its row is printed: the row then means that it is safe.
  let last: TrainEvent | undefined;
  const print = printer(job, screen, run);
  try {
    for await (const event of train(mlp, job.train, { ...trainOptions(job, screen, run), backend, signal })) {
      last = event;
      await files.keep(event);
      if (event.ended === undefined) print(event);
    }
  } catch (error) {
    // After any error, the network has the parameters of the last epoch that succeeded.
    const path = last && await files.end(mlp, last, { isFinished: hasFinished(last) });
    if (last && path !== undefined) {
      screen.note(`saved the model of epoch ${last.epoch} to ${shownPath(path)}`);
    }
    for (const { message } of files.faults) screen.error(message);
    throw error;
  }
  const end = last ?? endOf(resume, config.epochs);
  if (end === undefined) return screen.note("Nothing is saved: no step was done");
  const path = await files.end(mlp, last, { isFinished: hasFinished(end) });
  if (last?.ended) print(last);
  // With patience, the network may be that of an earlier epoch than the last one.
  const isTested = last?.ended === "finished" && settings.patience === 0;
  const test = job.test && (isTested ? last?.test : await evaluate(mlp, job.test, { backend }));
  const saved = path === undefined ? undefined : shownPath(path);
  screen.row(run.json ? resultJson(backend, test, saved) : resultText(end, test, saved));
  for (const { message } of files.faults.slice(1)) screen.error(message);
  if (files.faults.length > 0) throw files.faults[0];
}

/** Returns the checkpoint that a run continues, or else the model that it replaces, with the backend that trained it. */
function trainedBefore(
  { output, replaced }: { readonly output: string; readonly replaced: Mlp | undefined },
  { path, resume }: { readonly path: string | undefined; readonly resume: Checkpoint | undefined },
): Trained | undefined {
  if (resume && path !== undefined) return { path: userPath(path), backend: resume.backend };
  return trainedOf(output, replaced);
}

/** Returns whether training ended by itself, and was not interrupted. */
function hasFinished({ ended }: Pick<TrainEvent, "ended">): boolean {
  return ended === "finished" || ended === "patience";
}

/** Returns the options of `train()` for a job. */
function trainOptions(
  { config, settings: { epochs }, validation, test, resume }: Job,
  screen: Screen,
  run: { readonly quiet?: boolean; readonly threads?: number },
) {
  const epochsBefore = (resume?.progress.epoch ?? 1) - 1;
  let started: number | undefined;
  return {
    ...config,
    validation,
    test,
    resume,
    threads: backendOptionsOf(run).threads,
    onProgress: (progress: { epoch: number; step: number; steps: number }) => {
      if (run.quiet) return;
      started ??= performance.now();
      const seconds = (performance.now() - started) / 1000;
      screen.progress(progressText({ ...progress, epochs, seconds, epochsBefore }));
    },
  };
}

/** Returns a function that prints an epoch as a row of the table, or as JSON, or not at all. */
function printer(job: Job, screen: Screen, { json, quiet }: { json?: boolean; quiet?: boolean }) {
  if (json) return (event: TrainEvent) => screen.row(JSON.stringify(epochJson(event)));
  if (quiet) return () => {};
  const { epochs, validationSplit, loss } = job.settings;
  const validation = validationSplit > 0 || job.validation !== undefined;
  const table = startTable(
    epochColumns({
      epochs,
      validation,
      test: job.test !== undefined,
      score: scoreOf(job.train, loss),
    }),
    screen.row,
  );
  return (event: TrainEvent) => table.row(event);
}

function epochJson({ epoch, trainLoss, trainAccuracy, validation, test, seconds }: TrainEvent) {
  return {
    epoch,
    trainLoss,
    trainAccuracy,
    ...scoresJson("validation", validation),
    ...scoresJson("test", test),
    seconds,
  };
}

/** Returns the scores of a set for JSON, which leaves out undefined ones. */
function scoresJson(set: "validation" | "test", evaluation: Evaluation | undefined) {
  const { loss, accuracy, f1, r2, meanAbsoluteError } = evaluation ?? {};
  const scores = { Loss: loss, Accuracy: accuracy, F1: f1, R2: r2, MeanAbsoluteError: meanAbsoluteError };
  return Object.fromEntries(Object.entries(scores).map(([name, value]) => [set + name, value]));
}

function resultJson(
  { name, device }: { name: string; device: string },
  test: Evaluation | undefined,
  saved: string | undefined,
): string {
  const seconds = performance.now() / 1000; // since the start of the process
  return JSON.stringify({
    done: true,
    backend: name,
    device,
    ...scoresJson("test", test),
    seconds,
    model: saved ?? null,
  });
}

/** Returns how the resumed run has ended; `undefined` if steps are left, or if no run is resumed. */
function endOf(
  resume: Checkpoint | undefined,
  epochs: number | undefined,
): Pick<TrainEvent, "epoch" | "ended"> | undefined {
  const ended = resume && endOfRun(resume, epochs);
  return ended && { epoch: resume.progress.epoch - 1, ended };
}

function resultText(
  { epoch, ended }: Pick<TrainEvent, "epoch" | "ended">,
  test: Evaluation | undefined,
  saved: string | undefined,
): string {
  const why = ended === "finished" ? undefined : ended === "patience" ? "stopped early" : "interrupted";
  return [
    ...why ? [`${why} in epoch ${epoch}`] : [],
    ...test?.accuracy === undefined ? [] : [`test accuracy ${accuracy(test.accuracy, test.rows)}`],
    ...test?.f1 === undefined ? [] : [`test F1 ${test.f1.toFixed(4)}`],
    ...test?.r2 === undefined ? [] : [`test R² ${r2(test.r2)}`],
    ...test?.meanAbsoluteError === undefined ? [] : [`mean absolute error ${amount(test.meanAbsoluteError)}`],
    ...test ? [`test loss ${loss(test.loss)}`] : [],
    duration(performance.now() / 1000),
    saved === undefined ? "not saved" : `saved ${saved}`,
  ].join(", ");
}
