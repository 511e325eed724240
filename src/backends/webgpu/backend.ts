/**
 * The WebGPU backend: WGSL kernels on any GPU that the host's WebGPU reaches. The same bits come out of the same device,
 * because each sum has one fixed order.
 * @module
 */
import type { Backend, NetworkSpec, Predictor, Tensors, Trainer, TrainState } from "../../backend.ts";
import { countOf, type Dataset } from "../../data/dataset.ts";
import type { StepPlan } from "../../plan.ts";
import {
  busyError,
  checkEpoch,
  checkInputs,
  checkParameters,
  checkState,
  closedError,
  rowCount,
} from "../state.ts";
import type { AdapterOptions } from "./adapter.ts";
import { type Device, openDevice, roomOn } from "./device.ts";
import { placeInputs } from "./inputs.ts";
import { writeTensors } from "./layers.ts";
import { placePlan } from "./placement.ts";
import { type Prediction, preparePrediction } from "./prediction.ts";
import { prepareSteps } from "./training.ts";

/** The WebGPU backend, with what it runs on. */
export interface WebgpuBackend extends Backend {
  /** The adapter. */
  readonly adapter: GPUAdapter;
  /** The device. */
  readonly gpu: GPUDevice;
  /** Buffers that it holds now. */
  readonly buffersHeld: number;
}

const TRAIN = "train on", PREDICT = "predict on";

/**
 * Opens the WebGPU backend.
 *
 * @throws {BackendError} where there is no adapter that will do
 */
export async function openWebgpu(options: AdapterOptions = {}): Promise<WebgpuBackend> {
  const device = await openDevice(options);
  const opened = new Set<{ close(): Promise<void> }>();
  let closing: Promise<void> | undefined;
  const open = () => {
    if (closing) throw closedError("webgpu", "backend");
  };
  const keep = <T extends { close(): Promise<void> }>(made: T): T => {
    opened.add(made);
    return made;
  };
  const onClose = (made: { close(): Promise<void> }) => opened.delete(made);
  const close = () =>
    closing ??= (async () => {
      await Promise.all([...opened].map((each) => each.close()));
      await device.close();
    })();
  return {
    name: "webgpu",
    device: device.text,
    adapter: device.adapter,
    gpu: device.gpu,
    get buffersHeld() {
      return device.held.size;
    },
    async createTrainer(plan, dataset, state) {
      open();
      const trainer = keep(await createTrainer(device, { plan, dataset, state, onClose }));
      open(); // it may have been closed meanwhile
      return trainer;
    },
    // deno-lint-ignore require-await -- what is refused rejects the promise
    async createPredictor(network, tensors) {
      open();
      device.check(PREDICT);
      return keep(createPredictor(device, { network, tensors, onClose }));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function createTrainer(
  shared: Device,
  { plan, dataset, state, onClose }: {
    readonly plan: StepPlan;
    readonly dataset: Dataset;
    readonly state: TrainState;
    readonly onClose: (made: Trainer) => void;
  },
): Promise<Trainer> {
  checkState(plan, state);
  const device = roomOn(shared), count = countOf(dataset), { inFeatures } = plan;
  const bytes = dataset.inputs instanceof Uint8Array, answers = plan.labels ? 1 : plan.outFeatures;
  const place = async () => {
    const placed = await placePlan(device, TRAIN, plan);
    const inputs = await placeInputs(device, TRAIN, { count, inFeatures, bytes, answers });
    const steps = await prepareSteps(device, TRAIN, { plan, placed, inputs, count });
    const { checked } = device.scoped(TRAIN, () => {
      inputs.write(dataset.inputs);
      inputs.writeAnswers((plan.labels ? dataset.labels : dataset.targets)!);
      writeTensors(device, placed.places, state.tensors);
    });
    await checked;
    return { placed, inputs, steps };
  };
  let parts: Awaited<ReturnType<typeof place>>;
  try {
    parts = await place();
  } catch (error) {
    device.empty();
    throw error;
  }
  const { placed: { places }, inputs, steps } = parts;
  let step = state.step,
    stepsDone = 0,
    running: Promise<unknown> | undefined,
    closing: Promise<void> | undefined,
    failure: { readonly error: unknown } | undefined;
  const ready = () => {
    if (closing) throw closedError("webgpu", "trainer");
    if (running) throw busyError("webgpu", "trainer");
    if (failure) throw failure.error;
    device.check(TRAIN);
  };
  /** Does work that nothing else may overlap; one that fails ends the training. */
  const alone = async <T>(work: () => Promise<T>): Promise<T> => {
    const began = work();
    running = began;
    try {
      return await began;
    } catch (error) {
      failure = { error };
      throw error;
    } finally {
      running = undefined;
    }
  };
  const scoped = (work: () => void) => alone(() => device.scoped(TRAIN, work).checked);
  const close = () =>
    closing ??= (async () => {
      await running?.catch(() => {}); // whoever waits for it is told
      device.empty();
      onClose(trainer);
    })();
  const trainer: Trainer = {
    get stepsDone() {
      return stepsDone;
    },
    async runEpoch(order, rates, { signal } = {}) {
      ready();
      const total = checkEpoch(plan, count, order, rates);
      stepsDone = 0;
      if (total === 0 || signal?.aborted) {
        return { lossSum: 0, correct: 0, rows: 0, steps: 0, diverged: false };
      }
      const epoch = {
        order,
        rates: rates.slice(),
        step,
        stopped: () => closing !== undefined || signal?.aborted === true,
        onSteps: (done: number) => stepsDone = done,
      };
      const result = await alone(() => steps.run(epoch));
      step += result.steps;
      if (closing) throw closedError("webgpu", "trainer");
      return result;
    },
    async readState() {
      ready();
      const read = await alone(() => device.read(TRAIN, places.map(({ source }) => source)));
      const tensors = read.map((bytes, at) => [places[at].name, new Float32Array(bytes)] as const);
      return { step, tensors: Object.fromEntries(tensors) };
    },
    async writeState(from) {
      ready();
      checkState(plan, from);
      await scoped(() => writeTensors(device, places, from.tensors));
      step = from.step;
    },
    async writeInputs(other) {
      ready();
      checkInputs(other, dataset.inputs);
      await scoped(() => inputs.write(other));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  return trainer;
}

function createPredictor(
  device: Device,
  { network, tensors, onClose }: {
    readonly network: NetworkSpec;
    readonly tensors: Tensors;
    readonly onClose: (made: Predictor) => void;
  },
): Predictor {
  checkParameters(network, tensors);
  let parameters = tensors,
    prediction: Prediction | undefined,
    running: Promise<unknown> | undefined,
    closing: Promise<void> | undefined;
  const ready = () => {
    if (closing) throw closedError("webgpu", "predictor");
    if (running) throw busyError("webgpu", "predictor");
    device.check(PREDICT);
  };
  const alone = async <T>(work: () => Promise<T>): Promise<T> => {
    ready();
    const began = work();
    running = began;
    try {
      return await began;
    } finally {
      running = undefined;
    }
  };
  const place = async (inputs: Dataset["inputs"]) => {
    const rows = rowCount(inputs, network.inFeatures);
    prediction?.close();
    prediction = undefined;
    if (rows === 0) return;
    prediction = await preparePrediction(device, PREDICT, network, inputs);
    await prediction.load(parameters);
  };
  const close = () =>
    closing ??= (async () => {
      await running?.catch(() => {}); // whoever waits for the outputs is told
      prediction?.close();
      onClose(predictor);
    })();
  const predictor: Predictor = {
    async load(from) {
      ready();
      checkParameters(network, from);
      parameters = from;
      await prediction?.load(parameters);
    },
    place: (inputs) => alone(() => place(inputs)),
    run: (inputs) =>
      alone(async () => {
        if (inputs) await place(inputs);
        const outputs = await prediction?.run() ?? new Float32Array();
        if (closing) throw closedError("webgpu", "predictor");
        return outputs;
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
  return predictor;
}
