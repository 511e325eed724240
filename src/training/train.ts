/** Training of a network on a data set. @module */
import { BACKEND, NETWORK, RANKS } from "../argument_kinds.ts";
import { ANY, CALLBACK, checkArgument, checkOptions, fields, SIGNAL, whole } from "../arguments.ts";
import { augmentedScale, type Augmenter, createAugmenter, strengthsOf } from "../augment/augmenter.ts";
import type { Backend, Trainer, TrainState } from "../backends/backend.ts";
import { type BackendName, openBackend } from "../backends/open.ts";
import { type Ranks, SLICES } from "../backends/ranks/ranks.ts";
import { canonicalDataset, type DatasetLike } from "../data/canonical.ts";
import type { Dataset } from "../data/dataset.ts";
import { deformImagesOf } from "../deform_images.ts";
import type { Mlp } from "../mlp.ts";
import { buildPlan } from "../plan/build.ts";
import type { StepPlan } from "../plan/plan.ts";
import { CHECKPOINT } from "./checkpoint_kind.ts";
import type { Checkpoint } from "./checkpoint_parts.ts";
import {
  chunkedConfig,
  type ChunkedDataset,
  chunkedFingerprint,
  createChunkTrainer,
  type EpochTrainer,
  firstChunk,
  isChunked,
  ofChunkedRun,
} from "./chunks.ts";
import { resolveConfig, TRAIN_OPTIONS, type TrainConfig } from "./config.ts";
import { calibrate, type EpochOptions, recordOf, type Run, runEpochs, type TrainEvent } from "./epochs.ts";
export type { TrainEvent } from "./epochs.ts";
import { createEvaluator } from "./evaluate.ts";
import { initialState } from "./initial_state.ts";
import { inputNegativeOf } from "./input_negative.ts";
import { inputRangesOf } from "./input_ranges.ts";
import { networkParameters } from "./network_parameters.ts";
import { checkSameRun } from "./on_ranks.ts";
import { checkEpochRows, checkResume, checkScaling, endOfRun } from "./resume.ts";
import { type DrawnRows, withOutliers } from "./outlier_rows.ts";
import { prepareSets } from "./run_sets.ts";
import { type Scalings, toScaled } from "./scalings.ts";
import { createCalibrator } from "./temperature.ts";
import { createThresholdFitter, type ThresholdFitter } from "./thresholds.ts";

/** The options of `train`, besides the settings of {@linkcode TrainConfig}. */
export interface TrainOptions extends Partial<TrainConfig>, EpochOptions {
  /** The backend, or its name; `"auto"` by default. A given backend stays open. */
  readonly backend?: Backend | BackendName;
  /** The number of threads of augmentation, and of the backend if it is given by name. */
  readonly threads?: number;
  /**
   * The processes that train together, each of which calls `train()` with the same arguments; for a backend given by name.
   * Only rank 0 evaluates; all yield the same events.
   */
  readonly ranks?: Ranks;
  /** A validation set; with `validationSplit`, rows of the training set are used instead. */
  readonly validation?: DatasetLike;
  /** A set to evaluate on after every epoch. */
  readonly test?: DatasetLike;
  /**
   * The rows that `outliers` adds, which the run keeps here if it draws them: another run with this object, the same arrays and
   * the same seed uses them, in place of drawing them again for some seconds.
   */
  readonly drawn?: DrawnRows;
}

/**
 * Trains a network and yields an event after each epoch. `mlp.parameters` are then the parameters after that epoch.
 *
 * The first call of `next()` checks the data sets, the settings and the plan before any step. Numbers of other types than
 * those of a {@linkcode Dataset} are converted, see {@linkcode DatasetLike}. With `patience`, the network has at the end the
 * parameters of the epoch with the lowest validation loss. With `calibrate`, its last layer is then divided by the temperature,
 * see {@linkcode withTemperature}; if the run fails or the caller stops asking for events, it is not.
 *
 * A training set larger than memory is read in chunks, see {@linkcode ChunkedDataset}.
 *
 * Weights that `Mlp.create` or `adaptNetwork` drew are used unchanged. All others are those of a network that takes inputs and
 * gives outputs as they are in a data set: if the run scales inputs or targets, it starts from weights with the same outputs.
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
 * @throws {RangeError} if a setting is out of range, if a label is not a class, if an integer is not exact in float32, or if
 * network, loss and data set do not fit each other
 * @throws {TypeError} if a data set does not fit the network, or if an array has the wrong type or length
 * @throws {BackendError} if the backend fails, if a rank is lost, or if a rank has other data, settings or parameters
 * @throws {DivergedError} if the loss or a parameter is no longer finite; the network then has the parameters of the last
 * epoch in which all were finite
 */
export async function* train(
  mlp: Mlp,
  trainingSet: DatasetLike | ChunkedDataset,
  options: TrainOptions = {},
): AsyncGenerator<TrainEvent, void, void> {
  checkArgument("mlp", mlp, NETWORK);
  checkTrainOptions(options);
  const {
    backend = "auto",
    threads,
    ranks: givenRanks,
    signal,
    resume,
    onProgress,
    onPart,
    validation: validationSet,
    test: testSet,
    drawn,
    ...settings
  } = options;
  const chunks = isChunked(trainingSet) ? trainingSet : undefined;
  const dataset = chunks ? await firstChunk(chunks) : canonicalDataset(trainingSet as DatasetLike);
  const test = testSet && canonicalDataset(testSet);
  const given = validationSet && canonicalDataset(validationSet);
  const changed = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  const ofChunks = chunks && { chunks: chunkedFingerprint(chunks, dataset) };
  if (resume) {
    checkResume(resume, {
      mlp,
      settings: chunks ? ofChunkedRun(changed) : changed,
      dataset,
      validation: given,
      ...ofChunks,
    });
  }
  const resolved = resolveConfig({ ...resume?.config, ...changed });
  const config = chunks ? chunkedConfig(resolved) : resolved;
  if (chunks && config.calibrate && !given) {
    throw new RangeError(`Option "calibrate" needs a validation set, because the training set is in chunks`);
  }
  if (chunks && onPart) throw new TypeError(`Option "onPart" needs a training set that is not in chunks`);
  const negative = resume ? resume.mlp.training?.inputNegative : inputNegativeOf(dataset, config);
  const prepared = prepareSets(mlp, { dataset, validation: given, test }, config, negative);
  if (resume) checkScaling(resume, prepared.scalings, dataset);
  const sets = config.outliers ? await withOutliers(prepared, { dataset, config, signal, drawn }) : prepared;
  if (!sets) return; // interrupted before the first step
  const { training, rows: own, validation, heldOut, scalings } = sets;
  const rows = chunks ? { length: chunks.rows } : own;
  if (resume) checkEpochRows(resume, rows.length, dataset);
  // A run that version 0.1 began ends with the same file as there. The ranges of chunks are not known.
  const inputRanges = resume
    ? resume.mlp.training?.inputRanges
    : chunks
    ? undefined
    : inputRangesOf(dataset, prepared.rows);
  const plan = buildPlan(mlp.layers, config, {
    inFeatures: mlp.inFeatures,
    inputScale: config.augment ? augmentedScale(training) : training.inputScale,
    labels: training.labels !== undefined,
    weighted: training.weights !== undefined,
    outFeatures: training.labels ? mlp.outFeatures : training.outFeatures,
  });
  const parts = { mlp, dataset, config, plan, rows, scalings, inputRanges };
  const hasEnded = resume !== undefined && endOfRun(resume, config.epochs) !== undefined;
  if (resume && hasEnded) takeEnd(resume, parts);
  if (hasEnded && !config.calibrate) return;

  const opened = typeof backend === "string"
    ? await openBackend(backend, { threads, ranks: givenRanks })
    : undefined;
  const engine = opened ?? backend as Backend;
  const { ranks } = engine, evaluators: Run["evaluators"] = {};
  let trainer: Trainer | EpochTrainer | undefined, augmenter: Augmenter | undefined;
  let fitter: ThresholdFitter | undefined;
  try {
    if (ranks && onPart) throw new TypeError(`Option "onPart" needs a run without "ranks"`);
    if (config.augment) {
      const strengths = strengthsOf(config.augmentStrength);
      const deformImages = deformImagesOf(engine);
      augmenter = await createAugmenter(training, { seed: config.seed, threads, strengths, deformImages });
    }
    const inputs = await augmenter?.inputsOf(resume?.progress.epoch ?? 1) ?? training.inputs;
    const start = startOf(plan, mlp, { resume, scalings });
    if (ranks && chunks) throw new RangeError("Cannot train on chunks with several ranks");
    if (ranks && await checkSameRun(ranks, { plan, config, training, rows: own, start, signal })) return;
    const calibrator = heldOut && config.calibrate
      ? createCalibrator(engine, mlp, heldOut, config.loss)
      : undefined;
    if (heldOut && config.outliers && (ranks?.rank ?? 0) === 0) {
      fitter = await createThresholdFitter(engine, mlp, heldOut, config.loss);
    }
    if (hasEnded) return await calibrate({ mlp, config, ranks, calibrator, fitter });
    if (chunks) {
      const prepare = (chunk: Dataset) =>
        prepareSets(mlp, { dataset: chunk, validation: undefined, test: undefined }, alone, negative)
          .training;
      const epoch = resume?.progress.epoch ?? 1,
        { seed } = config,
        alone = { ...config, patience: 0, calibrate: false };
      trainer = createChunkTrainer(engine, plan, {
        set: chunks,
        first: dataset,
        prepare,
        seed,
        epoch,
        start,
      });
    } else trainer = await engine.createTrainer(plan, { ...training, inputs }, start);
    if (resume) mlp.parameters = networkParameters(plan, mlp.layers, start, scalings);
    const scaling = scalings.targetScaling;
    for (const [name, set] of Object.entries({ validation, test })) {
      if (set && (ranks?.rank ?? 0) === 0) {
        evaluators[name] = await createEvaluator(engine, mlp, set, { ...config, scaling });
      }
    }
    const run: Run = {
      ...parts,
      labels: training.labels,
      fitter,
      calibrator,
      trainer,
      augmenter,
      evaluators,
      backend: engine.name,
      ...ofChunks && { fingerprint: ofChunks.chunks },
      ...given && config.patience > 0 && { waitsFor: given },
      ...ranks && { ranks, slices: SLICES },
    };
    yield* runEpochs(run, { signal, onProgress, onPart, resume });
  } finally {
    augmenter?.close();
    await trainer?.close();
    for (const evaluator of Object.values(evaluators)) await evaluator?.close();
    await fitter?.close();
    await opened?.close();
    // Frees the copied rows at once: until they are collected, each worker of a sweep would have those of several runs.
    if (!given) (validation?.inputs.buffer as ArrayBuffer | undefined)?.transfer(0);
  }
}

/** Checks the options of a run; `resolveConfig()` checks the settings among them. */
function checkTrainOptions(options: TrainOptions): void {
  const settings = Object.fromEntries(Object.keys(TRAIN_OPTIONS).map((name) => [name, ANY]));
  const run = {
    ...settings,
    backend: BACKEND,
    threads: whole(1),
    ranks: RANKS,
    signal: SIGNAL,
    resume: CHECKPOINT,
    onProgress: CALLBACK,
    onPart: CALLBACK,
    validation: fields({}),
    test: fields({}),
    drawn: fields({}),
  };
  checkOptions(options, run, {}, { kind: "training option" });
}

/** Returns the state that training starts from: that of the checkpoint, or the network's parameters with zero state. */
function startOf(
  plan: StepPlan,
  mlp: Mlp,
  { resume, scalings }: {
    readonly resume: Checkpoint | undefined;
    readonly scalings: Scalings;
  },
): TrainState {
  if (resume) return { step: resume.progress.step, tensors: resume.tensors };
  return initialState(plan, toScaled(mlp.parameters, mlp.layers, scalings));
}

/** Gives the network the parameters and the record with which the run of a checkpoint ended. */
function takeEnd(
  { progress, bestTensors, tensors, backend, slices, mlp }: Checkpoint,
  run: Pick<Run, "mlp" | "dataset" | "config" | "plan" | "rows" | "scalings" | "inputRanges">,
): void {
  const { epoch, best, step } = progress;
  run.mlp.parameters = bestTensors ??
    networkParameters(run.plan, run.mlp.layers, { step, tensors }, run.scalings);
  run.mlp.thresholds = bestTensors && best ? best.thresholds : mlp.thresholds;
  run.mlp.training = recordOf({ ...run, backend, slices }, bestTensors && best ? best.epoch : epoch - 1);
}
