import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { openReference } from "../../src/backends/reference/backend.ts";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { createLesson, type LessonSettings } from "../../src/gui/learn/script/lesson.ts";
import { checkGradients, lensOn, STEP } from "../../src/gui/learn/script/slopes.ts";
import { formatPlan } from "../../src/plan/format.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { train } from "../../src/training/train.ts";
import { plainNetwork, plainSgd, plainStep } from "../support/plain_network.ts";

const { train: digits } = drawDigits({ count: 20, testCount: 0 });
const mlp = Mlp.create([dense(8, "relu"), dense(6, "relu"), dense(10, "softmax")], digits, { seed: 3 });
const row = { inputs: digits.inputs.subarray(0, 784), labels: digits.labels!.slice(0, 1) };
const x = Array.from(row.inputs, (value) => value / 255), label = row.labels[0];
const sgd: LessonSettings = { optimizer: "sgd", learningRate: 0.1, weightDecay: 0 };

Deno.test("createLesson() traces every operation of the plan, in its order, with the numbers of plain loops", () => {
  const lesson = createLesson(mlp), traced = lesson.trace(sgd, row);
  assertEquals(
    traced.map(({ line }) => line),
    formatPlan(lesson.planOf(sgd)).split("\n").slice(1).map((l) => l.trim()),
  );
  const written = new Map(traced.flatMap(({ writes }) => writes).map((tensor) => [tensor.name, tensor]));
  const expected = plainStep(plainNetwork(mlp.parameters), x, label);
  const same = (name: string, values: number[]) => {
    const found = written.get(name)!.values;
    assertEquals(found.length, values.length, name);
    values.forEach((value, i) => assertAlmostEquals(found[i], value, 1e-12, `${name} ${i}`));
  };
  for (const l of [0, 1, 2]) {
    same(`y${l + 1}`, expected.y[l]);
    same(`dZ${l + 1}`, expected.dZ[l]);
    same(`dW${l + 1}`, expected.dW[l].flat());
    same(`db${l + 1}`, expected.dZ[l]);
  }
  assertAlmostEquals(traced.find(({ loss }) => loss !== undefined)!.loss!, expected.loss, 1e-12);
  assertEquals(lesson.steps, 0); // a trace changes nothing
  same(
    "W1",
    plainNetwork(mlp.parameters).weights[0].flat().map((w, i) => w - 0.1 * expected.dW[0].flat()[i]),
  );
});

Deno.test("createLesson() takes steps as plain loops do, and returns to the start", () => {
  const lesson = createLesson(mlp), network = plainNetwork(mlp.parameters);
  lesson.step(sgd, row, 10);
  plainSgd(network, x, label, 0.1, 10);
  const expected = plainStep(network, x, label);
  assertEquals(lesson.steps, 10);
  assertAlmostEquals(lesson.lossOf(row).loss, expected.loss, 1e-12);
  expected.p.forEach((share, c) => assertAlmostEquals(lesson.probabilitiesOf(row.inputs)[c], share, 1e-12));
  lesson.reset();
  const first = plainStep(plainNetwork(mlp.parameters), x, label);
  assertEquals(lesson.steps, 0);
  assertAlmostEquals(lesson.lossOf(row).loss, first.loss, 1e-12);
});

Deno.test("createLesson() takes the steps of train() with the reference: Adam with weight decay, ten of them", async () => {
  const settings = { optimizer: "adam", learningRate: 0.003, weightDecay: 0.01 } as const;
  const lesson = createLesson(mlp), trained = new Mlp(mlp), one = { ...digits, ...row };
  lesson.step(settings, row, 4);
  lesson.step(settings, row, 6);
  await using backend = openReference();
  for await (const _ of train(trained, one, { ...settings, backend, epochs: 10, batchSize: 1 }));
  const traced = lesson.trace(settings, row).flatMap(({ reads }) => reads);
  for (const l of [1, 2, 3]) {
    const found = traced.find(({ buffer }) => buffer === `layer_${l}.weights`)!.values;
    for (const [i, value] of trained.parameters[`layer_${l}.weights`].entries()) {
      assertAlmostEquals(found[i], value, 1e-6, `W${l} ${i}`);
    }
  }
});

Deno.test("createLesson() begins with a new state if the optimizer is another one", () => {
  const lesson = createLesson(mlp), adam = { ...sgd, optimizer: "adam" } as const;
  lesson.step(adam, row, 3);
  lesson.step(sgd, row, 1);
  assertEquals(lesson.steps, 1);
  const m = lesson.trace(adam, row).flatMap(({ writes }) => writes).find(({ name }) => name === "m of W3")!;
  const dW = lesson.trace(adam, row).flatMap(({ writes }) => writes).find(({ name }) => name === "dW3")!;
  m.values.forEach((value, i) => assertAlmostEquals(value, 0.1 * dW.values[i], 1e-15));
});

Deno.test("lensOn() has the loss of plain loops along its curve, and both slopes of it", () => {
  const lesson = createLesson(mlp), { dW } = plainStep(plainNetwork(mlp.parameters), x, label);
  const o = dW[0].findIndex((values) => values.some((value) => value !== 0));
  const i = dW[0][o].findIndex((value) => value !== 0), at = 784 * o + i;
  const lens = lensOn(lesson, sgd, row, { buffer: "layer_1.weights", at, span: 2, points: 5 });
  const lossAt = (value: number) => {
    const network = plainNetwork(mlp.parameters);
    network.weights[0][o][i] = value;
    return plainStep(network, x, label).loss;
  };
  const w = mlp.parameters["layer_1.weights"][at];
  assertEquals(lens.value, w);
  for (const [value, loss] of lens.curve) assertAlmostEquals(loss, lossAt(value), 1e-12);
  assertEquals(lens.curve.map(([value]) => value), [-2, -1, 0, 1, 2].map((by) => w + by));
  assertAlmostEquals(lens.backprop, dW[0][o][i], 1e-12);
  assertAlmostEquals(lens.difference, (lossAt(w + STEP) - lossAt(w - STEP)) / (2 * STEP), 1e-9);
  assertEquals(lens.backprop.toPrecision(6), lens.difference.toPrecision(6));
});

Deno.test("checkGradients() leaves out slopes at a kink, and lensOn() says that it is one", () => {
  const lesson = createLesson({
    inFeatures: 1,
    inputScale: 1,
    layers: [dense(1, "relu"), dense(2, "softmax")],
    parameters: {
      "layer_1.weights": [1],
      "layer_1.bias": [-1], // the sum of the row is exactly 0
      "layer_2.weights": [1, -1],
      "layer_2.bias": [0, 0],
    },
  });
  const rows = { inputs: Float32Array.of(1), labels: Uint32Array.of(0) };
  const check = checkGradients(lesson, sgd, rows);
  assertEquals([check.kinks, check.slopes.length, check.isSeen], [2, 4, false]);
  assert(lensOn(lesson, sgd, rows, { buffer: "layer_1.bias", at: 0, span: 1 }).isKink);
});
