/** Computes the answers of docs/learn.md again. @module */
import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { createLesson, type LessonSettings } from "../../src/gui/learn/script/lesson.ts";
import { MUTANT_NAMES, MUTANTS } from "../../src/gui/learn/script/mutants.ts";
import { buildPlan } from "../../src/plan/build.ts";
import { formatPlan } from "../../src/plan/format.ts";
import { dense } from "../../src/plan/layers.ts";
import { resolveConfig } from "../../src/training/config.ts";
import { INPUT, LABEL, PARAMETERS } from "../../tasks/backprop/example.ts";
import { largestDifference } from "../../tasks/backprop/mutants.ts";
import { sourceOf } from "../../tasks/backprop/source.ts";
import { isGranted } from "../support/permissions.ts";

const MISSING = isGranted({ name: "read" }) ? "" : " (needs --allow-read)";

/** Returns the answers of the document by their number, each in one line. */
function answers(): string[] {
  const section = sourceOf("docs/learn.md").split("\n## Questions\n")[1];
  return section.split(/\n(?=\d\. \*\*)/).slice(1).map((text) => text.replace(/\s+/g, " ").trim());
}

/** The example of docs/backprop.md. */
const lesson = createLesson({
  inFeatures: 2,
  inputScale: 1,
  layers: [dense(3, "relu"), dense(2, "softmax")],
  parameters: {
    "layer_1.weights": PARAMETERS.W1,
    "layer_1.bias": PARAMETERS.b1,
    "layer_2.weights": PARAMETERS.W2,
    "layer_2.bias": PARAMETERS.b2,
  },
});
const row = { inputs: Float32Array.from(INPUT), labels: Uint32Array.of(LABEL) };
const sgd: LessonSettings = { optimizer: "sgd", learningRate: 0.5, weightDecay: 0 };
const adam: LessonSettings = { optimizer: "adam", learningRate: 0.1, weightDecay: 0 };

/** Returns the loss of the example after a step. */
function lossAfter(settings: LessonSettings): number {
  lesson.reset();
  lesson.step(settings, row, 1);
  const { loss } = lesson.lossOf(row);
  lesson.reset();
  return loss;
}

Deno.test({
  name: `docs/learn.md answers eight questions with the numbers of the reference${MISSING}`,
  ignore: MISSING !== "",
  fn() {
    const found = answers();
    assertEquals(found.map((text) => text[0]), [..."12345678"]);
    const tensors = new Map(
      lesson.trace(sgd, row).flatMap(({ writes }) => writes).map(({ name, values }) => [name, [...values]]),
    );

    // 1. The formulas of the plan, with every transposed tensor.
    const input = { inFeatures: 784, inputScale: 1, labels: true, outFeatures: 10 };
    const layers = [dense(4, "relu"), dense(3, "relu"), dense(10, "softmax")];
    const plan = formatPlan(buildPlan(layers, resolveConfig({ optimizer: "sgd" }), input));
    const products = [...plan.matchAll(/\w+ W\dᵀ|\w+ᵀ \w+|dZ\d W\d/g)].map(([product]) => product);
    assertEquals(products.length, 8);
    for (const product of products) assertStringIncludes(found[0], `\`${product}\``);
    assertEquals(plan.match(/ᵀ/g)!.length, 6, "no other tensor is transposed");

    // 2.
    const losses = [lesson.lossOf(row).loss, lossAfter(sgd), lossAfter(adam)].map((loss) => loss.toFixed(8));
    assertStringIncludes(found[1], `${losses[0]}, ${losses[1]} and ${losses[2]}.`);

    // 3.
    const zeros = (name: string) => tensors.get(name)!.flatMap((value, i) => value === 0 ? [i] : []);
    assertEquals([zeros("dW1"), zeros("db1"), zeros("dW2"), zeros("db2")], [[2, 3], [1], [1, 4], []]);
    const { W1, b1 } = PARAMETERS, sum = W1[2] * INPUT[0] + W1[3] * INPUT[1] + b1[1];
    assertStringIncludes(found[2], `its sum is ${sum}.`);

    // 4.
    tensors.get("dW1")!.forEach((value, i) =>
      assertAlmostEquals(value, tensors.get("dZ1")![Math.floor(i / 2)] * INPUT[i % 2], 1e-15)
    );

    // 5 and 6.
    const { ops } = lesson.planOf(sgd), use = ops.findIndex((op) => op.op === "linearBackwardInput");
    assert(use < ops.findIndex((op) => op.op === "sgd" && op.parameter === "layer_2.weights"));
    assertStringIncludes(found[4], `by ${largestDifference(1, "W2 updated before dZ1").toFixed(6)}.`);
    const mean = "sum for mean, only in the gradient";
    assertEquals([MUTANTS[mean].seen, largestDifference(1, mean) < 1e-6], ["batches", true]);
    assertStringIncludes(found[5], `by ${largestDifference(2, mean).toFixed(6)}.`);

    // 7.
    const unseen = MUTANT_NAMES.filter((name) => MUTANTS[name].seen === "never");
    assertEquals(unseen, MUTANT_NAMES.slice(-3));
    for (const name of unseen) assert(largestDifference(2, name) < 1e-6, name);
    assertStringIncludes(found[6], MUTANTS["softmax without its maximum"].reason);
    assertEquals([Number.isFinite(Math.exp(709)), Math.exp(710)], [true, Infinity]);

    // 8. The first step of the example, of a parameter with a gradient.
    const moved = (mutant?: "no bias correction") => {
      const { writes } = lesson.trace({ ...adam, mutant }, row).find(({ op }) => op.op === "adam")!;
      return writes[0].values[0] - writes[0].before![0];
    };
    assertStringIncludes(found[7], `${(moved("no bias correction") / moved()).toFixed(2)} times as long`);
  },
});
