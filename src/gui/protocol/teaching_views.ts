/** Corrections and learning from them, in requests and responses of the page. @module */

/** The response after a correction was saved. */
export interface CorrectionKept {
  /** The number of corrections in the file, including this one. */
  readonly count: number;
  /** The path of the file, as a person on this machine would type it. */
  readonly file: string;
}

/** The request for corrections. */
export interface CorrectionListRequest {
  /** The maximum number of corrections, up to 500. */
  readonly most: number;
}

/** The corrections of a person. */
export interface CorrectionList {
  /** The number of all corrections. */
  readonly count: number;
  /** The width of each image, in pixels. */
  readonly width: number;
  /** The newest corrections, the newest first. */
  readonly tiles: readonly Tile[];
}

/** A correction to look at. */
export interface Tile {
  /** The name of the correction, which depends only on its image. */
  readonly id: string;
  /** Its label. */
  readonly label: number;
  /** The image `[H, W]` as ink, bytes in base64: 0 for paper, 255 for full ink. */
  readonly image: string;
}

/** The request to change a correction. */
export interface CorrectionRequest {
  /** The change: `restore` undoes one of the last 100 deletions. */
  readonly action: "relabel" | "delete" | "restore";
  readonly id: string;
  /** The new label, if `action` is `relabel`. */
  readonly label?: number;
}

/** The request to learn the corrections, to stop learning, or to undo it. */
export interface LearningRequest {
  readonly action: "learn" | "stop" | "undo";
}

/** The state of learning from corrections. */
export interface LearningState {
  /** The phase: `stopped` on request, `failed` with the reason in `error`; both leave the network as it was before. */
  readonly phase: "idle" | "preparing" | "learning" | "learned" | "stopped" | "undone" | "failed";
  /** The share of the work that is done, from 0 to 1. */
  readonly share: number;
  /** The number of corrections that are learned. */
  readonly corrections: number;
  /** The number of rows of the training set that are mixed in; 0 if there is no training set, and the network may forget. */
  readonly rows: number;
  /** The scores before and after. */
  readonly before?: LearningScore;
  readonly after?: LearningScore;
  /** The number of times that learning can be undone. */
  readonly undos: number;
  /** The reason of the failure. */
  readonly error?: string;
}

/** The scores of the network that learns. */
export interface LearningScore {
  /** The number of corrections that it reads as they are labeled. */
  readonly right: number;
  /** Its accuracy on the test set, 0 to 1; absent without a test set. */
  readonly testAccuracy?: number;
}

/** The request to save the network. */
export interface SaveRequest {
  /** The path, as a person on this machine would type it; by default a name beside the model. */
  readonly path?: string;
  /** True to replace a model; it is kept as `NAME.previous.npz`. */
  readonly replace?: boolean;
}

/** The response after the network was saved. */
export interface ModelSaved {
  /** The path of the file. */
  readonly file: string;
}
