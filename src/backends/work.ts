/**
 * The work of backends, trainers and predictors: what each backend gives to `createBackend` (`lifecycle.ts`), which decides
 * who may call when. Whatever reaches the work has been checked (`guards.ts`), overlaps no other call of the same trainer
 * or predictor, and comes before its `close()`, which comes once.
 * @module
 */
import type { Backend, EpochResult, Tensors } from "./backend.ts";
import type { Dataset } from "../data/dataset.ts";
import type { ForwardPlan, StepPlan } from "../plan/plan.ts";

/** The work of a backend; `F` are the fields that it has besides those of every backend. */
export interface BackendWork<F> {
  /** Its name, such as `"wasm"`. */
  readonly name: string;
  /** Makes the fields; methods among them call `checkOpen`, which throws once the backend is closed. */
  readonly fields: (checkOpen: () => void) => F & Pick<Backend, "device">;
  /** Copies the data set to where the steps run; the state is written next. */
  createTrainer(plan: StepPlan, dataset: Dataset): TrainerWork | Promise<TrainerWork>;
  /** Prepares to predict; the parameters are loaded next. */
  createPredictor(plan: ForwardPlan): PredictorWork | Promise<PredictorWork>;
  /** Ends calls under way at once when the backend is closed, for one that need not wait for its steps. */
  halt?(): void;
  /** Frees what it holds; its trainers and predictors are closed before. */
  close(): void | Promise<void>;
}

/** One epoch, checked and copied. */
export interface Epoch {
  /** Rows of the data set, at least one. */
  readonly order: Uint32Array<ArrayBuffer>;
  /** The learning rate of each step. */
  readonly rates: Float64Array<ArrayBuffer>;
  /** Steps done before. */
  readonly step: number;
  /** Ends the epoch after the step that is being done: the caller has aborted it, or the trainer is being closed. */
  readonly signal: AbortSignal;
}

/** The work of a trainer. A call that fails ends the training, because it may have left half of a step. */
export interface TrainerWork {
  /** Steps of the running epoch done so far; asked for only while one runs. */
  readonly stepsDone: number;
  /** Runs the steps of an epoch. */
  runEpoch(epoch: Epoch): Promise<EpochResult>;
  /** Copies parameters and optimizer state out. */
  readTensors(): Tensors | Promise<Tensors>;
  /** Copies them in. */
  writeTensors(tensors: Tensors): void | Promise<void>;
  /** Copies inputs in, of the class and length of those that the trainer was made with. */
  writeInputs(inputs: Dataset["inputs"]): void | Promise<void>;
  /** Frees what it holds. */
  close(): void;
}

/** The work of a predictor. */
export interface PredictorWork {
  /** Takes parameters: copies that are its own. */
  load(tensors: Tensors): void | Promise<void>;
  /** Copies inputs of one row or more in. What was placed before may be gone if this fails. */
  place(inputs: Dataset["inputs"]): void | Promise<void>;
  /** Computes the outputs of the placed inputs. */
  run(): Promise<Float32Array<ArrayBuffer>>;
  /** Frees what it holds. */
  close(): void;
}
