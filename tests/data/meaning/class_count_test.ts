import { assertEquals, assertThrows } from "@std/assert";
import { datasetFromArrays } from "../../../src/data/from_arrays.ts";

/** Returns labels 0, 1, 0, 1, … with another label in one row. */
function labelsWith(label: number, options: { rows: number; at: number }): Uint32Array {
  return Uint32Array.from({ length: options.rows }, (_, row) => row === options.at ? label : row % 2);
}

function setOf(labels: Uint32Array, given: { classes?: number } = {}) {
  return datasetFromArrays({ inputs: new Float32Array(labels.length), inputShape: [1], labels, ...given });
}

Deno.test("datasetFromArrays() refuses a label that implies far more classes than there are rows, and names it", () => {
  const message = `"labels" has label 1,000,000 at [37], which makes 1,000,001 classes for 50 rows`;
  assertThrows(() => setOf(labelsWith(1_000_000, { rows: 50, at: 37 })), RangeError, message);
  assertThrows(() => setOf(labelsWith(1000, { rows: 50, at: 0 })), RangeError, "1,001 classes for 50 rows");
});

Deno.test("datasetFromArrays() accepts classes of which few have rows", () => {
  assertEquals(setOf(labelsWith(999, { rows: 2, at: 1 })).outFeatures, 1000);
  assertEquals(setOf(labelsWith(1999, { rows: 200, at: 3 })).outFeatures, 2000);
  assertThrows(() => setOf(labelsWith(2000, { rows: 200, at: 3 })), RangeError, "2,001 classes for 200 rows");
});

Deno.test("datasetFromArrays() accepts any label below a given number of classes", () => {
  const labels = labelsWith(1_000_000, { rows: 5, at: 2 });
  assertEquals(setOf(labels, { classes: 2_000_000 }).outFeatures, 2_000_000);
});
