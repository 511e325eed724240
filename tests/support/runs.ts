/** A short training run and a long one, for tests of trainers and predictors. @module */
import type { Backend } from "../../src/backends/backend.ts";
import { buildPlan } from "../../src/plan/build.ts";
import { resolveConfig } from "../../src/training/config.ts";
import { dense } from "../../src/plan/layers.ts";
import { permutation } from "../../src/random.ts";
import { drawParameters } from "./cases.ts";
import { drawBlobs, drawSet } from "./sets.ts";
import { startState } from "./states.ts";

/** A small network, its data set, its plan and its initial state. */
export const LAYERS = [dense(5, "relu"), dense(3, "softmax")];
export const NETWORK = { inFeatures: 4, layers: LAYERS, inputScale: 1 };
export const SET = drawBlobs({ rows: 10, inFeatures: 4, classes: 3 });
const INPUT = { inFeatures: 4, inputScale: 1, labels: true, outFeatures: 3 };
export const PLAN = buildPlan(LAYERS, resolveConfig({ batchSize: 4 }), INPUT);
export const PARAMETERS = drawParameters(4, LAYERS, 1);
export const START = startState(PLAN, PARAMETERS);
export const RATES = new Float64Array(3).fill(0.01);

export const createTrainer = (backend: Backend) => backend.createTrainer(PLAN, SET, START);

/**
 * Creates a run that is long enough that every backend checks for an abort or a close before its end. The emulated
 * GPU still goes through the launches of all steps, each about 0.3 ms.
 */
export async function createLongRun(backend: Backend) {
  const rows = backend.device.startsWith("emulated") ? 3000 : 30_000,
    features = 16,
    layers = [dense(64, "tanh"), dense(3)];
  const dataset = drawSet({ rows, inFeatures: features, outFeatures: 3 });
  const plan = buildPlan(layers, resolveConfig({ batchSize: 1 }), { ...INPUT, inFeatures: features });
  const start = startState(plan, drawParameters(features, layers, 1));
  const trainer = await backend.createTrainer(plan, dataset, start);
  return {
    plan,
    dataset,
    start,
    trainer,
    order: permutation(1, 1, rows),
    rates: new Float64Array(rows).fill(1e-3),
  };
}
