/**
 * Data sets: rows of inputs, each with a class label or with target values.
 * @module
 */

/** The label of a row that belongs to no class: its target in training is `1 / C` for each class. */
export const NO_CLASS = 0xffffffff;

/** Rows to train on or to evaluate on. The library does not write to its arrays. */
export interface Dataset {
  /** Inputs `[N, I]`, row by row. A network multiplies them by `inputScale`. */
  readonly inputs: Uint8Array | Float32Array;
  /** The shape of one input, such as `[28, 28]`; its product is `I`. */
  readonly inputShape: readonly number[];
  /** The factor that a network applies to each input: `1 / 255` for bytes that are pixels, else usually 1. */
  readonly inputScale: number;
  /** Class labels `[N]`, each from 0 to `outFeatures - 1`, or {@linkcode NO_CLASS}; present for classification. */
  readonly labels?: Uint32Array;
  /** Target values `[N, O]`; present for regression and for several labels a row. */
  readonly targets?: Float32Array;
  /** The weights `[N]` of the rows in the gradient, each a finite number from 0; if absent, every row has weight 1. */
  readonly weights?: Float32Array;
  /** The number of classes, or of target values a row. */
  readonly outFeatures: number;
  /** The names of the classes, in label order; absent if the set has none. */
  readonly classNames?: readonly string[];
  /** The origin of the rows, for messages and for the model's file: `"data/mnist.npz"`, `"drawn digits"`. */
  readonly source: string;
}

/** A training set and, if the source has one, its test set. */
export interface DatasetPair {
  /** The rows to train on. */
  readonly train: Dataset;
  /** The rows to evaluate on; absent if the source has none. */
  readonly test?: Dataset;
}

/** The inputs and the class names of a network; a {@linkcode Dataset} has these fields. */
export type InputSpec = Pick<Dataset, "inputShape"> & Partial<Pick<Dataset, "inputScale" | "classNames">>;

/** Returns the number of inputs a row, `I`: the product of `inputShape`. */
export function inFeaturesOf({ inputShape }: Pick<Dataset, "inputShape">): number {
  return inputShape.reduce((product, length) => product * length, 1);
}

/** Returns the number of rows, `N`. */
export function countOf(dataset: Dataset): number {
  return dataset.labels?.length ?? (dataset.targets ? dataset.targets.length / dataset.outFeatures : 0);
}
