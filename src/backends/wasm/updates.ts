/** Computes the numbers of a step that the kernels of the updates need. @module */
import { settingsOf } from "../../plan/optimizers.ts";
import type { UpdateOp } from "../../plan/plan.ts";

/**
 * Returns the numbers of one step, at most `STEP_NUMBERS`, in the order in which `kernels/updates.ts` reads them. They are
 * computed in float64, and rounded once when they are written to the kernels' memory.
 *
 * @param step counts from 1
 */
export function numbersOf(update: UpdateOp, learningRate: number, step: number): number[] {
  switch (update.op) {
    case "sgd":
      return [learningRate, ...settingsOf(update)];
    case "adam": {
      const { beta1, beta2, epsilon, weightDecay, decoupled } = update, root = Math.sqrt(1 - beta2 ** step);
      return [
        learningRate,
        learningRate * root / (1 - beta1 ** step),
        epsilon * root,
        ...[beta1, 1 - beta1, beta2, 1 - beta2],
        ...decoupled ? [0, weightDecay] : [weightDecay, 0],
      ];
    }
    case "rmsprop": {
      const { decay, epsilon, weightDecay } = update;
      return [learningRate, decay, 1 - decay, epsilon, weightDecay];
    }
    case "lion": {
      const { beta1, beta2, weightDecay } = update;
      return [learningRate, beta1, 1 - beta1, beta2, 1 - beta2, weightDecay];
    }
    default:
      return update satisfies never;
  }
}
