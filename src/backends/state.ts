/** Checks that every backend makes before it copies a state or an epoch in. @module */
import type { FloatArray, NetworkSpec, Tensors, TrainState } from "../backend.ts";
import type { Dataset } from "../data/dataset.ts";
import type { BufferSpec, StepPlan, UpdateOp } from "../plan.ts";
import { BackendError } from "../errors.ts";
import { layerBuffer } from "../layers.ts";

/** The buffers that outlive a step. */
export function persistentBuffers(plan: StepPlan): BufferSpec[] {
  return plan.buffers.filter(({ role }) => role === "parameter" || role === "state");
}

/** How many numbers a buffer of a fixed shape holds, or one with `rows` rows. */
export function sizeOf(buffer: BufferSpec, rows: number): number {
  return buffer.shape.reduce<number>((product, length) => product * (length === "B" ? rows : length), 1);
}

/**
 * The tensor of that name.
 *
 * @throws {TypeError} where it is missing or has another size
 */
export function tensorOf(tensors: Tensors, name: string, size: number): FloatArray {
  const tensor = tensors[name];
  if (tensor === undefined) throw new TypeError(`Cannot load the state: "${name}" is missing`);
  if (tensor.length !== size) {
    throw new TypeError(
      `Cannot load the state: "${name}" has ${tensor.length} numbers, the plan needs ${size}`,
    );
  }
  return tensor;
}

/**
 * Checks that a state has every buffer that outlives a step, with its size.
 *
 * @throws {TypeError} where one is missing or has another size
 */
export function checkState(plan: StepPlan, { tensors }: TrainState): void {
  for (const buffer of persistentBuffers(plan)) tensorOf(tensors, buffer.name, sizeOf(buffer, 0));
}

/**
 * Checks that there are weights and a bias for each layer, with their sizes.
 *
 * @throws {TypeError} where one is missing or has another size
 */
export function checkParameters({ inFeatures, layers }: NetworkSpec, tensors: Tensors): void {
  let width = inFeatures;
  for (const [index, { outFeatures }] of layers.entries()) {
    tensorOf(tensors, layerBuffer(index, "weights"), outFeatures * width);
    tensorOf(tensors, layerBuffer(index, "bias"), outFeatures);
    width = outFeatures;
  }
}

/**
 * Checks what `runEpoch` was given.
 *
 * @returns the number of steps
 * @throws {RangeError} where a row is not in the data set, there are more than it has, or the learning rates are too few
 * or too many
 */
export function checkEpoch(plan: StepPlan, count: number, order: Uint32Array, rates: Float64Array): number {
  const steps = Math.ceil(order.length / plan.batchSize);
  if (rates.length !== steps) {
    throw new RangeError(`An epoch of ${steps} steps needs as many learning rates, found ${rates.length}`);
  }
  if (order.length > count) {
    throw new RangeError(`Cannot train on ${order.length} rows an epoch: the data set has ${count} rows`);
  }
  for (const row of order) {
    if (row >= count) throw new RangeError(`Cannot train on row ${row}: the data set has ${count} rows`);
  }
  return steps;
}

/**
 * Checks inputs that are to take the place of `there`.
 *
 * @throws {TypeError} where they are of another kind or number
 */
export function checkInputs(inputs: Dataset["inputs"], there: Dataset["inputs"]): void {
  const textOf = (values: Dataset["inputs"]) =>
    `${values.length} ${values instanceof Uint8Array ? "bytes" : "floats"}`;
  const [found, needed] = [inputs, there].map(textOf);
  if (found === needed) return;
  throw new TypeError(`Cannot replace the inputs: found ${found}, the trainer needs ${needed}`);
}

/**
 * The update that every parameter of a plan gets.
 *
 * @throws {BackendError} where there is none, or parameters get different ones
 */
export function updateOf(backend: string, plan: StepPlan): UpdateOp {
  const updates = plan.ops.filter((op) => op.op === "sgd" || op.op === "adam");
  const settings = (op: UpdateOp) =>
    JSON.stringify(Object.values(op).filter((value) => typeof value !== "string"));
  if (
    updates.length === 0 ||
    updates.some((op) => op.op !== updates[0].op || settings(op) !== settings(updates[0]))
  ) {
    throw new BackendError(
      `Backend "${backend}" needs one optimizer with the same settings for every parameter`,
      { backend, code: "unsupported" },
    );
  }
  return updates[0];
}

/** The error of a call after `close()`. */
export function closedError(backend: string, what: "backend" | "trainer" | "predictor"): BackendError {
  return new BackendError(`Cannot use this ${what} of backend "${backend}": it is closed`, {
    backend,
    code: "closed",
  });
}

/** The error of a call that overlaps another. */
export function busyError(backend: string, what: "trainer" | "predictor"): BackendError {
  return new BackendError(
    `Cannot use this ${what} of backend "${backend}": an earlier call has not finished`,
    { backend, code: "busy" },
  );
}

/**
 * The number of rows in `inputs`.
 *
 * @throws {TypeError} where its length is no multiple of `inFeatures`
 */
export function rowCount(inputs: ArrayLike<number>, inFeatures: number): number {
  const rows = inputs.length / inFeatures;
  if (Number.isInteger(rows)) return rows;
  throw new TypeError(`Cannot predict: ${inputs.length} inputs are no whole number of rows of ${inFeatures}`);
}
