/**
 * The protocol between the drawing page and its server. Both sides depend only on this file; the page's scripts
 * import the types in their comments.
 *
 * Every request, except those for the page's own files, is a POST with the run's token in the header
 * {@linkcode TOKEN_HEADER}. Ink is sent as bytes (`application/octet-stream`); all other bodies are JSON
 * (`application/json`). The body of an error response is a {@linkcode Refusal}. Its status is:
 *
 * - 421 for a wrong host name, 403 for a page of another site, a wrong token, or an action that is not for guests,
 * - 404 for an unknown address, 405 for a wrong method, 415 for a wrong content type,
 * - 413 for a body that is too large, 408 for one that arrives too slowly, 400 for one with wrong content,
 * - 429 for too many requests or streams at once, 503 when the server is ending or the file of corrections is locked.
 *
 * A guest is a client on another machine. Guests may look, draw and ask, but `correct`, `training` and `quit` are for
 * this machine only, unless the server allows them to guests.
 * @module
 */

/** The header with the run's token. The page reads the token from `<meta name="token">`. */
export const TOKEN_HEADER = "x-mlpcuda-token";

/**
 * Width and height of the sheet that the page sends for a network of 28×28 images, in pixels: 7 for each pixel of the
 * image. {@linkcode ImageInput} has the sheet's size for other images.
 */
export const INK_SIDE = 196;

/** The addresses of requests, each with its body and its response. */
export const ROUTES = {
  /**
   * For images, ink `[sheetHeight, sheetWidth]` as bytes, 0 for paper and 255 for full ink; for tables,
   * {@linkcode RowRequest} → {@linkcode Prediction}.
   */
  predict: "/predict",
  /** {@linkcode UnitRequest} → {@linkcode UnitView}. */
  unit: "/unit",
  /** `{}` → {@linkcode Sample}; 404 without a test set. */
  sample: "/sample",
  /**
   * Ink as for `predict`, with `?label=7` → {@linkcode CorrectionKept}; 422 for a blank sheet. With `&resent=1`, the
   * same drawing with the same label is not added a second time.
   */
  correct: "/correct",
  /**
   * Ink or a row as for `predict`, with `?label=7`, and `&against=1` for the difference of two classes → {@linkcode WhyView};
   * 422 for a blank sheet.
   */
  why: "/why",
  /** Ink as for `predict` → {@linkcode Nearest}; 404 for tables, and without training and test set; 422 for a blank sheet. */
  nearest: "/nearest",
  /** {@linkcode TrainingRequest} → {@linkcode TrainingState}; 409 if nothing is being trained. */
  training: "/training",
  /** {@linkcode CellRequest} → {@linkcode CellView}; 404 without a test set. */
  cell: "/cell",
  /** `{}` → a stream of {@linkcode WatchMessage}, one JSON object a line, which ends with the server. */
  watch: "/watch",
  /** `{}` → `{}`; then the server ends, with exit code 0. */
  quit: "/quit",
} as const;

/** The reason that a request was refused. */
export interface Refusal {
  /** One sentence for a person, without a final period. */
  readonly error: string;
}

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
  /** Its incoming weights `[I]`, to be shown as a picture of `rows` by `columns`. */
  readonly weights: readonly number[];
  /**
   * The height of the picture: that of the image for the first layer, or the number of inputs of a table; near the square root
   * of `I` for other layers.
   */
  readonly rows: number;
  /** The width of the picture; `rows * columns` may exceed `I` by less than a row. */
  readonly columns: number;
  /** Its bias. */
  readonly bias: number;
}

/** A row of the test set. */
export interface Sample {
  /** The image `[height, width]` as ink to draw with: 0 for its background, 255 for full ink; absent for tables. */
  readonly pixels?: readonly number[];
  /** The value of each column; absent for images. */
  readonly values?: readonly CellValue[];
  /** Its label; absent for labels and values. */
  readonly label?: number;
  /** Its target values, or 1 and 0 for each of its labels; absent for classes. */
  readonly targets?: readonly number[];
  /** Its row in the test set. */
  readonly row: number;
  /** Its origin, for a person: `"MNIST, test set"`. */
  readonly source: string;
}

/** The response after a correction was saved. */
export interface CorrectionKept {
  /** The number of corrections in the file, including this one. */
  readonly count: number;
  /** The path of the file, as a person on this machine would type it. */
  readonly file: string;
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
  /** The logit, which is the sum of `total`, `biases` and `bends`. */
  readonly logit: number;
  /** The sum of the contributions. */
  readonly total: number;
  /** The part of the biases, and of light paper or the usual values. */
  readonly biases: number;
  /** The part of activations that are curves; 0 for ReLU. */
  readonly bends: number;
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
  /** True if the ranges are assumed, because nothing tells them. */
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

/** The request to control the training. */
export interface TrainingRequest {
  /**
   * The action: `pause` halts after the current step, `resume` continues, `stop` ends the training and saves the
   * model; `steer` changes `settings` of the current training; `restart` discards what is not saved, and trains a new
   * network with these `layers` and `settings`, also after the training has ended.
   */
  readonly action: "pause" | "resume" | "stop" | "steer" | "restart";
  /** The settings that change. A batch size is used from the next epoch on, the others from the next step on. */
  readonly settings?: Partial<Pick<TrainingSettings, "learningRate" | "batchSize" | "augment">>;
  /** The layers of a new network, as `--layers` has them; by default as before. */
  readonly layers?: string;
}

/** The settings of a training that the page shows. */
export interface TrainingSettings {
  /** The layers, such as `"128:relu,10:softmax"`. */
  readonly layers: string;
  /** The learning rate before its schedule. */
  readonly learningRate: number;
  /** The schedule of the learning rate. */
  readonly schedule: string;
  /** Rows a step. */
  readonly batchSize: number;
  /** True if images are deformed. */
  readonly augment: boolean;
}

/** A setting that was changed during the training. */
export interface SteeredView {
  /** The number of steps that were done before. */
  readonly step: number;
  /** The setting. */
  readonly setting: string;
  /** Its value from then on. */
  readonly value: number | string | boolean;
}

/** The state of the training. */
export interface TrainingState {
  /** The number of the run, from 1; a restart adds one. */
  readonly run: number;
  /** The settings, including changes that wait for the next epoch. */
  readonly settings: TrainingSettings;
  /** False if the images cannot be deformed. */
  readonly canAugment: boolean;
  /** The changes of settings in this run, in order. */
  readonly steered: readonly SteeredView[];
  /** The phase: `stopped` on request, `finished` after the last epoch, `failed` with the reason in `error`. */
  readonly phase: "preparing" | "running" | "paused" | "stopped" | "finished" | "failed";
  /** The epoch being trained, from 1. */
  readonly epoch: number;
  /** Epochs in all. */
  readonly epochs: number;
  /** The number of steps of this epoch that are done. */
  readonly step: number;
  /** The number of steps in an epoch. */
  readonly steps: number;
  /** The backend and device. */
  readonly backend: string;
  /** The path of the saved model; absent until it is saved. */
  readonly saved?: string;
  /** The reason of the failure. */
  readonly error?: string;
}

/** An epoch that was trained. */
export interface EpochView {
  /** The epoch, from 1. */
  readonly epoch: number;
  /** Mean training loss, in nats. */
  readonly trainLoss: number;
  /** Training accuracy, 0 to 1. */
  readonly trainAccuracy?: number;
  /** Mean loss on the test set, in nats. */
  readonly testLoss?: number;
  /** Accuracy on the test set, 0 to 1. */
  readonly testAccuracy?: number;
  /** Training images per second, without the time of evaluation. */
  readonly imagesPerSecond: number;
}

/** The training results of some steps within an epoch. */
export interface EpochPoint {
  /** The number of epochs that are done after these steps, such as 1.25. */
  readonly at: number;
  /** Mean training loss of the steps, in nats. */
  readonly trainLoss: number;
  /** Training accuracy of the steps, 0 to 1. */
  readonly trainAccuracy?: number;
}

/** The request for the images of a cell of the confusion matrix. */
export interface CellRequest {
  /** The label, from 0. */
  readonly label: number;
  /** The predicted class, from 0. */
  readonly predicted: number;
}

/** Images of the test set in a cell of the confusion matrix, with the present parameters: the first 50. */
export interface CellView extends CellRequest {
  /** The images, each with its row, its pixels as in {@linkcode Sample}, and the probability of the predicted class. */
  readonly images: readonly {
    readonly row: number;
    readonly pixels: readonly number[];
    readonly probability: number;
  }[];
  /** The width of the images. */
  readonly columns: number;
  /** The number of images with the label that were tried. */
  readonly searched: number;
  /** The number of images with the label. */
  readonly ofLabel: number;
}

/** The results of epochs, and of parts of epochs. */
export interface Epochs {
  readonly type: "epochs";
  /** The epochs. */
  readonly epochs: readonly EpochView[];
  /** The points within epochs. */
  readonly points?: readonly EpochPoint[];
  /** The confusion matrix `[C, C]` of the last epoch, with a row for each label. */
  readonly confusion?: readonly number[];
}

/** A line of the stream. */
export type WatchMessage =
  /** The network; sent first, and again if it is replaced. */
  | { readonly type: "network"; readonly network: NetworkView }
  /**
   * The state of a training; sent after `network`, at each change of phase, and about ten times a second while it
   * runs.
   */
  | { readonly type: "training"; readonly training: TrainingState }
  /** The epochs and points since the previous message; a new stream begins with all of this run. */
  | Epochs
  /** A new version of the parameters, with which the drawing should be predicted again. */
  | { readonly type: "version"; readonly version: number }
  /** The rights of the page; sent once, after the messages of the present state. A guest may not correct, control the training or quit. */
  | { readonly type: "access"; readonly isGuest: boolean }
  /** A sign that the connection works, sent every second. */
  | { readonly type: "alive" }
  /** The server is about to end, because a person quit from a page. */
  | { readonly type: "quit" };
