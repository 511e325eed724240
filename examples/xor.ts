// Learns the exclusive or of two bits, for which a network needs a hidden layer.
//
//     deno run examples/xor.ts

import { datasetFromArrays, dense, Mlp, train } from "../mod.ts";

const inputs = [0, 0, 0, 1, 1, 0, 1, 1]; // four rows of two inputs
const xor = datasetFromArrays({ inputs, inputShape: [2], labels: [0, 1, 1, 0] });

const mlp = Mlp.create([dense(8, "tanh"), dense(2, "softmax")], xor);
for await (const { epoch, trainLoss } of train(mlp, xor, { epochs: 200, learningRate: 0.05, batchSize: 4 })) {
  if (epoch % 50 === 0) console.log(`epoch ${epoch}: loss ${trainLoss.toFixed(5)}`);
}

for (let row = 0; row < 4; row++) {
  const [a, b] = inputs.slice(2 * row, 2 * row + 2);
  const [, probability] = mlp.predict([a, b]); // the probabilities of 0 and 1
  console.log(`${a} xor ${b} is 1 with probability ${probability.toFixed(4)}`);
}
