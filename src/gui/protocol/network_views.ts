/** The network that the page shows, its predictions and the reasons for them, in requests and responses of the page. @module */

/** The request for the prediction for a row of a table. */
export interface RowRequest {
  /** A value for each column: a number, a category, or `null` if it is missing. */
  readonly values: readonly CellValue[];
}

/** A value of a column. */
export type CellValue = number | string | null;

/** The network's prediction for a sheet or for a row of a table. */
export interface Prediction {
  /** The version of the network's parameters, which increases by one whenever they change. */
  readonly version: number;
  /**
   * The input image of the network as ink, `[height, width]`: 0 for paper, 255 for full ink, whether the network takes bright
   * ink on a dark background or the reverse. For a table, the inputs `[I]`. `null` for a blank sheet, and then the rest is absent.
   */
  readonly seen: readonly number[] | null;
  /** The probability of each class or label, `[C]`; absent for values. */
  readonly probabilities?: readonly number[];
  /** The output values, `[O]`, if {@linkcode NetworkView.answer} is `"values"`. */
  readonly values?: readonly number[];
  /** The most probable class; absent for labels and values. */
  readonly guess?: number;
  /** The second most probable class. */
  readonly runnerUp?: number;
  /**
   * True if the guess's probability is at least {@linkcode NetworkView.sureFrom}, and it passes the network's thresholds if it
   * has any; for labels, if each label or its absence has that probability.
   */
  readonly sure?: boolean;
  /** False if the drawing is like nothing that the network was trained on; absent if the network has no thresholds. */
  readonly known?: boolean;
  /** The outputs of every layer but the last, first to last, each `[O]`. */
  readonly activations?: readonly (readonly number[])[];
}

/** The request for a unit. */
export interface UnitRequest {
  /** The layer, from 0. */
  readonly layer: number;
  /** The unit, from 0. */
  readonly unit: number;
}

/** The parameters of a unit. */
export interface UnitView extends UnitRequest {
  /** Its incoming weights `[I]`, to be shown as an image of `rows` by `columns`. */
  readonly weights: readonly number[];
  /**
   * The height of this image: for the first layer, that of the input image, or the number of inputs of a table; for other layers,
   * near the square root of `I`.
   */
  readonly rows: number;
  /** The width of this image; `rows * columns` may exceed `I` by less than a row. */
  readonly columns: number;
  /** Its bias. */
  readonly bias: number;
}

/** A row of the test set, or of the training set if there is no test set. */
export interface Sample {
  /** The image `[height, width]` as ink to draw with: 0 for its background, 255 for full ink; absent for tables. */
  readonly pixels?: readonly number[];
  /** The value of each column; absent for images. */
  readonly values?: readonly CellValue[];
  /** Its label; absent for labels and values. */
  readonly label?: number;
  /** Its target values, or 1 and 0 for each of its labels; absent for classes. */
  readonly targets?: readonly number[];
  /** Its row in that set. */
  readonly row: number;
  /** Its origin, for a person: `"MNIST, test set"`. */
  readonly source: string;
}

/** The reasons for a class, label or value: gradient × input of its logit, the sum in the last layer before the softmax. */
export interface WhyView {
  /** As in {@linkcode Prediction}. */
  readonly version: number;
  readonly label: number;
  /** The class whose logit is subtracted; absent if none is. */
  readonly against?: number;
  /** As in {@linkcode Prediction}. */
  readonly seen: readonly number[];
  /** The contribution of each input `[I]`, by its difference from a blank sheet, or from the usual values of a table. */
  readonly contributions: readonly number[];
  /** The logit, which is the sum of `total`, `biases` and `curved`. */
  readonly logit: number;
  /** The sum of the contributions. */
  readonly total: number;
  /** The part of the biases, and of light paper or the usual values. */
  readonly biases: number;
  /** The part of activations that are curves; 0 for ReLU. */
  readonly curved: number;
  /** The strongest paths, each with a unit of every hidden layer, from 0, and its part of `total`. */
  readonly paths: readonly { readonly units: readonly number[]; readonly contribution: number }[];
  /** The number of all paths that are not 0. */
  readonly pathCount: number;
  /** The share of `paths` in the absolute contributions of all paths, 0 to 1. */
  readonly pathShare: number;
}

/** The images nearest to a drawing. */
export interface Nearest {
  /** The origin of the images: `"data/mnist.npz"`. */
  readonly source: string;
  /** True if they are from the training set; false if it is not known, and they are from the test set. */
  readonly isTraining: boolean;
  /** The number of images that were searched. */
  readonly rows: number;
  /** The nearest images, in order, with the Euclidean distance over the network's inputs, on which 1 is white. */
  readonly neighbors: readonly NearImage[];
}

/** The images that a network takes. */
export interface ImageInput {
  readonly kind: "image";
  /** The size of the image, in pixels. */
  readonly width: number;
  readonly height: number;
  /** The size of the sheet that the page sends: a whole multiple of the image's, its longer side near {@linkcode INK_SIDE}. */
  readonly sheetWidth: number;
  readonly sheetHeight: number;
  /** The background of the network's images; absent if they have no common one. The page sends and shows ink all the same. */
  readonly background?: "dark" | "light";
}

/** The rows of a table that a network takes. */
export interface TableInput {
  readonly kind: "table";
  readonly columns: readonly ColumnView[];
  /** The source of the columns' ranges, as a sentence for a person, without a final period. */
  readonly ranges: string;
  /** True if the ranges are assumed, because they are not known. */
  readonly isAssumed: boolean;
}

/** A column of a table. */
export interface ColumnView {
  readonly name: string;
  /** The possible texts of a column of texts; absent for a column of numbers. */
  readonly categories?: readonly string[];
  /** The ends of a slider; other numbers are also valid. 0 and 1 for texts. */
  readonly least: number;
  readonly most: number;
  /** The step of a slider: 1 for whole numbers, else about a hundredth of the range. */
  readonly step: number;
  /** A usual value: the mean, or the most frequent text. */
  readonly usual: number | string;
  /** True if the value may be missing. */
  readonly isOptional: boolean;
}

/** An image near a drawing. */
export interface NearImage {
  /** Its row, from 0. */
  readonly row: number;
  /** Its class. */
  readonly label: number;
  readonly distance: number;
  /** The image `[height, width]` as ink, as in {@linkcode Sample}. */
  readonly pixels: readonly number[];
}

/** The network that the page shows. */
export interface NetworkView {
  /** Its description, for a person: `"784-128-64-10, 109,386 parameters"`. */
  readonly title: string;
  /** Its origin, for a person: `"model/model.npz, trained on MNIST for 100 epochs"`. */
  readonly origin: string;
  /** The names of the classes, labels or values, in order. */
  readonly classNames: readonly string[];
  /** The input. */
  readonly input: ImageInput | TableInput;
  /** The meaning of the outputs: `labels` have independent probabilities; those of `classes` have the sum 1. */
  readonly answer: "classes" | "labels" | "values";
  /** The minimum and the maximum of each value in the rows that are known; absent if none are, and for classes and labels. */
  readonly valueRanges?: readonly (readonly [least: number, most: number])[];
  /** The layers: outputs and activation. */
  readonly layers: readonly { readonly outFeatures: number; readonly activation: string }[];
  /** True if the network gets drawings enlarged and centered; false if it gets the whole sheet. */
  readonly isCentered: boolean;
  /** The probability from which a guess counts as sure, from 0 to 1. */
  readonly sureFrom: number;
  /** True if a guess with that probability can still be not sure, because the network has thresholds. */
  readonly hasThresholds: boolean;
  /** As in {@linkcode Prediction}. */
  readonly version: number;
}
