// Trains a network on many clean images, then further on 100 images of a bad camera: faint, with noise. It is compared with a
// network that is trained on these 100 images from random weights.
//
//     deno run examples/fine_tuning.ts

import { adaptNetwork, createRandom, type Dataset, dense, drawDigits } from "../mod.ts";
import { evaluate, Mlp, takeRows, train } from "../mod.ts";

const random = createRandom(1), LAYERS = [dense(128, "relu"), dense(10, "softmax")];
/** Returns a set with its images as the bad camera takes them. */
const throughCamera = (set: Dataset): Dataset => ({
  ...set,
  inputs: Uint8Array.from(set.inputs, (pixel) => 60 + 0.2 * pixel + 60 * random.next()),
});

const { train: clean, test } = drawDigits({ count: 5000, testCount: 1000 });
const few = throughCamera(takeRows(clean, Uint32Array.from({ length: 100 }, (_, row) => row)));
const tested = throughCamera(test!);
const report = async (title: string, mlp: Mlp) =>
  console.log(`${title}: test accuracy ${(100 * (await evaluate(mlp, tested)).accuracy!).toFixed(1)} %`);

const mlp = Mlp.create(LAYERS, clean);
for await (const _ of train(mlp, clean, { epochs: 8 }));
await report("trained on clean images", mlp);

const { mlp: adapted, notes } = adaptNetwork(mlp, few);
console.log(notes.join("\n"));
for await (const _ of train(adapted, few, { epochs: 30, batchSize: 20 }));
await report("trained further on 100 images of the camera", adapted);

const fresh = Mlp.create(LAYERS, few);
for await (const _ of train(fresh, few, { epochs: 30, batchSize: 20 }));
await report("trained on these 100 from random weights", fresh);
