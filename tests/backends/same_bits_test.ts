/** Tests that the wasm backend computes the same bits for every number of threads, with shared memory and without. @module */
import { assertEquals, assertNotEquals } from "@std/assert";
import { isGranted } from "../support/permissions.ts";
import { openWasm, type WasmOptions } from "../../src/backends/wasm/backend.ts";
import { buildPlan } from "../../src/plan/build.ts";
import { resolveConfig, type TrainConfig } from "../../src/training/config.ts";
import { dense } from "../../src/plan/layers.ts";
import { permutation } from "../../src/random.ts";
import { drawParameters } from "../support/cases.ts";
import { drawSet } from "../support/sets.ts";
import { runPlan } from "../support/states.ts";

/** The numbers of threads. Of five threads, some have no work; three divide 100 rows unevenly. */
const SHARINGS: readonly WasmOptions[] = [
  { threads: 1, shared: true },
  { threads: 2, shared: true },
  { threads: 3, shared: true },
  { threads: 5, shared: true },
  { shared: false },
];

const RUNS: Record<string, Partial<TrainConfig> & { zeros: number; dropout?: number; weighted?: boolean }> = {
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

// Without permissions, the test runs one build, to be short.
const BUILDS = isGranted({ name: "read" }) ? ["relaxed", "plain"] as const : ["relaxed"] as const;

for (const build of BUILDS) {
  for (const [name, { zeros, dropout = 0, weighted = false, ...given }] of Object.entries(RUNS)) {
    Deno.test(`openWasm() computes the same bits for all numbers of threads: ${build} build, ${name}`, {
      sanitizeOps: true,
      sanitizeResources: true,
    }, async () => {
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
      const found = [];
      for (const sharing of SHARINGS) {
        await using backend = await openWasm({ ...sharing, build });
        const { results, state } = await runPlan(backend, run);
        await using predictor = await backend.createPredictor(network, state.tensors);
        found.push({ results, state, outputs: await predictor.run(dataset.inputs) });
      }
      for (const [index, each] of found.entries()) {
        assertEquals(each, found[0], JSON.stringify(SHARINGS[index]));
      }
      assertNotEquals(
        found[0].state.tensors["layer_1.weights"],
        Float32Array.from(run.parameters["layer_1.weights"]),
      );
    });
  }
}
