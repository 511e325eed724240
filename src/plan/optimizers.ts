/** The optimizers: the state each keeps for a parameter, and its update as an operation. @module */
import type { TrainConfig } from "../training/config.ts";
import type { BufferName, UpdateOp } from "./plan.ts";

/** What is added to a parameter's name for each buffer of state that this configuration keeps. */
export function stateSuffixes(config: TrainConfig): readonly string[] {
  if (config.optimizer !== "sgd") return [".m", ".v"];
  return config.momentum > 0 ? [".velocity"] : [];
}

/** The update of one parameter from its gradient. */
export function updateOp(parameter: BufferName, gradient: BufferName, config: TrainConfig): UpdateOp {
  const { weightDecay, momentum, nesterov, beta1, beta2, epsilon } = config;
  if (config.optimizer === "sgd") {
    const velocity = momentum > 0 ? { velocity: `${parameter}.velocity` } : {};
    return { op: "sgd", parameter, gradient, ...velocity, momentum, nesterov, weightDecay };
  }
  const m = `${parameter}.m`, v = `${parameter}.v`;
  const decoupled = config.optimizer === "adamw";
  return { op: "adam", parameter, gradient, m, v, beta1, beta2, epsilon, weightDecay, decoupled };
}
