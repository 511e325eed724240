/**
 * The WebAssembly backend: SIMD kernels that a worker pool runs on one shared memory. The results have the same bits for
 * every number of threads, because each sum has one fixed order.
 * @module
 */
import type { Backend, Tensors } from "../backend.ts";
import type { Dataset } from "../../data/dataset.ts";
import { processorCount } from "../../host.ts";
import type { ForwardPlan, StepPlan } from "../../plan/plan.ts";
import { canShareMemory } from "../../workers/shared_memory.ts";
import { createBackend } from "../lifecycle.ts";
import { checkThreads, MAX_THREADS } from "../threads.ts";
import type { PredictorWork, TrainerWork } from "../work.ts";
import { createKernelPool, type KernelMemory, type KernelPool } from "./kernel_pool.ts";
import type { Build } from "./module.ts";
import { type Prediction, preparePrediction } from "./prediction.ts";
import { bytesOf, fieldAt, PROGRAM, STEP_NUMBERS, writeRecord } from "./records.ts";
import { loadTensors, prepareTraining, readTensors, type Training } from "./training.ts";
import { numbersOf } from "./updates.ts";

/** Options of the WebAssembly backend. */
export interface WasmOptions {
  /**
   * The number of threads; by default the number of processors. A host without shared memory or without workers has one
   * thread in any case.
   */
  readonly threads?: number;
  /** True to share memory with workers; by default true if the host allows it. */
  readonly shared?: boolean;
  /** The build of the kernels; by default the fastest that the host can run. */
  readonly build?: Build;
}

/**
 * Opens the WebAssembly backend.
 *
 * @throws {RangeError} if `threads` is not a whole number from 1
 * @throws {BackendError} if the host's WebAssembly cannot run the kernels
 */
export async function openWasm(options: WasmOptions = {}): Promise<Backend> {
  const threads = options.threads ?? Math.min(processorCount(), MAX_THREADS);
  checkThreads("wasm", threads);
  const shared = options.shared ?? canShareMemory();
  const pool = await createKernelPool({ threads, shared, build: options.build });
  return createBackend({
    name: "wasm",
    fields: () => ({ device: deviceOf(pool) }),
    createTrainer: (plan, dataset) => createTrainer(pool, plan, dataset),
    createPredictor: (plan) => createPredictor(pool, plan),
    halt: pool.close,
    close() {},
  });
}

function deviceOf({ threads, alone, build }: KernelPool): string {
  const count = threads === 1 ? "1 thread" : `${threads} threads`;
  const simd = build === "relaxed" ? "relaxed SIMD" : "SIMD";
  return `CPU, ${count}${alone ? ` (${alone})` : ""}, WebAssembly ${simd}`;
}

/** The initial values of a program's fields in each run. */
const BEGIN = { step: 0, rows: 0, correct: 0, stop: 0, ended: 0, diverged: 0 };

/** A training placed in a memory of the pool. */
interface PlacedTraining {
  readonly training: Training;
  readonly opened: KernelMemory;
  /** The integers of its program. */
  readonly fields: Int32Array;
}

async function placeTraining(pool: KernelPool, plan: StepPlan, dataset: Dataset): Promise<PlacedTraining> {
  const training = prepareTraining(plan, dataset, pool), { memory, program } = training;
  const opened = await pool.open(memory);
  return { training, opened, fields: new Int32Array(memory.buffer, program.address, bytesOf(PROGRAM) / 4) };
}

async function createTrainer(pool: KernelPool, plan: StepPlan, dataset: Dataset): Promise<TrainerWork> {
  const { inputs: _, ...withoutInputs } = dataset,
    at = (name: keyof typeof PROGRAM) => fieldAt(0, PROGRAM, name) / 4;
  let placed = await placeTraining(pool, plan, dataset);
  const write = ({ training, opened }: PlacedTraining, tensors: Tensors) => {
    loadTensors(training, tensors);
    for (const layer of training.transposed) opened.kernels.prepareLayer(layer);
  };
  return {
    get stepsDone() {
      return Atomics.load(placed.fields, at("step"));
    },
    async runEpoch({ order, rates, step, signal }) {
      const { training: { memory, program, update }, opened, fields } = placed;
      new Uint32Array(memory.buffer, program.order, order.length).set(order);
      const numbers = new Float32Array(memory.buffer, program.numbers, rates.length * STEP_NUMBERS);
      rates.forEach((rate, i) => numbers.set(numbersOf(update, rate, step + i + 1), i * STEP_NUMBERS));
      const lossSum = new Float64Array(memory.buffer, program.lossSum, 1);
      lossSum[0] = 0;
      const fieldsOfRun = { ...BEGIN, count: order.length, steps: rates.length, stepsBefore: step };
      writeRecord(memory, program.address, PROGRAM, fieldsOfRun);
      signal.addEventListener("abort", () => Atomics.store(fields, at("stop"), 1));
      await opened.run(program.address);
      const [steps, rows, correct] = [fields[at("step")], fields[at("rows")], fields[at("correct")]];
      return { lossSum: lossSum[0], correct, rows, steps, diverged: fields[at("diverged")] !== 0 };
    },
    readTensors: () => readTensors(placed.training),
    writeTensors: (tensors) => write(placed, tensors),
    async writeInputs(inputs) {
      if (placed.training.replaceInputs(inputs)) return;
      const next = await placeTraining(pool, plan, { ...withoutInputs, inputs }), before = placed;
      write(next, readTensors(before.training));
      placed = next;
      before.opened.close();
    },
    close: () => placed.opened.close(),
  };
}

function createPredictor(pool: KernelPool, plan: ForwardPlan): PredictorWork {
  let parameters: Tensors = {}, prepared: Prediction | undefined;
  const close = () => {
    prepared?.close();
    prepared = undefined;
  };
  return {
    load(tensors) {
      parameters = tensors;
      prepared?.load(parameters);
    },
    async place(inputs) {
      close();
      prepared = await preparePrediction(pool, plan, inputs);
      prepared.load(parameters);
    },
    run: () => prepared!.run(),
    close,
  };
}
