// Predicts several labels of a row at once: which of three overlapping circles a point is in.
//
//     deno run examples/several_labels.ts

import { createRandom, datasetFromArrays, dense, evaluate, Mlp, train } from "../mod.ts";

const CIRCLES = [{ x: -0.4, y: -0.2 }, { x: 0.4, y: -0.2 }, { x: 0, y: 0.4 }]; // centers; the radius is 0.7
const NAMES = ["left", "right", "top"];

/** Draws points, each with three targets: 1 for a circle that it is in, else 0. */
function drawPoints(count: number, seed: number) {
  const random = createRandom(seed);
  const inputs = Array.from({ length: 2 * count }, () => 2.4 * random.next() - 1.2);
  const targets = Array.from(
    { length: count },
    (_, row) =>
      CIRCLES.map(({ x, y }) => Math.hypot(inputs[2 * row] - x, inputs[2 * row + 1] - y) < 0.7 ? 1 : 0),
  ).flat();
  return datasetFromArrays({ inputs, inputShape: [2], targets });
}
const points = drawPoints(2000, 1), test = drawPoints(500, 2);

const mlp = Mlp.create([dense(32, "relu"), dense(32, "relu"), dense(3, "sigmoid")], points);
const options = { epochs: 60, learningRate: 0.01, schedule: "cosine", loss: "binary-cross-entropy" } as const;
for await (const { epoch, trainLoss } of train(mlp, points, options)) {
  if (epoch % 20 === 0) console.log(`epoch ${epoch}: loss ${trainLoss.toFixed(4)}`);
}

const { accuracy = 0, labels } = await evaluate(mlp, test);
console.log(`all three labels are correct for ${(100 * accuracy).toFixed(1)} % of the points`);
for (const [label, { precision, recall }] of labels!.entries()) {
  console.log(`${NAMES[label]}: precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`);
}
const probabilities = Array.from(mlp.predict([0, 0]), (probability) => probability.toFixed(3));
console.log(`the center: ${NAMES.map((name, label) => `${name} ${probabilities[label]}`).join(", ")}`);
