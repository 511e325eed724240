/**
 * Data sets: rows of inputs, each with a class label or with target values.
 * @module
 */
import { INPUT_SPEC, OUTPUTS, ROWS } from "../argument_kinds.ts";
import { checkArgument, fields, list, whole } from "../arguments.ts";

/** The label of a row that belongs to no class: its target in training is `1 / C` for each class. */
export const NO_CLASS = 0xffffffff;

/** The kind of a data set's labels or targets: one class a row, target values, or any number of labels a row. */
export type TaskKind = "classify" | "regress" | "multilabel";

/** The properties of inputs that are images. */
export interface ImageSpec {
  /** The input value of a white pixel: 255 for bytes, 1 for pixels that were scaled before, such as by `x / 255`. */
  readonly white: number;
  /** The background of the images; absent if they have no common one, such as photos. */
  readonly background?: "dark" | "light";
  /**
   * How a picture becomes an input. `"center"` finds its ink and centers it on 28×28 pixels, as MNIST does; `"resize"` scales
   * the complete picture to the input's shape.
   */
  readonly placement: "center" | "resize";
}

/** A column of a table. A column of numbers is one input, a column of texts one input for each category. */
export interface TableColumn {
  /** The name in the header; `"column 1"`, … if the table has none. */
  readonly name: string;
  /** The values of a column of texts, in the order of its one-hot inputs; absent for a column of numbers. */
  readonly categories?: readonly string[];
  /** The number that replaces a missing one; absent if none may be missing. */
  readonly fill?: number;
}

/** The meaning of a network's inputs and outputs. It is saved with the network and applied to everything that it predicts. */
export interface InputSpec {
  /** The shape of one input, such as `[28, 28]`; its product is `I`. */
  readonly inputShape: readonly number[];
  /** The factor that a network applies to each input: `1 / 255` for bytes that are pixels, else usually 1, the default. */
  readonly inputScale?: number;
  /** The names of the classes, in label order, or of several labels a row; absent if there are none. */
  readonly classNames?: readonly string[];
  /** The properties of inputs that are images; absent for other inputs. */
  readonly image?: ImageSpec;
  /** The columns of inputs that come from a table, in order; absent for other inputs. */
  readonly columns?: readonly TableColumn[];
  /** The names of the table's columns with the labels or targets; absent for other inputs. */
  readonly labelColumns?: readonly string[];
}

/** The record of a teacher, see {@linkcode distill}. */
export interface TeacherRecord {
  /** Its name, such as the path of its file. */
  readonly name: string;
  /** Its share of each target, from 0 to 1. */
  readonly share: number;
  /** The number above 0 by which its logits were divided. */
  readonly temperature: number;
  /** The CRC-32 of its layers, as text, and then of the bytes of its parameters in float32. */
  readonly crc32: number;
}

/** Rows to train on or to evaluate on. The library does not write to its arrays. */
export interface Dataset extends InputSpec {
  /** Inputs `[N, I]`, row by row. A network multiplies them by `inputScale`. */
  readonly inputs: Uint8Array | Float32Array;
  /** The factor that a network applies to each input: `1 / 255` for bytes that are pixels, else usually 1. */
  readonly inputScale: number;
  /** The kind of labels or targets; absent if only their arrays and values tell. */
  readonly task?: TaskKind;
  /** Class labels `[N]`, each from 0 to `outFeatures - 1`, or {@linkcode NO_CLASS}; present for classification. */
  readonly labels?: Uint32Array;
  /** Target values `[N, O]`; present for regression, for several labels a row, and for probabilities of classes. */
  readonly targets?: Float32Array;
  /** The labels `[N]` of a set whose targets a teacher made, and its record, see {@linkcode distill}; absent for other sets. */
  readonly distilled?: { readonly labels: Uint32Array; readonly teacher: TeacherRecord };
  /** The weights `[N]` of the rows in the gradient, each a finite number from 0; if absent, every row has weight 1. */
  readonly weights?: Float32Array;
  /** The number of classes, or of target values a row. */
  readonly outFeatures: number;
  /** The origin of the rows, for messages and for the model's file: `"data/mnist.npz"`, `"drawn digits"`. */
  readonly source: string;
}

/** A training set and, if the source has one, its test set. */
export interface DatasetPair {
  /** The rows to train on. */
  readonly train: Dataset;
  /** The rows to evaluate on; absent if the source has none. */
  readonly test?: Dataset;
  /** The rows to validate on during training; absent if the source has none. */
  readonly validation?: Dataset;
  /** Decisions that a caller may want to change, and advice; absent if there are none. */
  readonly notes?: readonly DataNote[];
}

/** The sets of a source that has no training set, or any others. */
export type DatasetSets = Partial<Pick<DatasetPair, "train">> & Omit<DatasetPair, "train">;

/** A decision about a data set that a caller may want to change, or advice. */
export interface DataNote {
  /** The decision, such as `inputs not scaled (columns differ 80×)`. */
  readonly text: string;
  /** The option that changes it, and its value: `{ name: "inputScale", value: "standardize" }`; absent if there is none. */
  readonly option?: { readonly name: string; readonly value: string };
}

/** Returns the fields of an {@linkcode InputSpec}, without fields that are `undefined`. */
export function inputSpecOf(spec: InputSpec): InputSpec {
  const { inputShape, inputScale, classNames, image, columns, labelColumns } = spec;
  const fields = { inputShape, inputScale, classNames, image, columns, labelColumns };
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as unknown as InputSpec;
}

/**
 * Returns the properties of images for a network or a set that may have none: those that it has, else those of MNIST's images
 * if its inputs are bytes of 28×28 pixels; `undefined` for inputs that are not images.
 */
export function imageSpecOf(spec: InputSpec): ImageSpec | undefined {
  checkArgument("spec", spec, INPUT_SPEC);
  if (spec.image) return spec.image;
  if (spec.inputScale !== 1 / 255) return undefined;
  return { white: 255, placement: inFeaturesOf(spec) === 28 * 28 ? "center" : "resize" };
}

const SHAPED = fields({ inputShape: list(whole()) });
const COUNTED = fields({ outFeatures: whole(1) }, { labels: ROWS, targets: OUTPUTS });

/** Returns the number of inputs a row, `I`: the product of `inputShape`. */
export function inFeaturesOf(spec: Pick<Dataset, "inputShape">): number {
  checkArgument("spec", spec, SHAPED);
  return spec.inputShape.reduce((product, length) => product * length, 1);
}

/** Returns the number of rows, `N`. */
export function countOf(dataset: Dataset): number {
  checkArgument("dataset", dataset, COUNTED);
  return dataset.labels?.length ?? (dataset.targets ? dataset.targets.length / dataset.outFeatures : 0);
}
