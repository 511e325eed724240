/**
 * The CUDA backend. It records plans in the shared library of `cuda/`, which runs complete epochs on an NVIDIA GPU.
 * @module
 */
import type { Backend } from "../backend.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { StepPlan } from "../../plan/plan.ts";
import { createBackend } from "../lifecycle.ts";
import { type Library, type LibraryOptions, opening, openLibrary } from "./library.ts";
import type { Path } from "./recording.ts";
import { call, nativeError } from "./status.ts";
import {
  createPredictor,
  createTrainer,
  describeTraining,
  type DeviceFacts,
  type Host,
  queryDevice,
} from "./work.ts";

/** Options of the CUDA backend. */
export interface CudaOptions extends Partial<LibraryOptions> {
  /** The GPU, counted from 0; the first by default. */
  readonly device?: number;
  /** The execution path of plans; by default the fastest that is possible. */
  readonly path?: Path;
  /** Is called with a note if an epoch had to be run by another path than planned. */
  readonly onNote?: (note: string) => void;
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

/**
 * Opens the CUDA backend.
 *
 * @throws {RangeError} if `device` is not a whole number from 0
 * @throws {BackendError} if the library, the driver or the GPU is missing or cannot be used
 */
export function openCuda(options: CudaOptions = {}): CudaBackend {
  const { device = 0, path = "auto", named = true, onNote } = options;
  if (!Number.isSafeInteger(device) || device < 0 || device > 1023) {
    throw new RangeError(`Backend "cuda" needs a device number from 0, found ${device}`);
  }
  const library = openLibrary("cuda", { library: options.library, named });
  let facts: DeviceFacts;
  try {
    checkGpu(library, device);
    facts = queryDevice(library, device);
  } catch (error) {
    library.close();
    throw error;
  }
  const host: Host = { library, device, path, threads: 0, onNote };
  return createBackend({
    name: "cuda",
    fields: (checkOpen) => ({
      device: deviceText(library, facts),
      library: library.path,
      emulated: library.emulated,
      facts,
      describePlan(plan: StepPlan, dataset: Dataset) {
        checkOpen();
        return describeTraining(host, plan, dataset);
      },
    }),
    createTrainer: (plan, dataset) => createTrainer(host, plan, dataset),
    createPredictor: (plan) => createPredictor(host, plan),
    close: () => library.close(),
  });
}

/**
 * Checks that there is a GPU `device`.
 *
 * @throws {BackendError} if there is none, or if the driver is missing or too old
 */
function checkGpu({ symbols }: Library, device: number): void {
  const count = new Int32Array(1), attempt = opening("cuda");
  call(attempt, symbols.mlp_device_count, count);
  if (device < count[0]) return;
  const found = count[0] === 1 ? "GPU 0 alone" : `GPUs 0 to ${count[0] - 1}`;
  const why = count[0] === 0 ? "the NVIDIA driver finds no GPU" : `there is no GPU ${device}, only ${found}`;
  throw nativeError(attempt, why, "no-device");
}

function deviceText({ emulated, symbols }: Library, facts: DeviceFacts): string {
  if (emulated) return "emulated GPU on the CPU, for tests";
  const driver = symbols.mlp_driver_version(), gibibytes = (facts.totalBytes / 2 ** 30).toFixed(0);
  const version = `${Math.floor(driver / 1000)}.${Math.floor(driver % 1000 / 10)}`;
  return `${facts.name}, ${gibibytes} GiB, compute capability ${facts.major}.${facts.minor}, driver for CUDA ${version}`;
}
