/**
 * The protocol between the drawing page and its server. Both sides depend only on this file and the three that it exports; the
 * page's scripts import the types in their comments.
 *
 * Every request, except those for the page's own files, is a POST with the run's token in the header
 * {@linkcode TOKEN_HEADER}. Ink is sent as bytes (`application/octet-stream`); all other bodies are JSON
 * (`application/json`). The body of an error response is a {@linkcode Refusal}. Its status is:
 *
 * - 421 for a wrong host name, 403 for a page of another site, a wrong token, or an action that is not for guests,
 * - 404 for an unknown address, 405 for a wrong method, 415 for a wrong content type,
 * - 413 for a body that is too large, 408 for one that arrives too slowly, 400 for one with wrong content,
 * - 404, 409, 422 and 423 for what cannot be done in the present state, see {@linkcode ROUTES},
 * - 429 for too many requests or streams at once, 503 when the server is ending or the file of corrections is locked or cannot be
 *   read or written now: the same request can succeed later.
 *
 * A guest is a client on another machine. Guests may look, draw and ask, but `correct`, `corrections`, `correction`,
 * `learn`, `training` and `quit` are for this machine only, unless the server allows them to guests; `save` always is.
 * @module
 */
import type { NetworkView } from "./network_views.ts";
import type { LearningState } from "./teaching_views.ts";
import type { Epochs, TrainingState } from "./training_views.ts";
export type * from "./network_views.ts";
export type * from "./teaching_views.ts";
export type * from "./training_views.ts";

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
  /** `{}` → {@linkcode Sample}; 404 without a data set. */
  sample: "/sample",
  /**
   * Ink as for `predict`, with `?label=7` → {@linkcode CorrectionKept}; 422 for a blank sheet. The same drawing is not added a
   * second time, but gets the new label.
   */
  correct: "/correct",
  /**
   * Ink or a row as for `predict`, with `?label=7`, and `&against=1` for the difference of two classes → {@linkcode WhyView};
   * 422 for a blank sheet.
   */
  why: "/why",
  /** Ink as for `predict` → {@linkcode Nearest}; 404 for tables, and without training and test set; 422 for a blank sheet. */
  nearest: "/nearest",
  /** {@linkcode CorrectionListRequest} → {@linkcode CorrectionList}, the newest corrections; 409 if the file is not one of this network. */
  corrections: "/corrections",
  /** {@linkcode CorrectionRequest} → `{}`; 404 if there is no such correction, 409 as for `corrections`, or if the file is full. */
  correction: "/correction",
  /** {@linkcode LearningRequest} → {@linkcode LearningState}; 409 if the network cannot learn now, or nothing can be undone. */
  learn: "/learn",
  /**
   * {@linkcode SaveRequest} → {@linkcode ModelSaved}; 409 if the file exists and `replace` is not true, 422 if it cannot be
   * written, 423 while the network is trained or learns. Only for this machine, even if guests may do everything else.
   */
  save: "/save",
  /** {@linkcode TrainingRequest} → {@linkcode TrainingState}; 409 if nothing is being trained, or it has ended or is ending. */
  training: "/training",
  /** {@linkcode CellRequest} → {@linkcode CellView}; 404 for tables, and without a test set. */
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
  /** The access of the page; sent once, after the messages of the present state. A guest may not correct, control the training or quit. */
  | { readonly type: "access"; readonly isGuest: boolean }
  /** Corrections were added, changed or deleted by this server. */
  | { readonly type: "corrections" }
  /** The state of learning; sent after `network`, and at each change. */
  | { readonly type: "learning"; readonly learning: LearningState }
  /** A sign that the connection works, sent every second. */
  | { readonly type: "alive" }
  /** The server is about to end, because a person quit from a page. */
  | { readonly type: "quit" };
