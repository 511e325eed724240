/** `deno task train`: trains a network and saves it. @module */
import { openBackend } from "../src/backend.ts";
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from "../src/checkpoint.ts";
import { TRAIN_OPTIONS, type TrainConfig } from "../src/config.ts";
import type { Dataset } from "../src/data/dataset.ts";
import { DivergedError, FormatError } from "../src/errors.ts";
import { evaluate, type Evaluation } from "../src/evaluate.ts";
import { dense, formatLayers, type LayerSpec, parseLayers } from "../src/layers.ts";
import { Mlp } from "../src/mlp.ts";
import { train, type TrainEvent } from "../src/train.ts";
import { openData } from "./data.ts";
import {
  BACKEND_OPTIONS,
  DATA_ALIASES,
  DATA_OPTION,
  DEFAULT_MODEL,
  JSON_OPTION,
  threadsOf,
} from "./options.ts";
import type { Command } from "./terminal/command.ts";
import { TaskError, UsageError } from "./terminal/errors.ts";
import { runTask, type TaskContext } from "./terminal/main.ts";
import { accuracy, count, duration, loss } from "./terminal/numbers.ts";
import { projectPath, shownPath, userPath } from "./terminal/paths.ts";
import { progressText } from "./terminal/progress.ts";
import type { Screen } from "./terminal/screen.ts";
import { epochColumns, startTable } from "./terminal/table.ts";

/** The hidden layers where none are named. */
const HIDDEN: readonly LayerSpec[] = [dense(128, "relu"), dense(64, "relu")];

const COMMAND = {
  name: "deno task train",
  summary:
    "Trains a network and saves it. With no options: 784-128-64-10 on MNIST, 100 epochs, to model/model.npz.",
  groups: {
    network: {
      title: "Data and network",
      options: {
        ...DATA_OPTION,
        layers: {
          kind: "text",
          value: "LAYERS",
          help: "widths and activations (relu, sigmoid, tanh, softmax, linear), first to last; " +
            "by default 128:relu,64:relu and the set's classes as softmax, or its target values as linear",
        },
      },
      aliases: DATA_ALIASES,
    },
    config: { title: "Training", options: TRAIN_OPTIONS, aliases: { learningRate: ["lr"] } },
    run: {
      title: "Run",
      options: {
        ...BACKEND_OPTIONS,
        output: { kind: "text", value: "PATH", help: `where the model goes (default ${DEFAULT_MODEL})` },
        checkpoint: {
          kind: "text",
          value: "PATH",
          help: "write a file after every epoch that training can go on from",
        },
        resume: {
          kind: "text",
          value: "PATH",
          help: "go on from such a file; its settings hold, only --epochs may differ",
        },
        force: { kind: "boolean", default: false, help: "write over a file that is not a model" },
        quiet: { kind: "boolean", default: false, help: "print the result alone" },
        ...JSON_OPTION,
      },
      aliases: { output: ["o"], quiet: ["q"] },
    },
  },
  examples: [
    { line: "deno task train --epochs 5 --lr 0.002", help: "five passes with a higher learning rate" },
    {
      line: "deno task train --layers 512:relu,10:softmax --optimizer sgd --momentum 0.9 --lr 0.1",
      help: "another network",
    },
    {
      line: "deno task train --validation-split 0.1 --patience 5",
      help: "stop when five epochs bring nothing",
    },
  ],
} as const satisfies Command;

type Context = TaskContext<typeof COMMAND["groups"]>;

/** A run that is about to start. */
interface Job {
  readonly mlp: Mlp;
  readonly train: Dataset;
  readonly test: Dataset | undefined;
  readonly config: Partial<TrainConfig>;
  readonly resume: Checkpoint | undefined;
  readonly output: string;
  readonly checkpoint: string | undefined;
}

if (import.meta.main) await runTask(COMMAND, main);

async function main({ given, screen, signal }: Context): Promise<void> {
  const { run } = given;
  const output = run.output === undefined ? projectPath(DEFAULT_MODEL) : userPath(run.output);
  const layers = given.network.layers === undefined ? undefined : layersOf(given.network.layers);
  await refuseToOverwrite(output, run.force ?? false);
  const resume = run.resume === undefined ? undefined : await readCheckpoint(userPath(run.resume));
  const { sets, said } = await openData(given.network.data, { screen, signal });
  const mlp = resume ? resumedMlp(resume, layers) : newMlp(layers, sets.train, given.config);
  const config = sets.train.labels || resume
    ? given.config
    : { loss: "mean-squared-error" as const, ...given.config };
  await using backend = await openBackend(run.backend ?? "auto", { threads: threadsOf(run) });
  const checkpoint = run.checkpoint === undefined ? undefined : userPath(run.checkpoint);
  const job: Job = { mlp, train: sets.train, test: sets.test, config, resume, output, checkpoint };
  if (!run.quiet) {
    for (const { name, reason } of backend.passedOver) screen.note(`passed over ${name}: ${reason}`);
    screen.note(`backend  ${backend.name} on ${backend.device}`);
    screen.note(`data     ${said}`);
    screen.note(`network  ${networkText(mlp)}`);
    screen.note(`training ${configText(job)}`);
  }

  let last: TrainEvent | undefined;
  try {
    const print = printer(job, screen, run);
    for await (const event of train(mlp, job.train, { ...trainOptions(job, screen), backend, signal })) {
      print(event);
      last = event;
      if (checkpoint !== undefined) await saveCheckpoint(checkpoint, event.checkpoint());
    }
  } catch (error) {
    if (error instanceof DivergedError && last) {
      await mlp.save(output);
      screen.note(`saved the model of epoch ${last.epoch} to ${shownPath(output)}`);
    }
    throw error;
  }
  await mlp.save(output);
  const test = job.test && (last?.ended === "finished" && !job.config.patience ? last.test : undefined) ||
    job.test && await evaluate(mlp, job.test, { backend });
  screen.row(run.json ? resultJson(backend, test, output) : resultText(last, test, output));
}

/** What `train()` is told of a job. */
function trainOptions({ config, test, resume }: Job, screen: Screen) {
  const epochsBefore = (resume?.progress.epoch ?? 1) - 1;
  const epochs = config.epochs ?? resume?.config.epochs ?? TRAIN_OPTIONS.epochs.default;
  let started: number | undefined;
  return {
    ...config,
    test,
    resume,
    onProgress: (progress: { epoch: number; step: number; steps: number }) => {
      started ??= performance.now();
      const seconds = (performance.now() - started) / 1000;
      screen.progress(progressText({ ...progress, epochs, seconds, epochsBefore }));
    },
  };
}

/** Prints an epoch as a row of the table, or as JSON, or not at all. */
function printer(job: Job, screen: Screen, { json, quiet }: { json?: boolean; quiet?: boolean }) {
  if (json) return (event: TrainEvent) => screen.row(JSON.stringify(epochJson(event)));
  if (quiet) return () => {};
  const validationSplit = job.config.validationSplit ?? job.resume?.config.validationSplit ?? 0;
  const table = startTable(
    epochColumns({
      epochs: job.config.epochs ?? job.resume?.config.epochs ?? TRAIN_OPTIONS.epochs.default,
      validation: validationSplit > 0,
      test: job.test !== undefined,
      classes: job.train.labels !== undefined,
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
    ...(validation && { validationLoss: validation.loss, validationAccuracy: validation.accuracy }),
    testLoss: test?.loss,
    testAccuracy: test?.accuracy,
    seconds,
  };
}

function resultJson(
  { name, device }: { name: string; device: string },
  test: Evaluation | undefined,
  output: string,
): string {
  const { accuracy: testAccuracy, loss: testLoss } = test ?? {};
  const seconds = performance.now() / 1000; // since the process began
  return JSON.stringify({
    done: true,
    backend: name,
    device,
    testAccuracy,
    testLoss,
    seconds,
    model: shownPath(output),
  });
}

function resultText(last: TrainEvent | undefined, test: Evaluation | undefined, output: string): string {
  const ends: Record<string, string> = {
    patience: "stopped early",
    interrupted: "interrupted",
  };
  const tested = !test
    ? []
    : test.accuracy === undefined
    ? [`test loss ${loss(test.loss)}`]
    : [`test accuracy ${accuracy(test.accuracy, test.rows)}`, `test loss ${loss(test.loss)}`];
  const parts = [...tested, duration(performance.now() / 1000), `saved ${shownPath(output)}`];
  const why = ends[last?.ended ?? ""];
  return (why ? [`${why} in epoch ${last?.epoch}`, ...parts] : parts).join(", ");
}

function networkText(mlp: Mlp): string {
  const layers = mlp.layers.map(({ outFeatures, activation }) => `${outFeatures} ${activation}`);
  return `${[mlp.inFeatures, ...layers].join(" → ")}, ${count(mlp.parameterCount)} parameters`;
}

function configText({ config, resume }: Job): string {
  const value = <K extends keyof TrainConfig>(name: K) =>
    config[name] ?? resume?.config[name] ?? TRAIN_OPTIONS[name].default;
  const from = resume ? `; goes on at epoch ${resume.progress.epoch}` : "";
  return `${value("optimizer")}, learning rate ${value("learningRate")} ${value("schedule")}, ${
    value("loss")
  }, ` +
    `batch ${value("batchSize")}, ${value("epochs")} epochs, seed ${value("seed")}${from}`;
}

function layersOf(text: string): LayerSpec[] {
  try {
    return parseLayers(text);
  } catch (error) {
    throw new UsageError(`--layers: ${(error as Error).message}`, {
      hint: "such as --layers 128:relu,10:softmax",
    });
  }
}

function newMlp(layers: LayerSpec[] | undefined, set: Dataset, config: Partial<TrainConfig>): Mlp {
  const output = dense(set.outFeatures, set.labels ? "softmax" : "linear");
  return Mlp.create(layers ?? [...HIDDEN, output], set, { init: config.init, seed: config.seed });
}

function resumedMlp(resume: Checkpoint, layers: LayerSpec[] | undefined): Mlp {
  const kept = formatLayers(resume.mlp.layers);
  if (layers && formatLayers(layers) !== kept) {
    throw new UsageError(`Cannot resume with --layers ${formatLayers(layers)}: the checkpoint has ${kept}`);
  }
  return new Mlp(resume.mlp);
}

async function readCheckpoint(path: string): Promise<Checkpoint> {
  try {
    return await loadCheckpoint(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new TaskError(`Cannot resume: there is no file ${JSON.stringify(shownPath(path))}`);
  }
}

/** A file that is no model was hardly meant to be written over; better said now than after the last epoch. */
async function refuseToOverwrite(path: string, force: boolean): Promise<void> {
  try {
    const { isDirectory } = await Deno.stat(path);
    if (isDirectory) throw new TaskError(`Cannot save to ${JSON.stringify(shownPath(path))}: it is a folder`);
    if (!force) await Mlp.load(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (!(error instanceof FormatError)) throw error;
    throw new TaskError(`Cannot save to ${JSON.stringify(shownPath(path))}: the file there is not a model`, {
      hint: "name another with --output, or use --force to write over it",
    });
  }
}
