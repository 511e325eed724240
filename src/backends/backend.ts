/**
 * The contract of backends. A backend executes plans on one kind of hardware; it knows nothing of
 * files, epochs to come, schedules or how a plan was made. Work crosses this boundary once per epoch, never once per
 * operation.
 * @module
 */
import type { Dataset } from "../data/dataset.ts";
import type { BufferName, ForwardPlan, NetworkSpec, StepPlan } from "../plan/plan.ts";

/** Numbers of a parameter or of optimizer state; the reference computes in float64, the others in float32. */
export type FloatArray = Float32Array | Float64Array;

/** Parameters or state by buffer name: weights `[O, I]`, bias `[O]`, row by row. */
export type Tensors = Readonly<Record<BufferName, FloatArray>>;

/** Everything that a next step depends on, besides the data. */
export interface TrainState {
  /** Steps done since training began; Adam's bias correction depends on it. */
  readonly step: number;
  /** Every buffer of the plan with the role `parameter` or `state`. */
  readonly tensors: Tensors;
}

/** The sums of an epoch, or of the part of one that was asked for. */
export interface EpochResult {
  /** Sum over the rows of each one's loss, in nats (or squared error), before the update of its step. */
  readonly lossSum: number;
  /** Rows whose largest output was their label's; 0 where the set has no labels. */
  readonly correct: number;
  /** Rows that these sums are over. */
  readonly rows: number;
  /** Steps done; fewer than asked for where `signal` was aborted or the loss was not finite. */
  readonly steps: number;
  /** Whether the loss of the last step done was not a finite number; its update must not be used. */
  readonly diverged: boolean;
}

/**
 * Runs training steps of one plan over one data set.
 *
 * Arrays need the class that is named here, the count that the plan needs, and memory of fixed length; shared memory is
 * taken too. Each call rejects with a `TypeError` or `RangeError` if an argument is another, and leaves all as it was; with
 * a {@linkcode BackendError} of code `"busy"` if an earlier call has not finished, `"closed"` if the trainer is closed before
 * or meanwhile. A call that fails otherwise ends the training: later ones are refused.
 */
export interface Trainer extends AsyncDisposable {
  /**
   * Runs one step for each `batchSize` rows of `order`; the last may have fewer.
   *
   * @param order rows of the data set, in the order of training
   * @param learningRates the learning rate of each step: `ceil(order.length / batchSize)` values; both are copied
   * @param options `signal` ends the epoch after the step that is being done
   */
  runEpoch(
    order: Uint32Array,
    learningRates: Float64Array,
    options?: { readonly signal?: AbortSignal },
  ): Promise<EpochResult>;
  /** Steps of the running (or last) `runEpoch` done so far; cheap to read at any time. */
  readonly stepsDone: number;
  /** Copies parameters and optimizer state out. */
  readState(): Promise<TrainState>;
  /** Copies them in. Every buffer must be there, with its size. */
  writeState(state: TrainState): Promise<void>;
  /**
   * Replaces the inputs of the data set, `[N, I]` of the same kind (bytes or floats), for the epochs to come: labels and
   * state stay. They are copied, and may be a view of shared memory. What follows is what a trainer does that was created
   * on them with this state.
   */
  writeInputs(inputs: Dataset["inputs"]): Promise<void>;
  /** Ends an epoch under way after its step, and frees what the trainer holds. Closing twice is harmless. */
  close(): Promise<void>;
}

/**
 * Computes a network's outputs. Arguments that do not fit, calls that overlap and calls after `close()` are refused as
 * those of a {@linkcode Trainer} are. What fails otherwise fails again until inputs are placed.
 */
export interface Predictor extends AsyncDisposable {
  /** Copies the parameters in, by buffer name; anything else in `tensors` is ignored. */
  load(tensors: Tensors): Promise<void>;
  /** Copies inputs `[N, I]` to where outputs are computed, for `run()` to use from then on. */
  place(inputs: Dataset["inputs"]): Promise<void>;
  /** Outputs `[N, O]` of the placed inputs, or of `inputs`, which are then placed first. */
  run(inputs?: Dataset["inputs"]): Promise<Float32Array<ArrayBuffer>>;
  /** Waits for a call under way, and frees what the predictor holds. Closing twice is harmless. */
  close(): Promise<void>;
}

/** One way to execute plans. */
export interface Backend extends AsyncDisposable {
  /** Its name, such as `"wasm"`. */
  readonly name: string;
  /** The hardware it runs on, in words. */
  readonly device: string;
  /**
   * Prepares to train: copies the data set and the state to where the steps run. The set has labels or targets as the plan
   * has them, and as many rows of each as of inputs.
   */
  createTrainer(plan: StepPlan, dataset: Dataset, state: TrainState): Promise<Trainer>;
  /** Prepares to predict: the plan of a prediction, or a network, of which that is made. */
  createPredictor(network: ForwardPlan | NetworkSpec, tensors: Tensors): Promise<Predictor>;
  /** Frees what the backend holds, its trainers and predictors too. Closing twice is harmless. */
  close(): Promise<void>;
}
