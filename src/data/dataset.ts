/**
 * What a data set is to this library: rows of inputs, and a class label or a row of target values for each.
 * @module
 */

/** The label of a row that belongs to no class: its target in training is `1 / C` for each class. */
export const NO_CLASS = 0xffffffff;

/** Rows to train on or to evaluate with. Nothing in the library writes to its arrays. */
export interface Dataset {
  /** Inputs `[N, I]`, row by row. A network sees `inputs * inputScale`. */
  readonly inputs: Uint8Array | Float32Array;
  /** The shape of one input, such as `[28, 28]`; its product is `I`. */
  readonly inputShape: readonly number[];
  /** The factor that a network applies to each input: `1 / 255` for bytes that are pixels, else usually 1. */
  readonly inputScale: number;
  /**
   * Class labels `[N]`, each from 0 to `outFeatures - 1`, or {@linkcode NO_CLASS}; present for classification.
   */
  readonly labels?: Uint32Array;
  /** Target values `[N, O]`; present for regression and for several labels a row. */
  readonly targets?: Float32Array;
  /** Weights `[N]`, each a finite number from 0, of the rows in the gradient; each row weighs 1 if absent. */
  readonly weights?: Float32Array;
  /** The number of classes, or of target values a row. */
  readonly outFeatures: number;
  /** Names of the classes in label order, where the set has them. */
  readonly classNames?: readonly string[];
  /** Where the rows came from, for messages and for the model's file: `"data/mnist.npz"`, `"drawn digits"`. */
  readonly source: string;
}

/** A training set and, where the source has one, the test set that goes with it. */
export interface DatasetPair {
  /** The rows to train on. */
  readonly train: Dataset;
  /** Rows kept apart for evaluation. */
  readonly test?: Dataset;
}

/** Describes a network's inputs and outputs, as a {@linkcode Dataset} does, too. */
export type InputSpec = Pick<Dataset, "inputShape"> & Partial<Pick<Dataset, "inputScale" | "classNames">>;

/** Inputs a row, `I`: the product of `inputShape`. */
export function inFeaturesOf({ inputShape }: Pick<Dataset, "inputShape">): number {
  return inputShape.reduce((product, length) => product * length, 1);
}

/** The number of rows, `N`. */
export function countOf(dataset: Dataset): number {
  return dataset.labels?.length ?? (dataset.targets ? dataset.targets.length / dataset.outFeatures : 0);
}
