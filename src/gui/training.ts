/** Training that can be watched, paused, resumed and stopped: `train()` as a session. @module */
import type { Backend } from "../backends/backend.ts";
import { resolveConfig, type TrainConfig } from "../training/config.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Mlp } from "../mlp.ts";
import { train, type TrainEvent } from "../training/train.ts";
import type { TrainingRequest, TrainingState, WatchMessage } from "./protocol.ts";
import { RequestError } from "./refusal.ts";

/** Options of {@linkcode createTrainingSession}. */
export interface TrainingJob {
  /** The network; its parameters are updated after each epoch. */
  readonly mlp: Mlp;
  /** The rows to train on. */
  readonly train: Dataset;
  /** The rows to evaluate on after each epoch. */
  readonly test?: Dataset;
  /** Settings that differ from their defaults. */
  readonly config: Partial<TrainConfig>;
  /** The backend to train on; it is not closed. */
  readonly backend: Backend;
  /** The number of threads for augmentation; by default one for each processor. */
  readonly threads?: number;
  /**
   * Saves the network when training ends, and returns the path as a person would type it. `isFinished` is false if
   * training was stopped or failed.
   */
  readonly save: (mlp: Mlp, how: { readonly isFinished: boolean }) => Promise<string>;
}

/** The results of epochs, and the confusion matrix of the last. */
export type Epochs = Extract<WatchMessage, { type: "epochs" }>;

/** The callbacks for the events of a session. */
export interface TrainingListener {
  /** Called when the phase or the step has changed; at most ten times a second for steps. */
  readonly state?: (state: TrainingState) => void;
  /** Called when the network's parameters have changed. */
  readonly parameters?: (mlp: Mlp) => void;
  /** Called after each epoch; `epochs` holds only this one. */
  readonly epoch?: (event: TrainEvent, epochs: Epochs) => void;
}

/** A training run. It ends as stopped, finished or failed, and cannot be started again. */
export interface TrainingSession {
  /** The current state. */
  readonly state: TrainingState;
  /** True if it has not ended yet. */
  readonly isUnderWay: boolean;
  /** The results of all epochs so far. */
  readonly epochs: Epochs;
  /** Adds a listener for the events from now on. */
  listen(listener: TrainingListener): void;
  /** Trains to the end, and saves the network. The promise is rejected if that fails. */
  run(): Promise<void>;
  /** Halts after the current step, so that `resume` can continue. */
  pause(): Promise<TrainingState>;
  /** Continues after a pause. The trained network is the same, bit for bit, as without the pause. */
  resume(): Promise<TrainingState>;
  /** Ends the training after the current step, and saves the network if a step was done. */
  stop(): Promise<TrainingState>;
}

/**
 * Creates a session, which trains when `run` is called.
 *
 * @throws {RangeError} if a setting is out of range
 */
export function createTrainingSession(job: TrainingJob): TrainingSession {
  const { mlp, backend } = job;
  const { batchSize, epochs: epochCount } = resolveConfig(job.config);
  const listeners: TrainingListener[] = [];
  let state: TrainingState = {
    phase: "preparing",
    epoch: 1,
    epochs: epochCount,
    step: 0,
    steps: 0,
    backend: `${backend.name} on ${backend.device}`,
  };
  let epochs: Epochs = { type: "epochs", epochs: [] };
  let last: TrainEvent | undefined;
  let asked: TrainingRequest["action"] = "resume";
  let abort = new AbortController();
  let changed = Promise.withResolvers<void>(); // resolved when another action is requested, or the phase changes
  const notify = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const changeState = (now: Partial<TrainingState>) => {
    const before = state.phase;
    state = { ...state, ...now };
    for (const listener of listeners) listener.state?.(state);
    if (state.phase !== before) notify();
  };
  const hasEnded = () => ["stopped", "finished", "failed"].includes(state.phase);
  const ask = async (action: TrainingRequest["action"], reached: TrainingState["phase"]) => {
    if (hasEnded()) throw new RequestError(409, "The training has ended");
    asked = action;
    if (action !== "resume") abort.abort();
    notify();
    while (asked === action && state.phase !== reached && !hasEnded()) await changed.promise;
    return state;
  };

  const keepEpoch = (event: TrainEvent) => {
    const steps = Math.ceil((mlp.training?.dataset.rows ?? 0) / batchSize);
    changeState({ epoch: event.epoch, step: event.step - (event.epoch - 1) * steps, steps });
    for (const listener of listeners) listener.parameters?.(mlp);
    if (event.step < event.epoch * steps) return; // an epoch that a pause cut short; its event follows when it is complete
    const view = {
      epoch: event.epoch,
      trainLoss: event.trainLoss,
      trainAccuracy: event.trainAccuracy,
      testLoss: event.test?.loss,
      testAccuracy: event.test?.accuracy,
      imagesPerSecond: event.rowsPerSecond,
    };
    const confusion = event.test?.confusion;
    const latest: Epochs = {
      type: "epochs",
      epochs: [view],
      ...(confusion && { confusion: [...confusion] }),
    };
    epochs = { ...latest, epochs: [...epochs.epochs, view] };
    for (const listener of listeners) listener.epoch?.(event, latest);
  };
  const runToPause = async () => {
    abort = new AbortController();
    const options = {
      ...job.config,
      backend,
      threads: job.threads,
      test: job.test,
      resume: last?.checkpoint(),
      signal: abort.signal,
      onProgress: ({ epoch, step, steps }: { epoch: number; step: number; steps: number }) =>
        changeState({ epoch, step, steps }),
    };
    for await (const event of train(mlp, job.train, options)) {
      last = event;
      keepEpoch(event);
    }
  };
  const save = async (isFinished: boolean) =>
    last === undefined ? {} : { saved: await job.save(mlp, { isFinished }) };

  let kept: { readonly saved?: string } = {}; // the path of the model of a training that failed
  /** Trains to the end, with pauses on request. Returns `false` if it was stopped before. */
  const trainToEnd = async (): Promise<boolean> => {
    try {
      while (asked !== "stop") {
        if (asked === "pause") {
          changeState({ phase: "paused" });
          await changed.promise;
          continue;
        }
        changeState({ phase: "running" });
        await runToPause();
        if (last?.ended === "finished" || last?.ended === "patience") return true;
      }
      return false;
    } catch (error) {
      // The network has the parameters of the last epoch without a failure.
      kept = await save(false).catch(() => ({}));
      throw error;
    }
  };

  return {
    get state() {
      return state;
    },
    get isUnderWay() {
      return !hasEnded();
    },
    get epochs() {
      return epochs;
    },
    listen: (listener) => void listeners.push(listener),
    async run() {
      try {
        const isFinished = await trainToEnd();
        changeState({ phase: isFinished ? "finished" : "stopped", ...await save(isFinished) });
      } catch (error) {
        changeState({ phase: "failed", error: (error as Error).message, ...kept });
        throw error;
      }
    },
    pause: () => ask("pause", "paused"),
    resume: () => ask("resume", "running"),
    stop: () => ask("stop", "stopped"),
  };
}
