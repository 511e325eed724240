// Trains with a loop of its own, on a trainer of a backend: the learning rate is halved after an epoch in which the loss
// has risen, and the loop ends when the loss is low enough.
//
//     deno run examples/own_loop.ts

import { buildPlan, dense, drawDigits, evaluate, initialState, Mlp, openBackend } from "../mod.ts";
import { parametersOf, permutation, resolveConfig } from "../mod.ts";

const { train: digits, test } = drawDigits({ count: 2000, testCount: 500 });
const mlp = Mlp.create([dense(64, "relu"), dense(10, "softmax")], digits);

const config = resolveConfig({ optimizer: "sgd", momentum: 0.9, batchSize: 50 });
const plan = buildPlan(mlp.layers, config, {
  inFeatures: mlp.inFeatures,
  inputScale: mlp.inputScale,
  labels: true,
  outFeatures: mlp.outFeatures,
});

await using backend = await openBackend("wasm", { threads: 1 });
await using trainer = await backend.createTrainer(plan, digits, initialState(plan, mlp.parameters));
let learningRate = 0.2, before = Infinity;
for (let epoch = 1; epoch <= 30; epoch++) {
  const order = permutation(config.seed, epoch, 2000); // the rows in a new order
  const { lossSum, rows } = await trainer.runEpoch(order, new Float64Array(2000 / 50).fill(learningRate));
  const loss = lossSum / rows;
  console.log(`epoch ${epoch}: loss ${loss.toFixed(4)} with learning rate ${learningRate}`);
  if (loss < 0.01) break;
  if (loss > before) learningRate /= 2;
  before = loss;
}

mlp.parameters = parametersOf(plan, await trainer.readState());
const { accuracy = 0 } = await evaluate(mlp, test!, { backend });
console.log(`test accuracy ${(100 * accuracy).toFixed(1)} %`);
