/**
 * Checks of all that crosses the contract of a backend, made before any of it does: arrays have the exact class and count
 * that kernels and native code read them with, and lie in memory whose size stays; rows and labels, which are addresses
 * there, are in range. The values of inputs, targets and parameters are not looked at.
 * @module
 */
import { ACTIVATIONS } from "../plan/activations.ts";
import type { Tensors, TrainState } from "./backend.ts";
import { bufferFault, describe, isTypedArray, withArticle } from "../data/arrays.ts";
import { type Dataset, NO_CLASS } from "../data/dataset.ts";
import { buildForwardPlan } from "../plan/build.ts";
import { networkOf } from "../plan/network.ts";
import type { ForwardPlan, NetworkSpec, StepPlan } from "../plan/plan.ts";
import { persistentBuffers, rowCount, sizeOf, tensorOf } from "./state.ts";

const TRAIN = "Cannot train", LOAD = "Cannot load the state", PREDICT = "Cannot predict";
const REPLACE = "Cannot replace the inputs";

const INPUTS = [Uint8Array, Float32Array], FLOATS = [Float32Array, Float64Array];

/** The class and length that inputs need to replace those of a trainer. */
export interface InputsNeeded {
  /** Their class. */
  readonly bytes: boolean;
  /** How many values they have. */
  readonly length: number;
}

/**
 * Checks what a trainer is made of.
 *
 * @returns the number of rows
 * @throws {TypeError} if an argument is missing or of another kind or length than it needs
 * @throws {RangeError} if a number is out of range
 */
export function checkTraining(plan: StepPlan, dataset: Dataset, state: TrainState): number {
  checkObject(TRAIN, "plan", plan);
  for (const name of ["batchSize", "inFeatures", "outFeatures"] as const) checkCount(TRAIN, name, plan[name]);
  for (const name of ["buffers", "ops"] as const) {
    if (!Array.isArray(plan[name])) throw refuse(TRAIN, name, plan[name], "an Array");
  }
  checkObject(TRAIN, "dataset", dataset);
  checkArray(TRAIN, "inputs", dataset.inputs, INPUTS);
  const { inputs: { length } } = dataset, { inFeatures } = plan, rows = length / inFeatures;
  if (!Number.isInteger(rows)) {
    throw new TypeError(`${TRAIN}: "inputs" has ${length} values, needs a multiple of ${inFeatures}`);
  }
  const [name, other, classes, width] = plan.labels
    ? ["labels", "targets", [Uint32Array], 1] as const
    : ["targets", "labels", [Float32Array], plan.outFeatures] as const;
  checkArray(TRAIN, name, dataset[name], classes);
  const found = dataset[name]!.length;
  if (found !== rows * width) {
    throw new TypeError(
      `${TRAIN}: "${name}" has ${found} values, ${rows} rows of inputs need ${rows * width}`,
    );
  }
  const bad = name === "labels"
    ? dataset.labels!.findIndex((label) => label >= plan.outFeatures && label !== NO_CLASS)
    : -1;
  if (bad >= 0) {
    const label = `"labels" has ${dataset.labels![bad]} at [${bad}]`;
    throw new RangeError(
      `${TRAIN}: ${label}, labels of ${plan.outFeatures} classes end at ${plan.outFeatures - 1}`,
    );
  }
  if (dataset[other] !== undefined) throw refuse(TRAIN, other, dataset[other], `nothing beside "${name}"`);
  checkWeights(plan, dataset.weights, rows);
  checkState(plan, state);
  return rows;
}

/** Checks that the rows have weights if the plan uses them, and else none. */
function checkWeights({ weighted }: StepPlan, weights: Dataset["weights"], rows: number): void {
  if (!weighted) {
    if (weights !== undefined) throw refuse(TRAIN, "weights", weights, "a plan with row weights");
    return;
  }
  checkArray(TRAIN, "weights", weights, [Float32Array]);
  if (weights!.length === rows) return;
  throw new TypeError(
    `${TRAIN}: "weights" has ${weights!.length} values, ${rows} rows of inputs need ${rows}`,
  );
}

/**
 * Checks that a state has every buffer that outlives a step, with its size.
 *
 * @throws {TypeError} if one is missing, of another class or of another size
 * @throws {RangeError} if the step is no whole number from 0
 */
export function checkState(plan: StepPlan, state: TrainState): void {
  checkObject(LOAD, "state", state);
  checkCount(LOAD, "step", state.step, 0);
  checkObject(LOAD, "tensors", state.tensors);
  for (const buffer of persistentBuffers(plan)) checkTensor(state.tensors, buffer.name, sizeOf(buffer, 0));
}

/**
 * Checks what an epoch is over, and copies it.
 *
 * @throws {TypeError} if an argument is missing or of another class
 * @throws {RangeError} if a row is not in the data set, there are more than it has, or the learning rates are too few or
 * too many
 */
export function copyEpoch(
  { batchSize }: StepPlan,
  count: number,
  given: { readonly order: Uint32Array; readonly learningRates: Float64Array; readonly signal?: AbortSignal },
): { readonly order: Uint32Array<ArrayBuffer>; readonly rates: Float64Array<ArrayBuffer> } {
  checkArray(TRAIN, "order", given.order, [Uint32Array]);
  checkArray(TRAIN, "learningRates", given.learningRates, [Float64Array]);
  if (given.signal !== undefined && !(given.signal instanceof AbortSignal)) {
    throw refuse(TRAIN, "signal", given.signal, "an AbortSignal");
  }
  const steps = Math.ceil(given.order.length / batchSize), { learningRates: { length } } = given;
  if (length !== steps) {
    throw new RangeError(`An epoch of ${steps} steps needs as many learning rates, found ${length}`);
  }
  if (given.order.length > count) {
    throw new RangeError(
      `Cannot train on ${given.order.length} rows an epoch: the data set has ${count} rows`,
    );
  }
  const order = new Uint32Array(given.order);
  for (const row of order) {
    if (row >= count) throw new RangeError(`Cannot train on row ${row}: the data set has ${count} rows`);
  }
  return { order, rates: new Float64Array(given.learningRates) };
}

/**
 * Checks inputs that are to take the place of others.
 *
 * @throws {TypeError} if they are of another class or length
 */
export function checkReplacement(inputs: Dataset["inputs"], needed: InputsNeeded): void {
  checkArray(REPLACE, "inputs", inputs, INPUTS);
  const textOf = ({ bytes, length }: InputsNeeded) => `${length} ${bytes ? "bytes" : "floats"}`;
  const found = textOf({ bytes: inputs instanceof Uint8Array, length: inputs.length });
  if (found === textOf(needed)) return;
  throw new TypeError(`${REPLACE}: found ${found}, the trainer needs ${textOf(needed)}`);
}

/**
 * Returns the plan of a prediction, made of a network if one is given, once it has been checked.
 *
 * @throws {TypeError} if a part is missing or of another kind
 * @throws {RangeError} if a number is out of range
 */
export function forwardPlanOf(network: ForwardPlan | NetworkSpec): ForwardPlan {
  checkObject(PREDICT, "network", network);
  if ("ops" in network) {
    networkOf(network);
    return network;
  }
  const { inFeatures, inputScale, layers } = network;
  checkCount(PREDICT, "inFeatures", inFeatures);
  if (!Number.isFinite(inputScale)) throw refuse(PREDICT, "inputScale", inputScale, "a finite number");
  if (!Array.isArray(layers)) throw refuse(PREDICT, "layers", layers, "an Array");
  if (layers.length === 0) throw new RangeError(`${PREDICT}: "layers" is empty, needs one layer or more`);
  for (const [index, layer] of layers.entries()) {
    checkObject(PREDICT, `layers[${index}]`, layer);
    checkCount(PREDICT, `layers[${index}].outFeatures`, layer.outFeatures);
    if (!ACTIVATIONS.includes(layer.activation)) {
      throw refuse(PREDICT, `layers[${index}].activation`, layer.activation, ACTIVATIONS.join(", "));
    }
  }
  return buildForwardPlan(network);
}

/**
 * Checks that the parameters of a plan are there, with their sizes.
 *
 * @returns their names
 * @throws {TypeError} if one is missing, of another class or of another size
 */
export function checkParameters({ buffers }: Pick<ForwardPlan, "buffers">, tensors: Tensors): string[] {
  checkObject(LOAD, "tensors", tensors);
  const parameters = buffers.filter(({ role }) => role === "parameter");
  for (const buffer of parameters) checkTensor(tensors, buffer.name, sizeOf(buffer, 0));
  return parameters.map(({ name }) => name);
}

/** Checks parameters, and copies them. */
export function copyParameters(plan: ForwardPlan, tensors: Tensors): Tensors {
  return Object.fromEntries(checkParameters(plan, tensors).map((name) => [name, tensors[name].slice()]));
}

/**
 * Checks inputs to predict from.
 *
 * @returns the number of rows
 * @throws {TypeError} if they are of another class, or no whole number of rows
 */
export function checkPrediction({ inFeatures }: ForwardPlan, inputs: Dataset["inputs"]): number {
  checkArray(PREDICT, "inputs", inputs, INPUTS);
  return rowCount(inputs, inFeatures);
}

type ArrayClass = { readonly name: string; readonly prototype: ArrayBufferView };

function checkArray(what: string, name: string, value: unknown, classes: readonly ArrayClass[]): void {
  const fits = isTypedArray(value) &&
    classes.some(({ prototype }) => Object.getPrototypeOf(value) === prototype);
  if (!fits) throw refuse(what, name, value, classes.map((each) => withArticle(each.name)).join(" or "));
  const fault = bufferFault(value);
  if (fault) throw new TypeError(`${what}: "${name}" ${fault}`);
}

function checkTensor(tensors: Tensors, name: string, size: number): void {
  const tensor: unknown = tensors[name];
  if (tensor !== undefined) checkArray(LOAD, name, tensor, FLOATS);
  tensorOf(tensors, name, size);
}

function checkObject(what: string, name: string, value: unknown): void {
  if (typeof value !== "object" || value === null) throw refuse(what, name, value, "an object");
}

function checkCount(what: string, name: string, value: unknown, from: 0 | 1 = 1): void {
  if (Number.isSafeInteger(value) && (value as number) >= from) return;
  throw refuse(what, name, value, `a whole number from ${from}`);
}

/** Makes the error of an argument: of a number that is out of range, or of something of another kind. */
function refuse(what: string, name: string, value: unknown, needed: string): Error {
  const kind = typeof value === "number" ? RangeError : TypeError;
  return new kind(`${what}: "${name}" ${describe(value)}, needs ${needed}`);
}
