/**
 * The interface of backends. A backend executes plans on one kind of hardware. It has no access to files, later epochs,
 * schedules or the way a plan was built. Calls cross this interface once per epoch, never once per operation.
 * @module
 */
import type { Dataset } from "../data/dataset.ts";
import type { Ranks } from "./ranks/ranks.ts";
import type { BufferName, ForwardPlan, NetworkSpec, StepPlan } from "../plan/plan.ts";

/** The numbers of a parameter or of optimizer state. The reference computes in float64, the others in float32. */
export type FloatArray = Float32Array | Float64Array;

/** Parameters or state by buffer name: weights `[O, I]`, bias `[O]`, row by row. */
export type Tensors = Readonly<Record<BufferName, FloatArray>>;

/** Everything that the next step depends on, except the data. */
export interface TrainState {
  /** Steps done since training began. Adam's bias correction depends on it. */
  readonly step: number;
  /** Every buffer of the plan with the role `parameter` or `state`. */
  readonly tensors: Tensors;
}

/** The sums over the rows of an epoch, or over the part of it that was run. */
export interface EpochResult {
  /** The sum of the losses of the rows, in nats (or squared error), each before the update of its step. */
  readonly lossSum: number;
  /**
   * Rows that were predicted correctly: the largest output is that of the label, or each of several outputs is on the same
   * side of 1/2 as its target. 0 in a regression.
   */
  readonly correct: number;
  /** The number of rows in these sums. */
  readonly rows: number;
  /** Steps done; fewer than requested if `signal` was aborted or the loss was not finite. */
  readonly steps: number;
  /** True if the loss of the last step was not a finite number. Its update must not be used. */
  readonly diverged: boolean;
}

/**
 * Runs training steps of one plan over one data set.
 *
 * Arrays must have the class named here, the length that the plan needs, and memory of fixed length. Shared memory is
 * accepted. A call with another argument rejects with a `TypeError` or `RangeError` and changes nothing. A call rejects
 * with a {@linkcode BackendError} of code `"busy"` if an earlier call has not finished, and of code `"closed"` if the
 * trainer is closed before the call or during it. After any other failure, all later calls are refused.
 */
export interface Trainer extends AsyncDisposable {
  /**
   * Runs one step for each `batchSize` rows of `order`. The last step may have fewer rows.
   *
   * @param order rows of the data set, in the order of training
   * @param learningRates the learning rate of each step: `ceil(order.length / batchSize)` values; both are copied
   * @param options `signal` ends the epoch after the current step
   */
  runEpoch(
    order: Uint32Array,
    learningRates: Float64Array,
    options?: { readonly signal?: AbortSignal },
  ): Promise<EpochResult>;
  /** Steps of the current (or last) `runEpoch` done so far. It is cheap to read at any time. */
  readonly stepsDone: number;
  /** Copies parameters and optimizer state out. */
  readState(): Promise<TrainState>;
  /** Copies parameters and optimizer state in. Every buffer must be present and have its size. */
  writeState(state: TrainState): Promise<void>;
  /**
   * Replaces the inputs of the data set, `[N, I]` of the same kind (bytes or floats), for later epochs. Labels and state
   * stay. The inputs are copied, and may be a view of shared memory. From then on the trainer computes the same results
   * as one that was created with these inputs and this state.
   */
  writeInputs(inputs: Dataset["inputs"]): Promise<void>;
  /** Ends a running epoch after its current step, and frees the trainer's resources. A second call does nothing. */
  close(): Promise<void>;
}

/**
 * Computes a network's outputs. Invalid arguments, calls that overlap and calls after `close()` are refused, as by a
 * {@linkcode Trainer}. After any other failure, `run()` keeps failing until inputs are placed again.
 */
export interface Predictor extends AsyncDisposable {
  /** Copies the parameters in, by buffer name. Other tensors are ignored. */
  load(tensors: Tensors): Promise<void>;
  /** Copies inputs `[N, I]` to the device. Later calls of `run()` use them. */
  place(inputs: Dataset["inputs"]): Promise<void>;
  /** Returns the outputs `[N, O]` of the placed inputs. If `inputs` are given, places them first. */
  run(inputs?: Dataset["inputs"]): Promise<Float32Array<ArrayBuffer>>;
  /** Waits for a running call, and frees the predictor's resources. A second call does nothing. */
  close(): Promise<void>;
}

/** An executor of plans on one kind of hardware. */
export interface Backend extends AsyncDisposable {
  /** Its name, such as `"wasm"`. */
  readonly name: string;
  /** A description of the hardware it runs on. */
  readonly device: string;
  /** The ranks with which its trainers train; absent if this process trains alone. */
  readonly ranks?: Ranks;
  /**
   * Creates a trainer, and copies the data set and the state to the device. The data set has labels or targets, whichever
   * the plan uses, and one of them for each row of inputs.
   */
  createTrainer(plan: StepPlan, dataset: Dataset, state: TrainState): Promise<Trainer>;
  /** Creates a predictor from the plan of a forward pass, or from a network, whose plan is then built. */
  createPredictor(network: ForwardPlan | NetworkSpec, tensors: Tensors): Promise<Predictor>;
  /** Closes the backend's trainers and predictors, and frees its resources. A second call does nothing. */
  close(): Promise<void>;
}
