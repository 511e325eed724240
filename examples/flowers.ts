// Learns the species of flowers from a CSV file with four measurements in cm. The flowers are invented: their numbers come
// from formulas, in the form of the well-known data set Iris, whose file works in the same way.
//
//     deno run --allow-read=examples/flowers.csv examples/flowers.ts

import { dense, guessOf, loadDataset, Mlp, train } from "../mod.ts";

const path = `${import.meta.dirname}/flowers.csv`;
const { train: flowers, test, notes } = await loadDataset(path, { label: ["species"], testSplit: 0.2 });
for (const { text } of notes ?? []) console.log(text);

const mlp = Mlp.create([dense(16, "relu"), dense(3, "softmax")], flowers);
const options = { epochs: 100, learningRate: 0.01, inputScaling: "standardize", test } as const;
for await (const { epoch, trainLoss, test: scores } of train(mlp, flowers, options)) {
  if (epoch % 25 > 0) continue;
  console.log(`epoch ${epoch}: loss ${trainLoss.toFixed(4)}, test accuracy ${scores!.accuracy!.toFixed(3)}`);
}

const { label, probability } = guessOf(mlp.predict([5.1, 3.4, 1.5, 0.2])); // not scaled: the network does that
console.log(`5.1, 3.4, 1.5, 0.2: ${mlp.classNames![label]} with probability ${probability.toFixed(3)}`);
