/** Training that can be watched, paused, resumed and stopped: `train()` as a session. @module */
import type { Backend } from "../backends/backend.ts";
import { resolveConfig, type TrainConfig } from "../training/config.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Mlp } from "../mlp.ts";
import { train, type TrainEvent } from "../training/train.ts";
import type { TrainingRequest, TrainingState, WatchMessage } from "./protocol.ts";
import { RequestError } from "./refusal.ts";

/** What is to be trained. */
export interface TrainingJob {
  /** The network; its parameters follow the training, epoch by epoch. */
  readonly mlp: Mlp;
  /** The rows to train on. */
  readonly train: Dataset;
  /** The rows to evaluate on after each epoch. */
  readonly test?: Dataset;
  /** Settings that differ from their defaults. */
  readonly config: Partial<TrainConfig>;
  /** What computes; it stays open. */
  readonly backend: Backend;
  /** Threads of augmentation; by default one a processor. */
  readonly threads?: number;
  /**
   * Keeps the network when training ends; returns where, as a person would type it. `isFinished` says whether training
   * came to its end, as opposed to one that was stopped or failed.
   */
  readonly save: (mlp: Mlp, how: { readonly isFinished: boolean }) => Promise<string>;
}

/** Epochs, and the confusion matrix of the last. */
export type Epochs = Extract<WatchMessage, { type: "epochs" }>;

/** What a session tells. */
export interface TrainingListener {
  /** The phase or the step changed; at most ten times a second while the phase stays. */
  readonly state?: (state: TrainingState) => void;
  /** The network's parameters are others. */
  readonly parameters?: (mlp: Mlp) => void;
  /** An epoch ended; `epochs` holds it alone. */
  readonly epoch?: (event: TrainEvent, epochs: Epochs) => void;
}

/** A training run. It ends stopped, finished or failed, and then stays as it is. */
export interface TrainingSession {
  /** How far it is. */
  readonly state: TrainingState;
  /** Whether it has not ended yet. */
  readonly isUnderWay: boolean;
  /** What its epochs came to, all of them. */
  readonly epochs: Epochs;
  /** Tells what happens from now on. */
  listen(listener: TrainingListener): void;
  /** Trains to the end, and saves the network; rejected where that fails. */
  run(): Promise<void>;
  /** Ends after the step being done; what `resume` goes on from is kept. */
  pause(): Promise<TrainingState>;
  /** Goes on after a pause, to the same network, bit for bit, as without it. */
  resume(): Promise<TrainingState>;
  /** Ends for good after the step being done, and saves the network if a step was done. */
  stop(): Promise<TrainingState>;
}

/**
 * Prepares a session, which trains once `run` is called.
 *
 * @throws {RangeError} where a setting is out of range
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
  let changed = Promise.withResolvers<void>(); // resolved when something else is asked for, or the phase changes
  const tell = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const changeState = (now: Partial<TrainingState>) => {
    const before = state.phase;
    state = { ...state, ...now };
    for (const listener of listeners) listener.state?.(state);
    if (state.phase !== before) tell();
  };
  const hasEnded = () => ["stopped", "finished", "failed"].includes(state.phase);
  const ask = async (action: TrainingRequest["action"], reached: TrainingState["phase"]) => {
    if (hasEnded()) throw new RequestError(409, "The training has ended");
    asked = action;
    if (action !== "resume") abort.abort();
    tell();
    while (asked === action && state.phase !== reached && !hasEnded()) await changed.promise;
    return state;
  };

  const keepEpoch = (event: TrainEvent) => {
    const steps = Math.ceil((mlp.training?.dataset.rows ?? 0) / batchSize);
    changeState({ epoch: event.epoch, step: event.step - (event.epoch - 1) * steps, steps });
    for (const listener of listeners) listener.parameters?.(mlp);
    if (event.step < event.epoch * steps) return; // cut short: the whole epoch comes after the pause
    const view = {
      epoch: event.epoch,
      trainLoss: event.trainLoss,
      trainAccuracy: event.trainAccuracy,
      testLoss: event.test?.loss,
      testAccuracy: event.test?.accuracy,
      imagesPerSecond: event.rowsPerSecond,
    };
    const confusion = event.test?.confusion;
    const told: Epochs = { type: "epochs", epochs: [view], ...(confusion && { confusion: [...confusion] }) };
    epochs = { ...told, epochs: [...epochs.epochs, view] };
    for (const listener of listeners) listener.epoch?.(event, told);
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

  let kept: { readonly saved?: string } = {}; // what was saved of a training that failed
  /** Trains to the end, over pauses; `false` if it was stopped before. */
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
      // Whatever failed, the network has the parameters of the last epoch that went well.
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
