// deno-fmt-ignore-file; written by `deno task build:learn` from src/backends/reference/updates.ts
import { broken } from "../broken.ts";
/** Computes each update, in float64. @module */
import type { AdamOp, AverageOp, LionOp, RmspropOp, SgdOp, UpdateOp } from "../../../../plan/plan.ts";
import type { Buffers } from "./ops.ts";

/** Updates a parameter and its state. `step` counts from 1. */
export function update(
  op: UpdateOp,
  buffers: Buffers,
  { learningRate, step }: { readonly learningRate: number; readonly step: number },
): void {
  switch (op.op) {
    case "sgd":
      return sgd(op, buffers, learningRate);
    case "adam":
      return adam(op, buffers, learningRate, step);
    case "rmsprop":
      return rmsprop(op, buffers, learningRate);
    case "lion":
      return lion(op, buffers, learningRate);
    default:
      op satisfies never;
  }
}

/** Updates a parameter by stochastic gradient descent. */
function sgd(op: SgdOp, buffers: Buffers, learningRate: number): void {
  const p = buffers[op.parameter].values, gradient = buffers[op.gradient].values;
  const velocity = op.velocity === undefined ? undefined : buffers[op.velocity].values;
  for (let i = 0; i < p.length; i++) {
    let step = (broken.by === "weight decay added with the wrong sign" ? gradient[i] - op.weightDecay * p[i] : gradient[i] + op.weightDecay * p[i]);
    if (velocity) {
      velocity[i] = op.momentum * velocity[i] + step;
      step = op.nesterov ? step + op.momentum * velocity[i] : velocity[i];
    }
    p[i] -= learningRate * step;
  }
}

/** Updates a parameter by Adam or AdamW. `step` counts from 1. */
function adam(op: AdamOp, buffers: Buffers, learningRate: number, step: number): void {
  const p = buffers[op.parameter].values, gradient = buffers[op.gradient].values;
  const m = buffers[op.m].values, v = buffers[op.v].values;
  const mCorrection = (broken.by === "no bias correction" ? 1 : 1 - op.beta1 ** step), vCorrection = (broken.by === "no bias correction" ? 1 : 1 - op.beta2 ** step);
  for (let i = 0; i < p.length; i++) {
    const g = op.decoupled ? gradient[i] : (broken.by === "weight decay added with the wrong sign" ? gradient[i] - op.weightDecay * p[i] : gradient[i] + op.weightDecay * p[i]);
    if (op.decoupled) p[i] -= learningRate * op.weightDecay * p[i];
    m[i] = op.beta1 * m[i] + (1 - op.beta1) * g;
    v[i] = op.beta2 * v[i] + (1 - op.beta2) * g * g;
    p[i] -= learningRate * (m[i] / mCorrection) / (Math.sqrt(v[i] / vCorrection) + op.epsilon);
  }
}

/** Updates a parameter by RMSprop. */
function rmsprop(op: RmspropOp, buffers: Buffers, learningRate: number): void {
  const p = buffers[op.parameter].values, gradient = buffers[op.gradient].values, v = buffers[op.v].values;
  for (let i = 0; i < p.length; i++) {
    const g = gradient[i] + op.weightDecay * p[i];
    v[i] = op.decay * v[i] + (1 - op.decay) * g * g;
    p[i] -= learningRate * g / (Math.sqrt(v[i]) + op.epsilon);
  }
}

/** Updates a parameter by Lion. */
function lion(op: LionOp, buffers: Buffers, learningRate: number): void {
  const p = buffers[op.parameter].values, g = buffers[op.gradient].values, m = buffers[op.m].values;
  for (let i = 0; i < p.length; i++) {
    const direction = Math.sign(op.beta1 * m[i] + (1 - op.beta1) * g[i]);
    p[i] -= learningRate * (direction + op.weightDecay * p[i]);
    m[i] = op.beta2 * m[i] + (1 - op.beta2) * g[i];
  }
}

/** Updates the exponential moving average of a parameter. */
export function average(op: AverageOp, buffers: Buffers): void {
  const p = buffers[op.parameter].values, sum = buffers[op.average].values;
  for (let i = 0; i < p.length; i++) sum[i] = op.decay * sum[i] + (1 - op.decay) * p[i];
}
