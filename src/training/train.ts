/** Training: epochs over a data set, an event for each. @module */
import { type Augmenter, createAugmenter } from "../augment/augmenter.ts";
import type { Backend, EpochResult, Tensors, Trainer, TrainState } from "../backends/backend.ts";
import { type BackendName, openBackend } from "../backends/open.ts";
import { persistentBuffers, sizeOf } from "../backends/state.ts";
import { buildPlan } from "../plan/build.ts";
import type { Checkpoint, Progress } from "./checkpoint_parts.ts";
import { fingerprintOf } from "./checkpoint.ts";
import { resolveConfig, type TrainConfig } from "./config.ts";
import { canonicalDataset, type DatasetLike } from "../data/canonical.ts";
import { countOf, type Dataset } from "../data/dataset.ts";
import { splitRows, takeRows } from "../data/split.ts";
import { DivergedError } from "../errors.ts";
import { checkFit, createEvaluator, type Evaluation, type Evaluator } from "./evaluate.ts";
import type { Mlp } from "../mlp.ts";
import type { TrainingRecord } from "../mlp_parts.ts";
import type { StepPlan } from "../plan/plan.ts";
import { permutation } from "../random.ts";
import { checkResume, endOfRun } from "./resume.ts";
import { learningRates } from "../plan/schedules.ts";

/** What an epoch came to. */
export interface TrainEvent {
  /** The epoch, from 1. */
  readonly epoch: number;
  /** Steps of the run done so far. */
  readonly step: number;
  /** Mean loss over the epoch's rows, each before the update of its step, and deformed where `augment` is set. */
  readonly trainLoss: number;
  /** Share of those rows that were right; absent for regression. */
  readonly trainAccuracy?: number;
  /** The network on the validation set, where there is one. */
  readonly validation?: Evaluation;
  /** The network on the test set, where one was given. */
  readonly test?: Evaluation;
  /** The learning rate of the last step. */
  readonly learningRate: number;
  /** Seconds that the steps took, and waiting for deformed images; evaluation apart. */
  readonly seconds: number;
  /** Rows trained on a second. */
  readonly rowsPerSecond: number;
  /** Why this is the last event; `undefined` where more may come. */
  readonly ended?: "finished" | "patience" | "interrupted";
  /** All that is needed to go on from here, for `saveCheckpoint` or `resume`. */
  checkpoint(): Checkpoint;
}

/** What `train` can be told, besides the settings of {@linkcode TrainConfig}. */
export interface TrainOptions extends Partial<TrainConfig> {
  /** The backend, or its name; `"auto"` by default. One that was passed in stays open. */
  readonly backend?: Backend | BackendName;
  /** Threads of a backend that is opened here, and of augmentation. */
  readonly threads?: number;
  /** A validation set; `validationSplit` sets rows of the training set apart instead. */
  readonly validation?: DatasetLike;
  /** A set to evaluate on after every epoch. */
  readonly test?: DatasetLike;
  /** Ends the run after the step that is being done. The event of the cut-short epoch, if a step of it was done, is the last. */
  readonly signal?: AbortSignal;
  /**
   * Where to go on from. The settings are those of the checkpoint; only `epochs` may differ, down to those that are
   * done. If the run has ended, there is no step and no event, and the network becomes the one that it ended with.
   */
  readonly resume?: Checkpoint;
  /** Is told about ten times a second how many steps of the epoch are done. */
  readonly onProgress?: (progress: { epoch: number; step: number; steps: number }) => void;
}

/** How often `onProgress` is told, in milliseconds. */
const PROGRESS_MS = 100;

/**
 * Trains a network and yields an event after each epoch; `mlp.parameters` are then those of that epoch.
 *
 * The data sets, the settings and the plan are checked when the first event is asked for, before any step; numbers of
 * other types than those of a {@linkcode Dataset} are converted, see {@linkcode DatasetLike}. With `patience`, the network
 * ends with the parameters of the epoch of the lowest validation loss.
 *
 * ```ts
 * import { datasetFromArrays, dense, Mlp, train } from "@mlpcuda/mlpcuda";
 *
 * const xor = datasetFromArrays({ inputs: [0, 0, 0, 1, 1, 0, 1, 1], inputShape: [2], labels: [0, 1, 1, 0] });
 * const mlp = Mlp.create([dense(8, "tanh"), dense(2, "softmax")], xor);
 * for await (const { epoch, trainLoss } of train(mlp, xor, { epochs: 100, learningRate: 0.05, batchSize: 4 })) {
 *   if (epoch % 50 === 0) console.log(epoch, trainLoss);
 * }
 * ```
 *
 * @throws {RangeError} if a setting is out of range, a label is no class, an integer is not exact in float32, or network,
 * loss and data set do not go together
 * @throws {TypeError} if the data set is not one for this network, or an array is of another kind or length than it needs
 * @throws {DivergedError} where the loss or a parameter stops being a finite number; the network then has the parameters
 * of the last epoch that ended well
 */
export async function* train(
  mlp: Mlp,
  trainingSet: DatasetLike,
  options: TrainOptions = {},
): AsyncGenerator<TrainEvent, void, void> {
  const {
    backend = "auto",
    threads,
    signal,
    resume,
    onProgress,
    validation: validationSet,
    test: testSet,
    ...given
  } = options;
  const dataset = canonicalDataset(trainingSet), test = testSet && canonicalDataset(testSet);
  const validation = validationSet && canonicalDataset(validationSet);
  const changed = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const config = resolveConfig({ ...resume?.config, ...changed });
  if (resume) checkResume(resume, config, mlp, dataset);
  const sets = splitOff(dataset, validation, config);
  for (const set of [dataset, sets.validation, test]) if (set) checkFit(mlp, set);
  const plan = buildPlan(mlp.layers, config, {
    inFeatures: mlp.inFeatures,
    inputScale: dataset.inputScale,
    labels: dataset.labels !== undefined,
    outFeatures: dataset.labels ? mlp.outFeatures : dataset.outFeatures,
  });

  if (resume && endOfRun(resume, config.epochs)) {
    return takeEnd(resume, { mlp, dataset, config, plan, rows: sets.rows });
  }

  const opened = typeof backend === "string" ? await openBackend(backend, { threads }) : undefined;
  const engine = opened ?? backend as Backend;
  const evaluators: Run["evaluators"] = {};
  let trainer: Trainer | undefined, augmenter: Augmenter | undefined;
  try {
    if (config.augment) augmenter = await createAugmenter(dataset, { seed: config.seed, threads });
    const inputs = await augmenter?.inputsOf(resume?.progress.epoch ?? 1) ?? dataset.inputs;
    trainer = await engine.createTrainer(plan, { ...dataset, inputs }, startOf(plan, mlp, resume));
    if (resume) mlp.parameters = parametersOf(plan, resume);
    for (const [name, set] of Object.entries({ validation: sets.validation, test })) {
      if (set) evaluators[name] = await createEvaluator(engine, mlp, set, config.loss);
    }
    yield* runEpochs({
      mlp,
      dataset,
      config,
      plan,
      trainer,
      augmenter,
      rows: sets.rows,
      evaluators,
      backend: engine.name,
    }, {
      signal,
      onProgress,
      resume,
    });
  } finally {
    augmenter?.close();
    await trainer?.close();
    for (const evaluator of Object.values(evaluators)) await evaluator?.close();
    await opened?.close();
  }
}

/** A run with all its parts. */
interface Run {
  readonly mlp: Mlp;
  readonly dataset: Dataset;
  readonly config: TrainConfig;
  readonly plan: StepPlan;
  readonly trainer: Trainer;
  /** Where the inputs of each epoch come from; `undefined` where they are those of the data set. */
  readonly augmenter: Augmenter | undefined;
  /** Rows of the data set to train on. */
  readonly rows: Uint32Array;
  readonly evaluators: { [set: string]: Evaluator | undefined };
  readonly backend: string;
}

async function* runEpochs(
  run: Run,
  { signal, onProgress, resume }: Pick<TrainOptions, "signal" | "onProgress" | "resume">,
): AsyncGenerator<TrainEvent, void, void> {
  const { mlp, config, plan, trainer, augmenter, evaluators } = run;
  let fingerprint: Checkpoint["dataset"] | undefined;
  const orderOf = (epoch: number) => {
    const order = permutation(config.seed, epoch, run.rows.length);
    for (let i = 0; i < order.length; i++) order[i] = run.rows[order[i]];
    return order;
  };
  const stepsPerEpoch = Math.ceil(run.rows.length / plan.batchSize);
  let best = resume?.progress.best, bestTensors = resume?.bestTensors;
  let done = resume?.progress ??
    { epoch: 1, stepsDone: 0, sums: { lossSum: 0, correct: 0, rows: 0 }, step: 0 };
  const first = done.epoch;
  let order = orderOf(first);

  for (let epoch = first; epoch <= config.epochs; epoch++) {
    const rates = learningRates(config, epoch, stepsPerEpoch);
    const from = done.stepsDone, started = performance.now();
    if (augmenter && epoch > first) await trainer.writeInputs(await augmenter.inputsOf(epoch));
    if (epoch < config.epochs) augmenter?.prepare(epoch + 1);
    const timer = onProgress &&
      setInterval(
        () => onProgress({ epoch, step: from + trainer.stepsDone, steps: stepsPerEpoch }),
        PROGRESS_MS,
      );
    let result: EpochResult, seconds: number;
    try {
      const running = trainer.runEpoch(order.subarray(from * plan.batchSize), rates.subarray(from), {
        signal,
      });
      order = orderOf(epoch + 1); // while the backend works
      result = await running;
      seconds = (performance.now() - started) / 1000;
    } finally {
      clearInterval(timer);
    }
    if (result.steps === 0) return; // interrupted before this epoch's first step: the last event said all
    const stepsDone = from + result.steps, whole = stepsDone === stepsPerEpoch;
    const state = await trainer.readState();
    if (result.diverged || !isFiniteState(state)) throw divergedError(epoch, stepsDone, result);

    const sums = {
      lossSum: done.sums.lossSum + result.lossSum,
      correct: done.sums.correct + result.correct,
      rows: done.sums.rows + result.rows,
    };
    mlp.parameters = parametersOf(plan, state);
    const test = whole ? await evaluators.test?.run(mlp.parameters) : undefined;
    const validation = whole ? await evaluators.validation?.run(mlp.parameters) : undefined;
    if (validation && validation.loss < (best?.loss ?? Infinity)) { // never NaN
      best = { epoch, loss: validation.loss };
      bestTensors = config.patience > 0 ? mlp.parameters : undefined;
    }
    const start = { lossSum: 0, correct: 0, rows: 0 };
    const next: Progress = whole
      ? { epoch: epoch + 1, stepsDone: 0, sums: start, step: state.step, best }
      : { epoch, stepsDone, sums, step: state.step, best };
    const end = endOfRun({ config, progress: next }), restored = end && bestTensors;
    const ended = end ?? (signal?.aborted ? "interrupted" : undefined);
    if (restored) mlp.parameters = restored;
    mlp.training = recordOf(run, restored && best ? best.epoch : epoch);
    const parts = { ...mlp };
    yield {
      epoch,
      step: state.step,
      trainLoss: sums.lossSum / sums.rows,
      ...(run.dataset.labels && { trainAccuracy: sums.correct / sums.rows }),
      ...(validation && { validation }),
      ...(test && { test }),
      learningRate: rates[Math.max(0, stepsDone - 1)],
      seconds,
      rowsPerSecond: result.rows / seconds,
      ...(ended && { ended }),
      checkpoint: () => ({
        mlp: { ...parts, parameters: parametersOf(plan, state) },
        config,
        progress: next,
        tensors: state.tensors,
        bestTensors,
        backend: run.backend,
        dataset: fingerprint ??= fingerprintOf(run.dataset),
      }),
    };
    if (ended) return;
    done = next;
  }
}

/** The training rows and the validation set: the one given, or rows set apart. */
function splitOff(dataset: Dataset, validation: Dataset | undefined, config: TrainConfig) {
  if (validation && config.validationSplit > 0) {
    throw new RangeError(`Option "validationSplit" needs no validation set, one was given`);
  }
  const count = countOf(dataset);
  if (count === 0) throw new RangeError(`Cannot train on ${dataset.source}: it holds no rows`);
  if (config.validationSplit > 0) {
    const { train, validation } = splitRows(count, config.validationSplit, config.seed);
    return { rows: train, validation: takeRows(dataset, validation) };
  }
  if (config.patience > 0 && !validation) {
    throw new RangeError(`Option "patience" needs a validation set or "validationSplit" above 0`);
  }
  return { rows: Uint32Array.from({ length: count }, (_, row) => row), validation };
}

function startOf(plan: StepPlan, mlp: Mlp, resume: Checkpoint | undefined): TrainState {
  if (resume) return { step: resume.progress.step, tensors: resume.tensors };
  const tensors = Object.fromEntries(
    persistentBuffers(plan).map((buffer) => [
      buffer.name,
      buffer.role === "parameter" ? mlp.parameters[buffer.name] : new Float32Array(sizeOf(buffer, 0)),
    ]),
  );
  return { step: 0, tensors };
}

function parametersOf(plan: StepPlan, { tensors }: Pick<TrainState, "tensors">): Tensors {
  const parameters = plan.buffers.filter(({ role }) => role === "parameter");
  return Object.fromEntries(parameters.map(({ name }) => [name, tensors[name]]));
}

/** Makes the network the one that the run of a checkpoint ended with. */
function takeEnd(
  { progress, bestTensors, tensors, backend }: Checkpoint,
  run: Pick<Run, "mlp" | "dataset" | "config" | "plan" | "rows">,
): void {
  const { epoch, best } = progress;
  run.mlp.parameters = bestTensors ?? parametersOf(run.plan, { tensors });
  run.mlp.training = recordOf({ ...run, backend }, bestTensors && best ? best.epoch : epoch - 1);
}

/** The record of a network whose parameters have `epochs` epochs of this run behind them. */
function recordOf(
  { config, dataset, rows, backend }: Pick<Run, "config" | "dataset" | "rows" | "backend">,
  epochs: number,
): TrainingRecord {
  return { config, epochs, dataset: { source: dataset.source, rows: rows.length }, backend };
}

function isFiniteState({ tensors }: TrainState): boolean {
  for (const values of Object.values(tensors)) {
    for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  }
  return true;
}

function divergedError(epoch: number, step: number, { diverged }: EpochResult): DivergedError {
  const what = diverged ? "the loss" : "a parameter";
  return new DivergedError(
    `Training stopped: ${what} is not a finite number at epoch ${epoch}, step ${step}; a smaller learning rate may help`,
    { epoch, step },
  );
}
