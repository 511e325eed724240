/**
 * A program that starts a long epoch on a native backend, and then does something else. The arguments are the backend, its
 * path, its library and the action: `exit` ends the process with code 7; `close` closes a predictor of the same backend and
 * prints whether the epoch was still running when the program went on.
 * @module
 */
import { openCpu } from "../../src/backends/native/cpu.ts";
import { openCuda } from "../../src/backends/native/cuda.ts";
import { buildPlan } from "../../src/plan/build.ts";
import { dense } from "../../src/plan/layers.ts";
import { resolveConfig } from "../../src/training/config.ts";
import { drawParameters } from "./cases.ts";
import { inOrder, startState } from "./states.ts";

const [name, path, library, action] = Deno.args as ["cpu" | "cuda", "ops" | "graph", string, string];
const batchSize = 8, steps = name === "cpu" ? 500_000 : 1500, rows = steps * batchSize; // some seconds
const layers = [dense(16, "relu"), dense(4, "softmax")], network = { inFeatures: 12, layers, inputScale: 1 };
const plan = buildPlan(layers, resolveConfig({ batchSize }), { ...network, labels: true, outFeatures: 4 });
const dataset = {
  inputs: new Uint8Array(rows * 12).map((_, at) => at % 7),
  inputShape: [12],
  inputScale: 1,
  labels: new Uint32Array(rows).map((_, row) => row % 4),
  outFeatures: 4,
  source: "a pattern",
};
const parameters = drawParameters(12, layers, 1);

const backend = name === "cpu" ? openCpu({ path, library }) : openCuda({ path, library });
const trainer = await backend.createTrainer(plan, dataset, startState(plan, parameters));
const predictor = await backend.createPredictor(network, parameters);
await predictor.run(dataset.inputs.subarray(0, 120));
const controller = new AbortController(), { signal } = controller;
const running = trainer.runEpoch(inOrder(rows), new Float64Array(steps).fill(1e-3), { signal });
while (trainer.stepsDone < 2) await new Promise((resolve) => setTimeout(resolve, 1));

if (action === "exit") Deno.exit(7);
const closing = predictor.close();
await new Promise((resolve) => setTimeout(resolve, 1));
console.log(trainer.stepsDone < steps);
controller.abort();
await Promise.all([running, closing]);
await backend.close();
