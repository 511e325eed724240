import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { NO_CLASS } from "../../src/data/dataset.ts";
import { Mlp } from "../../src/mlp.ts";
import { formatModel, parseModel } from "../../src/model_file.ts";
import { dense } from "../../src/plan/layers.ts";
import type { Checkpoint } from "../../src/training/checkpoint_parts.ts";
import { distill, type DistillOptions } from "../../src/training/distill.ts";
import { evaluate } from "../../src/training/evaluate.ts";
import { train, type TrainOptions } from "../../src/training/train.ts";
import { drawBlobs } from "../support/sets.ts";

const SET = drawBlobs({ rows: 60, inFeatures: 5, classes: 3 });
const LAYERS = [dense(4, "tanh"), dense(3, "softmax")];
const teacherOf = (seed: number) => Mlp.create([dense(6, "relu"), dense(3, "softmax")], SET, { seed });
const taught = (options: DistillOptions = {}, teacher = teacherOf(7)) =>
  distill(teacher, SET, { backend: "reference", ...options });

/** Trains a student, and returns it with its events. */
async function student(set: Awaited<ReturnType<typeof taught>>, options: TrainOptions) {
  const mlp = Mlp.create(LAYERS, SET), events = [];
  for await (const event of train(mlp, set, { backend: "wasm", batchSize: 16, ...options })) {
    events.push(event);
  }
  return { mlp, events };
}

Deno.test("distill() mixes one-hot rows with the teacher's softmax at a temperature", async () => {
  const teacher = teacherOf(7), probabilities = teacher.predict(SET.inputs);
  for (const [share, temperature] of [[1, 1], [0.5, 2], [0, 3]]) {
    const { targets, distilled, labels } = await taught({ share, temperature });
    assertEquals([labels, distilled?.labels], [undefined, SET.labels]);
    for (let row = 0; row < 60; row++) {
      const of = probabilities.subarray(3 * row, 3 * row + 3),
        powers = [...of].map((p) => p ** (1 / temperature));
      const sum = powers.reduce((a, b) => a + b);
      for (let c = 0; c < 3; c++) {
        const wanted = (1 - share) * (c === SET.labels![row] ? 1 : 0) + share * powers[c] / sum;
        assertAlmostEquals(targets![3 * row + c], wanted, 1e-6);
      }
    }
  }
});

Deno.test("distill() gives a row of no class 1 / C for each class in place of its label", async () => {
  const set = { ...SET, labels: SET.labels!.map((label, row) => row === 2 ? NO_CLASS : label) };
  const { targets } = await distill(teacherOf(7), set, { backend: "reference", share: 0 });
  assertEquals(targets!.subarray(6, 9), Float32Array.of(1 / 3, 1 / 3, 1 / 3));
});

Deno.test("distill() refuses sets and teachers that do not fit each other", async () => {
  const refuse = (teacher: Mlp, set: typeof SET, message: string) =>
    assertRejects(() => distill(teacher, set, { backend: "reference" }), TypeError, message);
  const { labels: _, ...rest } = SET;
  await refuse(
    teacherOf(7),
    { ...rest, targets: new Float32Array(180) },
    "it has target values, needs class labels",
  );
  const four = drawBlobs({ rows: 8, inFeatures: 5, classes: 4 });
  await refuse(teacherOf(7), four, "the teacher has 3 classes, the data set has 4");
  await refuse(Mlp.create([dense(3, "tanh")], SET), SET, "the teacher's outputs are not probabilities");
  await refuse(teacherOf(7), drawBlobs({ rows: 8, inFeatures: 6, classes: 3 }), "the network needs [5]");
  const named = Mlp.create(LAYERS, { ...SET, classNames: ["a", "b", "c"] });
  await refuse(
    named,
    { ...SET, classNames: ["a", "x", "c"] },
    `class 1 of the teacher is "b", that of the data set is "x"`,
  );
});

Deno.test("train() learns from a teacher, evaluates rows that are held out by their labels, and records the teacher", async () => {
  const set = await taught({ share: 0.2, temperature: 2, name: "t.npz" });
  const { mlp, events } = await student(set, {
    epochs: 20,
    learningRate: 0.05,
    validationSplit: 0.2,
    test: SET,
  });
  const last = events.at(-1)!;
  assertEquals(last.validation!.confusion!.length, 9);
  assert(last.trainLoss < events[0].trainLoss && last.test!.accuracy! > 0.9 && last.trainAccuracy! > 0.5);
  const { name, share, temperature } = mlp.training!.teacher!;
  assertEquals({ name, share, temperature }, { name: "t.npz", share: 0.2, temperature: 2 });
  assertEquals((await parseModel(formatModel(mlp))).training?.teacher, mlp.training!.teacher);
});

Deno.test("train() goes on from a checkpoint with the same teacher, and refuses another one", async () => {
  const set = await taught();
  const whole = await student(set, { epochs: 4 });
  const checkpoint: Checkpoint = (await student(set, { epochs: 2 })).events.at(-1)!.checkpoint();
  const resumed = await student(await taught({ name: "its copy" }), { resume: checkpoint, epochs: 4 });
  assertEquals(resumed.mlp.parameters, whole.mlp.parameters);
  const refuse = async (other: typeof SET, message: string) =>
    await assertRejects(() => student(other, { resume: checkpoint, epochs: 4 }), RangeError, message);
  await refuse(
    SET,
    "Cannot resume without a teacher: the checkpoint has teacher teacher, share 0.9, temperature 1",
  );
  await refuse(await taught({ share: 0.5 }), "Cannot resume with teacher teacher, share 0.5, temperature 1");
  await refuse(await taught({}, teacherOf(8)), "with CRC-32");
});

Deno.test("train() refuses outliers, and calibration to rows of probabilities", async () => {
  const set = await taught();
  const message = "needs class labels, the data set has target values";
  await assertRejects(() => student(set, { outliers: true }), RangeError, `Option "outliers" ${message}`);
  const options = { calibrate: true, validation: set };
  await assertRejects(() => student(set, options), RangeError, `Option "calibrate" ${message}`);
});

Deno.test("train() weighs the classes of the labels of a set with a teacher", async () => {
  const set = await taught(), { mlp } = await student(set, { epochs: 1, classWeights: "balanced" });
  const weights = Float32Array.from(SET.labels!, () => 1); // 20 rows of each class
  const same = await student({ ...set, weights }, { epochs: 1 });
  assertEquals(mlp.parameters, same.mlp.parameters);
});

Deno.test("evaluate() gives the loss of rows of probabilities, and counts the most likely class", async () => {
  const teacher = teacherOf(7), set = await taught({ share: 1 });
  const { loss, accuracy, r2 } = await evaluate(teacher, set, {
    backend: "reference",
    loss: "cross-entropy",
  });
  const entropy = -set.targets!.reduce((sum, t) => sum + t * Math.log(t), 0) / 60;
  assertAlmostEquals(loss, entropy, 1e-5); // the cross-entropy of a distribution with itself
  assertEquals([accuracy, r2], [1, undefined]);
});
