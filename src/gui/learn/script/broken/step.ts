// deno-fmt-ignore-file; written by `deno task build:learn` from src/backends/reference/step.ts
/** Runs the operations of a plan one after the other, on float64 buffers. @module */
import type { BufferName, ForwardPlan, Op, StepPlan } from "../../../../plan/plan.ts";
import { isLoss } from "../../../../plan/losses.ts";
import { sizeOf } from "../../../../backends/state.ts";
import { computeLoss, type LossSums } from "./losses.ts";
import * as ops from "./ops.ts";
import { average, update } from "./updates.ts";

/** The data and the settings of a step. */
export interface Step {
  /** The data set. */
  readonly dataset: ops.Rows;
  /** The rows of the data set in this step. */
  readonly rows: Uint32Array;
  /** The learning rate. */
  readonly learningRate: number;
  /** The number of the step, from 1. */
  readonly step: number;
}

/** Runs operations on one batch, and returns the sums of their loss. */
export function runOps(all: readonly Op[], buffers: ops.Buffers, step: Step): LossSums {
  const rows = step.rows.length;
  let sums: LossSums = { lossSum: 0, correct: 0 };
  for (const op of all) {
    switch (op.op) {
      case "gather":
        ops.gather(op, buffers, step.dataset, step.rows);
        break;
      case "linear":
        ops.linear(op, buffers, rows);
        break;
      case "dropout":
        ops.dropout(op, buffers, rows, step.step);
        break;
      case "linearBackwardInput":
        ops.linearBackwardInput(op, buffers, rows, step.step);
        break;
      case "linearBackwardWeight":
        ops.linearBackwardWeight(op, buffers, rows);
        break;
      case "clipByNorm":
        ops.clipByNorm(op, buffers);
        break;
      case "average":
        average(op, buffers);
        break;
      default: // does not compile if an operation has no case above
        if (isLoss(op)) sums = computeLoss(op, buffers, rows);
        else update(op, buffers, step);
    }
  }
  return sums;
}

/** Allocates every buffer of a plan, filled with zeros, for batches of up to `batchSize` rows. */
export function allocateBuffers(
  plan: StepPlan | ForwardPlan,
  batchSize: number,
): Record<BufferName, ops.Matrix> {
  return Object.fromEntries(plan.buffers.map((buffer) => {
    const width = buffer.shape.at(-1)!;
    return [buffer.name, {
      values: new Float64Array(sizeOf(buffer, batchSize)),
      width: width === "B" ? 1 : width,
    }];
  }));
}
