import { assertAlmostEquals, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  flatten,
  fromOneHot,
  normalize,
  oneHot,
  scalePixels,
  statisticsOf,
} from "../../src/data/preprocess.ts";

Deno.test("statisticsOf() covers all values, or each feature", () => {
  const values = [1, 10, 3, 30];
  const all = statisticsOf(values);
  assertEquals(all.mean, Float64Array.of(11));
  assertAlmostEquals(all.standardDeviation[0], Math.sqrt((100 + 1 + 64 + 361) / 4));
  const each = statisticsOf(values, { inFeatures: 2 });
  assertEquals(each, { mean: Float64Array.of(2, 20), standardDeviation: Float64Array.of(1, 10) });
});

Deno.test("statisticsOf() computes a small deviation around a large mean", () => {
  const { mean, standardDeviation } = statisticsOf([1e9 - 1, 1e9 + 1]);
  assertEquals([mean[0], standardDeviation[0]], [1e9, 1]);
});

Deno.test("statisticsOf() refuses zero rows and incomplete rows", () => {
  assertThrows(() => statisticsOf([]), TypeError, "at least one row");
  assertThrows(
    () => statisticsOf([1, 2, 3], { inFeatures: 2 }),
    TypeError,
    "3 values are not a whole number of rows of 2",
  );
  assertThrows(() => statisticsOf([1], { inFeatures: 0 }), TypeError, "rows of 0");
});

Deno.test("normalize() gives mean 0 and deviation 1", () => {
  const values = normalize(Uint8Array.of(3, 50, 7, 255, 0, 90));
  const { mean, standardDeviation } = statisticsOf(values);
  assertAlmostEquals(mean[0], 0, 1e-7);
  assertAlmostEquals(standardDeviation[0], 1, 1e-7);
});

Deno.test("normalize() applies the training set's statistics to another set, feature by feature", () => {
  const statistics = statisticsOf([1, 10, 3, 30], { inFeatures: 2 });
  assertEquals(normalize([2, 40, 0, 20], statistics), Float32Array.of(0, 2, -2, 0));
});

Deno.test("normalize() maps a constant feature to 0", () => {
  assertEquals(normalize([5, 5, 5]), new Float32Array(3));
});

Deno.test("normalize() refuses statistics that do not fit or are not finite", () => {
  const values = [1, 2, 3, 4];
  assertThrows(
    () => normalize(values, { mean: [0, 0], standardDeviation: [1] }),
    TypeError,
    "2 means and 1 deviations",
  );
  assertThrows(
    () => normalize(values, { mean: [0, 0, 0], standardDeviation: [1, 1, 1] }),
    TypeError,
    "rows of 3",
  );
  assertThrows(() => normalize(values, { mean: [0], standardDeviation: [-1] }), RangeError, "deviation -1");
  assertThrows(() => normalize(values, { mean: [NaN], standardDeviation: [1] }), RangeError, "mean NaN");
});

Deno.test("scalePixels() maps 0..255 to 0..1", () => {
  assertEquals(scalePixels(Uint8Array.of(0, 51, 255)), Float32Array.of(0, 0.2, 1));
});

Deno.test("flatten() turns each input into one row without a copy", () => {
  const images = { dtype: "|u1", shape: [2, 3, 4], values: new Uint8Array(24) };
  const flat = flatten(images);
  assertEquals(flat.shape, [2, 12]);
  assertStrictEquals(flat.values, images.values);
  assertEquals(images.shape, [2, 3, 4]);
  assertEquals(flatten({ shape: [5] }).shape, [5, 1]);
  assertThrows(() => flatten({ shape: [] }), TypeError, "needs [N, ...]");
});

Deno.test("oneHot() and fromOneHot() are inverses", () => {
  const labels = Uint32Array.of(2, 0, 1, 2);
  const rows = oneHot(labels, 3);
  assertEquals(rows, Float32Array.of(0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1));
  assertEquals(fromOneHot(rows, 3), labels);
  assertEquals(oneHot([], 3).length, 0);
});

Deno.test("oneHot() refuses labels outside the classes", () => {
  for (const label of [-1, 3, 0.5, NaN]) {
    assertThrows(() => oneHot([0, label], 3), RangeError, `Label ${label} in row 1`);
  }
  assertThrows(() => oneHot([0], 0), RangeError, "Number of classes is 0");
});

Deno.test("fromOneHot() refuses rows that are not one-hot", () => {
  assertThrows(() => fromOneHot([1, 0, 0, 0], 2), RangeError, "Row 1 is not one-hot: it holds 0 ones");
  assertThrows(() => fromOneHot([1, 1], 2), RangeError, "Row 0 is not one-hot: it holds 2 ones");
  assertThrows(() => fromOneHot([0.5, 0.5], 2), RangeError, "hold 0.5 at [0, 0]");
  assertThrows(() => fromOneHot([1, 0, 1], 2), TypeError, "rows of 2");
});
