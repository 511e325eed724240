/** The content that a report is made from. @module */
import type { Mlp } from "../mlp.ts";
import type { TrainEvent } from "../training/epochs.ts";
import type { Evaluation } from "../training/scores.ts";
import type { RowOutputs } from "../training/evaluate.ts";

/** The scores of an epoch on a set that was not trained on. */
export type EpochScores = Pick<Evaluation, "loss" | "accuracy" | "f1" | "r2" | "meanAbsoluteError">;

/** The results of an epoch that a report shows. */
export interface EpochResults
  extends Pick<TrainEvent, "epoch" | "trainLoss" | "trainAccuracy" | "learningRate" | "seconds"> {
  /** The scores on the validation set. */
  readonly validation?: EpochScores;
  /** The scores on the test set. */
  readonly test?: EpochScores;
}

/** The content of a report. */
export interface ReportSource extends RowOutputs {
  /** The title. */
  readonly title: string;
  /** The network that made the outputs. */
  readonly mlp: Mlp;
  /** The name of the set, such as `test`. */
  readonly setName: string;
  /** The epochs of its training; empty if they are not known. */
  readonly epochs: readonly EpochResults[];
  /** The command line that makes the report again. */
  readonly command: string;
  /** Names and values of everything else that is needed to repeat it: versions, hardware, checksums. */
  readonly facts: readonly (readonly [name: string, value: string])[];
}
