/** Learning-rate schedules. @module */
import type { TrainConfig } from "../training/config.ts";

/**
 * The learning rate of each step of epoch `epoch` (from 1), `[stepsPerEpoch]`.
 *
 * With `e` the epochs finished and `p` the share of the whole run's steps: `constant` is `learningRate`; `step`
 * multiplies it by `decayRate` every `decayEpochs`; `exponential` multiplies it by `decayRate ** e`; `cosine` goes from
 * it to `minLearningRate` as `(1 + cos(πp)) / 2` (Loshchilov and Hutter 2017, arXiv 1608.03983). During the first
 * `warmupSteps` steps of the run each is multiplied by `(step + 1) / warmupSteps`.
 */
export function learningRates(
  config: TrainConfig,
  epoch: number,
  stepsPerEpoch: number,
): Float64Array<ArrayBuffer> {
  const total = config.epochs * stepsPerEpoch;
  const rates = new Float64Array(stepsPerEpoch);
  for (let i = 0; i < stepsPerEpoch; i++) {
    const step = (epoch - 1) * stepsPerEpoch + i;
    const warmth = Math.min(1, (step + 1) / Math.max(1, config.warmupSteps));
    rates[i] = scheduled(config, epoch - 1, step / total) * warmth;
  }
  return rates;
}

function scheduled(config: TrainConfig, epochsDone: number, progress: number): number {
  const { learningRate, decayRate, decayEpochs, minLearningRate } = config;
  switch (config.schedule) {
    case "constant":
      return learningRate;
    case "step":
      return learningRate * decayRate ** Math.floor(epochsDone / decayEpochs);
    case "exponential":
      return learningRate * decayRate ** epochsDone;
    case "cosine":
      return minLearningRate + (learningRate - minLearningRate) * (1 + Math.cos(Math.PI * progress)) / 2;
  }
}
