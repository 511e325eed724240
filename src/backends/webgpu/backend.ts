/**
 * The WebGPU backend: WGSL kernels on any GPU that the host's WebGPU supports. Results on the same device have the same bits,
 * because each sum has one fixed order.
 * @module
 */
import type { Backend, Tensors } from "../backend.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { ForwardPlan, StepPlan } from "../../plan/plan.ts";
import { createBackend } from "../lifecycle.ts";
import type { PredictorWork, TrainerWork } from "../work.ts";
import type { AdapterOptions } from "./adapter.ts";
import { type Device, openDevice, type TrackedDevice, withTrackedBuffers } from "./device.ts";
import { placeInputs } from "./inputs.ts";
import { writeTensors } from "./layers.ts";
import { placePlan } from "./placement.ts";
import { type Prediction, preparePrediction } from "./prediction.ts";
import { prepareSteps } from "./training.ts";

/** The WebGPU backend, with its adapter and device. */
export interface WebgpuBackend extends Backend {
  /** The adapter. */
  readonly adapter: GPUAdapter;
  /** The device. */
  readonly gpu: GPUDevice;
  /** The number of buffers that are allocated now. */
  readonly buffersHeld: number;
}

const TRAIN = "train on", PREDICT = "predict on";

/**
 * Opens the WebGPU backend.
 *
 * @throws {BackendError} if no adapter can be used
 */
export async function openWebgpu(options: AdapterOptions = {}): Promise<WebgpuBackend> {
  const device = await openDevice(options);
  return createBackend({
    name: "webgpu",
    fields: () => ({
      device: device.text,
      adapter: device.adapter,
      gpu: device.gpu,
      get buffersHeld() {
        return device.held.size;
      },
    }),
    createTrainer: (plan, dataset) =>
      withTrackedBuffers(device, (tracked) => createTrainer(tracked, plan, dataset)),
    createPredictor: (plan) => createPredictor(device, plan),
    close: () => device.close(),
  });
}

async function createTrainer(device: TrackedDevice, plan: StepPlan, dataset: Dataset): Promise<TrainerWork> {
  const { inFeatures } = plan, count = dataset.inputs.length / inFeatures;
  const bytes = dataset.inputs instanceof Uint8Array, targetWords = plan.labels ? 1 : plan.outFeatures;
  const placed = await placePlan(device, TRAIN, plan), { places } = placed, { weighted } = plan;
  const inputs = await placeInputs(device, TRAIN, { count, inFeatures, bytes, targetWords, weighted });
  const steps = await prepareSteps(device, TRAIN, { plan, placed, inputs, count });
  let stepsDone = 0;
  const scoped = (work: () => void) => device.scoped(TRAIN, work).checked;
  await scoped(() => {
    inputs.write(dataset.inputs);
    inputs.writeTargets((plan.labels ? dataset.labels : dataset.targets)!);
    if (weighted) inputs.writeWeights(dataset.weights!);
  });
  return {
    get stepsDone() {
      return stepsDone;
    },
    async runEpoch({ signal, ...epoch }) {
      device.check(TRAIN);
      stepsDone = 0;
      const onSteps = (done: number) => stepsDone = done;
      return await steps.run({ ...epoch, stopped: () => signal.aborted, onSteps });
    },
    async readTensors() {
      const read = await device.read(TRAIN, places.map(({ source }) => source));
      return Object.fromEntries(read.map((bytes, at) => [places[at].name, new Float32Array(bytes)]));
    },
    writeTensors: (tensors) => scoped(() => writeTensors(device, places, tensors)),
    writeInputs: (other) => scoped(() => inputs.write(other)),
    close: () => device.releaseAll(),
  };
}

function createPredictor(device: Device, plan: ForwardPlan): PredictorWork {
  let parameters: Tensors = {}, prediction: Prediction | undefined;
  device.check(PREDICT);
  const close = () => {
    prediction?.close();
    prediction = undefined;
  };
  return {
    async load(tensors) {
      device.check(PREDICT);
      parameters = tensors;
      await prediction?.load(parameters);
    },
    async place(inputs) {
      close();
      prediction = await withTrackedBuffers(
        device,
        (tracked) => preparePrediction(tracked, PREDICT, plan, inputs),
      );
      await prediction.load(parameters);
    },
    run: () => prediction!.run(),
    close,
  };
}
