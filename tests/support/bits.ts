/** Runs whose results must have the same bits, however a backend divides its work. @module */
import { assertEquals, assertNotEquals } from "@std/assert";
import type { Backend } from "../../src/backends/backend.ts";
import { buildPlan } from "../../src/plan/build.ts";
import { dense } from "../../src/plan/layers.ts";
import { permutation } from "../../src/random.ts";
import { resolveConfig, type TrainConfig } from "../../src/training/config.ts";
import { drawParameters } from "./cases.ts";
import { drawSet } from "./sets.ts";
import { runPlan } from "./states.ts";

/** The settings of a run. */
export interface BitsRun extends Partial<TrainConfig> {
  /** The share of the inputs that are 0. */
  readonly zeros: number;
  readonly dropout?: number;
  /** True if rows have weights. */
  readonly weighted?: boolean;
}

/** The runs, by name. */
export const BITS_RUNS: Readonly<Record<string, BitsRun>> = {
  "dense inputs": { zeros: 0 },
  "sparse inputs": { zeros: 0.8 },
  "dense inputs, clipping": { zeros: 0, clipNorm: 0.1 },
  "sparse inputs, clipping": { zeros: 0.8, clipNorm: 0.1 },
  "momentum and label smoothing": { zeros: 0, optimizer: "sgd", momentum: 0.9, labelSmoothing: 0.1 },
  "dense inputs, dropout and averages": { zeros: 0, dropout: 0.5, inputDropout: 0.2, average: 0.9 },
  "sparse inputs, dropout, row weights and clipping": {
    ...{ zeros: 0.8, dropout: 0.5, inputDropout: 0.2, weighted: true, clipNorm: 0.1, optimizer: "rmsprop" },
  },
};

/** Asserts that a run has the same bits on every backend of `open`, whose keys name them. */
export async function assertSameBits(
  { zeros, dropout = 0, weighted = false, ...given }: BitsRun,
  open: Readonly<Record<string, () => Backend | Promise<Backend>>>,
): Promise<void> {
  const rows = 230, inFeatures = 150; // the last of three batches has 30 rows
  const layers = [
    dense(70, "relu", { dropout }),
    dense(20, "softmax", { dropout: dropout / 2 }),
    dense(10, "softmax"),
  ];
  const config = resolveConfig({ batchSize: 100, learningRate: 0.01, ...given });
  const weights = Float32Array.from({ length: rows }, (_, row) => row % 7 / 3);
  const dataset = {
    ...drawSet({ rows, inFeatures, outFeatures: 10, zeros }),
    ...weighted && { weights },
  };
  const input = { inFeatures, inputScale: 1 / 3, labels: true, weighted, outFeatures: 10 };
  const run = {
    plan: buildPlan(layers, config, input),
    dataset,
    parameters: drawParameters(inFeatures, layers, 1),
    epochs: [1, 2, 3].map((epoch) => permutation(1, epoch, rows)),
    learningRate: 0.01,
  };
  const network = { inFeatures, layers, inputScale: 1 / 3 };
  let first: unknown;
  for (const [name, opener] of Object.entries(open)) {
    await using backend = await opener();
    const { results, state } = await runPlan(backend, run);
    await using predictor = await backend.createPredictor(network, state.tensors);
    const found = { results, state, outputs: await predictor.run(dataset.inputs) };
    assertEquals(found, first ??= found, name);
    const drawn = Float32Array.from(run.parameters["layer_1.weights"]);
    assertNotEquals(state.tensors["layer_1.weights"], drawn);
  }
}
