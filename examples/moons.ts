// Separates two half circles that interlock, and draws the classes that the network predicts.
//
//     deno run examples/moons.ts

import { createRandom, datasetFromArrays, dense, evaluate, Mlp, splitRows, takeRows, train } from "../mod.ts";

const random = createRandom(1), inputs: number[] = [], labels: number[] = [];
for (let row = 0; row < 600; row++) {
  const label = row % 2, angle = Math.PI * random.next();
  const [x, y] = label === 0
    ? [Math.cos(angle), Math.sin(angle)]
    : [1 - Math.cos(angle), 0.5 - Math.sin(angle)];
  inputs.push(x + 0.1 * random.normal(), y + 0.1 * random.normal());
  labels.push(label);
}
const moons = datasetFromArrays({ inputs, inputShape: [2], labels });
const { train: trainingRows, validation: testRows } = splitRows(600, 0.2, 1);

const mlp = Mlp.create([dense(16, "relu"), dense(16, "relu"), dense(2, "softmax")], moons);
const options = { epochs: 60, learningRate: 0.01, batchSize: 32 };
for await (const { epoch, trainLoss } of train(mlp, takeRows(moons, trainingRows), options)) {
  if (epoch % 20 === 0) console.log(`epoch ${epoch}: loss ${trainLoss.toFixed(4)}`);
}
const { accuracy = 0 } = await evaluate(mlp, takeRows(moons, testRows));
console.log(`test accuracy ${(100 * accuracy).toFixed(1)} %`);

for (let y = 1.2; y > -0.8; y -= 0.15) {
  const line = Array.from({ length: 48 }, (_, column) => {
    const [first, second] = mlp.predict([-1.2 + column / 14, y]);
    return first > second ? "o" : ".";
  });
  console.log(line.join(""));
}
