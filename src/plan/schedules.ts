/** Learning-rate schedules, each once. `docs/extending.md` says how to add one. @module */
import type { OptionSpec, OptionValues } from "./option.ts";

/** The options of the schedules, all together. */
export const SCHEDULE_OPTIONS = {
  decayRate: {
    kind: "number",
    default: 0.1,
    above: 0,
    max: 1,
    help: "factor on the learning rate at each drop of step, or every epoch with exponential",
  },
  decayEpochs: {
    kind: "integer",
    default: 30,
    min: 1,
    help: "epochs from one drop of the step schedule to the next",
  },
  minLearningRate: { kind: "number", default: 0, min: 0, help: "where the cosine schedule ends" },
  warmupSteps: {
    kind: "integer",
    default: 0,
    min: 0,
    help: "steps over which the learning rate first rises from 0",
  },
} as const satisfies Record<string, OptionSpec>;

/** The name of a schedule. */
export type ScheduleName = "constant" | "step" | "exponential" | "cosine";

/** The settings that a learning rate depends on. */
export interface ScheduleConfig extends OptionValues<typeof SCHEDULE_OPTIONS> {
  /** Epochs of the whole run. */
  readonly epochs: number;
  /** The learning rate before its schedule. */
  readonly learningRate: number;
  /** The schedule. */
  readonly schedule: ScheduleName;
}

/** Returns a learning rate from the epochs finished and the share of the whole run's steps that is done. */
export type Schedule = (config: ScheduleConfig, epochsDone: number, progress: number) => number;

/** The schedules by name; the formulas stand at {@linkcode learningRates}. */
export const SCHEDULES: Readonly<Record<ScheduleName, Schedule>> = {
  constant: ({ learningRate }) => learningRate,
  step: ({ learningRate, decayRate, decayEpochs }, epochsDone) =>
    learningRate * decayRate ** Math.floor(epochsDone / decayEpochs),
  exponential: ({ learningRate, decayRate }, epochsDone) => learningRate * decayRate ** epochsDone,
  cosine: ({ learningRate, minLearningRate }, _, progress) =>
    minLearningRate + (learningRate - minLearningRate) * (1 + Math.cos(Math.PI * progress)) / 2,
};

/**
 * Returns the learning rate of each step of epoch `epoch` (from 1), `[stepsPerEpoch]`.
 *
 * With `e` the epochs finished and `p` the share of the whole run's steps: `constant` is `learningRate`; `step`
 * multiplies it by `decayRate` every `decayEpochs`; `exponential` multiplies it by `decayRate ** e`; `cosine` goes from
 * it to `minLearningRate` as `(1 + cos(πp)) / 2` (Loshchilov and Hutter 2017, arXiv 1608.03983). During the first
 * `warmupSteps` steps of the run each is multiplied by `(step + 1) / warmupSteps`.
 */
export function learningRates(
  config: ScheduleConfig,
  epoch: number,
  stepsPerEpoch: number,
): Float64Array<ArrayBuffer> {
  const total = config.epochs * stepsPerEpoch, rateOf = SCHEDULES[config.schedule];
  const rates = new Float64Array(stepsPerEpoch);
  for (let i = 0; i < stepsPerEpoch; i++) {
    const step = (epoch - 1) * stepsPerEpoch + i;
    const warmth = Math.min(1, (step + 1) / Math.max(1, config.warmupSteps));
    rates[i] = rateOf(config, epoch - 1, step / total) * warmth;
  }
  return rates;
}
