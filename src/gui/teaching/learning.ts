/**
 * Learning from corrections: a network is trained further on drawings that a person labeled, mixed with rows of its training set
 * so that it does not forget those. Needs no server and no files, and runs with any backend, also in a browser.
 * @module
 */
import { createAugmenter } from "../../augment/augmenter.ts";
import type { Backend, Tensors } from "../../backends/backend.ts";
import { countOf, type Dataset, imageSpecOf, inputSpecOf } from "../../data/dataset.ts";
import { joinSets } from "../../data/meaning/join.ts";
import { imageShapeOf } from "../../data/pictures/image_shape.ts";
import { inputsOfInk, inputsOfPixels } from "../../data/pictures/pixel_units.ts";
import { takeRows } from "../../data/split.ts";
import { Mlp } from "../../mlp.ts";
import type { TrainingRecord } from "../../mlp_parts.ts";
import { LOSSES } from "../../plan/losses.ts";
import { permutation } from "../../random.ts";
import { checkFit, evaluate, isTwoClasses, lossOf } from "../../training/evaluate.ts";
import type { Thresholds } from "../../thresholds.ts";
import { train } from "../../training/train.ts";
import type { Correction } from "./corrections.ts";
import type { LearningScore } from "../protocol/protocol.ts";

/** The settings of learning, chosen by measurements on MNIST; see docs/page.md. */
export const LEARNING = {
  epochs: 4,
  batchSize: 128,
  learningRate: 0.0003,
  /** The maximum number of rows of the training set that are mixed in. */
  rows: 12_000,
  /** The maximum share of drawings and their deformed copies among all rows. */
  share: 0.2,
  /** The maximum number of rows made from one drawing: the drawing itself, and deformed copies. */
  copies: 30,
};

/**
 * The settings without a training set: few steps, because the network forgets with each. Learning ends after the first epoch in
 * which it reads all drawings as labeled.
 */
const ALONE = { epochs: 60, batchSize: 32, learningRate: 0.0003, copies: 10 };

/** The maximum number of rows of the training set, besides those that are mixed in, to which the thresholds are fitted. */
const HELD_OUT = 5000;

/** The maximum number of inputs, of all rows together, that are mixed in, or that the copies of drawings have. */
const MOST_VALUES = 1 << 26;

/** Options of {@linkcode learn}. */
export interface LearnOptions {
  /** The network; it stays as it is. */
  readonly mlp: Mlp;
  /** The number of its classes. */
  readonly classes: number;
  /** The drawings with their labels, at least one. */
  readonly corrections: readonly Correction[];
  /** The training set, of which rows are mixed in. Without it the network may forget what it learned before. */
  readonly rows?: Dataset;
  /** The set to evaluate on before and after. */
  readonly test?: Dataset;
  /** The backend to train on; it stays open. */
  readonly backend: Backend;
  /** Ends learning after the current step; the promise is then rejected with its reason. */
  readonly signal?: AbortSignal;
  /** Receives the number of rows of the training set that are mixed in, before the first step. */
  readonly onStart?: (rows: number) => void;
  /** Receives the share of the steps that are done, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
  /** Receives the parameters after each epoch. */
  readonly onParameters?: (parameters: Tensors) => void;
  /** Settings that differ from {@linkcode LEARNING}. */
  readonly settings?: Partial<typeof LEARNING>;
}

/** The result of {@linkcode learn}. */
export interface Learned {
  /** The parameters of the network after it. */
  readonly parameters: Tensors;
  /** The record of this training, whose data set is the mixture. */
  readonly training: TrainingRecord | undefined;
  /** The thresholds, fitted anew if there is a training set; absent if the network had none. */
  readonly thresholds: Thresholds | undefined;
  readonly before: LearningScore;
  readonly after: LearningScore;
  /** The number of rows of the training set that were mixed in. */
  readonly rows: number;
}

/**
 * Trains a copy of a network further on corrections: on the drawings, on deformed copies of them, and on random rows of the
 * training set.
 *
 * @throws {TypeError} if a data set does not fit the network
 * @throws {DivergedError} if the loss or a parameter is no longer finite
 */
export async function learn(options: LearnOptions): Promise<Learned> {
  const { mlp, backend, rows, test, signal, onProgress, onParameters } = options;
  const settings = { ...LEARNING, ...rows ? {} : ALONE, ...options.settings };
  const { epochs, batchSize, learningRate } = settings;
  const drawings = drawingsOf(options), taught = new Mlp({ ...mlp });
  const most = Math.min(settings.rows, Math.floor(MOST_VALUES / mlp.inFeatures));
  const sample = rows && sampleOf(rows, { most }, mlp), mixed = sample ? countOf(sample) : 0;
  options.onStart?.(mixed);
  const copies = await deformedCopies(drawings, copiesOf(countOf(drawings), { mixed, most }, settings));
  const set = joinSets([{ train: copies }, { train: sample }]).train!;
  const trained = lossOf(mlp, set);
  const loss = LOSSES[trained].labels || isTwoClasses(mlp, trained) ? trained : "cross-entropy";
  const rightOf = async (network: Mlp) =>
    Math.round(((await evaluate(network, drawings, { backend, loss })).accuracy ?? 0) * countOf(drawings));
  const scoreOf = async (network: Mlp): Promise<LearningScore> => {
    const tested = test?.labels && await evaluate(network, test, { backend, loss });
    return { right: await rightOf(network), testAccuracy: tested?.accuracy };
  };
  const before = await scoreOf(mlp);
  signal?.throwIfAborted();
  // A network that was trained with outliers must not forget them.
  const outliers = rows !== undefined && mlp.thresholds !== undefined;
  const validation = outliers ? sampleOf(rows, { most: HELD_OUT, after: mixed }, mlp) : undefined;
  const steps = train(taught, set, {
    ...{ outliers, validation },
    ...{ backend, signal, loss, epochs, batchSize, learningRate, schedule: rows ? "cosine" : "constant" },
    labelSmoothing: mlp.training?.config?.labelSmoothing,
    onProgress: ({ epoch, step, steps }) => onProgress?.((epoch - 1 + step / steps) / epochs),
  });
  for await (const { epoch } of steps) {
    signal?.throwIfAborted();
    onProgress?.(epoch / epochs);
    onParameters?.(taught.parameters);
    if (!rows && await rightOf(taught) === countOf(drawings)) break;
  }
  signal?.throwIfAborted(); // before the evaluation, which may take long
  onProgress?.(1);
  const after = await scoreOf(taught);
  signal?.throwIfAborted();
  const { parameters, training, thresholds = mlp.thresholds } = taught;
  return { parameters, training, thresholds, before, after, rows: mixed };
}

/** Returns the number of rows to make from each drawing, at least 1. */
function copiesOf(
  drawings: number,
  { mixed, most }: { readonly mixed: number; readonly most: number },
  { share, copies }: typeof LEARNING,
): number {
  const wanted = mixed === 0
    ? Math.min(copies, Math.floor(most / drawings))
    : Math.min(copies, Math.ceil(mixed * share / (1 - share) / drawings));
  return Math.max(1, wanted);
}

/**
 * Returns at most `most` random rows of a training set, as inputs of the network: those after the first `after` random rows, or
 * the first ones if there are no more.
 */
function sampleOf(
  rows: Dataset,
  { most, after = 0 }: { readonly most: number; readonly after?: number },
  mlp: Mlp,
): Dataset {
  checkFit(mlp, rows);
  const order = permutation(1, 0, countOf(rows)), from = after < order.length ? after : 0;
  return { ...takeRows(rows, order.subarray(from, from + most)), ...inputSpecOf(mlp) };
}

/** Returns the corrections as a data set for the network. */
function drawingsOf({ mlp, classes, corrections }: LearnOptions): Dataset {
  const image = imageSpecOf(mlp), count = corrections.length, length = mlp.inFeatures;
  if (!image) throw new TypeError("Cannot learn from drawings: the network does not take images");
  const ink = new Uint8Array(count * length);
  for (const [row, correction] of corrections.entries()) ink.set(correction.image, row * length);
  return {
    ...inputSpecOf(mlp),
    inputScale: mlp.inputScale,
    inputs: inputsOfInk(ink, image),
    labels: Uint32Array.from(corrections, ({ label }) => label),
    outFeatures: classes,
    source: count === 1 ? "a correction" : `${count} corrections`,
  };
}

/** Returns each drawing `copies` times: the first as it is, the others deformed. */
async function deformedCopies(drawings: Dataset, copies: number): Promise<Dataset> {
  if (copies === 1) return drawings;
  const all = await deformedTimes(drawings, copies - 1);
  return { ...joinSets([drawings, ...all].map((train) => ({ train }))).train!, source: drawings.source };
}

/** Returns the set deformed in `times` ways; the set itself if its images cannot be deformed, because they are not square. */
async function deformedTimes(set: Dataset, times: number): Promise<Dataset[]> {
  const image = imageSpecOf(set)!, { height, width } = imageShapeOf(set) ?? { height: 0, width: 0 };
  if (height !== width || height < 8 || height > 256) return Array<Dataset>(times).fill(set);
  const augmenter = await createAugmenter({ ...set, inputShape: [height, width], image }, { seed: 1 });
  try {
    const all: Dataset[] = [];
    while (all.length < times) {
      const pixels = await augmenter.inputsOf(all.length + 1);
      all.push({ ...set, inputs: inputsOfPixels(pixels.slice(), image) });
    }
    return all;
  } finally {
    augmenter.close();
  }
}
