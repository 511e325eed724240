/**
 * The simplest possible float32 backend: the reference on float32 buffers, with each sum of products added up in float32, one
 * term after the other. Its distance from the reference is the effect of rounding on a run.
 * @module
 */
import type { Tensors } from "../../src/backends/backend.ts";
import { activate, activateBackward } from "../../src/backends/reference/activations.ts";
import type { LossSums } from "../../src/backends/reference/losses.ts";
import { activatedRow, type Buffers, rowOf, type Rows } from "../../src/backends/reference/ops.ts";
import { allocateBuffers, runOps, type Step } from "../../src/backends/reference/step.ts";
import { persistentBuffers, rowCount } from "../../src/backends/state.ts";
import type { BufferName, ForwardPlan, Op, StepPlan } from "../../src/plan/plan.ts";
import { inOrder, type PlanRun } from "./states.ts";

/** The orders of the terms of sums. Two orders give two samples of the rounding. */
export const SUM_ORDERS = ["first to last", "last to first"] as const;

/** One of {@linkcode SUM_ORDERS}. */
export type SumOrder = typeof SUM_ORDERS[number];

/** Runs a plan in float32. Returns each epoch's sum of losses, and the parameters and state after the last epoch. */
export function trainFloat32(
  { plan, dataset, parameters, epochs, learningRate }: PlanRun,
  order: SumOrder,
): { lossSums: number[]; tensors: Tensors } {
  const buffers = float32Buffers(plan, plan.batchSize, parameters);
  let step = 0;
  const lossSums = epochs.map((epoch) => {
    let lossSum = 0;
    for (let from = 0; from < epoch.length; from += plan.batchSize) {
      const rows = epoch.subarray(from, from + plan.batchSize);
      lossSum += runFloat32(plan.ops, buffers, { dataset, rows, learningRate, step: ++step }, order).lossSum;
    }
    return lossSum;
  });
  const tensors = persistentBuffers(plan).map(({ name }) => [name, buffers[name].values]);
  return { lossSums, tensors: Object.fromEntries(tensors) };
}

/** Computes a network's outputs `[N, O]` in float32. */
export function predictFloat32(
  plan: ForwardPlan,
  parameters: Tensors,
  inputs: Rows["inputs"],
  order: SumOrder,
): Float64Array {
  const count = rowCount(inputs, plan.inFeatures), buffers = float32Buffers(plan, count, parameters);
  runFloat32(
    plan.ops,
    buffers,
    { dataset: { inputs }, rows: inOrder(count), learningRate: 0, step: 0 },
    order,
  );
  const last = plan.ops.findLast((op) => op.op === "linear")!;
  return buffers[last.y].values;
}

/** Allocates buffers that round each number written to them, for the functions of the reference. */
function float32Buffers(plan: StepPlan | ForwardPlan, rows: number, parameters: Tensors): Buffers {
  const buffers = Object.entries(allocateBuffers(plan, rows)).map(([name, { values, width }]) => {
    const rounding = new Float32Array(values.length);
    if (Object.hasOwn(parameters, name)) rounding.set(parameters[name]);
    return [name, { values: rounding as unknown as Float64Array, width }];
  });
  return Object.fromEntries(buffers);
}

function runFloat32(ops: readonly Op[], buffers: Buffers, step: Step, order: SumOrder): LossSums {
  const rows = step.rows.length, sums = { lossSum: 0, correct: 0 };
  const matrix = (name: BufferName, count?: number) => matrixOf(buffers, name, count);
  for (const op of ops) {
    switch (op.op) {
      case "linear":
        multiply(matrix(op.x, rows), turned(matrix(op.weights)), matrix(op.y, rows), {
          order,
          start: matrix(op.bias).values,
        });
        for (let row = 0; row < rows; row++) {
          const y = rowOf(buffers[op.y], row);
          if (op.z !== undefined) rowOf(buffers[op.z], row).set(y);
          activate(y, op.activation);
        }
        break;
      case "linearBackwardInput":
        multiply(matrix(op.dZ, rows), matrix(op.weights), matrix(op.dX, rows), { order });
        if (op.mask) runOps([{ op: "dropout", x: op.dX, y: op.dX, mask: op.mask }], buffers, step);
        for (let row = 0; row < rows; row++) {
          activateBackward(rowOf(buffers[op.dX], row), activatedRow(buffers, op.x, op.z, row), op.activation);
        }
        break;
      case "linearBackwardWeight": {
        const dZ = turned(matrix(op.dZ, rows));
        const ones = { values: new Float32Array(rows).fill(1), rows, columns: 1 };
        multiply(dZ, matrix(op.x, rows), matrix(op.dWeights), { order });
        multiply(dZ, ones, { ...matrix(op.dBias), rows: dZ.rows, columns: 1 }, { order });
        break;
      }
      default: {
        const { lossSum, correct } = runOps([op], buffers, step);
        sums.lossSum += lossSum;
        sums.correct += correct;
      }
    }
  }
  return sums;
}

/** A matrix, with the indices of its rows and columns. */
interface Grid {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** Returns the first `count` rows of a buffer, or all of it. */
function matrixOf(buffers: Buffers, name: BufferName, count?: number): Grid {
  const { values, width } = buffers[name], rows = count ?? values.length / width;
  return { values: values.subarray(0, rows * width) as unknown as Float32Array, rows, columns: width };
}

function turned({ values, rows, columns }: Grid): Grid {
  const other = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      other[column * rows + row] = values[row * columns + column];
    }
  }
  return { values: other, rows: columns, columns: rows };
}

/** Computes `out = a b`. Each sum begins with its column's `start`, or with 0. */
function multiply(
  a: Grid,
  b: Grid,
  out: Grid,
  { order, start }: { readonly order: SumOrder; readonly start?: Float32Array },
): void {
  for (let row = 0; row < a.rows; row++) {
    const sums = out.values.subarray(row * out.columns, (row + 1) * out.columns);
    start ? sums.set(start) : sums.fill(0);
    for (let term = 0; term < b.rows; term++) {
      const k = order === "first to last" ? term : b.rows - 1 - term;
      const factor = a.values[row * a.columns + k], from = k * b.columns;
      if (factor === 0) continue; // many inputs are 0
      for (let column = 0; column < b.columns; column++) sums[column] += factor * b.values[from + column];
    }
  }
}
