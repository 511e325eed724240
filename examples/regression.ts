// Fits a curve to noisy points, and reports the error in the units of the targets.
//
//     deno run examples/regression.ts

import { createRandom, datasetFromArrays, dense, evaluate, Mlp, train } from "../mod.ts";

/** The temperature of a day: about 10 °C in January, 24 °C in July. */
const temperature = (day: number) => 17 - 7 * Math.cos(2 * Math.PI * (day - 15) / 365);

const random = createRandom(1);
const days = Array.from({ length: 730 }, (_, row) => row % 365);
const curve = datasetFromArrays({
  inputs: days,
  inputShape: [1],
  targets: days.map((day) => temperature(day) + random.normal()), // ± 1 °C
});

const mlp = Mlp.create([dense(32, "tanh"), dense(1)], curve);
const options = {
  epochs: 300,
  learningRate: 0.01,
  schedule: "cosine",
  loss: "mean-squared-error",
  inputScaling: "standardize",
} as const;
for await (const { epoch, trainLoss } of train(mlp, curve, options)) {
  if (epoch % 100 === 0) console.log(`epoch ${epoch}: loss ${trainLoss.toFixed(4)}`);
}

const [{ r2, meanAbsoluteError }] = (await evaluate(mlp, curve)).outputs!;
console.log(`R² ${r2.toFixed(3)}, mean absolute error ${meanAbsoluteError.toFixed(2)} °C`);
for (const day of [14, 105, 196]) {
  const [found] = mlp.predict([day]);
  console.log(`day ${day}: ${found.toFixed(1)} °C, without noise ${temperature(day).toFixed(1)} °C`);
}
