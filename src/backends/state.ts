/** The buffers of a plan that outlive a step, and other numbers that every backend takes from a plan. @module */
import type { FloatArray, Tensors } from "./backend.ts";
import { isUpdate } from "../plan/optimizers.ts";
import type { BufferSpec, StepPlan, UpdateOp } from "../plan/plan.ts";
import { BackendError } from "../errors.ts";

/** The buffers that outlive a step. */
export function persistentBuffers(plan: StepPlan): BufferSpec[] {
  return plan.buffers.filter(({ role }) => role === "parameter" || role === "state");
}

/** How many numbers a buffer of a fixed shape holds, or one with `rows` rows. */
export function sizeOf(buffer: BufferSpec, rows: number): number {
  return buffer.shape.reduce<number>((product, length) => product * (length === "B" ? rows : length), 1);
}

/**
 * Returns the tensor of that name.
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
 * The update that every parameter of a plan gets.
 *
 * @throws {BackendError} if there is none, or parameters get different ones
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
 * The number of rows in `inputs`.
 *
 * @throws {TypeError} if its length is no multiple of `inFeatures`
 */
export function rowCount(inputs: ArrayLike<number>, inFeatures: number): number {
  const rows = inputs.length / inFeatures;
  if (Number.isInteger(rows)) return rows;
  throw new TypeError(`Cannot predict: ${inputs.length} inputs are no whole number of rows of ${inFeatures}`);
}
