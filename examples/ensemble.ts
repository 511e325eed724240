// Trains five networks from different seeds, and predicts with the mean of their probabilities.
//
//     deno run examples/ensemble.ts

import { dense, drawDigits, evaluate, guessOf, Mlp, openBackend, train } from "../mod.ts";

const { train: digits, test } = drawDigits({ count: 1000, testCount: 1000 });
const labels = test!.labels!, mean = new Float32Array(labels.length * 10);

await using backend = await openBackend("wasm", { threads: 1 });
const accuracies: number[] = [];
for (let seed = 1; seed <= 5; seed++) {
  // The seed draws the initial weights and the order of the rows.
  const mlp = Mlp.create([dense(64, "relu"), dense(10, "softmax")], digits, { seed });
  for await (const _ of train(mlp, digits, { epochs: 10, seed, backend }));
  accuracies.push((await evaluate(mlp, test!, { backend })).accuracy!);
  console.log(`seed ${seed}: test accuracy ${(100 * accuracies.at(-1)!).toFixed(1)} %`);

  await using predictor = await backend.createPredictor(mlp, mlp.parameters);
  const probabilities = await predictor.run(test!.inputs); // [1000, 10]
  for (const [at, probability] of probabilities.entries()) mean[at] += probability / 5;
}

const correct = labels.reduce((count, label, row) => {
  const guess = guessOf(mean.subarray(10 * row, 10 * (row + 1)));
  return count + (guess.label === label ? 1 : 0);
}, 0);
const single = accuracies.reduce((a, b) => a + b) / 5;
console.log(`mean of the five: ${(100 * single).toFixed(1)} %`);
console.log(`the five together: ${(100 * correct / labels.length).toFixed(1)} %`);
