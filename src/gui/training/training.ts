/** Training that can be watched, paused, stopped, steered and restarted: `train()` as a session. @module */
import type { Backend } from "../../backends/backend.ts";
import { resolveConfig, type TrainConfig } from "../../training/config.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { Mlp } from "../../mlp.ts";
import type { Steered } from "../../mlp_parts.ts";
import type { TrainPart } from "../../training/epochs.ts";
import { train, type TrainEvent, type TrainOptions } from "../../training/train.ts";
import type { Epochs, TrainingState } from "../protocol/protocol.ts";
import { RequestError } from "../protocol/refusal.ts";
import { createHistory } from "./training_history.ts";
import { canAugment, checkChanges, createAnew, settingsOf, type Steerable } from "./training_settings.ts";

/** Options of {@linkcode createTrainingSession}. */
export interface TrainingJob {
  /** The network; its parameters are updated after each epoch. */
  readonly mlp: Mlp;
  /** The rows to train on. */
  readonly train: Dataset;
  /** The validation set, if the settings do not split one off. */
  readonly validation?: Dataset;
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
   * training was stopped or failed. It must not replace a file that it saved in another run.
   */
  readonly save: (mlp: Mlp, how: { readonly isFinished: boolean; readonly run: number }) => Promise<string>;
}

/** The callbacks for the events of a session. */
export interface TrainingListener {
  /** Called when the phase or the step has changed; at most ten times a second for steps. */
  readonly state?: (state: TrainingState) => void;
  /** Called when the network's parameters have changed. */
  readonly parameters?: (mlp: Mlp) => void;
  /** Called after each epoch; `epochs` holds only this one. */
  readonly epoch?: (event: TrainEvent, epochs: Epochs) => void;
  /** Called after each part of an epoch; `epochs` holds only its point. */
  readonly points?: (epochs: Epochs) => void;
  /** Called when a restart has replaced the network, before the first step. */
  readonly network?: (mlp: Mlp, config: TrainConfig) => void;
}

/** The network and the settings of a restart; by default those of the run before. */
export interface Restart {
  /** The layers, as `--layers` has them. */
  readonly layers?: string;
  /** Changes of settings, which are checked. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** A training. It ends as stopped, finished or failed, and can be started again with another network. */
export interface TrainingSession {
  /** The current state. */
  readonly state: TrainingState;
  /** True if it has not ended yet. */
  readonly isUnderWay: boolean;
  /** The results of this run so far. */
  readonly epochs: Epochs;
  /** Adds a listener for the events from now on. */
  listen(listener: TrainingListener): void;
  /** Trains to the end, and saves the network. The promise is rejected if that fails. */
  run(): Promise<void>;
  /** The promise of the present `run`, which a restart may have started; `undefined` before the first. */
  readonly running: Promise<void> | undefined;
  /** Halts after the current step, so that `resume` can continue. */
  pause(): Promise<TrainingState>;
  /** Continues after a pause. The trained network is the same, bit for bit, as without the pause. */
  resume(): Promise<TrainingState>;
  /** Ends the training after the current step, and saves the network if a step was done. */
  stop(): Promise<TrainingState>;
  /**
   * Changes settings: the batch size from the next epoch on, others after the current step. The record of the network has
   * each change with its step.
   *
   * @throws {RangeError} if a value is out of its range
   * @throws {TypeError} if the images cannot be deformed
   */
  steer(settings: Readonly<Record<string, unknown>>): Promise<TrainingState>;
  /**
   * Trains a new network on the same data. If the present run has not ended, its network is not saved.
   *
   * @throws {RangeError} if a value is out of its range, or the layers do not fit
   * @throws {TypeError} if the layers cannot be read, or the images cannot be deformed
   */
  restart(restart: Restart): Promise<TrainingState>;
}

/**
 * Creates a session, which trains when `run` is called.
 *
 * @throws {RangeError} if a setting is out of range
 */
export function createTrainingSession(job: TrainingJob): TrainingSession {
  const { backend, threads, validation, test } = job;
  const listeners: TrainingListener[] = [], drawn: TrainOptions["drawn"] = {};
  let mlp = job.mlp, config = resolveConfig(job.config), history = createHistory();
  let pending: Partial<Steerable> = {}, steered: readonly Steered[] = [];
  let next: { readonly mlp: Mlp; readonly config: TrainConfig } | undefined; // the run of a restart
  let last: TrainEvent | undefined, epochStart = 0; // the step of the run with which its epoch began
  let epochSteps = 0; // of an epoch, whose rows include those that outliers add to the training set
  const startOf = (run: number): TrainingState => ({
    run,
    phase: "preparing",
    epoch: 1,
    epochs: config.epochs,
    step: 0,
    steps: 0,
    backend: `${backend.name} on ${backend.device}`,
    settings: settingsOf(mlp, config),
    canAugment: canAugment(job.train),
    steered: [],
  });
  let state = startOf(1);
  let asked: "pause" | "resume" | "stop" = "resume";
  let abort = new AbortController();
  let changed = Promise.withResolvers<void>(); // resolved when another action is requested, or the phase changes
  let running: Promise<void> | undefined;
  const notify = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const changeState = (now: Partial<TrainingState>) => {
    const before = state;
    state = { ...state, ...now };
    for (const listener of listeners) listener.state?.(state);
    if (state.phase !== before.phase || state.run !== before.run) notify();
  };
  const hasEnded = () => ["stopped", "finished", "failed"].includes(state.phase);
  const ask = async (action: typeof asked, reached: TrainingState["phase"]) => {
    if (hasEnded()) throw new RequestError(409, "The training has ended");
    if (asked === "stop" && action !== "stop") throw new RequestError(409, "The training is ending");
    asked = action;
    if (action !== "resume") next = undefined;
    if (action !== "resume") abort.abort();
    notify();
    while (asked === action && state.phase !== reached && !hasEnded()) await changed.promise;
    return state;
  };

  /** Applies the pending settings; a batch size only between epochs. */
  const applySettings = () => {
    const { batchSize, ...others } = pending, isBetween = last === undefined || last.step === epochStart;
    const now = isBetween ? pending : others;
    pending = isBetween || batchSize === undefined ? {} : { batchSize };
    for (const [name, value] of Object.entries(now)) {
      const setting = name as keyof Steerable, before = config[setting];
      if (last && value !== before) steered = [...steered, { step: last.step, setting, before, value }];
    }
    config = { ...config, ...now };
    if (state.steered !== steered) changeState({ steered });
  };
  const keepEpoch = (event: TrainEvent) => {
    const steps = epochSteps;
    if (mlp.training && steered.length > 0) mlp.training = { ...mlp.training, steered };
    changeState({ epoch: event.epoch, step: event.step - epochStart, steps });
    for (const listener of listeners) listener.parameters?.(mlp);
    if (event.step < epochStart + steps) return; // an epoch that a pause cut short; its event follows when it is complete
    epochStart = event.step;
    const latest = history.addEpoch(event);
    for (const listener of listeners) listener.epoch?.(event, latest);
  };
  const runToPause = async () => {
    applySettings();
    abort = new AbortController();
    const options = {
      ...config,
      backend,
      threads,
      validation,
      test,
      drawn,
      resume: last && { ...last.checkpoint(), config },
      signal: abort.signal,
      onProgress: ({ epoch, step, steps }: { epoch: number; step: number; steps: number }) =>
        changeState({ epoch, step, steps }),
      onPart: (part: TrainPart) => {
        epochSteps = part.steps;
        const latest = history.addPart(part);
        for (const listener of listeners) listener.points?.(latest);
      },
    };
    for await (const event of train(mlp, job.train, options)) {
      last = event;
      keepEpoch(event);
      if (pending.batchSize !== undefined && event.step === epochStart && !event.ended) return;
    }
  };
  const save = async (isFinished: boolean) =>
    last === undefined ? {} : { saved: await job.save(mlp, { isFinished, run: state.run }) };

  let kept: { readonly saved?: string } = {}; // the path of the model of a training that failed
  /** Trains to the end, with pauses on request. Returns `false` if it was stopped before, or a restart is requested. */
  const trainToEnd = async (): Promise<boolean> => {
    try {
      while (asked !== "stop" && !next) {
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
  const steer = (settings: Readonly<Record<string, unknown>>): TrainingState => {
    if (hasEnded()) throw new RequestError(409, "The training has ended");
    const changes = checkChanges(settings, { ...config, ...pending }, job.train);
    pending = { ...pending, ...changes };
    changeState({ settings: settingsOf(mlp, { ...config, ...pending }) });
    const { batchSize: _, ...immediate } = changes;
    if (Object.keys(immediate).length > 0) abort.abort();
    return state;
  };
  /** Replaces the network by that of a restart. */
  const begin = ({ mlp: created, config: anew }: NonNullable<typeof next>) => {
    [mlp, config, next, last, epochStart] = [created, anew, undefined, undefined, 0];
    [asked, pending, steered, kept, history] = ["resume", {}, [], {}, createHistory()];
    for (const listener of listeners) listener.network?.(mlp, config);
    changeState({ ...startOf(state.run + 1), saved: undefined, error: undefined });
  };
  /** Trains until a run has ended, and no restart is requested. */
  const runAll = async () => {
    while (true) {
      try {
        const isFinished = await trainToEnd();
        if (!next) changeState({ phase: isFinished ? "finished" : "stopped", ...await save(isFinished) });
        if (!next) return;
      } catch (error) {
        changeState({ phase: "failed", error: (error as Error).message, ...kept });
        if (!next) throw error;
      }
      begin(next);
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
      return history.all;
    },
    get running() {
      return running;
    },
    listen: (listener) => void listeners.push(listener),
    run: () => running = runAll(),
    pause: () => ask("pause", "paused"),
    resume: () => ask("resume", "running"),
    stop: () => ask("stop", "stopped"),
    steer: (settings) => Promise.try(steer, settings),
    async restart({ layers, settings = {} }) {
      const wanted = { ...config, ...pending };
      const anew = { ...wanted, ...checkChanges(settings, wanted, job.train) };
      const created = { mlp: createAnew(mlp, layers, { train: job.train, config: anew }), config: anew };
      while (asked === "stop" && !hasEnded()) await changed.promise; // it saves first
      if (hasEnded()) {
        begin(created);
        running = runAll();
        running.catch(() => {}); // the page and the terminal show the error
        return state;
      }
      next = created;
      if (asked === "pause") asked = "resume";
      abort.abort();
      notify();
      const { run } = state;
      while (next === created && state.run === run) await changed.promise;
      return state;
    },
  };
}
