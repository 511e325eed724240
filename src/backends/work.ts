/**
 * The work of backends, trainers and predictors, which each backend passes to `createBackend` (`lifecycle.ts`). That
 * function decides when a call is allowed. The arguments of every call have been checked (`guards.ts`). No call overlaps
 * another call of the same trainer or predictor, and `close()` is called once, as the last call.
 * @module
 */
import type { Backend, EpochResult, Tensors } from "./backend.ts";
import type { Dataset } from "../data/dataset.ts";
import type { ForwardPlan, StepPlan } from "../plan/plan.ts";

/** The work of a backend. `F` are the fields that it has besides those of every backend. */
export interface BackendWork<F> {
  /** Its name, such as `"wasm"`. */
  readonly name: string;
  /** Returns the fields. Methods among them call `checkOpen`, which throws if the backend is closed. */
  readonly fields: (checkOpen: () => void) => F & Pick<Backend, "device">;
  /** Creates a trainer, and copies the data set to the device. The state is written next. */
  createTrainer(plan: StepPlan, dataset: Dataset): TrainerWork | Promise<TrainerWork>;
  /** Creates a predictor. The parameters are loaded next. */
  createPredictor(plan: ForwardPlan): PredictorWork | Promise<PredictorWork>;
  /** Ends running calls at once when the backend is closed, if it can do so before their steps end. */
  halt?(): void;
  /** Frees the backend's resources. Its trainers and predictors have been closed before. */
  close(): void | Promise<void>;
}

/** One epoch, checked and copied. */
export interface Epoch {
  /** Rows of the data set, at least one. */
  readonly order: Uint32Array<ArrayBuffer>;
  /** The learning rate of each step. */
  readonly rates: Float64Array<ArrayBuffer>;
  /** Steps done before this epoch. */
  readonly step: number;
  /** Ends the epoch after the current step. It is aborted by the caller, or when the trainer is closed. */
  readonly signal: AbortSignal;
}

/** The work of a trainer. A failed call ends the training, because a step may have been left unfinished. */
export interface TrainerWork {
  /** Steps of the current epoch done so far. It is read only while an epoch runs. */
  readonly stepsDone: number;
  /** Runs the steps of an epoch. */
  runEpoch(epoch: Epoch): Promise<EpochResult>;
  /** Copies parameters and optimizer state out. */
  readTensors(): Tensors | Promise<Tensors>;
  /** Copies parameters and optimizer state in. */
  writeTensors(tensors: Tensors): void | Promise<void>;
  /** Copies inputs in, which have the class and length of the trainer's first inputs. */
  writeInputs(inputs: Dataset["inputs"]): void | Promise<void>;
  /** Frees its resources. */
  close(): void | Promise<void>;
}

/** The work of a predictor. */
export interface PredictorWork {
  /** Loads parameters. The arrays are copies that the predictor may keep. */
  load(tensors: Tensors): void | Promise<void>;
  /** Copies in inputs of one row or more. If this fails, the inputs placed before may be lost. */
  place(inputs: Dataset["inputs"]): void | Promise<void>;
  /** Computes the outputs of the placed inputs. */
  run(): Promise<Float32Array<ArrayBuffer>>;
  /** Frees its resources. */
  close(): void | Promise<void>;
}
