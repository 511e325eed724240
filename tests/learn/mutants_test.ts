import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { createLesson, type LessonSettings } from "../../src/gui/learn/script/lesson.ts";
import { MUTANT_NAMES } from "../../src/gui/learn/script/mutants.ts";
import { checkGradients } from "../../src/gui/learn/script/slopes.ts";
import { dense } from "../../src/plan/layers.ts";
import { INPUT, LABEL, PARAMETERS } from "../../tasks/backprop/example.ts";
import { largestDifference, SECOND } from "../../tasks/backprop/mutants.ts";
import { BROKEN, BROKEN_FILES, brokenSource } from "../../tasks/learn/broken.ts";
import { sourceOf } from "../../tasks/backprop/source.ts";
import { isGranted } from "../support/permissions.ts";

const reading = { ignore: !isGranted({ name: "read" }) };

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
const rowsOf = (count: 1 | 2) => ({
  inputs: Float32Array.from([...INPUT, ...SECOND.x].slice(0, 2 * count)),
  labels: Uint32Array.from([LABEL, SECOND.label].slice(0, count)),
});
const sgd: LessonSettings = { optimizer: "sgd", learningRate: 0.5, weightDecay: 0 };

for (const rows of [1, 2] as const) {
  for (const mutant of [undefined, ...MUTANT_NAMES]) {
    Deno.test(`checkGradients() of the reference with ${mutant ?? "no mistake"} finds what docs/backprop.md says: ${rows} rows`, () => {
      const { largest, slopes, kinks } = checkGradients(lesson, { ...sgd, mutant }, rowsOf(rows));
      assertEquals([slopes.length, kinks], [17, 0]);
      assertAlmostEquals(largest, largestDifference(rows, mutant), 1e-8);
    });
  }
}

for (const file of BROKEN_FILES) {
  Deno.test({
    name: `broken/${file}.ts is the reference with its mistakes (needs --allow-read)`,
    ...reading,
    fn: () => {
      const hint = "run `deno task build:learn`";
      assertEquals(sourceOf(`${BROKEN}/${file}.ts`).split("\n"), brokenSource(file).split("\n"), hint);
    },
  });
}

Deno.test("createLesson() has the mistakes of updates in its steps: the signs of decay, and the first step of Adam", () => {
  const after = (settings: LessonSettings) => {
    lesson.reset();
    lesson.step(settings, rowsOf(1), 1);
    const values = lesson.trace(sgd, rowsOf(1))[1].reads[1].values;
    lesson.reset();
    return values;
  };
  const decay = { ...sgd, weightDecay: 0.1 };
  const right = after(decay), wrong = after({ ...decay, mutant: "weight decay added with the wrong sign" });
  for (const [i, w] of PARAMETERS.W1.entries()) {
    assertAlmostEquals(wrong[i] - right[i], 2 * 0.5 * 0.1 * w, 1e-12);
  }
  const adam = { ...sgd, optimizer: "adam", learningRate: 0.1 } as const;
  const long = after({ ...adam, mutant: "no bias correction" })[0] - PARAMETERS.W1[0];
  assertAlmostEquals(long / (after(adam)[0] - PARAMETERS.W1[0]), 0.1 / Math.sqrt(0.001), 1e-5);
});

Deno.test("checkGradients() sees softmax without its maximum as soon as a logit overflows", () => {
  const large = createLesson({
    ...lesson.network,
    parameters: { ...lesson.network.parameters, "layer_2.bias": [0, 720] },
  });
  assert(!checkGradients(large, sgd, rowsOf(1)).isSeen);
  assert(checkGradients(large, { ...sgd, mutant: "softmax without its maximum" }, rowsOf(1)).isSeen);
});
