/** The parts of a checkpoint. @module */
import type { Tensors } from "../backends/backend.ts";
import type { TrainConfig } from "./config.ts";
import type { MlpParts } from "../mlp_parts.ts";
import type { Thresholds } from "../thresholds.ts";

/** The progress of a run. */
export interface Progress {
  /** The next epoch, or the one that is not complete, from 1. */
  readonly epoch: number;
  /** The number of steps of that epoch that are done. */
  readonly stepsDone: number;
  /** Sums over the rows of those steps. */
  readonly sums: { readonly lossSum: number; readonly correct: number; readonly rows: number };
  /** The number of steps of the run that are done. */
  readonly step: number;
  /** The epoch with the lowest validation loss; `undefined` before the first, or without a validation set. */
  readonly best?: { readonly epoch: number; readonly loss: number; readonly thresholds?: Thresholds };
}

/** Everything that training needs to continue. */
export interface Checkpoint {
  /** The network with its current parameters. */
  readonly mlp: MlpParts;
  /** The settings of the run. */
  readonly config: TrainConfig;
  /** The progress of the run. */
  readonly progress: Progress;
  /** Parameters and optimizer state by name, in the backend's number type. */
  readonly tensors: Tensors;
  /** Parameters of the best epoch, if training has patience and a best epoch. */
  readonly bestTensors?: Tensors;
  /** The name of the backend that ran the steps; another one would not give the same bits. */
  readonly backend: string;
  /** The parts of a batch whose gradients it added, if it ran them on ranks; another number would not give the same bits. */
  readonly slices?: number;
  /** The fingerprint of the training set. */
  readonly dataset: Fingerprint;
}

/** The identity of a data set. */
export interface Fingerprint {
  /** The number of rows. */
  readonly rows: number;
  /** The number of rows of an epoch, with outliers and drawn digits; absent if the run has no outliers and is not calibrated. */
  readonly epochRows?: number;
  /**
   * The CRC-32 of the bytes of the inputs, then of the labels or targets, then of the row weights if there are any. A set with
   * the targets of a teacher has the labels here, and its teacher in the record of the network.
   */
  readonly crc32: number;
  /** The fingerprint of the validation set, if one was given and decides when training ends. */
  readonly validation?: Pick<Fingerprint, "rows" | "crc32">;
}
