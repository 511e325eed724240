/** A training step of the reference: each operation of a plan in turn, over buffers of float64. @module */
import type { Dataset } from "../../data/dataset.ts";
import type { BufferName, StepPlan } from "../../plan/plan.ts";
import { sizeOf } from "../state.ts";
import * as ops from "./ops.ts";

/** Carries out a plan's operations on one batch and returns what its loss added up. */
export function runStep(
  plan: StepPlan,
  buffers: ops.Buffers,
  batch: { dataset: Dataset; rows: Uint32Array; learningRate: number; step: number },
): ops.LossSums {
  const rows = batch.rows.length;
  let sums: ops.LossSums = { lossSum: 0, correct: 0 };
  for (const op of plan.ops) {
    switch (op.op) {
      case "gather":
        ops.gather(op, buffers, batch.dataset, batch.rows);
        break;
      case "linear":
        ops.linear(op, buffers, rows);
        break;
      case "softmaxCrossEntropy":
        sums = ops.softmaxCrossEntropy(op, buffers, rows);
        break;
      case "meanSquaredError":
        sums = ops.meanSquaredError(op, buffers, rows);
        break;
      case "linearBackwardInput":
        ops.linearBackwardInput(op, buffers, rows);
        break;
      case "linearBackwardWeight":
        ops.linearBackwardWeight(op, buffers, rows);
        break;
      case "clipByNorm":
        ops.clipByNorm(op, buffers);
        break;
      case "sgd":
        ops.sgd(op, buffers, batch.learningRate);
        break;
      case "adam":
        ops.adam(op, buffers, batch.learningRate, batch.step);
        break;
    }
  }
  return sums;
}

/** Allocates every buffer of a plan, zeroed. */
export function allocateBuffers(plan: StepPlan): Record<BufferName, ops.Matrix> {
  return Object.fromEntries(plan.buffers.map((buffer) => {
    const width = buffer.shape.at(-1)!;
    const values = new Float64Array(sizeOf(buffer, plan.batchSize));
    return [buffer.name, { values, width: width === "B" ? 1 : width }];
  }));
}
