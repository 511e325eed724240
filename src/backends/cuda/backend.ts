/**
 * The CUDA backend. It records plans in the shared library of `cuda/`, which runs complete epochs on an NVIDIA GPU.
 * @module
 */
import type { Backend } from "../backend.ts";
import type { Dataset } from "../../data/dataset.ts";
import { networkOf } from "../../plan/network.ts";
import type { ForwardPlan, StepPlan } from "../../plan/plan.ts";
import { createBackend } from "../lifecycle.ts";
import { persistentBuffers, sizeOf } from "../state.ts";
import type { PredictorWork, TrainerWork } from "../work.ts";
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

/** Options of the CUDA backend. */
export interface CudaOptions extends Partial<LibraryOptions> {
  /** The GPU, counted from 0; the first by default. */
  readonly device?: number;
  /** The execution path of plans; by default the fastest that is possible. */
  readonly path?: Path;
}

/** The CUDA backend, with its library and GPU. */
export interface CudaBackend extends Backend {
  /** The path of the loaded library. */
  readonly library: string;
  /** True if the library is the emulation on the CPU. */
  readonly emulated: boolean;
  /** Properties of the GPU. */
  readonly facts: DeviceFacts;
  /** Describes how the library would run a plan. Only the kind of the data set matters, not its values. */
  describePlan(plan: StepPlan, dataset: Dataset): string;
}

/** Rows in each batch of a predictor. */
const PREDICTION_BATCH = 1024;

/**
 * Opens the CUDA backend.
 *
 * @throws {RangeError} if `device` is not a whole number from 0
 * @throws {BackendError} if the library, the driver or the GPU is missing or cannot be used
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
  const host: Host = { library, device, path };
  return createBackend({
    name: "cuda",
    fields: (checkOpen) => ({
      device: deviceText(library, facts),
      library: library.path,
      emulated: library.emulated,
      facts,
      describePlan(plan: StepPlan, dataset: Dataset) {
        checkOpen();
        const recording = recordTraining(library, plan, dataset, { ...host, action: TRAIN });
        try {
          return recording.describe();
        } finally {
          recording.destroy();
        }
      },
    }),
    createTrainer: (plan, dataset) => createTrainer(host, plan, dataset),
    createPredictor: (plan) => createPredictor(host, plan),
    close: () => library.close(),
  });
}

/** The library and GPU on which plans run. */
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

function createTrainer({ library, device, path }: Host, plan: StepPlan, dataset: Dataset): TrainerWork {
  const { symbols } = library, persistent = persistentBuffers(plan);
  const recording = recordTraining(library, plan, dataset, { device, path, action: TRAIN });
  let run = 0;
  return {
    get stepsDone() {
      return Number(symbols.mlp_plan_steps_done(recording.handle, run));
    },
    async runEpoch({ order, rates, step, signal }) {
      const results = new Float64Array(RESULTS.length), { handle } = recording, before = BigInt(step);
      const [rows, steps, count] = [order, rates, results].map(({ length }) => BigInt(length));
      const given = [handle, ++run, order, rows, rates, steps, before, results, count] as const;
      // If `stop` fails, the epoch fails with the same error and reports it.
      signal.addEventListener("abort", () => void symbols.mlp_plan_stop(handle, run, new Uint8Array(1), 1));
      await callAside(TRAIN, (...error) => symbols.mlp_plan_run_epoch(...given, ...error));
      const [lossSum, correct, rowsDone, done, diverged] = results;
      return { lossSum, correct, rows: rowsDone, steps: done, diverged: diverged !== 0 };
    },
    readTensors: () =>
      Object.fromEntries(
        persistent.map((buffer) => [buffer.name, recording.read(buffer.name, sizeOf(buffer, 0))]),
      ),
    writeTensors(tensors) {
      for (const { name } of persistent) recording.write(name, tensors[name]);
    },
    writeInputs: (inputs) => recording.placeInputs(inputs, plan.inFeatures),
    close: () => recording.destroy(),
  };
}

function createPredictor({ library, device }: Host, plan: ForwardPlan): PredictorWork {
  const { symbols } = library, { inFeatures, outFeatures } = plan;
  const options = { device, path: "auto", action: PREDICT, batchSize: PREDICTION_BATCH } as const;
  const recording = recordPrediction(library, plan, options),
    output = recording.id(networkOf(plan).layers.at(-1)!.forward.y);
  let rows = 0, finished = false;
  return {
    load(tensors) {
      for (const [name, values] of Object.entries(tensors)) recording.write(name, values);
    },
    place(inputs) {
      recording.placeInputs(inputs, inFeatures);
      if (!finished) recording.finish();
      finished = true;
      rows = inputs.length / inFeatures;
    },
    async run() {
      const outputs = new Float32Array(rows * outFeatures), count = BigInt(outputs.length);
      const given = [recording.handle, output, outputs, count] as const;
      await callAside(PREDICT, (...error) => symbols.mlp_plan_predict(...given, ...error));
      return outputs;
    },
    close: () => recording.destroy(),
  };
}
