/**
 * The CUDA backend: plans recorded in the shared library of `cuda/`, which trains whole epochs on an NVIDIA GPU.
 * @module
 */
import type { Backend, NetworkSpec, Predictor, Tensors, Trainer, TrainState } from "../../backend.ts";
import { countOf, type Dataset } from "../../data/dataset.ts";
import { layerBuffer } from "../../layers.ts";
import type { StepPlan } from "../../plan.ts";
import {
  busyError,
  checkEpoch,
  checkInputs,
  checkParameters,
  checkState,
  closedError,
  persistentBuffers,
  rowCount,
  sizeOf,
} from "../state.ts";
import { RESULTS } from "./ffi.ts";
import {
  callAside,
  type DeviceFacts,
  type Library,
  type LibraryOptions,
  openLibrary,
  queryDevice,
} from "./library.ts";
import { type Path, recordPrediction, recordTraining } from "./recording.ts";

/** What the CUDA backend can be told. */
export interface CudaOptions extends Partial<LibraryOptions> {
  /** The GPU, counted from 0; the first by default. */
  readonly device?: number;
  /** How plans are carried out; by default as is fastest. */
  readonly path?: Path;
}

/** The CUDA backend, with what it runs on. */
export interface CudaBackend extends Backend {
  /** The library that was loaded. */
  readonly library: string;
  /** Whether that is the emulation on the CPU. */
  readonly emulated: boolean;
  /** The GPU. */
  readonly facts: DeviceFacts;
  /** How the library would carry a plan out, in words; the data set is not looked at beyond its kind. */
  describePlan(plan: StepPlan, dataset: Dataset): string;
}

/** Rows that a predictor computes at a time. */
const PREDICTION_BATCH = 1024;

/**
 * Opens the CUDA backend.
 *
 * @throws {RangeError} where `device` is not a whole number from 0
 * @throws {BackendError} where library, driver or GPU cannot be had
 */
export function openCuda(options: CudaOptions = {}): CudaBackend {
  const { device = 0, path = "auto", named = true } = options;
  if (!Number.isSafeInteger(device) || device < 0 || device > 1023) {
    throw new RangeError(`Backend "cuda" needs a device number from 0, found ${device}`);
  }
  const library = openLibrary({ library: options.library, named });
  let facts: DeviceFacts;
  try {
    facts = queryDevice(library, device);
  } catch (error) {
    library.close();
    throw error;
  }
  const opened = new Set<{ close(): Promise<void> }>(), host: Host = { library, device, path };
  let closing: Promise<void> | undefined;
  const open = () => {
    if (closing) throw closedError("cuda", "backend");
  };
  const keep = <T extends { close(): Promise<void> }>(make: (onClose: () => void) => T): T => {
    const made = make(() => opened.delete(made));
    opened.add(made);
    return made;
  };
  const close = () =>
    closing ??= (async () => {
      await Promise.all([...opened].map((each) => each.close()));
      library.close();
    })();
  return {
    name: "cuda",
    device: deviceText(library, facts),
    library: library.path,
    emulated: library.emulated,
    facts,
    describePlan(plan, dataset) {
      open();
      const recording = recordTraining(library, plan, dataset, { ...host, what: TRAIN });
      try {
        return recording.describe();
      } finally {
        recording.destroy();
      }
    },
    // deno-lint-ignore require-await -- what it throws must come as a rejection
    async createTrainer(plan, dataset, state) {
      open();
      return keep((onClose) => createTrainer(host, { plan, dataset, state, onClose }));
    },
    // deno-lint-ignore require-await -- what it throws must come as a rejection
    async createPredictor(network, tensors) {
      open();
      return keep((onClose) => createPredictor(host, { network, tensors, onClose }));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Host {
  readonly library: Library;
  readonly device: number;
  readonly path: Path;
}

const TRAIN = "train on backend", PREDICT = "predict on backend";

function deviceText({ emulated, symbols }: Library, facts: DeviceFacts): string {
  if (emulated) return "emulated GPU on the CPU, for tests";
  const driver = symbols.mlp_driver_version(), gibibytes = (facts.totalBytes / 2 ** 30).toFixed(0);
  const version = `${Math.floor(driver / 1000)}.${Math.floor(driver % 1000 / 10)}`;
  return `${facts.name}, ${gibibytes} GiB, compute capability ${facts.major}.${facts.minor}, driver for CUDA ${version}`;
}

function createTrainer(
  { library, device, path }: Host,
  { plan, dataset, state, onClose }: {
    readonly plan: StepPlan;
    readonly dataset: Dataset;
    readonly state: TrainState;
    readonly onClose: () => void;
  },
): Trainer {
  checkState(plan, state);
  const { symbols } = library, persistent = persistentBuffers(plan);
  const recording = recordTraining(library, plan, dataset, { device, path, what: TRAIN });
  let step = 0,
    run = 0,
    stepsDone = 0,
    running: Promise<void> | undefined,
    closing: Promise<void> | undefined;
  const ready = () => {
    if (closing) throw closedError("cuda", "trainer");
    if (running) throw busyError("cuda", "trainer");
  };
  const load = (from: TrainState) => {
    checkState(plan, from);
    for (const { name } of persistent) recording.write(name, from.tensors[name]);
    step = from.step;
  };
  // What goes wrong here goes wrong in the epoch too, which says so.
  const stop = () => void symbols.mlp_plan_stop(recording.handle, run, new Uint8Array(1), 1);
  const close = () =>
    closing ??= (async () => {
      if (running) {
        stop();
        await running.catch(() => {}); // whoever waits for the epoch is told
      }
      recording.destroy();
      onClose();
    })();
  try {
    load(state);
  } catch (error) {
    recording.destroy();
    throw error;
  }
  return {
    get stepsDone() {
      return running ? Number(symbols.mlp_plan_steps_done(recording.handle, run)) : stepsDone;
    },
    async runEpoch(order, learningRates, { signal } = {}) {
      ready();
      const steps = checkEpoch(plan, countOf(dataset), order, learningRates);
      const results = new Float64Array(RESULTS.length), rows = order.slice(), rates = learningRates.slice();
      stepsDone = 0;
      run++;
      if (steps > 0 && !signal?.aborted) {
        running = callAside(TRAIN, (error, size) =>
          symbols.mlp_plan_run_epoch(
            recording.handle,
            run,
            rows,
            BigInt(rows.length),
            rates,
            BigInt(steps),
            BigInt(step),
            results,
            BigInt(results.length),
            error,
            size,
          ));
        signal?.addEventListener("abort", stop);
        try {
          await running;
        } finally {
          signal?.removeEventListener("abort", stop);
          running = undefined;
          stepsDone = results[RESULTS.indexOf("steps")];
          step += stepsDone;
        }
        if (closing) throw closedError("cuda", "trainer");
      }
      const [lossSum, correct, rowsDone, done, diverged] = results;
      return { lossSum, correct, rows: rowsDone, steps: done, diverged: diverged !== 0 };
    },
    // deno-lint-ignore require-await -- what it throws must come as a rejection
    async readState() {
      ready();
      const tensors = persistent.map((buffer) =>
        [buffer.name, recording.read(buffer.name, sizeOf(buffer, 0))] as const
      );
      return { step, tensors: Object.fromEntries(tensors) };
    },
    // deno-lint-ignore require-await -- what it throws must come as a rejection
    async writeState(from) {
      ready();
      load(from);
    },
    // deno-lint-ignore require-await -- what it throws must come as a rejection
    async writeInputs(inputs) {
      ready();
      checkInputs(inputs, dataset.inputs);
      recording.placeInputs(inputs, plan.inFeatures);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function createPredictor(
  { library, device }: Host,
  { network, tensors, onClose }: {
    readonly network: NetworkSpec;
    readonly tensors: Tensors;
    readonly onClose: () => void;
  },
): Predictor {
  checkParameters(network, tensors);
  const { symbols } = library, { inFeatures, layers } = network, last = layers.length - 1;
  const recording = recordPrediction(library, network, {
    device,
    path: "auto",
    what: PREDICT,
    batchSize: PREDICTION_BATCH,
  });
  let rows = 0, finished = false, running: Promise<void> | undefined, closing: Promise<void> | undefined;
  const ready = () => {
    if (closing) throw closedError("cuda", "predictor");
    if (running) throw busyError("cuda", "predictor");
  };
  const load = (from: Tensors) => {
    checkParameters(network, from);
    for (const index of layers.keys()) {
      for (const what of ["weights", "bias"] as const) {
        const name = layerBuffer(index, what);
        recording.write(name, from[name]);
      }
    }
  };
  const place = (inputs: Dataset["inputs"]) => {
    rows = rowCount(inputs, inFeatures);
    if (rows === 0) return;
    recording.placeInputs(inputs, inFeatures);
    if (!finished) recording.finish();
    finished = true;
  };
  const close = () =>
    closing ??= (async () => {
      await running?.catch(() => {}); // whoever waits for the outputs is told
      recording.destroy();
      onClose();
    })();
  try {
    load(tensors);
  } catch (error) {
    recording.destroy();
    throw error;
  }
  return {
    // deno-lint-ignore require-await -- what it throws must come as a rejection
    async load(from) {
      ready();
      load(from);
    },
    // deno-lint-ignore require-await -- what it throws must come as a rejection
    async place(inputs) {
      ready();
      place(inputs);
    },
    async run(inputs) {
      ready();
      if (inputs) place(inputs);
      const outputs = new Float32Array(rows * layers[last].outFeatures);
      if (rows === 0) return outputs;
      const y = recording.id(layerBuffer(last, "y")), count = BigInt(outputs.length);
      running = callAside(
        PREDICT,
        (error, size) => symbols.mlp_plan_predict(recording.handle, y, outputs, count, error, size),
      );
      try {
        await running;
      } finally {
        running = undefined;
      }
      if (closing) throw closedError("cuda", "predictor");
      return outputs;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
