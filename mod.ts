/**
 * mlpcuda trains multi-layer perceptrons in Deno and predicts with them. It is a command-line tool and a TypeScript
 * library without dependencies. It has its own kernels for CPUs (C++ and WebAssembly), NVIDIA GPUs (CUDA) and WebGPU.
 *
 * Importing this module does nothing: no input or output, and no permission is needed.
 *
 * ```ts
 * import { dense, drawDigits, evaluate, Mlp, train } from "@mlpcuda/mlpcuda";
 *
 * const digits = drawDigits({ count: 6000, testCount: 1000 });
 * const mlp = Mlp.create([dense(128, "relu"), dense(10, "softmax")], digits.train);
 * for await (const { epoch, trainLoss } of train(mlp, digits.train, { epochs: 5 })) {
 *   console.log(`epoch ${epoch}: loss ${trainLoss.toFixed(4)}`);
 * }
 * const { accuracy = 0 } = await evaluate(mlp, digits.test!);
 * console.log(`test accuracy ${(100 * accuracy).toFixed(1)} %`);
 * await mlp.save("model/digits.npz");
 * ```
 *
 * @module
 */
export {
  ACTIVATION_TABLE,
  type ActivationDefinition,
  type ActivationName,
  ACTIVATIONS,
} from "./src/plan/activations.ts";
export type {
  Backend,
  EpochResult,
  FloatArray,
  Predictor,
  Tensors,
  Trainer,
  TrainState,
} from "./src/backends/backend.ts";
export type { InstructionSet } from "./src/backends/native/ffi.ts";
export {
  type BackendName,
  type BackendOptions,
  BACKENDS,
  openBackend,
  type OpenedBackend,
} from "./src/backends/open.ts";
export { type MpiOptions, openMpi } from "./src/backends/ranks/mpi.ts";
export { type NativePointer, type Ranks } from "./src/backends/ranks/ranks.ts";
export { buildForwardPlan, buildPlan, type PlanConfig } from "./src/plan/build.ts";
export type { Checkpoint, Fingerprint, Progress } from "./src/training/checkpoint_parts.ts";
export {
  formatCheckpoint,
  loadCheckpoint,
  parseCheckpoint,
  saveCheckpoint,
} from "./src/training/checkpoint.ts";
export {
  DATA_OPTIONS,
  resolveConfig,
  RUN_OPTIONS,
  TRAIN_OPTIONS,
  type TrainConfig,
  type TrainOptionsTable,
} from "./src/training/config.ts";
export type { DatasetLike } from "./src/data/canonical.ts";
export { centerDigit, type Ink } from "./src/data/pictures/center.ts";
export {
  countOf,
  type DataNote,
  type Dataset,
  type DatasetPair,
  type DatasetSets,
  type ImageSpec,
  imageSpecOf,
  inFeaturesOf,
  type InputSpec,
  NO_CLASS,
  type TableColumn,
  type TaskKind,
  type TeacherRecord,
} from "./src/data/dataset.ts";
export {
  drawDigits,
  drawDigitsAsync,
  type DrawDigitsAsyncOptions,
  type DrawDigitsOptions,
  type DrawDigitsProgress,
} from "./src/data/digits/digits.ts";
export { downloadMnist, type DownloadOptions, type DownloadProgress } from "./src/data/sources/download.ts";
export type { NumericArray } from "./src/data/arrays.ts";
export type { ByteSource } from "./src/data/sources/byte_source.ts";
export { type DatasetArrays, datasetFromArrays } from "./src/data/from_arrays.ts";
export { datasetFromCsv } from "./src/data/table/from_csv.ts";
export { readImages, type ReadImagesOptions } from "./src/data/pictures/images.ts";
export type { InputRow as NetworkImage } from "./src/data/meaning/row_inputs.ts";
export { inkOf } from "./src/data/pictures/ink.ts";
export { digitsOfInk } from "./src/data/pictures/digit_parts.ts";
export { backgroundOf, type ImageRows } from "./src/data/pictures/background.ts";
export { joinDatasets } from "./src/data/meaning/join.ts";
export type { SetName } from "./src/data/sources/raw_rows.ts";
export {
  datasetFromNpz,
  loadDataset,
  type LoadOptions,
  loadSets,
  type LoadSetsOptions,
} from "./src/data/load.ts";
export type { ArrayRole, DataOptions } from "./src/data/options.ts";
export { isMnist, type MnistArray, type MnistSources, type PinnedFile } from "./src/data/sources/mnist.ts";
export {
  flatten,
  fromOneHot,
  normalize,
  oneHot,
  scalePixels,
  type Statistics,
  statisticsOf,
} from "./src/data/preprocess.ts";
export { readTableRows, type ReadTableRowsOptions, type TableRows } from "./src/data/table/rows.ts";
export { splitRows, takeRows } from "./src/data/split.ts";
export { BackendError, DivergedError, FormatError } from "./src/errors.ts";
export { EXPORT_FORMATS, type ExportFormat, exportNetwork, type ExportOptions } from "./src/export/export.ts";
export { exportTypes } from "./src/export/javascript_types.ts";
export type { OnnxOptions } from "./src/export/onnx.ts";
export type { OnnxPrecision } from "./src/export/onnx_types.ts";
export {
  gridMembers,
  type GridOptions,
  MAX_MEMBERS,
  type SweepGrid,
  valuesBetween,
} from "./src/sweep/grid.ts";
export type { SweepBackend, SweepMember, TrainedMember } from "./src/sweep/member.ts";
export {
  compareScores,
  type MeanInterval,
  meanInterval,
  rankingScore,
  type Scores,
} from "./src/sweep/ranking.ts";
export { committeeOf } from "./src/sweep/committee.ts";
export { sharedDataset } from "./src/sweep/shared_sets.ts";
export { sweep, type SweepOptions, type SweepResult, type SweepStart } from "./src/sweep/sweep.ts";
export { type ShareInterval, wilsonInterval } from "./src/wilson.ts";
export { evaluate, type EvaluateOptions } from "./src/training/evaluate.ts";
export type { Evaluation, LabelScores, Mistake, OutputScores } from "./src/training/scores.ts";
export type { SizeOptions } from "./src/formats/expansion.ts";
export type { Origin } from "./src/formats/fault.ts";
export { parseCsv } from "./src/formats/csv_text.ts";
export { type IdxArray, parseIdx } from "./src/formats/idx.ts";
export { formatNpy, type NpyArray, type NpyValues, parseNpy } from "./src/formats/npy.ts";
export { formatNpz, type Npz, type NpzInput, parseNpz } from "./src/formats/npz.ts";
export type { ImageShape } from "./src/data/pictures/image_shape.ts";
export { resizePicture } from "./src/data/pictures/resize.ts";
export { readPicture, type ReadPictureOptions } from "./src/formats/picture.ts";
export { parsePng, type ParsePngOptions, type Picture } from "./src/formats/png.ts";
export { formatPng } from "./src/formats/png_write.ts";
export {
  formatSafetensors,
  parseSafetensors,
  type Safetensors,
  type SafetensorsInput,
  type SafetensorsTensor,
  type TensorValues,
} from "./src/formats/safetensors.ts";
export type { ReadZipOptions } from "./src/formats/zip.ts";
export {
  type Candidate,
  candidatesOf,
  energyOf,
  type Evidence,
  type Guess,
  guessesOf,
  guessOf,
  labelProbabilitiesOf,
  probabilitiesOf,
  UNSURE_BELOW,
  verdictOf,
} from "./src/guess.ts";
export type { Thresholds } from "./src/thresholds.ts";
export { fitTemperature, withTemperature } from "./src/training/temperature.ts";
export { fitThresholds } from "./src/training/thresholds.ts";
export { drawOutliers, type DrawOutliersOptions } from "./src/data/outliers/outliers.ts";
export { type InitName } from "./src/init.ts";
export {
  type ImportedModel,
  importModel,
  type ImportOptions,
  loadModel,
  type Normalization,
} from "./src/import/import.ts";
export { dense, formatLayers, parseLayers } from "./src/plan/layers.ts";
export {
  LOSS_OPTIONS,
  type LossDefinition,
  LOSSES,
  type LossInput,
  type LossName,
} from "./src/plan/losses.ts";
export {
  type LayerTraining,
  networkOf,
  type PlanLayer,
  type PlanNetwork,
  type TrainedLayer,
  type TrainingNetwork,
} from "./src/plan/network.ts";
export {
  OPTIMIZER_OPTIONS,
  type OptimizerDefinition,
  type OptimizerName,
  OPTIMIZERS,
  type OptimizerSettings,
} from "./src/plan/optimizers.ts";
export type { ChoiceOf, OptionSpec, OptionValue, OptionValueOf, OptionValues } from "./src/plan/option.ts";
export { Mlp } from "./src/mlp.ts";
export type { MlpParts, Steered, TrainingRecord } from "./src/mlp_parts.ts";
export type * from "./src/plan/plan.ts";
export { formatPlan } from "./src/plan/format.ts";
export { createRandom, permutation, type Random } from "./src/random.ts";
export { endOfRun } from "./src/training/resume.ts";
export {
  learningRates,
  type Schedule,
  SCHEDULE_OPTIONS,
  type ScheduleConfig,
  type ScheduleName,
  SCHEDULES,
} from "./src/plan/schedules.ts";
export type { EpochOptions, TrainEvent, TrainPart } from "./src/training/epochs.ts";
export type { ChunkedDataset } from "./src/training/chunks.ts";
export type { DrawnRows } from "./src/training/outlier_rows.ts";
export { train, type TrainOptions } from "./src/training/train.ts";
export { distill, type DistillOptions } from "./src/training/distill.ts";
export { type AdaptedNetwork, adaptNetwork, type AdaptOptions } from "./src/training/adapt.ts";
export type { InputRanges } from "./src/training/input_ranges.ts";
export { initialState } from "./src/training/initial_state.ts";
export { parametersOf } from "./src/training/network_parameters.ts";
export { type InputScaling, inputScalingOf } from "./src/training/input_scaling.ts";
export type { Scalings } from "./src/training/scalings.ts";
export { type TargetScaling, targetScalingOf } from "./src/training/target_scaling.ts";
