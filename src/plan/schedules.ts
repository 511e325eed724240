/** The table of learning-rate schedules. `docs/extending_training.md` explains how to add one. @module */
import { checkArgument, fields, FINITE, oneOf, whole } from "../arguments.ts";
import { optionKinds, type OptionSpec, type OptionValues } from "./option.ts";

/** The options of all schedules. */
export const SCHEDULE_OPTIONS = {
  decayRate: {
    kind: "number",
    default: 0.1,
    above: 0,
    max: 1,
    help: "factor on the learning rate: of the step schedule at each drop, of exponential every epoch",
  },
  decayEpochs: {
    kind: "integer",
    default: 30,
    min: 1,
    help: "epochs from one drop of the step schedule to the next",
  },
  minLearningRate: { kind: "number", default: 0, min: 0, help: "learning rate at the end of cosine" },
  warmupSteps: {
    kind: "integer",
    default: 0,
    min: 0,
    help: "steps at the start over which the learning rate rises from 0",
  },
} as const satisfies Record<string, OptionSpec>;

/** The name of a schedule. */
export type ScheduleName = "constant" | "step" | "exponential" | "cosine";

/** The settings that a learning rate depends on. */
export interface ScheduleConfig extends OptionValues<typeof SCHEDULE_OPTIONS> {
  /** The number of epochs of the run. */
  readonly epochs: number;
  /** The learning rate before its schedule. */
  readonly learningRate: number;
  /** The schedule. */
  readonly schedule: ScheduleName;
}

/** Returns a learning rate from the number of finished epochs and the share of the run's steps that is done. */
export type Schedule = (config: ScheduleConfig, epochsDone: number, progress: number) => number;

/** The schedules by name; {@linkcode learningRates} describes each. */
export const SCHEDULES: Readonly<Record<ScheduleName, Schedule>> = {
  constant: ({ learningRate }) => learningRate,
  step: ({ learningRate, decayRate, decayEpochs }, epochsDone) =>
    learningRate * decayRate ** Math.floor(epochsDone / decayEpochs),
  exponential: ({ learningRate, decayRate }, epochsDone) => learningRate * decayRate ** epochsDone,
  cosine: ({ learningRate, minLearningRate }, _, progress) =>
    minLearningRate + (learningRate - minLearningRate) * (1 + Math.cos(Math.PI * progress)) / 2,
};

const CONFIG = fields({
  ...optionKinds(SCHEDULE_OPTIONS),
  epochs: whole(1),
  learningRate: FINITE,
  schedule: oneOf(Object.keys(SCHEDULES)),
});

/**
 * Returns the learning rate of each step of epoch `epoch` (from 1), `[stepsPerEpoch]`.
 *
 * `e` is the number of finished epochs, `p` the share of the run's steps that is done. `constant` is `learningRate`; `step`
 * multiplies it by `decayRate` every `decayEpochs` epochs; `exponential` multiplies it by `decayRate ** e`; `cosine` lowers
 * it to `minLearningRate` as `(1 + cos(πp)) / 2` (Loshchilov and Hutter 2017, arXiv 1608.03983). In the first
 * `warmupSteps` steps of the run, the rate of step `s`, counted from 0, is multiplied by `(s + 1) / warmupSteps`.
 */
export function learningRates(
  config: ScheduleConfig,
  epoch: number,
  stepsPerEpoch: number,
): Float64Array<ArrayBuffer> {
  checkArgument("config", config, CONFIG);
  checkArgument("epoch", epoch, whole(1));
  checkArgument("stepsPerEpoch", stepsPerEpoch, whole(0, 0xffffffff));
  const total = config.epochs * stepsPerEpoch, rateOf = SCHEDULES[config.schedule];
  const rates = new Float64Array(stepsPerEpoch);
  for (let i = 0; i < stepsPerEpoch; i++) {
    const step = (epoch - 1) * stepsPerEpoch + i;
    const warmup = Math.min(1, (step + 1) / Math.max(1, config.warmupSteps));
    rates[i] = rateOf(config, epoch - 1, step / total) * warmup;
  }
  return rates;
}
