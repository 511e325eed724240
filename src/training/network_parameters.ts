/** The parameters of the network, from the state of its trainer. @module */
import type { Tensors, TrainState } from "../backends/backend.ts";
import type { LayerSpec } from "../plan/layers.ts";
import type { AverageOp, StepPlan } from "../plan/plan.ts";
import { type Scalings, toOriginal } from "./scalings.ts";

/**
 * Returns the parameters of the network on the original values of inputs and targets. They are those of the state. If the plan keeps
 * averages, they are the averages with their bias corrected: divided by `1 - decay^t` after `t` steps.
 */
export function networkParameters(
  plan: StepPlan,
  layers: readonly LayerSpec[],
  { step, tensors }: TrainState,
  scalings: Scalings,
): Tensors {
  const averages = plan.ops.filter((op): op is AverageOp => op.op === "average");
  const averageOf = new Map(averages.map((op) => [op.parameter, op]));
  const parameters = plan.buffers.filter(({ role }) => role === "parameter").map(({ name }) => {
    const op = averageOf.get(name);
    if (!op || step === 0) return [name, tensors[name]] as const;
    const correction = 1 - op.decay ** step;
    return [name, tensors[op.average].map((sum) => sum / correction)] as const;
  });
  return toOriginal(Object.fromEntries(parameters), layers, scalings);
}
