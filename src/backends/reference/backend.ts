/**
 * The reference backend: each operation of a plan in turn, in float64, on the calling thread. It is slow and clear, and
 * it defines what the other backends must compute.
 * @module
 */
import type {
  Backend,
  EpochResult,
  NetworkSpec,
  Predictor,
  Tensors,
  Trainer,
  TrainState,
} from "../../backend.ts";
import { countOf, type Dataset } from "../../data/dataset.ts";
import { forwardOp, layerBuffer } from "../../layers.ts";
import type { BufferName, StepPlan } from "../../plan.ts";
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
  tensorOf,
} from "../state.ts";
import * as ops from "./ops.ts";

/** How long the reference works before it lets the event loop turn, in milliseconds. */
const TURN_MS = 20;

/** Opens the reference backend. */
export function openReference(): Backend {
  const backend = { closed: false };
  const open = () => {
    if (backend.closed) throw closedError("reference", "backend");
  };
  const close = () => {
    backend.closed = true;
    return Promise.resolve();
  };
  return {
    name: "reference",
    device: "CPU, one thread, float64",
    // deno-lint-ignore require-await -- what is refused rejects the promise
    async createTrainer(plan, dataset, state) {
      open();
      return createTrainer(backend, plan, dataset, state);
    },
    // deno-lint-ignore require-await -- as above
    async createPredictor(network, tensors) {
      open();
      return createPredictor(backend, network, tensors);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Carries out a plan's operations on one batch and returns what its loss added up. */
export function runStep(
  plan: StepPlan,
  buffers: ops.Buffers,
  batch: { dataset: Dataset; rows: Uint32Array; learningRate: number; step: number },
): ops.LossSums {
  const rows = batch.rows.length;
  let sums: ops.LossSums = { lossSum: 0, correct: 0 };
  for (const op of plan.ops) {
    switch (op.op) {
      case "gather":
        ops.gather(op, buffers, batch.dataset, batch.rows);
        break;
      case "linear":
        ops.linear(op, buffers, rows);
        break;
      case "softmaxCrossEntropy":
        sums = ops.softmaxCrossEntropy(op, buffers, rows);
        break;
      case "meanSquaredError":
        sums = ops.meanSquaredError(op, buffers, rows);
        break;
      case "linearBackwardInput":
        ops.linearBackwardInput(op, buffers, rows);
        break;
      case "linearBackwardWeight":
        ops.linearBackwardWeight(op, buffers, rows);
        break;
      case "clipByNorm":
        ops.clipByNorm(op, buffers);
        break;
      case "sgd":
        ops.sgd(op, buffers, batch.learningRate);
        break;
      case "adam":
        ops.adam(op, buffers, batch.learningRate, batch.step);
        break;
    }
  }
  return sums;
}

/** Allocates every buffer of a plan, zeroed. */
export function allocateBuffers(plan: StepPlan): Record<BufferName, ops.Matrix> {
  return Object.fromEntries(plan.buffers.map((buffer) => {
    const width = buffer.shape.at(-1)!;
    const values = new Float64Array(sizeOf(buffer, plan.batchSize));
    return [buffer.name, { values, width: width === "B" ? 1 : width }];
  }));
}

/** What is told when the backend is closed. */
interface Owner {
  readonly closed: boolean;
}

function createTrainer(owner: Owner, plan: StepPlan, given: Dataset, state: TrainState): Trainer {
  const buffers = allocateBuffers(plan), persistent = persistentBuffers(plan);
  let dataset = { ...given, inputs: given.inputs.slice() },
    step = 0,
    stepsDone = 0,
    busy = false,
    closed = false;
  const open = () => {
    if (closed || owner.closed) throw closedError("reference", "trainer");
  };
  const ready = () => {
    open();
    if (busy) throw busyError("reference", "trainer");
  };
  const load = (from: TrainState) => {
    checkState(plan, from);
    for (const { name } of persistent) buffers[name].values.set(from.tensors[name]);
    step = from.step;
  };
  const close = () => {
    closed = true;
    return Promise.resolve();
  };
  const runSteps = async (order: Uint32Array, learningRates: Float64Array, signal?: AbortSignal) => {
    let lossSum = 0, correct = 0, rows = 0, diverged = false, turned = performance.now();
    for (stepsDone = 0; stepsDone < learningRates.length && !signal?.aborted && !diverged;) {
      const from = stepsDone * plan.batchSize, batch = order.subarray(from, from + plan.batchSize);
      const sums = runStep(plan, buffers, {
        dataset,
        rows: batch,
        learningRate: learningRates[stepsDone],
        step: ++step,
      });
      lossSum += sums.lossSum;
      correct += sums.correct;
      rows += batch.length;
      stepsDone++;
      diverged = !Number.isFinite(sums.lossSum);
      if (performance.now() - turned > TURN_MS) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        open();
        turned = performance.now();
      }
    }
    return { lossSum, correct, rows, steps: stepsDone, diverged };
  };
  load(state);
  return {
    get stepsDone() {
      return stepsDone;
    },
    async runEpoch(order, learningRates, { signal } = {}): Promise<EpochResult> {
      ready();
      checkEpoch(plan, countOf(dataset), order, learningRates);
      busy = true;
      try {
        return await runSteps(order, learningRates, signal);
      } finally {
        busy = false;
      }
    },
    // deno-lint-ignore require-await -- what is refused rejects the promise
    async readState() {
      ready();
      const tensors = Object.fromEntries(persistent.map(({ name }) => [name, buffers[name].values.slice()]));
      return { step, tensors };
    },
    // deno-lint-ignore require-await -- as above
    async writeState(from) {
      ready();
      load(from);
    },
    // deno-lint-ignore require-await -- as above
    async writeInputs(inputs) {
      ready();
      checkInputs(inputs, dataset.inputs);
      dataset = { ...dataset, inputs: inputs.slice() };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function createPredictor(owner: Owner, network: NetworkSpec, tensors: Tensors): Predictor {
  let parameters = tensors, placed: Dataset["inputs"] = new Float32Array(), closed = false;
  const open = () => {
    if (closed || owner.closed) throw closedError("reference", "predictor");
  };
  const close = () => {
    closed = true;
    return Promise.resolve();
  };
  const place = (inputs: Dataset["inputs"]) => {
    rowCount(inputs, network.inFeatures);
    placed = inputs.slice();
  };
  checkParameters(network, tensors);
  return {
    // deno-lint-ignore require-await -- what is refused rejects the promise
    async load(from) {
      open();
      checkParameters(network, from);
      parameters = from;
    },
    // deno-lint-ignore require-await -- as above
    async place(inputs) {
      open();
      place(inputs);
    },
    // deno-lint-ignore require-await -- as above
    async run(inputs) {
      open();
      if (inputs) place(inputs);
      return predict(network, parameters, placed);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Outputs `[N, O]` of a network for inputs `[N, I]`, in float64 until the last rounding.
 *
 * @throws {TypeError} where a parameter is missing or has the wrong size, or the inputs are no whole number of rows
 */
export function predict(
  network: NetworkSpec,
  tensors: Tensors,
  inputs: Dataset["inputs"],
): Float32Array<ArrayBuffer> {
  const { inFeatures, layers } = network, last = layers.length - 1;
  const count = rowCount(inputs, inFeatures), width = layers[last].outFeatures;
  const forward = createForward(network, tensors);
  const outputs = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    outputs.set(forward(inputs.subarray(row * inFeatures, (row + 1) * inFeatures))[last], row * width);
  }
  return outputs;
}

/** The outputs `[O]` of every layer, first to last, for one input `[I]`; the next call writes over them. */
export type Forward = (inputs: Dataset["inputs"]) => readonly Float64Array[];

/**
 * Makes a network's forward pass for one input at a time, in float64.
 *
 * @throws {TypeError} where a parameter is missing or has the wrong size
 */
export function createForward(network: NetworkSpec, tensors: Tensors): Forward {
  const { inFeatures, layers, inputScale } = network;
  const buffers: Record<BufferName, ops.Matrix> = {
    x: { values: new Float64Array(inFeatures), width: inFeatures },
  };
  let width = inFeatures;
  for (const [index, { outFeatures }] of layers.entries()) {
    const parameter = (what: "weights" | "bias", size: number, columns: number) => {
      const name = layerBuffer(index, what);
      buffers[name] = { values: Float64Array.from(tensorOf(tensors, name, size)), width: columns };
    };
    parameter("weights", outFeatures * width, width);
    parameter("bias", outFeatures, outFeatures);
    buffers[layerBuffer(index, "y")] = { values: new Float64Array(outFeatures), width: outFeatures };
    width = outFeatures;
  }
  const outputs = layers.map((_, index) => buffers[layerBuffer(index, "y")].values);
  return (inputs) => {
    for (let i = 0; i < inFeatures; i++) buffers.x.values[i] = inputs[i] * inputScale;
    for (const [index, { activation }] of layers.entries()) {
      ops.linear(forwardOp(index, activation), buffers, 1);
    }
    return outputs;
  };
}
