/** Tests of scores against numbers that were computed by hand; scikit-learn's functions give the same. @module */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { type Dataset, NO_CLASS } from "../../src/data/dataset.ts";
import { wilsonInterval } from "../../src/wilson.ts";
import { score } from "../../src/training/scores.ts";

const set = (
  rows: number,
  labelsOrTargets: Pick<Dataset, "labels" | "targets" | "outFeatures">,
): Dataset => ({
  inputs: new Float32Array(rows),
  inputShape: [1],
  inputScale: 1,
  source: "written rows",
  ...labelsOrTargets,
});

const OPTIONS = { huberDelta: 1 } as const;

Deno.test("score() gives R² and the mean absolute error of each output, and their means", () => {
  // Output 0: residuals 0.5, 0, 0.5, 0 of targets 1 to 4 about 2.5: R² 1 - 0.5 / 5. Output 1: distances 10 of ±20 about 30.
  const targets = Float32Array.of(1, 10, 2, 50, 3, 10, 4, 50);
  const outputs = Float32Array.of(1.5, 20, 2, 40, 2.5, 20, 4, 40);
  const found = score(outputs, set(4, { targets, outFeatures: 2 }), {
    ...OPTIONS,
    loss: "mean-squared-error",
  });
  assertEquals(found, {
    rows: 4,
    loss: (0.5 + 400) / 8,
    outputs: [{ r2: 0.9, meanAbsoluteError: 0.25 }, { r2: 0.75, meanAbsoluteError: 10 }],
    r2: 0.825,
    meanAbsoluteError: 5.125,
  });
});

Deno.test("score() has R² 1 for equal targets if the outputs are exact, else 0", () => {
  const r2Of = (outputs: number[]) => {
    const same = set(2, { targets: Float32Array.of(2, 2), outFeatures: 1 });
    return score(Float32Array.from(outputs), same, { ...OPTIONS, loss: "huber" }).r2;
  };
  assertEquals([r2Of([2, 2]), r2Of([2, 3])], [1, 0]);
});

Deno.test("score() gives the loss in deviations of the targets that training standardized", () => {
  const rows = set(2, { targets: Float32Array.of(100, 200), outFeatures: 1 }),
    outputs = Float32Array.of(110, 170);
  const scaling = { mean: [150], deviation: [10] };
  const lossOf = (loss: "mean-squared-error" | "huber") =>
    score(outputs, rows, { ...OPTIONS, loss, scaling });
  // The distances are 1 and -3 deviations: squares 1 and 9; Huber losses 1 / 2 and, beyond δ = 1, 3 - 1 / 2.
  assertAlmostEquals(lossOf("mean-squared-error").loss, 5, 1e-12);
  assertAlmostEquals(lossOf("huber").loss, 1.5, 1e-12);
  assertEquals(lossOf("huber").meanAbsoluteError, 20);
});

Deno.test("score() counts correct predictions of each label, and rows with all labels correct", () => {
  // Label 0: has rows 0, 1; predicted for 0, 2. Label 1: has row 3; predicted for none. Label 2: predicted as it is.
  const targets = Float32Array.of(1, 0, 1, 1, 0, 1, 0, 0, 0, 0, 1, 1);
  const logits = Float32Array.of(2, -1, 1, -2, -1, 1, 2, -1, -1, -2, -1, 1);
  const rows = set(4, { targets, outFeatures: 3 });
  const { loss, labels, ...rest } = score(logits, rows, { ...OPTIONS, loss: "binary-cross-entropy" });
  assertEquals(labels, [
    { positives: 2, accuracy: 0.5, precision: 0.5, recall: 0.5, f1: 0.5 },
    { positives: 1, accuracy: 0.75, precision: 0, recall: 0, f1: 0 },
    { positives: 3, accuracy: 1, precision: 1, recall: 1, f1: 1 },
  ]);
  assertEquals(rest, {
    rows: 4,
    correct: 1,
    accuracy: 0.25,
    standardError: Math.sqrt(0.25 * 0.75 / 4),
    accuracyInterval: wilsonInterval(1, 4),
    f1: 0.5,
  });
  const entropies = [...logits].map((z, i) => Math.log1p(Math.exp(targets[i] === 1 ? -z : z)));
  assertAlmostEquals(loss, entropies.reduce((a, b) => a + b) / 12, 1e-12);
});

Deno.test("score() predicts one of two classes from one logit", () => {
  const rows = set(5, { labels: Uint32Array.of(0, 0, 1, 1, 1), outFeatures: 2 });
  const logits = Float32Array.of(-3, 1, 2, -0.5, 0);
  const found = score(logits, rows, { ...OPTIONS, loss: "binary-cross-entropy" });
  assertEquals([found.correct, found.accuracy], [2, 0.4]);
  assertEquals(found.confusion, Uint32Array.of(1, 1, 2, 1));
  assertEquals(found.labels, [{ positives: 3, accuracy: 0.4, precision: 0.5, recall: 1 / 3, f1: 0.4 }]);
  assertEquals(found.worst?.map(({ row, label, guess }) => [row, label, guess]), [[1, 0, 1], [3, 1, 0], [
    4,
    1,
    0,
  ]]);
  assertAlmostEquals(found.worst![0].loss, Math.log1p(Math.E), 1e-12);
});

Deno.test("score() counts rows that belong to no class in the loss only", () => {
  const labels = Uint32Array.of(0, NO_CLASS, 1), logits = Float32Array.of(1, 0, 0, 3, 2, 1);
  const rows = set(3, { labels, outFeatures: 2 });
  const found = score(logits, rows, { ...OPTIONS, loss: "cross-entropy" });
  assertEquals([found.rows, found.correct, found.accuracy], [3, 1, 0.5]);
  assertEquals([found.standardError, found.accuracyInterval], [Math.sqrt(0.25 / 2), wilsonInterval(1, 2)]);
  assertEquals(found.confusion, Uint32Array.of(1, 0, 1, 0));
  assertEquals(found.worst?.map(({ row }) => row), [2]);
  // A target of 1/2 for each class: log(e⁰ + e³) - 3 / 2.
  const losses = [Math.log1p(Math.exp(-1)), Math.log(1 + Math.exp(3)) - 1.5, Math.log1p(Math.E)];
  assertAlmostEquals(found.loss, losses.reduce((a, b) => a + b) / 3, 1e-12);
  const squares = score(logits, rows, { ...OPTIONS, loss: "mean-squared-error" });
  assertAlmostEquals(squares.loss, (0 + (0.25 + 6.25) / 2 + (4 + 0) / 2) / 3, 1e-12);
});

Deno.test("score() has no accuracy if no row belongs to a class", () => {
  const rows = set(1, { labels: Uint32Array.of(NO_CLASS), outFeatures: 2 });
  const found = score(Float32Array.of(0, 0), rows, { ...OPTIONS, loss: "cross-entropy" });
  const { correct, accuracy, standardError, accuracyInterval } = found;
  assertEquals([correct, accuracy, standardError, accuracyInterval], [0, undefined, undefined, undefined]);
  assertAlmostEquals(found.loss, Math.LN2, 1e-12);
});
