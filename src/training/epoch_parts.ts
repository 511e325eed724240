/** The calls of the backend for the steps of an epoch: one, or several for the loss within the epoch. @module */
import type { EpochResult, Trainer } from "../backends/backend.ts";

/** The maximum number of parts of an epoch. */
const MAX_PARTS = 20;
/** The minimum work of a part, in rows times parameters: about 10 ms. The epochs of small runs are not divided. */
const MIN_WORK = 2e7;
/** The duration of a part from which it is not made longer, in milliseconds, so that the calls cost no noticeable time. */
const PART_MS = 100;

/** The steps of an epoch, or of its rest. */
export interface Steps {
  /** The rows in the order of training. */
  readonly order: Uint32Array;
  /** The learning rate of each step. */
  readonly rates: Float64Array;
  readonly batchSize: number;
  readonly signal: AbortSignal | undefined;
}

/** Runs steps of a trainer. */
export interface StepRunner {
  /** The number of steps of the current (or last) `run` that are done. */
  readonly stepsDone: number;
  /** Runs steps, and returns their sums. */
  run(steps: Steps): Promise<EpochResult>;
}

/**
 * Creates a runner. With `onPart`, an epoch is run in up to {@linkcode MAX_PARTS} parts, fewer if that many would be too
 * short; parameters have the same bits, and the sums those of another order of addition.
 *
 * @param parameters the number of parameters
 * @param onPart receives the result of each part, and the number of steps before it
 */
export function createStepRunner(
  trainer: Pick<Trainer, "runEpoch" | "stepsDone">,
  parameters: number,
  onPart?: (part: EpochResult, before: number) => void,
): StepRunner {
  let before = 0, perMillisecond = 0;
  return {
    get stepsDone() {
      return before + trainer.stepsDone;
    },
    async run({ order, rates, batchSize, signal }) {
      before = 0;
      const least = Math.ceil(Math.max(rates.length / MAX_PARTS, MIN_WORK / (batchSize * parameters)));
      if (!onPart) return await trainer.runEpoch(order, rates, { signal });
      const sums = { lossSum: 0, correct: 0, rows: 0, steps: 0, diverged: false };
      do {
        before = sums.steps;
        const length = Math.max(least, Math.round(perMillisecond * PART_MS));
        const end = Math.min(rates.length, before + length), started = performance.now();
        const rows = order.subarray(before * batchSize, end * batchSize);
        const part = await trainer.runEpoch(rows, rates.subarray(before, end), { signal });
        perMillisecond = part.steps / Math.max(1, performance.now() - started);
        sums.lossSum += part.lossSum;
        sums.correct += part.correct;
        sums.rows += part.rows;
        sums.steps += part.steps;
        sums.diverged = part.diverged;
        if (part.steps > 0 && !part.diverged) onPart(part, before);
        if (part.diverged || part.steps < end - before) break;
      } while (sums.steps < rates.length && !signal?.aborted);
      return sums;
    },
  };
}
