/** The trainers and predictors of the native backends: plans that a library runs, a complete epoch in each call. @module */
import type { Dataset } from "../../data/dataset.ts";
import { networkOf } from "../../plan/network.ts";
import type { ForwardPlan, StepPlan } from "../../plan/plan.ts";
import { persistentBuffers, sizeOf } from "../state.ts";
import type { PredictorWork, TrainerWork } from "../work.ts";
import { FACTS, RESULTS } from "./ffi.ts";
import { type Library, opening } from "./library.ts";
import { type Path, type PlacedRows, recordPrediction, recordTraining } from "./recording.ts";
import { type Attempt, call, callAside, textOf } from "./status.ts";

/** A library and the device on which it runs plans. */
export interface Host {
  /** The library. */
  readonly library: Library;
  /** The device, counted from 0. */
  readonly device: number;
  /** The path by which training steps are run. */
  readonly path: Path;
  /** The threads of the CPU library; 0 for one on each processor, which is the only value for others. */
  readonly threads: number;
  /** The group of processes that train together; absent if this one trains alone. */
  readonly group?: Deno.PointerObject;
  /** The inputs that are in the library's memory already; absent for none. */
  readonly rows?: PlacedRows;
  /** Is called with a note if an epoch had to be run by another path than the one described when its plan was made. */
  readonly onNote?: (note: string) => void;
}

/** The name and properties of a device. */
export interface DeviceFacts extends Record<(typeof FACTS)[number], number> {
  /** The name, such as `"NVIDIA H100 80GB HBM3"`. */
  readonly name: string;
}

/** Rows in each batch of a predictor. */
const PREDICTION_BATCH = 1024;

/**
 * The most products of an input and a weight, rows × parameters, that the CPU library computes on the calling thread. A
 * call on another thread takes 10 to 45 µs more. So many products take 13 to 55 µs on a core of an AMD EPYC (Zen 5) with AVX2
 * or AVX-512 (measured 2026-11-26), which leaves slower processors below about 0.2 ms.
 */
const SMALL_PRODUCTS = 1_000_000;

function training({ library: { backend } }: Host): Attempt {
  return { backend, action: "train on backend" };
}

/**
 * Returns the name and properties of a device.
 *
 * @throws {BackendError} if the library cannot use it
 */
export function queryDevice({ backend, symbols }: Library, device: number): DeviceFacts {
  const name = new Uint8Array(256), values = new BigInt64Array(FACTS.length);
  const given = [device, name, name.length, values, BigInt(values.length)] as const;
  call(opening(backend), symbols.mlp_device_query, ...given);
  const facts = Object.fromEntries(FACTS.map((fact, index) => [fact, Number(values[index])]));
  return { name: textOf(name), ...facts as Record<(typeof FACTS)[number], number> };
}

/** Describes how the library would run a plan. Only the kind of the data set matters, not its values. */
export function describeTraining(host: Host, plan: StepPlan, dataset: Dataset): string {
  const recording = recordTraining(host.library, plan, dataset, { ...host, attempt: training(host) });
  try {
    return recording.describe();
  } finally {
    recording.destroyHere();
  }
}

/** Creates a trainer: records the plan, and copies the data set to the device. */
export function createTrainer(host: Host, plan: StepPlan, dataset: Dataset): TrainerWork {
  const { symbols } = host.library, persistent = persistentBuffers(plan), attempt = training(host);
  const recording = recordTraining(host.library, plan, dataset, { ...host, attempt });
  let run = 0, path = recording.describe();
  /** Passes a note on if the path has changed, as it does if the persistent kernel cannot be launched. */
  const tellPath = () => {
    const before = path;
    path = recording.describe();
    if (path !== before) host.onNote?.(`backend ${host.library.backend} now trains by ${path}`);
  };
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
      await callAside(attempt, (...error) => symbols.mlp_plan_run_epoch(...given, ...error));
      tellPath();
      const [lossSum, correct, rowsDone, done, diverged] = results;
      return { lossSum, correct, rows: rowsDone, steps: done, diverged: diverged !== 0 };
    },
    readTensors: () => recording.read(persistent),
    writeTensors: (tensors) =>
      recording.write(Object.fromEntries(persistent.map(({ name }) => [name, tensors[name]]))),
    writeInputs: (inputs) => recording.placeInputs(inputs, plan.inFeatures),
    close: () => recording.destroy(),
  };
}

/** Creates a predictor: records the plan. */
export function createPredictor(host: Host, plan: ForwardPlan): PredictorWork {
  const { library } = host, { symbols, backend } = library, { inFeatures, outFeatures } = plan;
  const attempt: Attempt = { backend, action: "predict on backend" };
  const options = { ...host, path: "auto", attempt, batchSize: PREDICTION_BATCH } as const;
  const parameters = plan.buffers.reduce(
    (sum, buffer) => buffer.role === "parameter" ? sum + sizeOf(buffer, 0) : sum,
    0,
  );
  const recording = recordPrediction(library, plan, options),
    output = recording.id(networkOf(plan).layers.at(-1)!.forward.y);
  let rows = 0, finished = false;
  return {
    load: (tensors) => recording.write(tensors),
    place(inputs) {
      recording.placeInputs(inputs, inFeatures);
      if (!finished) recording.finish();
      finished = true;
      rows = inputs.length / inFeatures;
    },
    async run() {
      const outputs = new Float32Array(rows * outFeatures), count = BigInt(outputs.length);
      const given = [recording.handle, output, outputs, count] as const;
      if (backend === "cpu" && rows * parameters <= SMALL_PRODUCTS) {
        call(attempt, symbols.mlp_plan_predict_here, ...given);
      } else {
        await callAside(attempt, (...error) => symbols.mlp_plan_predict(...given, ...error));
      }
      return outputs;
    },
    close: () => recording.destroy(),
  };
}
