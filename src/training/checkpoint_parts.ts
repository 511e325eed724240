/** The parts of a checkpoint. @module */
import type { Tensors } from "../backends/backend.ts";
import type { TrainConfig } from "./config.ts";
import type { MlpParts } from "../mlp_parts.ts";

/** The progress of a run. */
export interface Progress {
  /** The epoch that comes next or continues, from 1. */
  readonly epoch: number;
  /** Steps of that epoch that are done. */
  readonly stepsDone: number;
  /** Sums over the rows of those steps. */
  readonly sums: { readonly lossSum: number; readonly correct: number; readonly rows: number };
  /** Steps of the whole run that are done. */
  readonly step: number;
  /** The best epoch by validation loss; `undefined` before the first, or with no validation set. */
  readonly best?: { readonly epoch: number; readonly loss: number };
}

/** Everything that training needs to continue. */
export interface Checkpoint {
  /** The network, its parameters as they stand. */
  readonly mlp: MlpParts;
  /** The settings of the run. */
  readonly config: TrainConfig;
  /** The progress of the run. */
  readonly progress: Progress;
  /** Parameters and optimizer state by name, as the backend had them. */
  readonly tensors: Tensors;
  /** Parameters of the best epoch, if there is one and training has patience. */
  readonly bestTensors?: Tensors;
  /** The backend that ran the steps; another one would not give the same bits. */
  readonly backend: string;
  /** The set that it trains on: its rows, and the CRC-32 of inputs and labels or targets. */
  readonly dataset: Fingerprint;
}

/** The identity of a data set. */
export interface Fingerprint {
  /** Rows. */
  readonly rows: number;
  /** CRC-32 of the bytes of the inputs, then of the labels or targets, then of the row weights if there are any. */
  readonly crc32: number;
}
