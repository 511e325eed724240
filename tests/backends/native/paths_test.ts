/** Compares the CUDA backend with the reference on each execution path of a plan, on the emulation. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { openCuda } from "../../../src/backends/native/cuda.ts";
import { openReference } from "../../../src/backends/reference/backend.ts";
import { type Dataset, NO_CLASS } from "../../../src/data/dataset.ts";
import { buildPlan } from "../../../src/plan/build.ts";
import { dense, type LayerSpec } from "../../../src/plan/layers.ts";
import { createRandom, dropoutKey, dropoutThreshold, isKept, permutation } from "../../../src/random.ts";
import { resolveConfig, type TrainConfig } from "../../../src/training/config.ts";
import { EMULATED_LIBRARY, emulatedTest } from "../../support/backends.ts";
import { drawParameters } from "../../support/cases.ts";
import { drawBlobs } from "../../support/sets.ts";
import { distance, largest, runPlan, startState } from "../../support/states.ts";

const PATHS = ["ops", "graph", "persistent"] as const;
const PATH_WORDS = { ops: "one by one", graph: "CUDA graph", persistent: "persistent kernel" };

/** A run that is compared with the reference. */
interface PathRun {
  readonly layers: readonly LayerSpec[];
  readonly config: Partial<TrainConfig>;
  /** True if rows have weights, and every fourth row of a set with labels belongs to no class. */
  readonly weighted?: boolean;
  /** The library's reason why the persistent kernel cannot run it; absent if it can. */
  readonly obstacle?: string;
}

const squared = { loss: "mean-squared-error" } as const;
const DROPOUT = "inputs of a layer have a dropout";

/** Runs on each path: with large and small layers, with sums kept for the backward pass and without. */
const RUNS: Readonly<Record<string, PathRun>> = {
  "by adam": {
    layers: [dense(24, "relu"), dense(16, "tanh"), dense(5, "softmax")],
    config: { optimizer: "adam" },
  },
  "with silu": {
    layers: [dense(130, "silu"), dense(140, "silu"), dense(16, "silu"), dense(5, "silu")],
    config: { ...squared, optimizer: "sgd", momentum: 0.9 },
  },
  "by rmsprop, with elu": {
    layers: [dense(130, "elu"), dense(140, "elu"), dense(16, "elu"), dense(5, "elu")],
    config: { ...squared, optimizer: "rmsprop", epsilon: 1e-3, weightDecay: 0.01 },
  },
  "by lion, with gelu": {
    layers: [dense(130, "gelu"), dense(140, "gelu"), dense(16, "gelu"), dense(5, "gelu")],
    config: { ...squared, optimizer: "lion", weightDecay: 0.1 },
  },
  "by binary cross-entropy, with row weights": {
    layers: [dense(130, "relu"), dense(16, "gelu"), dense(5, "sigmoid")],
    config: { loss: "binary-cross-entropy" },
    weighted: true,
  },
  "by Huber loss, with row weights": {
    layers: [dense(24, "tanh"), dense(16, "elu"), dense(5, "linear")],
    config: { loss: "huber", huberDelta: 0.3 },
    weighted: true,
  },
  "by cross-entropy, with row weights and rows of no class": {
    layers: [dense(130, "relu"), dense(16, "relu"), dense(5, "softmax")],
    config: { labelSmoothing: 0.1 },
    weighted: true,
  },
  "by squared error, with row weights and rows of no class": {
    layers: [dense(24, "relu"), dense(5, "softmax")],
    config: squared,
    weighted: true,
  },
  "with dropout of inputs and hidden layers": {
    layers: [dense(130, "relu", { dropout: 0.5 }), dense(24, "gelu", { dropout: 0.3 }), dense(5, "softmax")],
    config: { inputDropout: 0.2, seed: 4294967295 },
    obstacle: DROPOUT,
  },
  "with dropout before small layers": {
    layers: [dense(24, "softmax", { dropout: 0.4 }), dense(16, "tanh"), dense(8, "elu"), dense(5, "softmax")],
    config: { optimizer: "sgd", momentum: 0.9, clipNorm: 0.5, average: 0.9 },
    obstacle: "gradients are clipped by the norm of all of them",
  },
  "with averages": {
    layers: [dense(130, "relu"), dense(16, "tanh"), dense(5, "softmax")],
    config: { average: 0.99 },
    obstacle: "averages of the parameters are kept",
  },
};

/** Returns 150 rows of 20 inputs for a run. */
function makeSet({ config: { loss = "cross-entropy" }, weighted }: PathRun): Dataset {
  const { labels, ...set } = drawBlobs({ rows: 150, inFeatures: 20, classes: 5 }),
    random = createRandom(1, 7);
  const weights = weighted && { weights: Float32Array.from({ length: 150 }, () => 2 * random.next()) };
  if (loss === "cross-entropy" || loss === "mean-squared-error") {
    const given = labels!.map((label, row) => weighted && row % 4 === 3 ? NO_CLASS : label);
    return { ...set, ...weights, labels: given };
  }
  return { ...set, ...weights, targets: Float32Array.from({ length: 750 }, () => random.below(2)) };
}

for (const path of PATHS) {
  for (const [sentence, given] of Object.entries(RUNS)) {
    emulatedTest(`runEpoch() agrees with the reference for three epochs ${sentence} (${path})`, async () => {
      const { layers, config, weighted, obstacle } = given, dataset = makeSet(given);
      const input = {
        ...{ inFeatures: 20, inputScale: 1, labels: dataset.labels !== undefined, outFeatures: 5 },
        ...weighted && { weighted },
      };
      const plan = buildPlan(layers, resolveConfig({ batchSize: 16, ...config }), input);
      const epochs = [1, 2, 3].map((epoch) => permutation(1, epoch, 150));
      const run = { plan, dataset, parameters: drawParameters(20, layers, 1), epochs, learningRate: 0.001 };
      await using backend = openCuda({ library: EMULATED_LIBRARY, path });
      const words = path === "persistent" && obstacle ? `because ${obstacle}` : PATH_WORDS[path];
      assertStringIncludes(backend.describePlan(plan, dataset), words);
      const wanted = await runPlan(openReference(), run), found = await runPlan(backend, run);
      for (const [epoch, { lossSum, correct }] of wanted.results.entries()) {
        const off = Math.abs(found.results[epoch].lossSum - lossSum) / lossSum;
        assert(off < 1e-5, `epoch ${epoch + 1}: the loss is off by ${off} of itself`);
        assertEquals(found.results[epoch].correct, correct);
      }
      for (const [name, values] of Object.entries(wanted.state.tensors)) {
        const off = distance(found.state.tensors[name], values);
        assert(off <= 2e-5 * largest(values), `${name} is off by ${off}`);
      }
    });
  }
}

emulatedTest(
  "describePlan() predicts the time of both paths, and the path with the smaller one is taken",
  async () => {
    await using backend = openCuda({ library: EMULATED_LIBRARY });
    const layers = [dense(16, "relu"), dense(5, "softmax")], taken = [];
    for (const batchSize of [16, 256]) {
      const input = { inFeatures: 20, inputScale: 1, labels: true, outFeatures: 5 };
      const plan = buildPlan(layers, resolveConfig({ batchSize }), input);
      const text = backend.describePlan(plan, drawBlobs({ rows: 512, inFeatures: 20, classes: 5 }));
      const [, path, graph, persistent] =
        /^(CUDA graph|persistent kernel), .*; predicted: graph ([\d.]+), persistent ([\d.]+) µs a step$/.exec(
          text,
        ) ?? [];
      assertEquals(path, Number(graph) < Number(persistent) ? "CUDA graph" : "persistent kernel", text);
      assert(new TextEncoder().encode(text).length < 256, text);
      taken.push(path);
    }
    assertEquals(taken, ["persistent kernel", "CUDA graph"]);
  },
);

emulatedTest(
  "describePlan() predicts the time of the graph alone if the persistent kernel is not possible",
  async () => {
    await using backend = openCuda({ library: EMULATED_LIBRARY });
    const input = { inFeatures: 20, inputScale: 1, labels: true, outFeatures: 5 };
    const plan = buildPlan([dense(5, "softmax")], resolveConfig({ average: 0.9 }), input);
    const text = backend.describePlan(plan, drawBlobs({ rows: 100, inFeatures: 20, classes: 5 }));
    assertMatch(text, /averages of the parameters are kept; predicted: graph [\d.]+ µs a step$/);
  },
);

for (const path of ["ops", "graph"] as const) {
  emulatedTest(`runEpoch() drops the values that isKept() drops, in every step (${path})`, async () => {
    // Every hidden unit is 1, so that a weight after a dropout changes if and only if the dropout keeps its input.
    const inFeatures = 300, hidden = 200, seed = 12345, rates = [0.3, 0.6];
    const layers = [dense(hidden, "linear", { dropout: rates[1] }), dense(1, "linear")];
    const config = resolveConfig({
      ...squared,
      ...{ optimizer: "sgd", batchSize: 1, inputDropout: rates[0], seed },
    });
    const plan = buildPlan(layers, config, { inFeatures, inputScale: 1, labels: false, outFeatures: 1 });
    const parameters = {
      "layer_1.weights": new Float32Array(hidden * inFeatures),
      "layer_1.bias": new Float32Array(hidden).fill(1),
      "layer_2.weights": new Float32Array(hidden).fill(1 / 8),
      "layer_2.bias": new Float32Array(1),
    };
    const dataset = {
      ...{ inputs: new Float32Array(inFeatures).fill(1), inputShape: [inFeatures], inputScale: 1 },
      ...{ targets: Float32Array.of(-1000), outFeatures: 1, source: "one row of ones" },
    };
    await using backend = openCuda({ library: EMULATED_LIBRARY, path });
    const state = startState(plan, parameters);
    await using trainer = await backend.createTrainer(plan, dataset, state);
    for (const before of [0, 1, 1000, 2 ** 32 - 1, 2 ** 32 + 6]) {
      await trainer.writeState({ ...state, step: before });
      await trainer.runEpoch(Uint32Array.of(0), Float64Array.of(1e-4));
      const { tensors } = await trainer.readState();
      const kept = rates.map((rate, layer) => {
        const key = dropoutKey({ seed, layer }, before + 1, 0), threshold = dropoutThreshold(rate);
        return (column: number) => isKept(key, column, threshold);
      });
      const changes = (name: keyof typeof parameters) =>
        Array.from(tensors[name], (value, at) => value !== parameters[name][at]);
      assertEquals(changes("layer_2.weights"), Array.from({ length: hidden }, (_, unit) => kept[1](unit)));
      assertEquals(
        changes("layer_1.weights"),
        Array.from(
          { length: hidden * inFeatures },
          (_, at) => kept[0](at % inFeatures) && kept[1](Math.floor(at / inFeatures)),
        ),
      );
    }
  });
}
