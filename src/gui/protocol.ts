/**
 * What the drawing page and its server say to each other. The page's scripts take these types from here in their
 * comments; both sides are written against this file alone.
 *
 * Every request but those for the page's own files is a POST with the run's token in the header {@linkcode TOKEN_HEADER}.
 * Bodies are JSON (`application/json`) but for ink, which is bytes (`application/octet-stream`). An error is a JSON
 * {@linkcode Refusal} with a status from 400.
 *
 * Refused are: another host name (421); a page of another site, or without the run's token (403); an address that is none
 * (404), another method (405), another content type (415); a body that is too large (413), too slow (408) or not what is
 * asked for (400); too many requests or streams at once (429); anything once the server ends (503).
 * @module
 */

/** The header that carries the run's token; the page finds it in `<meta name="token">`. */
export const TOKEN_HEADER = "x-mlpcuda-token";

/** Width and height of the sheet that the page sends, in pixels: 7 for each pixel of a 28×28 image. */
export const INK_SIDE = 196;

/** Where requests go. */
export const ROUTES = {
  /** Ink `[INK_SIDE, INK_SIDE]` as bytes, 0 for paper and 255 for full ink → {@linkcode Prediction}. */
  predict: "/predict",
  /** {@linkcode UnitRequest} → {@linkcode UnitView}. */
  unit: "/unit",
  /** `{}` → {@linkcode Sample}; 404 where there is no test set. */
  sample: "/sample",
  /** Ink as for `predict`, with `?label=7` → {@linkcode CorrectionKept}; 422 for a blank sheet. */
  correct: "/correct",
  /** {@linkcode TrainingRequest} → {@linkcode TrainingState}; 409 where nothing is being trained. */
  training: "/training",
  /** `{}` → a stream of {@linkcode WatchMessage}, one JSON object a line, which ends when the server does. */
  watch: "/watch",
  /** `{}` → `{}`; then the server ends, with exit code 0. */
  quit: "/quit",
} as const;

/** Why a request was refused. */
export interface Refusal {
  /** One sentence for a person, without a final period. */
  readonly error: string;
}

/** What the network makes of a sheet. */
export interface Prediction {
  /** Which state of the network answered: it rises by one whenever the parameters change. */
  readonly version: number;
  /** The image `[28, 28]` that the network saw, 0 to 255; `null` for a blank sheet, and then nothing else is there. */
  readonly seen: readonly number[] | null;
  /** A probability for each class. */
  readonly probabilities?: readonly number[];
  /** The most probable class. */
  readonly guess?: number;
  /** The second most probable class. */
  readonly runnerUp?: number;
  /** Whether the guess's probability reaches {@linkcode NetworkView.sureFrom}. */
  readonly sure?: boolean;
  /** The outputs of every layer but the last, first to last, each `[O]`. */
  readonly activations?: readonly (readonly number[])[];
}

/** Which unit is asked for. */
export interface UnitRequest {
  /** The layer, from 0. */
  readonly layer: number;
  /** The unit, from 0. */
  readonly unit: number;
}

/** A unit from within. */
export interface UnitView extends UnitRequest {
  /** Its incoming weights `[I]`, as a picture of `rows` by `columns`. */
  readonly weights: readonly number[];
  /** Height of the picture: 28 for the first layer, near the square root of `I` for others. */
  readonly rows: number;
  /** Width of the picture; `rows * columns` may exceed `I` by less than a row. */
  readonly columns: number;
  /** Its bias. */
  readonly bias: number;
}

/** A digit of the test set. */
export interface Sample {
  /** The image `[28, 28]`, 0 to 255. */
  readonly pixels: readonly number[];
  /** What it is. */
  readonly label: number;
  /** Its row in the test set. */
  readonly row: number;
  /** Where it is from, for a person: `"MNIST, test set"`. */
  readonly source: string;
}

/** A correction was written. */
export interface CorrectionKept {
  /** Corrections in the file now. */
  readonly count: number;
  /** The file, as a person on this machine would type it. */
  readonly file: string;
}

/** The network that the page shows. */
export interface NetworkView {
  /** What it is, for a person: `"784-128-64-10, 109,386 parameters"`. */
  readonly title: string;
  /** Where it is from: `"model/model.npz, trained on MNIST for 100 epochs"`. */
  readonly origin: string;
  /** Class names, in order. */
  readonly classNames: readonly string[];
  /** The layers: outputs and activation. */
  readonly layers: readonly { readonly outFeatures: number; readonly activation: string }[];
  /** The probability from which a guess counts as sure, from 0 to 1. */
  readonly sureFrom: number;
  /** As in {@linkcode Prediction}. */
  readonly version: number;
}

/** What can be asked of the training. */
export interface TrainingRequest {
  /** `pause` ends after the step being done, `resume` goes on from there, `stop` ends for good and saves. */
  readonly action: "pause" | "resume" | "stop";
}

/** How far training is. */
export interface TrainingState {
  /** `stopped` was asked for; `finished` ran to its end; `failed` says why in `error`. */
  readonly phase: "preparing" | "running" | "paused" | "stopped" | "finished" | "failed";
  /** The epoch being trained, from 1. */
  readonly epoch: number;
  /** Epochs in all. */
  readonly epochs: number;
  /** Steps of this epoch done. */
  readonly step: number;
  /** Steps an epoch. */
  readonly steps: number;
  /** The backend and device. */
  readonly backend: string;
  /** Where the model was saved, once it was. */
  readonly saved?: string;
  /** Why it failed. */
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
  /** Images trained on a second, evaluation apart. */
  readonly imagesPerSecond: number;
}

/** A line of the stream. */
export type WatchMessage =
  /** The first line, and again whenever the network is another one. */
  | { readonly type: "network"; readonly network: NetworkView }
  /** After `network`, where training was asked for, and on every change of phase; about ten times a second while it runs. */
  | { readonly type: "training"; readonly training: TrainingState }
  /** An epoch was trained; a page that comes late is told all epochs at once. The confusion matrix `[C, C]` has a row a label. */
  | { readonly type: "epochs"; readonly epochs: readonly EpochView[]; readonly confusion?: readonly number[] }
  /** The parameters changed: what was drawn should be predicted anew. */
  | { readonly type: "version"; readonly version: number }
  /** Nothing happened for a while; sent every 5 seconds, so that a dead connection is noticed. */
  | { readonly type: "alive" }
  /** The server is about to end because somebody quit. */
  | { readonly type: "quit" };
