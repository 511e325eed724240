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

/** Width and height of the sheet that the page sends, in pixels: 7 for each pixel of a 28×28 image. */
export const INK_SIDE = 196;

/** The addresses of requests, each with its body and its response. */
export const ROUTES = {
  /** Ink `[INK_SIDE, INK_SIDE]` as bytes, 0 for paper and 255 for full ink → {@linkcode Prediction}. */
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
  /** {@linkcode TrainingRequest} → {@linkcode TrainingState}; 409 if nothing is being trained. */
  training: "/training",
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

/** The network's prediction for a sheet. */
export interface Prediction {
  /** The version of the network's parameters, which increases by one whenever they change. */
  readonly version: number;
  /**
   * The input image of the network as ink, `[28, 28]`: 0 for paper, 255 for full ink, whether the network takes bright ink on a
   * dark background or the reverse. `null` for a blank sheet, and then the rest is absent.
   */
  readonly seen: readonly number[] | null;
  /** The probability of each class, `[C]`. */
  readonly probabilities?: readonly number[];
  /** The most probable class. */
  readonly guess?: number;
  /** The second most probable class. */
  readonly runnerUp?: number;
  /** True if the guess's probability is at least {@linkcode NetworkView.sureFrom}. */
  readonly sure?: boolean;
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
  /** The height of the picture: 28 for the first layer, near the square root of `I` for others. */
  readonly rows: number;
  /** The width of the picture; `rows * columns` may exceed `I` by less than a row. */
  readonly columns: number;
  /** Its bias. */
  readonly bias: number;
}

/** An image of the test set. */
export interface Sample {
  /** The image `[28, 28]` as ink to draw with: 0 for its background, 255 for full ink. */
  readonly pixels: readonly number[];
  /** Its label. */
  readonly label: number;
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

/** The network that the page shows. */
export interface NetworkView {
  /** Its description, for a person: `"784-128-64-10, 109,386 parameters"`. */
  readonly title: string;
  /** Its origin, for a person: `"model/model.npz, trained on MNIST for 100 epochs"`. */
  readonly origin: string;
  /** Class names, in order. */
  readonly classNames: readonly string[];
  /** The layers: outputs and activation. */
  readonly layers: readonly { readonly outFeatures: number; readonly activation: string }[];
  /** True if the network gets drawings enlarged and centered; false if it gets the whole sheet. */
  readonly isCentered: boolean;
  /** The probability from which a guess counts as sure, from 0 to 1. */
  readonly sureFrom: number;
  /** As in {@linkcode Prediction}. */
  readonly version: number;
}

/** The request to control the training. */
export interface TrainingRequest {
  /**
   * The action: `pause` halts after the current step, `resume` continues, `stop` ends the training and saves the
   * model.
   */
  readonly action: "pause" | "resume" | "stop";
}

/** The state of the training. */
export interface TrainingState {
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

/** A line of the stream. */
export type WatchMessage =
  /** The network; sent first, and again if it is replaced. */
  | { readonly type: "network"; readonly network: NetworkView }
  /**
   * The state of a training; sent after `network`, at each change of phase, and about ten times a second while it
   * runs.
   */
  | { readonly type: "training"; readonly training: TrainingState }
  /**
   * The epochs that were trained since the previous message; a new stream begins with all of them. The confusion
   * matrix `[C, C]` has a row for each label.
   */
  | { readonly type: "epochs"; readonly epochs: readonly EpochView[]; readonly confusion?: readonly number[] }
  /** A new version of the parameters, with which the drawing should be predicted again. */
  | { readonly type: "version"; readonly version: number }
  /** The rights of the page; sent once, after the messages of the present state. A guest may not correct, control the training or quit. */
  | { readonly type: "access"; readonly isGuest: boolean }
  /** A sign that the connection works, sent every second. */
  | { readonly type: "alive" }
  /** The server is about to end, because a person quit from a page. */
  | { readonly type: "quit" };
