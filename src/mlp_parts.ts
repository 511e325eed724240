/** The parts of a network that its file has. @module */
import type { InputSpec, TeacherRecord } from "./data/dataset.ts";
import type { Tensors } from "./backends/backend.ts";
import type { TrainConfig } from "./training/config.ts";
import type { InputRanges } from "./training/input_ranges.ts";
import type { Scalings } from "./training/scalings.ts";
import type { OptionValue } from "./plan/option.ts";
import type { LayerSpec } from "./plan/layers.ts";
import type { Thresholds } from "./thresholds.ts";

/**
 * The record of a network's training, which is saved in its file. Its scalings were used in training only: the first layer
 * contains that of the inputs, and the last layer undoes that of the target values.
 */
export interface TrainingRecord extends Scalings {
  /** The settings of the run. */
  readonly config: TrainConfig;
  /** The number of epochs of training; the last may be incomplete. */
  readonly epochs: number;
  /** The source of the training set, and the number of its rows that were trained on. */
  readonly dataset: { readonly source: string; readonly rows: number };
  /** The name of the backend that ran the steps. */
  readonly backend: string;
  /** The parts of a batch whose gradients were added, if it ran them on ranks; without ranks, a batch is one part. */
  readonly slices?: number;
  /**
   * The changes of settings during the run, in order; absent if there were none. `config` has the last values, so that a run
   * with these settings alone does not give the same network.
   */
  readonly steered?: readonly Steered[];
  /** The number of networks whose mean it is; absent for a network that was trained as it is. The rest is that of the first one. */
  readonly committee?: number;
  /** The temperature by which the last layer was divided after training, see {@linkcode withTemperature}; absent if it was not. */
  readonly temperature?: number;
  /** The teacher that made the targets, see {@linkcode distill}; absent if they were those of the data set. */
  readonly teacher?: TeacherRecord;
  /** The ranges of the inputs in these rows; absent for images, and for networks of version 0.1. */
  readonly inputRanges?: InputRanges;
}

/** A change of a setting while a network was trained. */
export interface Steered {
  /** The number of steps that were done before the change. */
  readonly step: number;
  /** The name of the setting, such as `learningRate`. */
  readonly setting: keyof TrainConfig;
  /** Its value before. */
  readonly before: OptionValue;
  /** Its value from the next step on. */
  readonly value: OptionValue;
}

/** The parts of a network. */
export interface MlpParts extends InputSpec {
  /** The factor on every input. */
  readonly inputScale: number;
  /** The layers, first to last. */
  readonly layers: readonly LayerSpec[];
  /** Weights `[O, I]` and bias `[O]` of each layer: `layer_1.weights`, `layer_1.bias`, … */
  readonly parameters: Tensors;
  /** The record of its training; absent if it was not trained, or if its file has an incomplete record. */
  readonly training?: TrainingRecord;
  /** The thresholds of sure guesses and of inputs like those of training; absent if it was not trained with outliers. */
  readonly thresholds?: Thresholds;
}
