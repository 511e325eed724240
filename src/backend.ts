/**
 * What a backend is, and how one is opened. A backend executes step plans on one kind of hardware; it knows nothing of
 * files, epochs to come, schedules or how a plan was made. Work crosses this boundary once per epoch, never once per
 * operation.
 * @module
 */
import type { Dataset } from "./data/dataset.ts";
import type { LayerSpec } from "./layers.ts";
import { BackendError } from "./errors.ts";
import type { BufferName, StepPlan } from "./plan.ts";

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

/** What an epoch, or the part of one that was asked for, added up to. */
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

/** The part of a network that computes outputs: its layers and what scales its inputs. */
export interface NetworkSpec {
  /** `I` of the first layer. */
  readonly inFeatures: number;
  /** The layers, first to last. */
  readonly layers: readonly LayerSpec[];
  /** The factor on every input. */
  readonly inputScale: number;
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
  /** Prepares to predict. */
  createPredictor(network: NetworkSpec, tensors: Tensors): Promise<Predictor>;
  /** Frees what the backend holds, its trainers and predictors too. Closing twice is harmless. */
  close(): Promise<void>;
}

/** Backends that can be asked for by name. */
export const BACKENDS = ["cuda", "webgpu", "wasm", "reference"] as const;

/** The name of a backend, or `"auto"` for the fastest that this host can run. */
export type BackendName = (typeof BACKENDS)[number] | "auto";

/** What a backend can be told when it is opened. */
export interface BackendOptions {
  /** Threads of the wasm backend; by default one a processor. */
  readonly threads?: number;
  /** The GPU of the cuda backend, counted from 0; the first by default. */
  readonly device?: number;
  /** The file of the cuda backend's library; by default what `MLPCUDA_LIBRARY` names, else `cuda/libmlpcuda.so`. */
  readonly library?: string;
}

/** A backend that `openBackend` opened. */
export interface OpenedBackend extends Backend {
  /** What `"auto"` tried before, and why it could not be had; empty for a backend asked for by name. */
  readonly passedOver: readonly { readonly name: string; readonly reason: string }[];
}

/** The order in which `"auto"` tries. The reference is for comparison only: it is never fallen back to. */
const AUTOMATIC: readonly (typeof BACKENDS)[number][] = ["cuda", "webgpu", "wasm"];

/**
 * Opens a backend. One that is asked for by name is never replaced by another.
 *
 * ```ts
 * import { openBackend } from "@mlpcuda/mlpcuda";
 *
 * await using backend = await openBackend("auto", { threads: 1 });
 * console.log(backend.name, backend.device);
 * ```
 *
 * @throws {TypeError} where there is no backend of that name
 * @throws {BackendError} where it cannot be had on this host
 */
export async function openBackend(
  name: BackendName = "auto",
  options: BackendOptions = {},
): Promise<OpenedBackend> {
  if (name !== "auto") {
    return Object.assign(await openByName(name, options, { named: true }), { passedOver: [] });
  }
  const passedOver: { name: string; reason: string }[] = [];
  for (const candidate of AUTOMATIC) {
    try {
      return Object.assign(await openByName(candidate, options, { named: false }), { passedOver });
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      passedOver.push({ name: candidate, reason: error.message });
    }
  }
  const reasons = passedOver.map(({ reason }) => reason).join("; ");
  throw new BackendError(`No backend can be opened: ${reasons}`, { backend: "auto", code: "unavailable" });
}

async function openByName(
  name: (typeof BACKENDS)[number],
  options: BackendOptions,
  { named }: { named: boolean },
): Promise<Backend> {
  switch (name) {
    case "cuda":
      return (await import("./backends/cuda/backend.ts")).openCuda({ ...options, named });
    case "webgpu":
      return await (await import("./backends/webgpu/backend.ts")).openWebgpu({ named });
    case "wasm":
      return await (await import("./backends/wasm/backend.ts")).openWasm(options);
    case "reference":
      return (await import("./backends/reference/backend.ts")).openReference();
    default:
      throw new TypeError(`Unknown backend "${name}", needs auto, ${BACKENDS.join(", ")}`);
  }
}
