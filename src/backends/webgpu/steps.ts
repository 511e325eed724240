/** The records of steps, as step.wgsl reads them. @module */
import type { UpdateOp } from "../../plan/plan.ts";
import { type Device, STEP_BYTES } from "./device.ts";
import type { Work } from "./errors.ts";

/** Words of a record, in the order of `Step` in step.wgsl; the first four are whole numbers. */
const WORDS = [
  "first",
  "rows",
  "index",
  "flags",
  "rate",
  "weightDecay",
  "momentum",
  "beta1",
  "beta2",
  "oneMinusBeta1",
  "oneMinusBeta2",
  "correctedRate",
  "vRoot",
  "epsilon",
] as const;

/** Bytes of a record that are used. */
export const RECORD_BYTES = 4 * WORDS.length + (-4 * WORDS.length & 15);

/** Words from one record to the next, and the word of `rows` in it. */
export const STEP_WORDS = STEP_BYTES / 4, ROWS_WORD = WORDS.indexOf("rows");

const NESTEROV = 1, DECOUPLED = 2, MOMENTUM = 4;

/** Which rows a step is over. */
export interface StepRows {
  readonly first: number;
  readonly rows: number;
}

/** Binds records: group 0 of every kernel, with the offset of its step. */
export async function bindRecords(device: Device, what: Work, records: GPUBuffer): Promise<GPUBindGroup> {
  const { result, checked } = device.scoped(what, () =>
    device.gpu.createBindGroup({
      layout: device.stepLayout,
      entries: [{ binding: 0, resource: { buffer: records, size: RECORD_BYTES } }],
    }));
  await checked;
  return result;
}

/** Writes the record of step `index` of a submission. `step` counts from 1 since training began. */
export function writeStep(
  view: DataView,
  index: number,
  { first, rows }: StepRows,
  update?: { readonly op: UpdateOp; readonly rate: number; readonly step: number },
): void {
  const record = { first, rows, index, ...update && settingsOf(update.op, update.rate, update.step) };
  for (const [at, word] of WORDS.entries()) {
    const value = (record as Partial<Record<typeof word, number>>)[word] ?? 0,
      to = index * STEP_BYTES + 4 * at;
    if (at < 4) view.setUint32(to, value, true);
    else view.setFloat32(to, value, true);
  }
}

/** What an optimizer needs to know at a step, computed in float64. */
function settingsOf(
  op: UpdateOp,
  rate: number,
  step: number,
): Partial<Record<(typeof WORDS)[number], number>> {
  const { weightDecay } = op;
  if (op.op === "sgd") {
    return {
      flags: (op.nesterov ? NESTEROV : 0) | (op.velocity === undefined ? 0 : MOMENTUM),
      rate,
      weightDecay,
      momentum: op.momentum,
    };
  }
  const { beta1, beta2, epsilon, decoupled } = op;
  return {
    flags: decoupled ? DECOUPLED : 0,
    rate,
    weightDecay,
    beta1,
    beta2,
    oneMinusBeta1: 1 - beta1,
    oneMinusBeta2: 1 - beta2,
    correctedRate: rate / (1 - beta1 ** step),
    vRoot: 1 / Math.sqrt(1 - beta2 ** step),
    epsilon,
  };
}
