// The peers "tfjs", TensorFlow.js on its WebAssembly backend under Node.js, and "tfjs_webgpu", on its WebGPU backend
// under Deno. Both use the layers API and model.fit.
import {
  BATCH_SIZE,
  BETA1,
  BETA2,
  EPSILON,
  importFrom,
  LEARNING_RATE,
  load,
  options,
  partsOf,
  report,
} from "./peer.mjs";

const { data, hidden, epochs, modules, device } = options();
const { imported, versions } = await importFrom(
  modules,
  "@tensorflow/tfjs",
  `@tensorflow/tfjs-backend-${device}`,
);
const tf = imported[0].default;
tf.enableProdMode();
if (!await tf.setBackend(device)) throw new TypeError(`TensorFlow.js has no backend "${device}" here`);
await tf.ready();

const { train, test } = load(data);
const inFeatures = train.x.length / train.labels.length;
const tensorsOf = ({ x, labels }) => [
  tf.tensor2d(x, [labels.length, inFeatures]),
  tf.tidy(() => tf.oneHot(tf.tensor1d(labels, "int32"), 10).toFloat()),
];
const parts = partsOf(train, device).map(tensorsOf), [xTest, yTest] = tensorsOf(test);

const dense = (units, activation) => tf.layers.dense({ units, activation, kernelInitializer: "heNormal" });
const model = tf.sequential();
model.add(tf.layers.dense({
  units: hidden[0],
  activation: "relu",
  kernelInitializer: "heNormal",
  inputShape: [inFeatures],
}));
for (const units of hidden.slice(1)) model.add(dense(units, "relu"));
model.add(dense(10, "softmax"));
model.compile({
  optimizer: tf.train.adam(LEARNING_RATE, BETA1, BETA2, EPSILON),
  loss: "categoricalCrossentropy",
});

const secondsPerEpoch = [];
for (let epoch = 0; epoch < epochs; epoch++) {
  const began = performance.now();
  for (const [x, y] of parts) {
    const settings = { batchSize: BATCH_SIZE, epochs: 1, shuffle: true, verbose: 0, yieldEvery: "never" };
    await model.fit(x, y, settings);
  }
  secondsPerEpoch.push((performance.now() - began) / 1000);
}
const correct = tf.tidy(() => model.predict(xTest).argMax(1).equal(yTest.argMax(1)).sum());
const testAccuracy = (await correct.data())[0] / test.labels.length;
// The backend's threads need a browser: it turns them off whenever it finds Node.js.
report({
  peer: device === "wasm" ? "tfjs" : `tfjs_${device}`,
  version: versions[0],
  threads: 1,
  secondsPerEpoch,
  testAccuracy,
});
