/**
 * Runs epochs on the device. A submission has as many steps as take about 80 ms, so that a signal can end the epoch soon and
 * no watchdog resets the device. While the device runs one submission, the next is encoded. Only the sums of each step are
 * read back.
 * @module
 */
import type { EpochResult } from "../backend.ts";
import type { StepPlan } from "../../plan/plan.ts";
import type { Device } from "./device.ts";
import type { Action } from "./errors.ts";
import type { PlacedInputs } from "./inputs.ts";
import { sumLossesKernel } from "./kernels.ts";
import { stepLaunches, workOf } from "./lowering.ts";
import type { PlacedPlan } from "./placement.ts";
import { bindProgram, bindRecords } from "./program.ts";
import { ROWS_WORD, STEP_BYTES, STEP_WORDS, type StepRows, writeStep } from "./steps.ts";
import { stepSettings } from "./updates.ts";

/** The target duration of a submission, in milliseconds. */
const SUBMISSION_MS = 80;

/** The bytes of `StepSums` in sum_losses.wgsl. */
const SUMS_BYTES = 12;

/** The most steps of a submission, and the most rows in it. */
const MOST_STEPS = 512, MOST_ROWS = 1 << 20;

/** The largest ratio of the steps of a submission to those of the previous one. */
const GROWTH = 8;

/**
 * The products in the first submission, before one has been timed: about 20 ms on a software adapter. The other costs of a
 * step take the time of WORK_OF_STEP products.
 */
const FIRST_WORK = 2e7, WORK_OF_STEP = 5e5;

/** The rows and learning rates of one epoch, and its callbacks. */
export interface Epoch {
  readonly order: Uint32Array;
  readonly rates: Float64Array;
  /** The steps done before this epoch. */
  readonly step: number;
  /** Returns whether to end the epoch after the current submission. */
  stopped(): boolean;
  /** Is called with the number of steps done. */
  onSteps(done: number): void;
}

/** The prepared steps of a plan. */
export interface Steps {
  run(epoch: Epoch): Promise<EpochResult>;
}

/** The encoded commands of some steps. */
interface Submission {
  readonly commands: GPUCommandBuffer;
  /** The buffer that receives the sums of its steps. */
  readonly copy: GPUBuffer;
  /** Its steps, `from` to `end - 1`, counted from 0 in the epoch. */
  readonly from: number;
  readonly end: number;
  /** Rejects if the device refused the commands. */
  readonly checked: Promise<void>;
}

/** Allocates the buffers and binds the kernels of a plan's steps over inputs of `count` rows. */
export async function prepareSteps(
  device: Device,
  action: Action,
  { plan, placed, inputs, count }: {
    readonly plan: StepPlan;
    readonly placed: PlacedPlan;
    readonly inputs: PlacedInputs;
    readonly count: number;
  },
): Promise<Steps> {
  const { batchSize } = plan,
    { queue } = device.gpu,
    { UNIFORM, STORAGE, COPY_DST, COPY_SRC, MAP_READ } = GPUBufferUsage;
  const most = Math.min(MOST_STEPS, Math.ceil(count / batchSize), Math.floor(MOST_ROWS / batchSize)) || 1;
  const copy = { name: "sums of steps", bytes: SUMS_BYTES * most, usage: MAP_READ | COPY_DST };
  const [order, losses, sums, records, ...copies] = await device.allocate(action, [
    { name: "the order of an epoch", bytes: 4 * count },
    { name: "losses of rows", bytes: 8 * most * batchSize },
    { name: "sums of steps", bytes: SUMS_BYTES * most, usage: STORAGE | COPY_SRC },
    { name: "records of steps", bytes: STEP_BYTES * most, usage: UNIFORM | STORAGE | COPY_DST },
    copy,
    copy,
  ]);
  const step = await bindProgram(
    device,
    action,
    stepLaunches(device, { plan, placed, inputs, order, losses }),
  );
  const sum = await bindProgram(device, action, [{
    kernel: sumLossesKernel(),
    sizes: { whole: [batchSize, STEP_WORDS, ROWS_WORD] },
    buffers: [records, losses, sums],
    grid: [1, 1],
  }]);
  const group = await bindRecords(device, action, records);
  const view = new DataView(new ArrayBuffer(STEP_BYTES * most));
  let perSubmission = clampSteps(FIRST_WORK / (workOf(plan, placed) + WORK_OF_STEP), most);

  const encode = (epoch: Epoch, from: number): Submission => {
    const { result, checked } = device.scoped(action, () => encodeSteps(epoch, from));
    return { ...result, checked };
  };
  const encodeSteps = (epoch: Epoch, from: number) => {
    const end = Math.min(from + perSubmission, epoch.rates.length);
    for (let at = from; at < end; at++) {
      const number = epoch.step + at + 1;
      const settings = Object.values(stepSettings(placed.update, epoch.rates[at], number));
      writeStep(view, at - from, rowsOf(epoch, at, batchSize), { number, settings });
    }
    queue.writeBuffer(records, 0, view.buffer, 0, STEP_BYTES * (end - from));
    const encoder = device.gpu.createCommandEncoder(), pass = encoder.beginComputePass();
    for (let at = from; at < end; at++) {
      pass.setBindGroup(0, group, [STEP_BYTES * (at - from)]);
      step.encode(pass);
    }
    sum.encode(pass, [end - from, 1]);
    pass.end();
    const copy = copies.shift()!;
    encoder.copyBufferToBuffer(sums, 0, copy, 0, SUMS_BYTES * (end - from));
    return { commands: encoder.finish(), copy, from, end };
  };

  return {
    async run(epoch) {
      const { rates } = epoch, result = { lossSum: 0, correct: 0, rows: 0, steps: 0, diverged: false };
      let idleSince = performance.now();
      const take = async (
        { copy, from, end, checked: encoded }: Submission,
        { checked, at: submitted }: ReturnType<typeof submit>,
      ) => {
        const mapping = device.map(action, copy, SUMS_BYTES * (end - from));
        await Promise.allSettled([encoded, checked, mapping]); // no promise is left running
        await Promise.all([encoded, checked]); // throws the reason if there is no copy
        const bytes = await mapping;
        copies.push(copy);
        const now = performance.now(), took = now - Math.max(submitted, idleSince);
        idleSince = now;
        const growth = Math.min(GROWTH, SUBMISSION_MS / Math.max(took, 1));
        perSubmission = clampSteps((end - from) * growth, most);
        const losses = new Float32Array(bytes), counts = new Uint32Array(bytes);
        for (let at = from; at < end && !result.diverged; at++) {
          const word = (at - from) * SUMS_BYTES / 4;
          result.lossSum += losses[word];
          result.correct += counts[word + 1];
          result.rows += rowsOf(epoch, at, batchSize).rows;
          result.steps++;
          result.diverged = counts[word + 2] !== 0;
        }
        epoch.onSteps(result.steps);
      };
      const submit = ({ commands }: Submission) => {
        const { checked } = device.scoped(action, () => queue.submit([commands]));
        return { checked, at: performance.now() };
      };
      const { checked } = device.scoped(action, () => {
        queue.writeBuffer(order, 0, epoch.order as Uint32Array<ArrayBuffer>);
      });
      await checked;
      let current: Submission | undefined = encode(epoch, 0), submitted = submit(current);
      while (current) {
        // Encoded before the results are requested, because Deno then blocks until the device is idle.
        const next: Submission | undefined = current.end < rates.length
          ? encode(epoch, current.end)
          : undefined;
        const taken = take(current, submitted);
        if (next && !epoch.stopped() && !result.diverged) {
          submitted = submit(next);
          current = next;
        } else {
          if (next) copies.push(next.copy);
          current = undefined;
        }
        await taken;
      }
      return result;
    },
  };
}

function clampSteps(steps: number, most: number): number {
  return Math.max(1, Math.min(most, Math.floor(steps)));
}

/** Returns the rows of a step of an epoch, counted from 0. */
function rowsOf({ order }: Epoch, step: number, batchSize: number): StepRows {
  const first = step * batchSize;
  return { first, rows: Math.min(batchSize, order.length - first) };
}
