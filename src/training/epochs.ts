/** The epochs of a run. @module */
import type { Augmenter } from "../augment/augmenter.ts";
import type { Ranks } from "../backends/ranks/ranks.ts";
import type { EpochResult, Tensors, Trainer } from "../backends/backend.ts";
import { countOf, type Dataset, NO_CLASS } from "../data/dataset.ts";
import { DivergedError } from "../errors.ts";
import type { Mlp } from "../mlp.ts";
import type { TrainingRecord } from "../mlp_parts.ts";
import type { StepPlan } from "../plan/plan.ts";
import { learningRates } from "../plan/schedules.ts";
import { permutation } from "../random.ts";
import { fingerprintOf } from "./checkpoint.ts";
import type { EpochTrainer } from "./chunks.ts";
import type { Checkpoint, Fingerprint, Progress } from "./checkpoint_parts.ts";
import type { TrainConfig } from "./config.ts";
import type { Evaluator } from "./evaluate.ts";
import type { Evaluation } from "./scores.ts";
import { networkParameters } from "./network_parameters.ts";
import { agree, lateSignal, type Scores } from "./on_ranks.ts";
import { endOfRun } from "./resume.ts";
import { createStepRunner } from "./epoch_parts.ts";
import type { InputRanges } from "./input_ranges.ts";
import type { Scalings } from "./scalings.ts";
import { atTemperature, type Calibrator } from "./temperature.ts";
import type { ThresholdFitter } from "./thresholds.ts";

/** The results of an epoch. */
export interface TrainEvent {
  /** The epoch, from 1. */
  readonly epoch: number;
  /** The number of steps of the run that are done. */
  readonly step: number;
  /** Mean loss over the epoch's rows, each before the update of its step; of deformed images if `augment` is set. */
  readonly trainLoss: number;
  /**
   * Share of the epoch's rows that were predicted correctly, without rows that belong to no class. With several labels a
   * row, all labels of a row must be correct; with probabilities as targets, the most likely class must be. Absent for
   * regression, and if no row belongs to a class.
   */
  readonly trainAccuracy?: number;
  /** The scores on the validation set, before a temperature is fitted; absent if there is none. */
  readonly validation?: Evaluation;
  /** The scores on the test set, before a temperature is fitted; absent if none was given. */
  readonly test?: Evaluation;
  /** The learning rate of the last step. */
  readonly learningRate: number;
  /** The duration of the steps in seconds, including the wait for deformed images and excluding evaluation. */
  readonly seconds: number;
  /** The number of rows a second. */
  readonly rowsPerSecond: number;
  /** The reason that this is the last event; absent if more events may follow. */
  readonly ended?: "finished" | "patience" | "interrupted";
  /** Returns the checkpoint of this moment, for `saveCheckpoint` or `resume`. */
  checkpoint(): Checkpoint;
}

/** The mean results of some steps within an epoch. */
export interface TrainPart {
  /** The epoch, from 1. */
  readonly epoch: number;
  /** The number of steps of the epoch that are done. */
  readonly step: number;
  /** The number of steps in an epoch. */
  readonly steps: number;
  /** Mean loss over the rows of the part, as in {@linkcode TrainEvent.trainLoss}. */
  readonly trainLoss: number;
  /** Share of these rows that were predicted correctly, as in {@linkcode TrainEvent.trainAccuracy}. */
  readonly trainAccuracy?: number;
}

/** A run with all its parts. */
export interface Run {
  readonly mlp: Mlp;
  readonly dataset: Dataset;
  readonly config: TrainConfig;
  readonly plan: StepPlan;
  readonly trainer: EpochTrainer & Partial<Pick<Trainer, "writeInputs">>;
  /** The source of the deformed inputs of each epoch; `undefined` if the inputs are those of the data set. */
  readonly augmenter: Augmenter | undefined;
  /** The rows to train on, of the data set and of those that the run adds to it; of a set of chunks, only their number. */
  readonly rows: Uint32Array | { readonly length: number };
  /** The fingerprint of a set of chunks, of which `dataset` is the first; absent for other sets. */
  readonly fingerprint?: Fingerprint;
  /** The validation set that was given, if patience needs it. */
  readonly waitsFor?: Dataset;
  /** The labels of all these rows; absent if they have targets. */
  readonly labels?: Uint32Array;
  /** The fitter of thresholds; absent if the run has no outliers, and on ranks other than 0. */
  readonly fitter?: ThresholdFitter;
  /** The source of the temperature; absent if the run is not calibrated, and on ranks other than 0. */
  readonly calibrator?: Calibrator;
  /** The scalings of its inputs and targets. */
  readonly scalings: Scalings;
  /** The ranges of the inputs in the rows to train on; absent for images. */
  readonly inputRanges?: InputRanges;
  readonly evaluators: { [set: string]: Evaluator | undefined };
  readonly backend: string;
  /** The processes that do the run together, of which rank 0 has the evaluators; absent if this one does it alone. */
  readonly ranks?: Ranks;
  /** The parts of a batch whose gradients are added; absent without ranks. */
  readonly slices?: number;
}

/** The options of `train` for the course of a run: where it starts, its progress, and its end. */
export interface EpochOptions {
  /** Ends the run after the current step. If steps of the interrupted epoch were done, its event is the last one. */
  readonly signal?: AbortSignal;
  /**
   * The checkpoint to continue from. The settings are those of the checkpoint; only `epochs` may differ, and must be at least
   * the number of epochs that are done. If the run has already ended, no step is done and no event is yielded; the network
   * receives the parameters with which the run ended.
   */
  readonly resume?: Checkpoint;
  /** Receives the number of steps of the epoch that are done, about ten times a second. */
  readonly onProgress?: (progress: { epoch: number; step: number; steps: number }) => void;
  /**
   * Receives the results of each part of an epoch, up to 20 times an epoch and about ten times a second. The trained network is
   * the same, bit for bit; the loss of an epoch may have another last digit. Not for a run with `ranks`.
   */
  readonly onPart?: (part: TrainPart) => void;
}

/** The time between two calls of `onProgress`, in milliseconds. */
const PROGRESS_MS = 100;

/** Runs the remaining epochs, and yields an event after each. */
export async function* runEpochs(
  run: Run,
  { signal, onProgress, onPart, resume }: EpochOptions,
): AsyncGenerator<TrainEvent, void, void> {
  const { mlp, config, plan, trainer, augmenter, evaluators, fitter, scalings, ranks } = run;
  const { labels } = run;
  let fingerprint = resume?.dataset; // of the same data set, which was checked
  const orderOf = (epoch: number) => {
    if (!(run.rows instanceof Uint32Array)) return new Uint32Array(); // each chunk has its own order
    const order = permutation(config.seed, epoch, run.rows.length);
    for (let i = 0; i < order.length; i++) order[i] = run.rows[order[i]];
    return order;
  };
  const hasAccuracy = labels !== undefined || config.loss.endsWith("cross-entropy");
  const accuracyOf = (correct: number, start: number, count: number) => {
    const classed = !hasAccuracy ? 0 : run.fingerprint
      ? count // every row of a chunk belongs to a class
      : classedRows(labels, ran.subarray(start, start + count));
    return classed > 0 ? { trainAccuracy: correct / classed } : {};
  };
  const stepsPerEpoch = Math.ceil(run.rows.length / plan.batchSize);
  let best = resume?.progress.best, bestTensors = resume?.bestTensors;
  let done = resume?.progress ??
    { epoch: 1, stepsDone: 0, sums: { lossSum: 0, correct: 0, rows: 0 }, step: 0 };
  const first = done.epoch;
  let order = orderOf(first), ran = order;
  const runner = createStepRunner(
    trainer,
    mlp.parameterCount,
    onPart && ((part, before) => {
      const { epoch, stepsDone } = done, start = (stepsDone + before) * plan.batchSize;
      onPart({
        epoch,
        step: stepsDone + before + part.steps,
        steps: stepsPerEpoch,
        trainLoss: part.lossSum / part.rows,
        ...accuracyOf(part.correct, start, part.rows),
      });
    }),
  );

  for (let epoch = first; epoch <= config.epochs; epoch++) {
    const rates = learningRates(config, epoch, stepsPerEpoch);
    const from = done.stepsDone, started = performance.now();
    if (augmenter && epoch > first) await trainer.writeInputs!(await augmenter.inputsOf(epoch));
    if (epoch < config.epochs) augmenter?.prepare(epoch + 1);
    const timer = onProgress &&
      setInterval(
        () => onProgress({ epoch, step: from + runner.stepsDone, steps: stepsPerEpoch }),
        PROGRESS_MS,
      );
    let result: EpochResult, seconds: number;
    ran = order;
    try {
      const running = runner.run({
        order: order.subarray(from * plan.batchSize),
        rates: rates.subarray(from),
        batchSize: plan.batchSize,
        signal: ranks ? lateSignal(signal) : signal,
      });
      order = orderOf(epoch + 1); // computed while the backend works
      result = await running;
      seconds = (performance.now() - started) / 1000;
    } finally {
      clearInterval(timer);
    }
    if (result.steps === 0) { // interrupted before the first step of this epoch
      if (done.step > 0) await calibrate(run);
      return;
    }
    const stepsDone = from + result.steps, isComplete = stepsDone === stepsPerEpoch;
    const state = await trainer.readState();
    const parameters = networkParameters(plan, mlp.layers, state, scalings);
    if (result.diverged || !areBelow(Infinity, state.tensors) || !areBelow(INFINITE_FLOAT32, parameters)) {
      throw divergedError(epoch, stepsDone, result);
    }

    const sums = {
      lossSum: done.sums.lossSum + result.lossSum,
      correct: done.sums.correct + result.correct,
      rows: done.sums.rows + result.rows,
    };
    mlp.parameters = parameters;
    const evaluate = async (): Promise<Scores> => {
      const thresholds = await fitter?.run(mlp.parameters);
      if (!isComplete) return { thresholds };
      const test = await evaluators.test?.run(mlp.parameters);
      return { test, validation: await evaluators.validation?.run(mlp.parameters), thresholds };
    };
    const { test, validation, thresholds, stopped } = await agree(ranks, signal, evaluate);
    if (validation && validation.loss < (best?.loss ?? Infinity)) { // false for NaN
      best = { epoch, loss: validation.loss, ...thresholds && { thresholds } };
      bestTensors = config.patience > 0 ? mlp.parameters : undefined;
    }
    const start = { lossSum: 0, correct: 0, rows: 0 };
    const next: Progress = isComplete
      ? { epoch: epoch + 1, stepsDone: 0, sums: start, step: state.step, best }
      : { epoch, stepsDone, sums, step: state.step, best };
    const end = endOfRun({ config, progress: next }), restored = end && bestTensors;
    const ended = end ?? (stopped ? "interrupted" : undefined);
    if (restored) mlp.parameters = restored;
    mlp.thresholds = restored && best ? best.thresholds : thresholds;
    mlp.training = recordOf(run, restored && best ? best.epoch : epoch);
    const parts = { ...mlp };
    if (ended) await calibrate(run);
    yield {
      epoch,
      step: state.step,
      trainLoss: sums.lossSum / sums.rows,
      ...accuracyOf(sums.correct, 0, sums.rows),
      ...(validation && { validation }),
      ...(test && { test }),
      learningRate: rates[Math.max(0, stepsDone - 1)],
      seconds,
      rowsPerSecond: result.rows / seconds,
      ...(ended && { ended }),
      checkpoint: () => ({
        mlp: { ...parts, parameters, thresholds },
        config,
        progress: next,
        tensors: state.tensors,
        bestTensors,
        backend: run.backend,
        ...run.slices !== undefined && { slices: run.slices },
        dataset: fingerprint ??= {
          ...run.fingerprint ?? fingerprintOf(run.dataset),
          ...(config.outliers || config.calibrate) && { epochRows: run.rows.length },
          ...run.waitsFor && { validation: fingerprintOf(run.waitsFor) },
        },
      }),
    };
    if (ended) return;
    done = next;
  }
}

/** Divides the logits of the network by its temperature at the end of the run, if it is calibrated. Thresholds are fitted anew. */
export async function calibrate(
  { mlp, config, ranks, calibrator, fitter }: Pick<
    Run,
    "mlp" | "config" | "ranks" | "calibrator" | "fitter"
  >,
): Promise<void> {
  if (!config.calibrate) return;
  const scaled = (temperature: number) => atTemperature(mlp.parameters, mlp.layers, temperature);
  const { temperature, thresholds } = await agree(ranks, undefined, async () => {
    const temperature = await calibrator!.run(mlp.parameters);
    return { temperature, thresholds: await fitter?.run(scaled(temperature)) };
  });
  mlp.parameters = scaled(temperature!);
  mlp.training = { ...mlp.training!, temperature };
  mlp.thresholds = thresholds;
}

/** Returns the record of a network after `epochs` epochs of this run. */
export function recordOf(
  { config, dataset, rows, backend, slices, inputRanges, scalings }: Pick<
    Run,
    "config" | "dataset" | "rows" | "backend" | "slices" | "inputRanges" | "scalings"
  >,
  epochs: number,
): TrainingRecord {
  const own = ownRows(dataset, rows), teacher = dataset.distilled && { teacher: dataset.distilled.teacher };
  const record = { config, epochs, dataset: { source: dataset.source, rows: own }, backend, ...teacher };
  return { ...record, ...slices !== undefined && { slices }, ...inputRanges && { inputRanges }, ...scalings };
}

/** Returns the number of these rows that are of the data set, in contrast to rows that the run adds. */
function ownRows(dataset: Dataset, rows: Run["rows"]): number {
  if (!(rows instanceof Uint32Array)) return rows.length;
  const count = countOf(dataset); // checks its argument, which takes far longer than a comparison
  let own = 0;
  for (const row of rows) if (row < count) own++;
  return own;
}

/** Returns the number of these rows that belong to a class. */
function classedRows(labels: Uint32Array | undefined, rows: Uint32Array): number {
  if (!labels) return rows.length;
  let count = 0;
  for (const row of rows) if (labels[row] !== NO_CLASS) count++;
  return count;
}

/** The smallest number that is infinite when it is written to a file, rounded to float32. */
const INFINITE_FLOAT32 = 2 ** 128 - 2 ** 103;

/** Returns whether the absolute values of all numbers are below a limit; NaN is not. */
function areBelow(limit: number, tensors: Tensors): boolean {
  for (const values of Object.values(tensors)) {
    for (let i = 0; i < values.length; i++) if (!(Math.abs(values[i]) < limit)) return false;
  }
  return true;
}

function divergedError(epoch: number, step: number, { diverged }: EpochResult): DivergedError {
  const found = diverged ? "the loss" : "a parameter";
  return new DivergedError(
    `Training stopped: ${found} is not a finite number at epoch ${epoch}, step ${step}; a smaller learning rate may help`,
    { epoch, step },
  );
}
