/**
 * Epochs on the device. Steps are encoded some at a time, as many as take about a tenth of a second, so that a signal is
 * heard and no watchdog wakes. While the device works on one submission the next is encoded; the only numbers that come
 * back are each step's sums.
 * @module
 */
import type { EpochResult } from "../backend.ts";
import type { StepPlan } from "../../plan/plan.ts";
import type { Device } from "./device.ts";
import type { Work } from "./errors.ts";
import type { PlacedInputs } from "./inputs.ts";
import { sumLossesKernel } from "./kernels.ts";
import { stepLaunches, workOf } from "./lowering.ts";
import type { PlacedPlan } from "./placement.ts";
import { bindProgram, bindRecords } from "./program.ts";
import { ROWS_WORD, STEP_BYTES, STEP_WORDS, type StepRows, writeStep } from "./steps.ts";
import { stepSettings } from "./updates.ts";

/** Milliseconds that a submission may take. */
const SUBMISSION_MS = 80;

/** Bytes of `StepSums` in sum_losses.wgsl: the sum of the losses, the correct rows, and whether the step diverged. */
const SUMS_BYTES = 12;

/** Most steps of a submission, and most rows whose losses wait for the end of one. */
const MOST_STEPS = 512, MOST_ROWS = 1 << 20;

/** How much longer a submission may be than the one before. */
const GROWTH = 8;

/**
 * Products in the first submission, before one has been timed: some 20 ms of a software adapter. Beside them a step costs
 * as much time as so many more products.
 */
const FIRST_WORK = 2e7, WORK_OF_STEP = 5e5;

/** What one epoch is over. */
export interface Epoch {
  readonly order: Uint32Array;
  readonly rates: Float64Array;
  /** Steps done before. */
  readonly step: number;
  /** Whether to end after what has been submitted. */
  stopped(): boolean;
  /** Is told how many steps are done. */
  onSteps(done: number): void;
}

/** Steps that can be run. */
export interface Steps {
  run(epoch: Epoch): Promise<EpochResult>;
}

/** What has been handed to the device, or will be. */
interface Submission {
  readonly commands: GPUCommandBuffer;
  /** Receives the sums of its steps. */
  readonly copy: GPUBuffer;
  /** Its steps, from 0 in the epoch. */
  readonly from: number;
  readonly end: number;
  /** Rejected where the device refused it. */
  readonly checked: Promise<void>;
}

/** Prepares steps of a plan over inputs of `count` rows. */
export async function prepareSteps(
  device: Device,
  what: Work,
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
  const [order, losses, sums, records, ...copies] = await device.allocate(what, [
    { name: "the order of an epoch", bytes: 4 * count },
    { name: "losses of rows", bytes: 8 * most * batchSize },
    { name: "sums of steps", bytes: SUMS_BYTES * most, usage: STORAGE | COPY_SRC },
    { name: "records of steps", bytes: STEP_BYTES * most, usage: UNIFORM | STORAGE | COPY_DST },
    copy,
    copy,
  ]);
  const step = await bindProgram(device, what, stepLaunches(device, { plan, placed, inputs, order, losses }));
  const sum = await bindProgram(device, what, [{
    kernel: sumLossesKernel(),
    sizes: { whole: [batchSize, STEP_WORDS, ROWS_WORD] },
    buffers: [records, losses, sums],
    grid: [1, 1],
  }]);
  const group = await bindRecords(device, what, records);
  const view = new DataView(new ArrayBuffer(STEP_BYTES * most));
  let perSubmission = clampSteps(FIRST_WORK / (workOf(plan, placed) + WORK_OF_STEP), most);

  const encode = (epoch: Epoch, from: number): Submission => {
    const { result, checked } = device.scoped(what, () => encodeSteps(epoch, from));
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
        const mapping = device.map(what, copy, SUMS_BYTES * (end - from));
        await Promise.allSettled([encoded, checked, mapping]); // nothing is left under way
        await Promise.all([encoded, checked]); // why the copy cannot be had, where that is so
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
        const { checked } = device.scoped(what, () => queue.submit([commands]));
        return { checked, at: performance.now() };
      };
      const { checked } = device.scoped(what, () => {
        queue.writeBuffer(order, 0, epoch.order as Uint32Array<ArrayBuffer>);
      });
      await checked;
      let current: Submission | undefined = encode(epoch, 0), submitted = submit(current);
      while (current) {
        // Encoded before the results are asked for, because Deno stands still from then on until the device is idle.
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

/** The rows of a step, from 0. */
function rowsOf({ order }: Epoch, step: number, batchSize: number): StepRows {
  const first = step * batchSize;
  return { first, rows: Math.min(batchSize, order.length - first) };
}
