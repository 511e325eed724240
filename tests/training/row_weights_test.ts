import { assertEquals, assertThrows } from "@std/assert";
import { type Dataset, NO_CLASS } from "../../src/data/dataset.ts";
import { classWeightsOf, rowWeightsOf } from "../../src/training/row_weights.ts";
import { inOrder } from "../support/states.ts";

/** Five rows: of classes 0, 0, 0 and 1, and one that belongs to no class. Class 2 has no rows. */
const SET: Dataset = {
  inputs: new Float32Array(5),
  inputShape: [1],
  inputScale: 1,
  labels: Uint32Array.of(0, 0, 0, 1, NO_CLASS),
  outFeatures: 3,
  source: "five rows",
};
const OWN = { ...SET, weights: Float32Array.of(1, 2, 0, 4, 8) };
const NONE = { classWeights: "none", noClassWeight: 1 };
const ROWS = inOrder(5);

Deno.test("rowWeightsOf() returns the weights of the set, if any, with the default options", () => {
  assertEquals(rowWeightsOf(SET, NONE, ROWS), undefined);
  assertEquals(rowWeightsOf(OWN, NONE, ROWS), OWN.weights);
  const { labels: _, ...rest } = OWN, targets = { ...rest, targets: new Float32Array(15) };
  assertEquals(rowWeightsOf(targets, NONE, ROWS), OWN.weights);
  const classed = { ...SET, labels: Uint32Array.of(0, 0, 0, 1, 2) };
  assertEquals(rowWeightsOf(classed, { ...NONE, noClassWeight: 5 }, ROWS), undefined);
});

Deno.test("rowWeightsOf() multiplies the weight of a row by that of its class or of no class", () => {
  const listed = { classWeights: "1,0.5,7", noClassWeight: 0.25 };
  assertEquals(rowWeightsOf(SET, listed, ROWS), Float32Array.of(1, 1, 1, 0.5, 0.25));
  assertEquals(rowWeightsOf(OWN, listed, ROWS), Float32Array.of(1, 2, 0, 2, 2));
  assertEquals(rowWeightsOf(SET, { ...NONE, noClassWeight: 3 }, ROWS), Float32Array.of(1, 1, 1, 1, 3));
});

Deno.test("classWeightsOf() balances classes as rows / (classes × rows of the class)", () => {
  // Four rows with a class: 4 / (3 × 3) and 4 / (3 × 1); scikit-learn's compute_class_weight divides by the classes it finds.
  assertEquals(classWeightsOf(SET, { classWeights: "balanced" }, ROWS), [4 / 9, 4 / 3, 0]);
  // Only the rows to train on count.
  assertEquals(classWeightsOf(SET, { classWeights: "balanced" }, Uint32Array.of(0, 3)), [2 / 3, 2 / 3, 0]);
  const weights = rowWeightsOf(SET, { classWeights: "balanced", noClassWeight: 1 }, Uint32Array.of(0, 3))!;
  assertEquals(weights, Float32Array.of(2 / 3, 2 / 3, 2 / 3, 2 / 3, 1));
});

const REFUSED: readonly [name: string, set: Dataset, classWeights: string, message: string][] = [
  ["too few weights", SET, "1,2", `Option "classWeights" needs 3 weights, one a class, found 2`],
  ["too many weights", SET, "1,2,3,4", `Option "classWeights" needs 3 weights, one a class, found 4`],
  ["weights of 0 alone", SET, "0,0,0", `Option "classWeights" needs a weight above 0, found 0,0,0`],
  ["weights that are 0 in float32", SET, "1e-46,0,0", `needs a weight above 0, found 1e-46,0,0`],
  [
    "target values",
    { ...SET, labels: undefined, targets: new Float32Array(15) },
    "balanced",
    `Option "classWeights" needs class labels, the data set has target values`,
  ],
];

for (const [name, set, classWeights, message] of REFUSED) {
  Deno.test(`classWeightsOf() refuses ${name}`, () => {
    assertThrows(() => classWeightsOf(set, { classWeights }, ROWS), RangeError, message);
    assertThrows(() => rowWeightsOf(set, { classWeights, noClassWeight: 1 }, ROWS), RangeError, message);
  });
}

Deno.test("rowWeightsOf() refuses weights that do not fit into float32", () => {
  const refuse = (set: Dataset, options: Parameters<typeof rowWeightsOf>[1], message: string) =>
    assertThrows(() => rowWeightsOf(set, options, ROWS), RangeError, message);
  const needs = "needs numbers that fit into float32, found";
  refuse(SET, { ...NONE, classWeights: "1,1e39,1" }, `Option "classWeights" ${needs} 1e+39 at row 3`);
  refuse(SET, { ...NONE, noClassWeight: 1e39 }, `Option "noClassWeight" ${needs} 1e+39 at row 4`);
  const own = `${needs} 1e+38 times the row's weight 4 at row 3`;
  refuse(OWN, { ...NONE, classWeights: "1,1e38,1" }, `Option "classWeights" ${own}`);
});
