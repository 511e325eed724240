// Compresses images of 784 pixels to 24 numbers and back, and shows an image before and after.
//
//     deno run examples/autoencoder.ts

import { datasetFromArrays, dense, drawDigits, Mlp, train } from "../mod.ts";

const { train: digits, test } = drawDigits({ count: 3000, testCount: 1 });
const images = datasetFromArrays({
  inputs: digits.inputs, // bytes, which the network multiplies by 1/255
  inputShape: [28, 28],
  targets: Array.from(digits.inputs, (pixel) => pixel / 255), // the same images, from 0 to 1
});

const layers = [dense(128, "relu"), dense(24, "relu"), dense(128, "relu"), dense(784, "sigmoid")];
const mlp = Mlp.create(layers, images);
const options = { epochs: 15, loss: "binary-cross-entropy", learningRate: 0.002 } as const;
for await (const { epoch, trainLoss } of train(mlp, images, options)) {
  if (epoch % 5 === 0) console.log(`epoch ${epoch}: loss ${trainLoss.toFixed(4)}`);
}

const before = Float32Array.from(test!.inputs, (pixel) => pixel / 255), after = mlp.predict(test!.inputs);
const error = before.reduce((sum, pixel, at) => sum + Math.abs(pixel - after[at]), 0) / 784;
console.log(`mean difference of a pixel of a new image: ${error.toFixed(3)}`);
for (let y = 4; y < 24; y += 2) {
  const rowOf = (image: Float32Array) =>
    Array.from({ length: 28 }, (_, x) => " .:oO@"[Math.round(5 * image[28 * y + x])]).join("");
  console.log(`${rowOf(before)}  |  ${rowOf(after)}`);
}
