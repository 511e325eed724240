/** The buffers that an operation reads and writes. @module */
import { isLoss, lossInputOf } from "../../../plan/losses.ts";
import { isUpdate, statesOf } from "../../../plan/optimizers.ts";
import type { BufferName, Op } from "../../../plan/plan.ts";

/** The buffers of an operation, in the order of its formula. */
export interface Uses {
  readonly reads: readonly BufferName[];
  readonly writes: readonly BufferName[];
}

/** Returns the buffers of an operation. Only those of the plans of this page are known. */
export function usesOf(op: Op): Uses {
  if (isUpdate(op)) return { reads: [op.gradient], writes: [op.parameter, ...statesOf(op)] };
  if (isLoss(op)) return { reads: [lossInputOf(op), op.target], writes: [op.dZ] };
  const known = (names: readonly (BufferName | undefined)[]) => names.filter((name) => name !== undefined);
  switch (op.op) {
    case "gather":
      return { reads: [], writes: known([op.x, op.target]) };
    case "linear":
      return { reads: [op.x, op.weights, op.bias], writes: known([op.z, op.y]) };
    case "linearBackwardInput":
      return { reads: known([op.dZ, op.weights, op.z ?? op.x]), writes: [op.dX] };
    case "linearBackwardWeight":
      return { reads: [op.dZ, op.x], writes: [op.dWeights, op.dBias] };
    default:
      throw new TypeError(`The page does not show the operation "${op.op}"`);
  }
}
