/** The time of each operation in this browser: by the reference, and by the WebAssembly kernels. @module */
import { createKernelPool } from "../../../backends/wasm/kernel_pool.ts";
import {
  bytesOf,
  fieldAt,
  ITEM,
  PROGRAM,
  ROW_OP,
  STEP_NUMBERS,
  writeRecord,
} from "../../../backends/wasm/records.ts";
import { loadTensors, prepareTraining } from "../../../backends/wasm/training.ts";
import { numbersOf } from "../../../backends/wasm/updates.ts";
import type { BufferName, Op } from "../../../plan/plan.ts";
import { isLoss } from "../../../plan/losses.ts";
import { isUpdate } from "../../../plan/optimizers.ts";
import { type Lesson, type LessonSettings, runWith, stepOn } from "./lesson.ts";

/** The rows of the batch on which operations are timed. */
export const TIMED_ROWS = 128;

/** The measurements of an operation, and the least milliseconds of each: a browser's clock may be as coarse as 0.1 ms. */
const MEASUREMENTS = 7, LEAST = 1;

/** The times of an operation of the plan, in milliseconds a batch. */
export interface OpTime {
  readonly reference: number;
  /** The time in WebAssembly; `undefined` if it is part of another operation there. */
  readonly wasm?: number;
}

/** Rows of random numbers, none of them 0, so that no kernel skips zeros and the time does not depend on the drawing. */
function denseRows(inFeatures: number, classes: number) {
  let state = 1;
  const next = () => (state = Math.imul(state, 1_664_525) + 1_013_904_223 >>> 0) / 2 ** 32;
  return {
    inputs: Float32Array.from({ length: TIMED_ROWS * inFeatures }, () => 1 + 254 * next()),
    labels: Uint32Array.from({ length: TIMED_ROWS }, () => Math.floor(classes * next())),
  };
}

/** Returns the shortest time of a call in milliseconds; the argument of `run` is the number of repetitions. */
function shortest(run: (times: number) => void): number {
  let least = Infinity, times = 1;
  for (let measured = 0; measured < MEASUREMENTS;) {
    const start = performance.now();
    run(times);
    const taken = performance.now() - start;
    if (taken < LEAST && times < 2 ** 24) {
      times *= 2;
      continue;
    }
    least = Math.min(least, taken / times);
    measured++;
  }
  return least;
}

/**
 * Measures every operation of the plan, in its order.
 *
 * @throws {BackendError} if this host's WebAssembly cannot run the kernels
 */
export async function measureOps(lesson: Lesson, settings: LessonSettings): Promise<OpTime[]> {
  const { inFeatures, layers } = lesson.network,
    rows = denseRows(inFeatures, layers[layers.length - 1].outFeatures);
  const plan = lesson.planOf({ ...settings, mutant: undefined }, TIMED_ROWS);
  const buffers = lesson.buffersOf(plan, TIMED_ROWS), step = stepOn(rows, 0, 1);
  runWith(undefined, plan.ops, buffers, step);
  const wasm = await measureWasm(lesson, settings, rows);
  const times: OpTime[] = [];
  for (const op of plan.ops) {
    const reference = shortest((times) => {
      for (let i = 0; i < times; i++) runWith(undefined, [op], buffers, step);
    });
    times.push({ reference, wasm: wasm(op) });
    await new Promise((resolve) => setTimeout(resolve)); // the page stays responsive
  }
  return times;
}

/** Prepares the kernels; the returned function measures an operation. */
async function measureWasm(lesson: Lesson, settings: LessonSettings, rows: ReturnType<typeof denseRows>) {
  const plan = lesson.planOf({ ...settings, mutant: undefined }, TIMED_ROWS),
    { inFeatures, inputScale } = lesson.network;
  const outFeatures = plan.outFeatures, pool = await createKernelPool({ threads: 1, shared: false });
  const dataset = { ...rows, inputScale, outFeatures, inputShape: [inFeatures], source: "" };
  const training = prepareTraining(plan, dataset, pool);
  const { memory, program, update, transposed } = training, { kernels } = await pool.open(memory);
  const known = lesson.buffersOf(plan, 1);
  loadTensors(
    training,
    Object.fromEntries(
      [...training.tensors.keys()].map((name) => [name, Float32Array.from(known[name].values)]),
    ),
  );
  for (const layer of transposed) kernels.prepareLayer(layer);
  new Uint32Array(memory.buffer, program.order, TIMED_ROWS).set(rows.labels.keys().toArray());
  new Float32Array(memory.buffer, program.numbers, STEP_NUMBERS).set(numbersOf(update, 0, 1));
  const words = new Int32Array(memory.buffer),
    field = (name: keyof typeof PROGRAM) => fieldAt(program.address, PROGRAM, name) / 4;
  const [rowOps, items, rowOpCount, itemCount] = (["rowOps", "items", "rowOpCount", "itemCount"] as const)
    .map((name) => words[field(name)]);
  const layerOf = (i: number) => words[(items + i * bytesOf(ITEM)) / 4 + Object.keys(ITEM).indexOf("layer")];
  /** Runs a part of the program. */
  const run = (fields: Partial<Record<keyof typeof PROGRAM, number>>) => {
    writeRecord(memory, program.address, PROGRAM, {
      ...fields,
      step: 0,
      rows: 0,
      correct: 0,
      stop: 0,
      ended: 0,
      diverged: 0,
    });
    kernels.run(program.address, 0, 1);
  };
  const all = { count: TIMED_ROWS, steps: 1, stepsBefore: 0, rowOps, rowOpCount, items, itemCount };
  run(all);
  const time = (fields: object) =>
    shortest((times) => {
      for (let i = 0; i < times; i++) run({ ...all, ...fields });
    });
  const empty = time({ rowOpCount: 0, itemCount: 0 });
  const order = plan.ops.filter((op) =>
    op.op === "gather" || op.op === "linear" || isLoss(op) || op.op === "linearBackwardInput"
  );
  const layerOfParameter = (name: BufferName) => Number(/^layer_(\d+)/.exec(name)![1]) - 1;
  return (op: Op): number | undefined => {
    const at = order.findIndex((other) => JSON.stringify(other) === JSON.stringify(op));
    if (at >= 0) {
      const one = time({ rowOps: rowOps + at * bytesOf(ROW_OP), rowOpCount: 1, itemCount: 0 });
      return Math.max(0, one - empty);
    }
    if (isUpdate(op) || op.op !== "linearBackwardWeight") return undefined; // in the items of its gradient
    const layer = layerOfParameter(op.dWeights),
      own = Array.from({ length: itemCount }, (_, i) => i).filter((i) => layerOf(i) === layer);
    const part = time({ rowOpCount: 0, items: items + own[0] * bytesOf(ITEM), itemCount: own.length });
    return Math.max(0, part - empty);
  };
}
