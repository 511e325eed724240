/** The training that the page shows, in requests and responses of the page. @module */

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
