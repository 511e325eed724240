/** Learning from corrections as a session that a person starts, stops and undoes. @module */
import type { Backend, Tensors } from "../../backends/backend.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { Mlp } from "../../mlp.ts";
import type { TrainingRecord } from "../../mlp_parts.ts";
import type { Corrections } from "./corrections.ts";
import { learn, type LearnOptions } from "./learning.ts";
import type { LearningState } from "../protocol/protocol.ts";
import type { Thresholds } from "../../thresholds.ts";
import { RequestError } from "../protocol/refusal.ts";

/** The maximum number of times that learning can be undone. */
const MOST_UNDOS = 20;

/** Options of {@linkcode createLearningSession}. */
export interface LearningJob {
  /** The network, whose parameters are replaced when it has learned. */
  readonly mlp: Mlp;
  /** The number of its classes. */
  readonly classes: number;
  readonly corrections: Corrections;
  /** Loads the training set; it is called when the network learns. */
  readonly rows?: () => Promise<Dataset | undefined>;
  /** The set to evaluate on before and after. */
  readonly test?: Dataset;
  /** Opens the backend, which the caller closes; it is called when the network learns. */
  readonly openBackend: () => Promise<Backend>;
  /** Settings of learning that differ from the default ones. */
  readonly settings?: LearnOptions["settings"];
  /** Receives each state. */
  readonly onState: (state: LearningState) => void;
  /** Receives the parameters to show: after each epoch, and those before if learning is stopped, undone or fails. */
  readonly onParameters: (parameters: Tensors) => void;
}

/** A session of learning. */
export interface LearningSession extends AsyncDisposable {
  /** The current state. */
  readonly state: LearningState;
  /** True while the network learns. */
  readonly isUnderWay: boolean;
  /**
   * Starts to learn all corrections, and returns the state; `onState` receives the result.
   *
   * @throws {RequestError} 409 if it learns already
   */
  learn(): Promise<LearningState>;
  /** Ends learning; the network is then as it was before. */
  stop(): Promise<LearningState>;
  /**
   * Goes back to the network before the last learning.
   *
   * @throws {RequestError} 409 if nothing can be undone
   */
  undo(): LearningState;
  /** Forgets what can be undone, because the network was replaced. */
  forget(): void;
}

/** Creates a session for a network. */
export function createLearningSession(job: LearningJob): LearningSession {
  let state: LearningState = { phase: "idle", share: 0, corrections: 0, rows: 0, undos: 0 };
  const past: {
    readonly parameters: Tensors;
    readonly training: TrainingRecord | undefined;
    readonly thresholds: Thresholds | undefined;
  }[] = [];
  let running: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;
  const become = (now: Partial<LearningState>) => {
    state = { ...state, ...now, undos: past.length };
    job.onState(state);
    return state;
  };

  const run = async (signal: AbortSignal) => {
    const { mlp, onParameters } = job;
    let isShown = false;
    try {
      const corrections = await job.corrections.list();
      if (corrections.length === 0) throw new Error("There are no corrections to learn");
      const [rows, backend] = [await job.rows?.(), await job.openBackend()];
      signal.throwIfAborted();
      const usable = rows?.labels ? rows : undefined;
      const { parameters, training, thresholds, ...result } = await learn({
        ...{ mlp, classes: job.classes, corrections, rows: usable, test: job.test, backend, signal },
        settings: job.settings,
        onStart: (rows) => become({ phase: "learning", corrections: corrections.length, rows }),
        onProgress: (share) => become({ share }),
        onParameters(parameters) {
          isShown = true;
          onParameters(parameters);
        },
      });
      past.push({ parameters: mlp.parameters, training: mlp.training, thresholds: mlp.thresholds });
      if (past.length > MOST_UNDOS) past.shift();
      mlp.parameters = parameters;
      mlp.training = training;
      mlp.thresholds = thresholds;
      if (thresholds) onParameters(parameters); // with these thresholds
      become({ phase: "learned", share: 1, ...result });
    } catch (error) {
      if (isShown) onParameters(mlp.parameters);
      become(signal.aborted ? { phase: "stopped" } : { phase: "failed", error: (error as Error).message });
    }
  };
  const stop = async () => {
    running?.abort.abort();
    await running?.done;
    return state;
  };

  return {
    get state() {
      return state;
    },
    get isUnderWay() {
      return running !== undefined;
    },
    async learn() {
      if (running) throw new RequestError(409, "The network is learning already");
      const abort = new AbortController();
      const fresh = {
        share: 0,
        corrections: 0,
        rows: 0,
        before: undefined,
        after: undefined,
        error: undefined,
      };
      become({ phase: "preparing", ...fresh });
      const done = run(abort.signal).finally(() => running = undefined);
      running = { abort, done };
      await Promise.resolve();
      return state;
    },
    stop,
    undo() {
      if (running) throw new RequestError(409, "The network is learning; stop that first");
      const before = past.pop();
      if (!before) throw new RequestError(409, "There is nothing to undo");
      job.mlp.parameters = before.parameters;
      job.mlp.training = before.training;
      job.mlp.thresholds = before.thresholds;
      job.onParameters(before.parameters);
      return become({ phase: "undone" });
    },
    forget() {
      past.length = 0;
      become({ phase: "idle", share: 0, corrections: 0, rows: 0, before: undefined, after: undefined });
    },
    [Symbol.asyncDispose]: async () => void await stop(),
  };
}
