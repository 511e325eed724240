/**
 * The lifecycle of backends, trainers and predictors, which is the same for every backend: when a call is allowed, when it
 * is refused, and how open objects are closed. A backend itself implements only the work (`work.ts`).
 * @module
 */
import type { Backend, Predictor, Tensors, Trainer, TrainState } from "./backend.ts";
import type { Dataset } from "../data/dataset.ts";
import { BackendError } from "../errors.ts";
import type { ForwardPlan, StepPlan } from "../plan/plan.ts";
import {
  checkPrediction,
  checkReplacement,
  checkState,
  checkTraining,
  copyEpoch,
  copyParameters,
  forwardPlanOf,
  type InputsNeeded,
} from "./guards.ts";
import type { BackendWork, PredictorWork, TrainerWork } from "./work.ts";

type Kind = "backend" | "trainer" | "predictor";

/** A backend, trainer or predictor that is open until it is closed. */
interface Lifecycle<W> {
  /** Throws if `close` has been called. */
  checkOpen(): void;
  /** Runs `use`; `close` waits for it. Rejects if a call is running, or if this is closed before or during the call. */
  run<T>(use: (work: W) => T | Promise<T>): Promise<T>;
  /** Ends the running calls, then frees all resources. Every call returns the same promise. */
  close(): Promise<void>;
}

/**
 * Starts a lifecycle. It drops its work when it is closed, so that references to closed objects keep no memory.
 *
 * @param children the `close` functions of the backend's open trainers and predictors. This one's is in the set while it
 * is open.
 * @param halt asks running calls to end
 */
function startLifecycle<W extends { close(): void | Promise<void> }>(
  backend: string,
  kind: Kind,
  given: W,
  { children, halt }: { readonly children?: Set<() => Promise<void>>; readonly halt: () => void },
): Lifecycle<W> {
  let work: W | undefined = given, closing: Promise<void> | undefined;
  const running = new Set<Promise<unknown>>();
  const fault = (why: string, code: string) =>
    new BackendError(`Cannot use this ${kind} of backend "${backend}": ${why}`, { backend, code });
  const checkOpen = () => {
    if (closing) throw fault("it is closed", "closed");
  };
  const end = async () => {
    halt();
    await Promise.allSettled(running);
    try {
      await work!.close();
    } finally {
      work = undefined;
      children?.delete(close);
    }
  };
  const close = () => closing ??= end();
  children?.add(close);
  return {
    checkOpen,
    async run(use) {
      checkOpen();
      if (kind !== "backend" && running.size > 0) throw fault("an earlier call has not finished", "busy");
      const began = (async () => await use(work!))();
      running.add(began);
      try {
        return await began;
      } finally {
        running.delete(began);
        checkOpen(); // a call rejects if this was closed meanwhile, even if its work was done
      }
    },
    close,
  };
}

/** Creates a backend from its work. */
export function createBackend<F>(work: BackendWork<F>): Backend & F {
  const { name } = work, children = new Set<() => Promise<void>>();
  const all = {
    ...work,
    async close() {
      try {
        await Promise.all([...children].map((close) => close()));
      } finally {
        await work.close();
      }
    },
  };
  const { checkOpen, run, close } = startLifecycle(name, "backend", all, { halt: () => work.halt?.() });
  const methods: Omit<Backend, "device"> = {
    name,
    createTrainer: (plan, dataset, state) =>
      run(async () => {
        const rows = checkTraining(plan, dataset, state), { inputs } = dataset;
        const needed = { bytes: inputs instanceof Uint8Array, length: inputs.length };
        const made = await work.createTrainer(plan, dataset);
        return await createTrainer(made, { name, children, plan, rows, needed, state });
      }),
    createPredictor: (network, tensors) =>
      run(async () => {
        const plan = forwardPlanOf(network), parameters = copyParameters(plan, tensors);
        return await createPredictor(await work.createPredictor(plan), { name, children, plan, parameters });
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
  return Object.assign(work.fields(checkOpen), methods); // in place, so that getters among the fields stay getters
}

/** Returns the error of calls after a failed one. An error that is no `BackendError` is returned unchanged. */
export function laterError<E>(cause: E): E | BackendError {
  if (!(cause instanceof BackendError)) return cause;
  const message = `${cause.message}, in an earlier call; create a new trainer or predictor`;
  return new BackendError(message, { backend: cause.backend, code: cause.code, cause });
}

/** The backend of a trainer or predictor. */
interface Parent {
  readonly name: string;
  readonly children: Set<() => Promise<void>>;
}

async function createTrainer(
  made: TrainerWork,
  { name, children, plan, rows, needed, state }: Parent & {
    readonly plan: StepPlan;
    readonly rows: number;
    readonly needed: InputsNeeded;
    readonly state: TrainState;
  },
): Promise<Trainer> {
  let step = 0, stepsDone = 0, failure: { readonly error: unknown } | undefined;
  let epoch: { readonly work: TrainerWork; readonly stop: () => void } | undefined;
  const { run, close } = startLifecycle(name, "trainer", made, { children, halt: () => epoch?.stop() });
  /** Checks the arguments, then does the work. If the work fails, the training ends. */
  const use = <C, T>(check: () => C, act: (work: TrainerWork, checked: C) => T | Promise<T>) =>
    run(async (work) => {
      if (failure) throw laterError(failure.error);
      const checked = check();
      try {
        return await act(work, checked);
      } catch (error) {
        failure = { error };
        throw error;
      }
    });
  const write = async (work: TrainerWork, from: TrainState) => {
    await work.writeTensors(from.tensors);
    step = from.step;
  };
  type Copies = ReturnType<typeof copyEpoch>;
  const runEpoch = async (work: TrainerWork, { order, rates }: Copies, signal?: AbortSignal) => {
    stepsDone = 0;
    if (rates.length === 0 || signal?.aborted) {
      return { lossSum: 0, correct: 0, rows: 0, steps: 0, diverged: false };
    }
    const controller = new AbortController(), stop = () => controller.abort();
    signal?.addEventListener("abort", stop);
    epoch = { work, stop };
    try {
      const result = await work.runEpoch({ order, rates, step, signal: controller.signal });
      step += result.steps;
      stepsDone = result.steps;
      return result;
    } catch (error) {
      stepsDone = work.stepsDone;
      throw error;
    } finally {
      signal?.removeEventListener("abort", stop);
      epoch = undefined;
    }
  };
  try {
    await write(made, state);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    get stepsDone() {
      return epoch ? epoch.work.stepsDone : stepsDone;
    },
    runEpoch: (order, learningRates, options) =>
      use(
        () => copyEpoch(plan, rows, { order, learningRates, options }),
        (work, copies) => runEpoch(work, copies, options?.signal),
      ),
    readState: () => use(() => {}, async (work) => ({ step, tensors: await work.readTensors() })),
    writeState: (from) => use(() => checkState(plan, from), (work) => write(work, from)),
    writeInputs: (inputs) => use(() => checkReplacement(inputs, needed), (work) => work.writeInputs(inputs)),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function createPredictor(
  made: PredictorWork,
  { name, children, plan, parameters }: Parent & {
    readonly plan: ForwardPlan;
    readonly parameters: Tensors;
  },
): Promise<Predictor> {
  let rows = 0, failure: { readonly error: unknown } | undefined;
  const { run, close } = startLifecycle(name, "predictor", made, { children, halt: () => {} });
  /** Does work. If it fails, each `run()` fails until inputs are placed again. */
  const attempt = async <T>(act: () => T | Promise<T>) => {
    try {
      return await act();
    } catch (error) {
      failure = { error };
      throw error;
    }
  };
  const place = async (work: PredictorWork, inputs: Dataset["inputs"]) => {
    const count = checkPrediction(plan, inputs);
    failure = undefined;
    if (count > 0) await attempt(() => work.place(inputs));
    rows = count;
  };
  try {
    await made.load(parameters);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    load: (tensors) => run((work) => work.load(copyParameters(plan, tensors))),
    place: (inputs) => run((work) => place(work, inputs)),
    run: (inputs) =>
      run(async (work) => {
        if (inputs !== undefined) await place(work, inputs);
        if (failure) throw laterError(failure.error);
        return rows === 0 ? new Float32Array() : await attempt(() => work.run());
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
}
