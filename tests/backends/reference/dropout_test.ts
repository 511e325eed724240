/** Tests the forward and backward pass of the reference's dropout. @module */
import { assertEquals } from "@std/assert";
import type { Buffers } from "../../../src/backends/reference/ops.ts";
import { runOps } from "../../../src/backends/reference/step.ts";
import type { DropoutMask, Op } from "../../../src/plan/plan.ts";
import { dropoutKey, dropoutThreshold, isKept } from "../../../src/random.ts";
import { inOrder } from "../../support/states.ts";

const ROWS = 3, COLUMNS = 8, STEP = 5;
const MASK: DropoutMask = { rate: 0.75, seed: 2, layer: 1 };
const SPECIAL = [NaN, Infinity, -Infinity];

/** Runs one operation on rows of 1, 2, 3 …, with every third number replaced by the numbers of `special` in turn. */
function run(
  op: (names: { x: string; y: string }) => Op,
  special: readonly number[] = [],
): { x: Float64Array; y: Float64Array } {
  const matrix = () => ({ values: new Float64Array(ROWS * COLUMNS), width: COLUMNS });
  const identity = { values: new Float64Array(COLUMNS * COLUMNS), width: COLUMNS };
  for (let i = 0; i < COLUMNS; i++) identity.values[i * COLUMNS + i] = 1;
  const buffers: Buffers = { x: matrix(), y: matrix(), made: matrix(), identity }, { values } = buffers.x;
  values.forEach((_, at) => values[at] = at % 3 === 0 ? special[at / 3 % 3] ?? at + 1 : at + 1);
  const rows = inOrder(ROWS);
  runOps([op({ x: "x", y: "y" })], buffers, {
    dataset: { inputs: new Float32Array() },
    rows,
    learningRate: 0,
    step: STEP,
  });
  return { x: values, y: buffers.y.values };
}

/** Returns `x` with 0 for each value that the mask drops, and the others multiplied by `1 / (1 - rate)`. */
function droppedOf(x: Float64Array): Float64Array {
  return x.map((value, at) => {
    const key = dropoutKey(MASK, STEP, Math.floor(at / COLUMNS));
    return isKept(key, at % COLUMNS, dropoutThreshold(MASK.rate)) ? 4 * value : 0;
  });
}

Deno.test("runOps() replaces dropped values by 0, even NaN, and multiplies the others", () => {
  const { x, y } = run((names) => ({ op: "dropout", ...names, mask: MASK }), SPECIAL);
  assertEquals(y, droppedOf(x));
  const dropped = y.filter((value) => value === 0).length;
  assertEquals(x.some((value, at) => Number.isNaN(value) && y[at] === 0), true, "one NaN is dropped");
  assertEquals(0 < dropped && dropped < y.length, true);
});

Deno.test("runOps() drops the gradients of dropped values, and multiplies the others", () => {
  const { y: plain } = run(backward()), { y } = run(backward(MASK));
  assertEquals(y, droppedOf(plain));
});

/** Returns the backward pass of a layer whose weights are the identity. */
function backward(mask?: DropoutMask) {
  return ({ x, y }: { x: string; y: string }): Op => ({
    ...{ op: "linearBackwardInput", dZ: x, weights: "identity", x: "made", dX: y, activation: "linear" },
    ...mask && { mask },
  });
}
