/** Reads from a plan the values that every backend needs, such as the buffers that are kept from step to step. @module */
import type { FloatArray, Tensors } from "./backend.ts";
import { isUpdate } from "../plan/optimizers.ts";
import type { BufferSpec, StepPlan, UpdateOp } from "../plan/plan.ts";
import { BackendError } from "../errors.ts";

/** Returns the buffers that are kept from step to step: parameters and optimizer state. */
export function persistentBuffers(plan: StepPlan): BufferSpec[] {
  return plan.buffers.filter(({ role }) => role === "parameter" || role === "state");
}

/** Returns how many numbers a buffer holds if `"B"` in its shape is `rows`. */
export function sizeOf(buffer: BufferSpec, rows: number): number {
  return buffer.shape.reduce<number>((product, length) => product * (length === "B" ? rows : length), 1);
}

/**
 * Returns the tensor `name`.
 *
 * @throws {TypeError} if it is missing or has another size
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
 * Returns the update of a plan, which must be the same for every parameter.
 *
 * @throws {BackendError} if the plan has no update, or parameters have different updates
 */
export function updateOf(backend: string, plan: StepPlan): UpdateOp {
  const updates = plan.ops.filter(isUpdate);
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

/**
 * Returns the number of rows in `inputs`.
 *
 * @throws {TypeError} if its length is not a multiple of `inFeatures`
 */
export function rowCount(inputs: ArrayLike<number>, inFeatures: number): number {
  const rows = inputs.length / inFeatures;
  if (Number.isInteger(rows)) return rows;
  throw new TypeError(`Cannot predict: ${inputs.length} inputs are no whole number of rows of ${inFeatures}`);
}
