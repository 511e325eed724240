/** The parameters of the network, from the state of its trainer. @module */
import { checkArgument } from "../arguments.ts";
import { checkState } from "../backends/guards.ts";
import { STEP_PLAN } from "../plan/plan_kind.ts";
import type { Tensors, TrainState } from "../backends/backend.ts";
import type { LayerSpec } from "../plan/layers.ts";
import type { AverageOp, StepPlan } from "../plan/plan.ts";
import { type Scalings, toOriginal } from "./scalings.ts";

/**
 * Returns the parameters of a network from the state of its trainer. If the plan keeps averages of the parameters, they are
 * these averages, with their bias corrected: divided by `1 - decay^t` after `t` steps. The arrays are not copied.
 */
export function parametersOf(plan: StepPlan, state: TrainState): Tensors {
  checkArgument("plan", plan, STEP_PLAN);
  checkState(plan, state);
  const { step, tensors } = state;
  const averages = plan.ops.filter((op): op is AverageOp => op.op === "average");
  const averageOf = new Map(averages.map((op) => [op.parameter, op]));
  const parameters = plan.buffers.filter(({ role }) => role === "parameter").map(({ name }) => {
    const op = averageOf.get(name);
    if (!op || step === 0) return [name, tensors[name]] as const;
    const correction = 1 - op.decay ** step;
    return [name, tensors[op.average].map((sum) => sum / correction)] as const;
  });
  return Object.fromEntries(parameters);
}

/** Returns the {@linkcode parametersOf} a state for the original values of inputs and targets. */
export function networkParameters(
  plan: StepPlan,
  layers: readonly LayerSpec[],
  state: TrainState,
  scalings: Scalings,
): Tensors {
  return toOriginal(parametersOf(plan, state), layers, scalings);
}
