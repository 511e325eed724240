/** Measures how near the directions of lion are to 0, at which its update jumps. @module */
import { type Matrix, rowOf } from "../../src/backends/reference/ops.ts";
import { allocateBuffers, runOps } from "../../src/backends/reference/step.ts";
import { networkOf } from "../../src/plan/network.ts";
import { isUpdate } from "../../src/plan/optimizers.ts";
import type { LionOp } from "../../src/plan/plan.ts";
import { largest, type PlanRun } from "./states.ts";

/**
 * Returns the smallest direction `|β₁ m + (1 - β₁) g|` in a run of the reference. It is divided by the same sum over absolute
 * products `|dZ| |x|`, because the rounding error of a direction is proportional to that sum. Directions of exactly 0 are not
 * counted, because they are sums of zeros on every backend.
 */
export function leastDirection({ plan, dataset, parameters, epochs, learningRate }: PlanRun): number {
  const buffers = allocateBuffers(plan, plan.batchSize), { layers } = networkOf(plan);
  for (const [name, values] of Object.entries(parameters)) buffers[name].values.set(values);
  const updatesAt = plan.ops.findIndex(isUpdate), sums = new Map<LionOp, Float64Array>();
  let step = 0, least = Infinity;
  for (const order of epochs) {
    for (let from = 0; from < order.length; from += plan.batchSize) {
      const rows = order.subarray(from, from + plan.batchSize);
      const at = { dataset, rows, learningRate, step: ++step };
      runOps(plan.ops.slice(0, updatesAt), buffers, at);
      for (const { training: { gradient, weights, bias } } of layers) {
        for (const op of [weights, bias]) {
          if (op.op !== "lion") continue;
          const x = op === weights ? buffers[gradient.x] : undefined;
          const { products, absolute } = sumProducts(buffers[gradient.dZ], x, rows.length);
          const g = buffers[op.gradient].values, m = buffers[op.m].values;
          const clipped = largest(products) === 0 ? 1 : largest(g) / largest(products);
          const past = sums.get(op) ?? new Float64Array(g.length);
          for (let i = 0; i < g.length; i++) {
            const whole = op.beta1 * past[i] + (1 - op.beta1) * clipped * absolute[i];
            const direction = Math.abs(op.beta1 * m[i] + (1 - op.beta1) * g[i]);
            if (direction > 0) least = Math.min(least, direction / whole);
            past[i] = op.beta2 * past[i] + (1 - op.beta2) * clipped * absolute[i];
          }
          sums.set(op, past);
        }
      }
      runOps(plan.ops.slice(updatesAt), buffers, at);
    }
  }
  return least;
}

/** Returns `dZᵀ x`, or `Σ dZ` without `x`, and the same sums of absolute values. */
function sumProducts(dZ: Matrix, x: Matrix | undefined, rows: number) {
  const width = x?.width ?? 1, ones = Float64Array.of(1);
  const products = new Float64Array(dZ.width * width), absolute = products.slice();
  for (let row = 0; row < rows; row++) {
    const inputs = x ? rowOf(x, row) : ones;
    for (const [o, gradient] of rowOf(dZ, row).entries()) {
      for (let i = 0; i < width; i++) {
        products[o * width + i] += gradient * inputs[i];
        absolute[o * width + i] += Math.abs(gradient * inputs[i]);
      }
    }
  }
  return { products, absolute };
}
