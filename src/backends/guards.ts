/**
 * Checks every argument of a call to a backend before the backend uses it. Arrays must have the class and length that
 * kernels and native code expect, and memory of fixed length. Rows and labels, which kernels use as addresses, must be in
 * range. The values of inputs, targets and parameters are not checked.
 * @module
 */
import { ANY, checkArgument, checkOptions, isPlain } from "../arguments.ts";
import { ACTIVATIONS } from "../plan/activations.ts";
import type { Tensors, TrainState } from "./backend.ts";
import { bufferFault, describe, isTypedArray, withArticle } from "../data/arrays.ts";
import { type Dataset, NO_CLASS } from "../data/dataset.ts";
import { buildForwardPlan } from "../plan/build.ts";
import { networkOf } from "../plan/network.ts";
import { PLAN, STEP_PLAN } from "../plan/plan_kind.ts";
import type { ForwardPlan, NetworkSpec, StepPlan } from "../plan/plan.ts";
import { persistentBuffers, rowCount, sizeOf, tensorOf } from "./state.ts";

const TRAIN = "Cannot train", LOAD = "Cannot load the state", PREDICT = "Cannot predict";
const REPLACE = "Cannot replace the inputs";

const INPUTS = [Uint8Array, Float32Array], FLOATS = [Float32Array, Float64Array];

/** The class and length that new inputs of a trainer must have. */
export interface InputsNeeded {
  /** True for a `Uint8Array`, false for a `Float32Array`. */
  readonly bytes: boolean;
  /** The number of values. */
  readonly length: number;
}

/**
 * Checks the arguments from which a trainer is created.
 *
 * @returns the number of rows
 * @throws {TypeError} if an argument is missing, or has the wrong kind or length
 * @throws {RangeError} if a number is out of range
 */
export function checkTraining(plan: StepPlan, dataset: Dataset, state: TrainState): number {
  checkObject(TRAIN, "plan", plan);
  for (const name of ["batchSize", "inFeatures", "outFeatures"] as const) checkCount(TRAIN, name, plan[name]);
  for (const name of ["buffers", "ops"] as const) {
    if (!Array.isArray(plan[name])) throw refuse(TRAIN, name, plan[name], "an Array");
  }
  checkArgument("plan", plan, STEP_PLAN);
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

/** Checks that the data set has row weights if the plan uses them, and has none if it does not. */
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
 * Checks that a state has every buffer that is kept from step to step, with its size.
 *
 * @throws {TypeError} if a buffer is missing, or has the wrong class or size
 * @throws {RangeError} if the step is not a whole number from 0
 */
export function checkState(plan: StepPlan, state: TrainState): void {
  checkObject(LOAD, "state", state);
  checkCount(LOAD, "step", state.step, 0);
  checkObject(LOAD, "tensors", state.tensors);
  for (const buffer of persistentBuffers(plan)) checkTensor(state.tensors, buffer.name, sizeOf(buffer, 0));
}

/**
 * Checks the rows and learning rates of an epoch, and copies them.
 *
 * @throws {TypeError} if an argument is missing or of another class
 * @throws {RangeError} if a row is not in the data set, if there are more rows than the data set has, or if the number of
 * learning rates is not the number of steps
 */
export function copyEpoch(
  { batchSize }: StepPlan,
  count: number,
  given: {
    readonly order: Uint32Array;
    readonly learningRates: Float64Array;
    readonly options?: { readonly signal?: AbortSignal };
  },
): { readonly order: Uint32Array<ArrayBuffer>; readonly rates: Float64Array<ArrayBuffer> } {
  checkArray(TRAIN, "order", given.order, [Uint32Array]);
  checkArray(TRAIN, "learningRates", given.learningRates, [Float64Array]);
  const { options = {} } = given;
  checkOptions(options, { signal: ANY });
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal)) {
    throw refuse(TRAIN, "signal", options.signal, "an AbortSignal");
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
 * Checks inputs that are to replace the inputs of a trainer.
 *
 * @throws {TypeError} if they have the wrong class or length
 */
export function checkReplacement(inputs: Dataset["inputs"], needed: InputsNeeded): void {
  checkArray(REPLACE, "inputs", inputs, INPUTS);
  const textOf = ({ bytes, length }: InputsNeeded) => `${length} ${bytes ? "bytes" : "floats"}`;
  const found = textOf({ bytes: inputs instanceof Uint8Array, length: inputs.length });
  if (found === textOf(needed)) return;
  throw new TypeError(`${REPLACE}: found ${found}, the trainer needs ${textOf(needed)}`);
}

/**
 * Checks a plan of a forward pass and returns it. If a network is given, checks it and builds its plan.
 *
 * @throws {TypeError} if a part is missing or has the wrong kind
 * @throws {RangeError} if a number is out of range
 */
export function forwardPlanOf(network: ForwardPlan | NetworkSpec): ForwardPlan {
  checkObject(PREDICT, "network", network);
  if ("ops" in network) {
    checkArgument("network", network, PLAN);
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
 * Checks that `tensors` has every parameter of a plan, with its size.
 *
 * @returns the names of the parameters
 * @throws {TypeError} if a parameter is missing, or has the wrong class or size
 */
export function checkParameters({ buffers }: Pick<ForwardPlan, "buffers">, tensors: Tensors): string[] {
  checkObject(LOAD, "tensors", tensors);
  const parameters = buffers.filter(({ role }) => role === "parameter");
  for (const buffer of parameters) checkTensor(tensors, buffer.name, sizeOf(buffer, 0));
  return parameters.map(({ name }) => name);
}

/** Checks the parameters of a plan, and copies them. */
export function copyParameters(plan: ForwardPlan, tensors: Tensors): Tensors {
  return Object.fromEntries(checkParameters(plan, tensors).map((name) => [name, tensors[name].slice()]));
}

/**
 * Checks inputs to predict from.
 *
 * @returns the number of rows
 * @throws {TypeError} if they have the wrong class, or are not a whole number of rows
 */
export function checkPrediction({ inFeatures }: ForwardPlan, inputs: Dataset["inputs"]): number {
  checkArray(PREDICT, "inputs", inputs, INPUTS);
  return rowCount(inputs, inFeatures);
}

type ArrayClass = { readonly name: string; readonly prototype: ArrayBufferView };

function checkArray(action: string, name: string, value: unknown, classes: readonly ArrayClass[]): void {
  const fits = isTypedArray(value) &&
    classes.some(({ prototype }) => Object.getPrototypeOf(value) === prototype);
  if (!fits) throw refuse(action, name, value, classes.map((each) => withArticle(each.name)).join(" or "));
  const fault = bufferFault(value);
  if (fault) throw new TypeError(`${action}: "${name}" ${fault}`);
}

function checkTensor(tensors: Tensors, name: string, size: number): void {
  const tensor: unknown = tensors[name];
  if (tensor !== undefined) checkArray(LOAD, name, tensor, FLOATS);
  tensorOf(tensors, name, size);
}

function checkObject(action: string, name: string, value: unknown): void {
  if (!isPlain(value)) throw refuse(action, name, value, "an object");
}

function checkCount(action: string, name: string, value: unknown, from: 0 | 1 = 1): void {
  if (Number.isSafeInteger(value) && (value as number) >= from) return;
  throw refuse(action, name, value, `a whole number from ${from}`);
}

/** Returns the error of an invalid argument: a RangeError for a number, a TypeError for any other value. */
function refuse(action: string, name: string, value: unknown, needed: string): Error {
  const ErrorType = typeof value === "number" ? RangeError : TypeError;
  return new ErrorType(`${action}: "${name}" ${describe(value)}, needs ${needed}`);
}
