// The peers "jaxjs" and "jaxjs_webgpu": jax-js on its WebAssembly or WebGPU device, under Deno. The whole step,
// update included, is one jit function.
//
// A jax-js function consumes its arguments: `.ref` and `tree.ref()` keep one for another use.
import process from "node:process";
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

const { data, hidden, epochs, threads, modules, device } = options();
// The library starts as many workers as the host reports cores, and none if the host has no Worker.
if (threads === 1) delete globalThis.Worker;
else Object.defineProperty(navigator, "hardwareConcurrency", { value: threads });
const { imported: [jax], versions: [version] } = await importFrom(modules, "@jax-js/jax");
const { blockUntilReady, defaultDevice, init, jit, nn, numpy: np, random, tree, valueAndGrad } = jax;
if (!(await init(device)).includes(device)) throw new TypeError(`jax-js has no device "${device}" here`);
defaultDevice(device);

function predict(layers, x) {
  for (const [index, { weights, bias }] of layers.entries()) {
    x = np.dot(x, weights).add(bias);
    if (index < layers.length - 1) x = nn.relu(x);
  }
  return x;
}

function lossOf(layers, x, labels) {
  const rows = x.shape[0];
  return nn.logSoftmax(predict(layers, x)).mul(nn.oneHot(labels, 10)).sum().mul(-1 / rows);
}

/** Runs one step of Adam; `correction` is its rate and its epsilon, both with the bias corrections of this step. */
const step = jit(({ layers, m, v }, correction, x, labels) => {
  const [loss, gradients] = valueAndGrad(lossOf)(tree.ref(layers), x, labels);
  m = tree.map((m, g) => m.mul(BETA1).add(g.mul(1 - BETA1)), m, tree.ref(gradients));
  v = tree.map((v, g) => v.mul(BETA2).add(np.square(g).mul(1 - BETA2)), v, gradients);
  const update = (p, m, v) =>
    p.sub(m.mul(correction.ref.slice(0)).div(np.sqrt(v).add(correction.ref.slice(1))));
  layers = tree.map(update, layers, tree.ref(m), tree.ref(v));
  correction.dispose();
  return [{ layers, m, v }, loss];
});

function tensorsOf({ x, labels }) {
  return [np.array(x).reshape([labels.length, x.length / labels.length]), np.array(labels)];
}

function shuffled(count) {
  const order = Int32Array.from({ length: count }, (_, row) => row);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

const { train, test } = load(data);
const parts = partsOf(train, device).map((part) => [part.labels.length, ...tensorsOf(part)]);
const [xTest, labelsTest] = tensorsOf(test), widths = [xTest.shape[1], ...hidden, 10];
const layers = widths.slice(1).map((outFeatures, index) => ({
  weights: random.normal(random.key(index), [widths[index], outFeatures]).mul(Math.sqrt(2 / widths[index])),
  bias: np.zeros([outFeatures]),
}));
const zeros = () => tree.map((array) => np.zeros(array.shape), tree.ref(layers));
let state = { layers, m: zeros(), v: zeros() }, steps = 0;
const secondsPerEpoch = [];
for (let epoch = 0; epoch < epochs; epoch++) {
  const began = performance.now();
  for (const [count, x, labels] of parts) {
    const order = shuffled(count);
    for (let first = 0; first < count; first += BATCH_SIZE) {
      const rows = np.array(order.slice(first, first + BATCH_SIZE)), root = Math.sqrt(1 - BETA2 ** ++steps);
      const correction = np.array([LEARNING_RATE * root / (1 - BETA1 ** steps), EPSILON * root]);
      const [next, loss] = step(state, correction, x.ref.slice(rows.ref), labels.ref.slice(rows));
      state = next;
      loss.dispose();
      await blockUntilReady(state); // Otherwise steps are queued faster than their memory is freed, and run eight times slower.
    }
  }
  secondsPerEpoch.push((performance.now() - began) / 1000);
}
const correct = np.argmax(predict(state.layers, xTest), 1).equal(labelsTest).astype(np.int32).sum();
const testAccuracy = await correct.jsAsync() / test.labels.length;
report({
  peer: device === "wasm" ? "jaxjs" : `jaxjs_${device}`,
  version,
  threads,
  secondsPerEpoch,
  testAccuracy,
});
process.exit(0); // The library's workers would keep the process alive.
