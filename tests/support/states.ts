/** Initial states of training, and the difference of two states. @module */
import type { Backend, EpochResult, FloatArray, Tensors, TrainState } from "../../src/backends/backend.ts";
import { persistentBuffers, sizeOf } from "../../src/backends/state.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import type { StepPlan } from "../../src/plan/plan.ts";

/** Returns the initial state of a run: these parameters, and zero for everything else. */
export function startState(plan: StepPlan, parameters: Tensors): TrainState {
  const tensors = persistentBuffers(plan).map((buffer) => {
    const zeros = () => new Float64Array(sizeOf(buffer, 0));
    return [buffer.name, buffer.role === "parameter" ? parameters[buffer.name] : zeros()];
  });
  return { step: 0, tensors: Object.fromEntries(tensors) };
}

/** Returns the rows `0 … count - 1`. */
export function inOrder(count: number): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: count }, (_, row) => row);
}

/** The options of a run without `train`: each element of `epochs` is the order of one call of `runEpoch`. */
export interface PlanRun {
  readonly plan: StepPlan;
  readonly dataset: Dataset;
  readonly parameters: Tensors;
  readonly epochs: readonly Uint32Array[];
  /** The learning rate of every step. */
  readonly learningRate: number;
}

/** Runs a plan on a backend. */
export async function runPlan(
  backend: Backend,
  { plan, dataset, parameters, epochs, learningRate }: PlanRun,
): Promise<{ results: EpochResult[]; state: TrainState }> {
  await using trainer = await backend.createTrainer(plan, dataset, startState(plan, parameters));
  const results: EpochResult[] = [];
  for (const order of epochs) {
    const steps = Math.ceil(order.length / plan.batchSize);
    results.push(await trainer.runEpoch(order, new Float64Array(steps).fill(learningRate)));
  }
  return { results, state: await trainer.readState() };
}

/** Returns the largest absolute value. */
export function largest(values: FloatArray): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}

/** Returns the largest absolute difference; `NaN` if one of the values is `NaN`. */
export function distance(a: FloatArray, b: FloatArray): number {
  if (a.length !== b.length) return NaN;
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i] - b[i]));
  return most;
}
