/**
 * The network that `deno task gui` shows: a saved one, one trained before, or one trained while it is shown. @module
 */
import type { Backend } from "../../src/backends/backend.ts";
import type { TrainConfig } from "../../src/training/config.ts";
import { type Dataset, type DatasetPair, imageSpecOf } from "../../src/data/dataset.ts";
import type { DataOptions } from "../../src/data/options.ts";
import { checkFit, type Evaluation } from "../../src/training/evaluate.ts";
import type { GuiOptions } from "../../src/gui/server/gui.ts";
import { checkShowable, classNamesOf } from "../../src/gui/network/shown_network.ts";
import {
  createTrainingSession,
  type TrainingJob,
  type TrainingSession,
} from "../../src/gui/training/training.ts";
import type { LayerSpec } from "../../src/plan/layers.ts";
import type { Mlp } from "../../src/mlp.ts";
import { train } from "../../src/training/train.ts";
import { drawOn, openData, openShownRows, openTrainRows } from "./data.ts";
import { once } from "./once.ts";
import type { StartNetwork } from "./init_option.ts";
import { loadModel } from "./model.ts";
import { DEFAULT_MODEL } from "./options.ts";
import { accuracy, count } from "../terminal/numbers.ts";
import { progressText } from "../terminal/progress.ts";
import type { Screen } from "../terminal/screen.ts";
import { epochColumns, scoreOf, startTable } from "../terminal/table.ts";
import { recipeLine, type RecipeName } from "./recipes.ts";
import { checkRun, chooseRun } from "./run_choice.ts";
import { dataNotes } from "./run_notes.ts";
import { checkPatience, configOf, configText, networkText } from "./training.ts";

/** A network and the other data that the page shows. */
export interface Shown {
  readonly mlp: Mlp;
  readonly origin: string;
  readonly samples?: Dataset;
  /** The rows of the training set, or the function that loads them when they are needed. */
  readonly rows?: GuiOptions["rows"];
  readonly training?: TrainingSession;
}

/** The data set whose test rows the page shows. */
export interface SampleSource {
  /** The paths; by default MNIST or drawn digits. */
  readonly data: readonly string[] | undefined;
  /** The options for the parts of its file. */
  readonly options: DataOptions;
}

/** The program that called a task, the screen, and the signal that ends the task. */
interface Terminal {
  readonly program: string;
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

/** The data and the epochs of `--demo`, which trains for about four seconds on two processors. */
const DEMO = { digits: 20_000, testDigits: 1000, epochs: 8 };

/** Loads the network of a file. */
export async function openSaved(
  path: string | undefined,
  samples: SampleSource,
  terminal: Terminal & {
    readonly layers?: string;
    readonly normalize?: string;
    readonly trustSizes?: boolean;
  },
): Promise<Shown> {
  const otherwise = `\`${terminal.program} gui --demo\` to try the page without a model`;
  const mlp = await loadModel(path, { ...terminal, otherwise });
  checkShowable(mlp);
  return { mlp, origin: originOf(path ?? DEFAULT_MODEL, mlp), ...await setsFor(mlp, samples, terminal) };
}

/** Returns the origin of a network for a person: the name of its file, and the data set and epochs of its record. */
export function originOf(name: string, { training }: Mlp): string {
  const source = training?.dataset?.source, epochs = training?.epochs; // another program's record may lack either
  const known = [source && `on ${source}`, epochs && `for ${epochsText(epochs)}`].filter(Boolean).join(" ");
  return `${name}${known && `, trained ${known}`}`;
}

/** Trains a small network on drawn digits. */
export async function openDemo(
  backend: Backend,
  samples: SampleSource,
  terminal: Terminal,
): Promise<Shown> {
  const { program, screen, signal } = terminal;
  const { digits, testDigits, epochs } = DEMO;
  screen.note(`drawing ${count(digits)} digits, and training on them for ${epochsText(epochs)}`);
  const sets = await drawOn({ screen, signal }, { count: digits, testCount: testDigits });
  const { mlp } = chooseRun(sets.train, { config: {} }), progress = progressOf(screen, epochs);
  let test: Evaluation | undefined;
  const options = { backend, epochs, signal, test: sets.test, onProgress: progress.show };
  for await (const event of train(mlp, sets.train, options)) test = event.test;
  signal.throwIfAborted();
  if (test?.accuracy !== undefined) {
    const correct = accuracy(test.accuracy, test.accuracyInterval!);
    screen.note(
      `accuracy ${correct} on other drawn digits; \`${program} train\` makes a better network for MNIST`,
    );
  }
  const origin = `a demonstration, trained on ${count(digits)} drawn digits for ${
    epochsText(epochs)
  }, not saved`;
  const rows = () => Promise.resolve(sets.train);
  if (samples.data === undefined) return { mlp, origin, samples: sets.test, rows };
  const { test: own, train: others } = await fittingRows(mlp, samples, terminal); // the network was trained on neither
  return { mlp, origin, samples: own ?? others, rows };
}

/** Creates a network, and the session that trains it while the page shows it. */
export async function openTraining(
  options: {
    readonly backend: Backend;
    readonly threads: number | undefined;
    readonly data: readonly string[] | undefined;
    readonly options: DataOptions;
    readonly layers: LayerSpec[] | undefined;
    /** The hidden layers if no layers are named. */
    readonly hidden?: readonly LayerSpec[];
    /** The recipe with the settings that it stands for. */
    readonly recipe?: { readonly name: RecipeName; readonly config: Partial<TrainConfig> };
    readonly config: Partial<TrainConfig>;
    /** A network to train further. */
    readonly start: StartNetwork | undefined;
    readonly save: TrainingJob["save"];
  },
  terminal: Terminal,
): Promise<Shown> {
  const { backend, threads, recipe, save } = options, { screen } = terminal;
  const { sets, lines: dataLines } = await openData(options.data, terminal, {
    ...options.options,
    inputScaling: options.config.inputScaling,
  });
  checkPatience(options.config, sets.validation);
  const { mlp, config, notes } = chooseRun(sets.train, options);
  checkShowable(mlp, { rows: sets.train, samples: sets.test });
  const settings = configOf(config);
  checkRun(mlp, sets.train, settings.loss);
  const lines = [...notes, ...dataNotes(mlp, sets.train, settings, sets.validation)];
  for (const line of [...dataLines, ...lines]) screen.note(line);
  if (recipe) screen.note(recipeLine(recipe.name, recipe.config, mlp.layers));
  screen.note(`network  ${networkText(mlp)}`);
  screen.note(`training ${configText(settings)}`);
  const validation = settings.validationSplit > 0 ? undefined : sets.validation;
  const job = { mlp, train: sets.train, validation, test: sets.test, config, backend, threads, save };
  const training = createTrainingSession(job);
  printTraining(training, { screen, sets, settings });
  return {
    mlp,
    origin: `learning from ${sets.train.source}`,
    samples: sets.test,
    rows: sets.train,
    training,
  };
}

/**
 * Opens the rows to show: the test set, or else the training set. Returns none if no data set was named and the network does not
 * take images of the ten digits in MNIST's size.
 */
async function setsFor(
  mlp: Mlp,
  source: SampleSource,
  terminal: Terminal,
): Promise<Pick<Shown, "samples" | "rows">> {
  const isOfDigits = classNamesOf(mlp).join("") === "0123456789" && !mlp.columns && imageSpecOf(mlp) &&
    mlp.inFeatures === 28 * 28;
  if (source.data === undefined && !isOfDigits) return {};
  const { test, train } = await fittingRows(mlp, source, terminal);
  return test ? { samples: test, rows: rowsFor(mlp, source, terminal) } : { rows: train };
}

/** Opens the test set, or else the training set, and checks that it fits the network. */
async function fittingRows(mlp: Mlp, { data, options }: SampleSource, terminal: Terminal) {
  const { test, train } = await openShownRows(data, terminal, { ...options, like: mlp });
  for (const set of [test, train]) if (set) checkFit(mlp, set);
  return { test, train };
}

/** Returns the function that loads the training rows of the data whose test set {@linkcode setsFor} opens. */
function rowsFor(mlp: Mlp, { data, options }: SampleSource, terminal: Terminal): NonNullable<Shown["rows"]> {
  return once(async () => {
    const rows = await openTrainRows(data, terminal, { ...options, like: mlp });
    if (rows) checkFit(mlp, rows);
    return rows;
  });
}

/** Shows the progress of a run on the transient line. */
function progressOf(screen: Screen, epochs: number) {
  let started: { readonly at: number; readonly epochsBefore: number } | undefined;
  return {
    show({ epoch, step, steps }: { epoch: number; step: number; steps: number }) {
      started ??= { at: performance.now(), epochsBefore: epoch - 1 + (steps > 0 ? step / steps : 0) };
      const seconds = (performance.now() - started.at) / 1000, { epochsBefore } = started;
      screen.progress(progressText({ epoch, step, steps, epochs, seconds, epochsBefore }));
    },
    /** Starts the time measurement again, after a pause. */
    restart() {
      started = undefined;
    },
  };
}

/**
 * Prints the events of a session: a row for each epoch, a transient line for the steps, a line for each change of
 * phase.
 */
function printTraining(
  training: TrainingSession,
  { screen, sets, settings }: { screen: Screen; sets: DatasetPair; settings: TrainConfig },
): void {
  const { epochs } = training.state, progress = progressOf(screen, epochs);
  const validation = settings.validationSplit > 0 || sets.validation !== undefined,
    score = scoreOf(sets.train, settings.loss);
  const startEpochs = () =>
    startTable(epochColumns({ epochs, validation, test: sets.test !== undefined, score }), screen.note);
  let table = startEpochs(), steered = 0;
  let before = training.state.phase, evaluation: Evaluation | undefined;
  training.listen({
    epoch(event) {
      table.row(event);
      evaluation = event.test;
    },
    network(mlp, config) {
      screen.note(`restarted, network  ${networkText(mlp)}`);
      screen.note(`training ${configText(config)}`);
      [table, steered, evaluation] = [startEpochs(), 0, undefined];
      progress.restart();
    },
    state(state) {
      for (; steered < state.steered.length; steered++) {
        const { setting, value, step } = state.steered[steered];
        screen.note(`changed ${setting} to ${value} after step ${count(step)}`);
      }
      if (state.phase === "running") progress.show(state);
      if (state.phase === before) return;
      before = state.phase;
      if (state.phase === "running" || state.phase === "preparing") return;
      progress.restart();
      const tested = evaluation?.accuracy === undefined ? [] : [
        `test accuracy ${
          accuracy(evaluation.accuracy, evaluation.accuracyInterval!)
        } after epoch ${training.epochs.epochs.length}`,
      ];
      const why = state.error === undefined ? "" : ` (${state.error})`;
      const saved = state.saved === undefined ? ["nothing is saved"] : [`saved ${state.saved}`];
      screen.note(
        state.phase === "paused"
          ? `paused in epoch ${state.epoch}`
          : [`training ${state.phase} in epoch ${state.epoch}${why}`, ...tested, ...saved].join(", "),
      );
    },
  });
}

function epochsText(epochs: number): string {
  return epochs === 1 ? "1 epoch" : `${epochs} epochs`;
}
