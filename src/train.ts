/** Training: epochs over a data set, an event for each. @module */
import { type Augmenter, createAugmenter } from "./augment/augmenter.ts";
import {
  type Backend,
  type BackendName,
  type EpochResult,
  openBackend,
  type Tensors,
  type Trainer,
  type TrainState,
} from "./backend.ts";
import { persistentBuffers, sizeOf } from "./backends/state.ts";
import { buildPlan } from "./build_plan.ts";
import { type Checkpoint, fingerprintOf, type Progress } from "./checkpoint.ts";
import { resolveConfig, type TrainConfig } from "./config.ts";
import { countOf, type Dataset } from "./data/dataset.ts";
import { splitRows, takeRows } from "./data/split.ts";
import { DivergedError } from "./errors.ts";
import { checkFit, createEvaluator, type Evaluation, type Evaluator } from "./evaluate.ts";
import { formatLayers } from "./layers.ts";
import type { Mlp } from "./mlp.ts";
import type { StepPlan } from "./plan.ts";
import { permutation } from "./random.ts";
import { learningRates } from "./schedules.ts";

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
  readonly validation?: Dataset;
  /** A set to evaluate on after every epoch. */
  readonly test?: Dataset;
  /** Ends the run after the step that is being done. The event of the cut-short epoch, if a step of it was done, is the last. */
  readonly signal?: AbortSignal;
  /** Where to go on from. The settings are those of the checkpoint; only `epochs` may differ. */
  readonly resume?: Checkpoint;
  /** Is told about ten times a second how many steps of the epoch are done. */
  readonly onProgress?: (progress: { epoch: number; step: number; steps: number }) => void;
}

/** How often `onProgress` is told, in milliseconds. */
const PROGRESS_MS = 100;

/**
 * Trains a network and yields an event after each epoch; `mlp.parameters` are then those of that epoch.
 *
 * The settings and the plan are checked when the first event is asked for, before any step. With `patience`, the network
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
 * @throws {RangeError} where a setting is out of range, or network, loss and data set do not go together
 * @throws {TypeError} where the data set is not one for this network
 * @throws {DivergedError} where the loss or a parameter stops being a finite number; the network then has the parameters
 * of the last epoch that ended well
 */
export async function* train(
  mlp: Mlp,
  dataset: Dataset,
  options: TrainOptions = {},
): AsyncGenerator<TrainEvent, void, void> {
  const { backend = "auto", threads, validation, test, signal, resume, onProgress, ...given } = options;
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

  const opened = typeof backend === "string" ? await openBackend(backend, { threads }) : undefined;
  const engine = opened ?? backend as Backend;
  const evaluators: Run["evaluators"] = {};
  let trainer: Trainer | undefined, augmenter: Augmenter | undefined;
  try {
    if (config.augment) augmenter = await createAugmenter(dataset, { seed: config.seed, threads });
    const inputs = await augmenter?.inputsOf(resume?.progress.epoch ?? 1) ?? dataset.inputs;
    trainer = await engine.createTrainer(plan, { ...dataset, inputs }, startOf(plan, mlp, resume));
    if (resume) mlp.parameters = resume.mlp.parameters;
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
    if (validation && !(validation.loss >= (best?.loss ?? Infinity))) {
      best = { epoch, loss: validation.loss };
      bestTensors = config.patience > 0 ? mlp.parameters : undefined;
    }
    const ended = endOf(config, epoch, { whole, best, interrupted: signal?.aborted ?? false });
    const start = { lossSum: 0, correct: 0, rows: 0 };
    const next: Progress = whole
      ? { epoch: epoch + 1, stepsDone: 0, sums: start, step: state.step, best }
      : { epoch, stepsDone, sums, step: state.step, best };
    const restored = ended === "patience" || ended === "finished" ? bestTensors : undefined;
    if (restored) mlp.parameters = restored;
    mlp.training = {
      config,
      epochs: restored && best ? best.epoch : epoch,
      dataset: { source: run.dataset.source, rows: run.rows.length },
      backend: run.backend,
    };
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

function parametersOf(plan: StepPlan, { tensors }: TrainState): Tensors {
  const parameters = plan.buffers.filter(({ role }) => role === "parameter");
  return Object.fromEntries(parameters.map(({ name }) => [name, tensors[name]]));
}

function endOf(
  config: TrainConfig,
  epoch: number,
  { whole, best, interrupted }: { whole: boolean; best: Progress["best"]; interrupted: boolean },
): TrainEvent["ended"] {
  if (whole && config.patience > 0 && best && epoch - best.epoch >= config.patience) return "patience";
  if (whole && epoch === config.epochs) return "finished";
  return interrupted ? "interrupted" : undefined;
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

function checkResume(resume: Checkpoint, config: TrainConfig, mlp: Mlp, dataset: Dataset): void {
  const [found, needed] = [mlp, resume.mlp].map(({ layers }) => formatLayers(layers));
  if (found !== needed) {
    throw new TypeError(`Cannot resume a network of layers ${found}: the checkpoint has ${needed}`);
  }
  for (const name of Object.keys(config) as (keyof TrainConfig)[]) {
    if (name === "epochs" || config[name] === resume.config[name]) continue;
    throw new RangeError(
      `Cannot resume with "${name}" ${config[name]}: the checkpoint has ${resume.config[name]}`,
    );
  }
  if (config.epochs < resume.progress.epoch) {
    const done = resume.progress.epoch - 1;
    throw new RangeError(
      `Cannot resume to epoch ${config.epochs}: the checkpoint has ${done} epochs behind it`,
    );
  }
  const { epoch, best } = resume.progress;
  if (best && config.patience > 0 && epoch - 1 - best.epoch >= config.patience) {
    const found = `training ended after epoch ${epoch - 1}, the best is ${best.epoch}`;
    throw new RangeError(`Cannot resume: ${found} and "patience" is ${config.patience}`);
  }
  const { rows, crc32 } = fingerprintOf(dataset);
  if (rows !== resume.dataset.rows || crc32 !== resume.dataset.crc32) {
    throw new RangeError(
      `Cannot resume on ${dataset.source}: it is not the set of ${resume.dataset.rows} rows that training began on`,
    );
  }
}
