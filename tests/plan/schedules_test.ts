import { assertAlmostEquals, assertEquals } from "@std/assert";
import { resolveConfig, type TrainConfig } from "../../src/training/config.ts";
import { learningRates } from "../../src/plan/schedules.ts";

const STEPS = 5;

/** Returns the learning rates of a complete run of `STEPS` steps an epoch. */
function ratesOf(given: Partial<TrainConfig>): number[] {
  const config = resolveConfig({ learningRate: 0.8, epochs: 4, ...given });
  return Array.from({ length: config.epochs }, (_, i) => [...learningRates(config, i + 1, STEPS)]).flat();
}

function assertRates(found: number[], wanted: number[]): void {
  assertEquals(found.length, wanted.length);
  found.forEach((rate, step) => assertAlmostEquals(rate, wanted[step], 1e-15, `step ${step}`));
}

/** Returns one number for each epoch, repeated for every step of it. */
const held = (...rates: number[]) => rates.flatMap((rate) => new Array<number>(STEPS).fill(rate));

Deno.test("learningRates() is constant by default", () => {
  assertRates(ratesOf({}), held(0.8, 0.8, 0.8, 0.8));
});

Deno.test("learningRates() drops every decayEpochs with step", () => {
  assertRates(ratesOf({ schedule: "step", decayEpochs: 2, decayRate: 0.5 }), held(0.8, 0.8, 0.4, 0.4));
});

Deno.test("learningRates() drops every epoch with exponential", () => {
  assertRates(ratesOf({ schedule: "exponential", decayRate: 0.5 }), held(0.8, 0.4, 0.2, 0.1));
});

Deno.test("learningRates() falls along half a cosine from learningRate towards minLearningRate", () => {
  const rates = ratesOf({ schedule: "cosine", minLearningRate: 0.2 });
  const steps = rates.map((_, step) => 0.5 + 0.3 * Math.cos(Math.PI * step / rates.length));
  assertRates(rates, steps);
  assertEquals(rates[0], 0.8);
  assertAlmostEquals(rates[rates.length / 2], 0.5, 1e-15);
});

Deno.test("learningRates() rises over the first warmupSteps steps with every schedule, across epochs", () => {
  assertRates(ratesOf({ warmupSteps: 8 }).slice(0, 10), [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.8, 0.8]);
  const cold = ratesOf({ schedule: "exponential", decayRate: 0.5 });
  const warm = ratesOf({ schedule: "exponential", decayRate: 0.5, warmupSteps: 8 });
  assertRates(warm, cold.map((rate, step) => rate * Math.min(1, (step + 1) / 8)));
});
