import { assertEquals } from "@std/assert";
import type { Dataset } from "../../src/data/dataset.ts";
import { inputRangesOf } from "../../src/training/input_ranges.ts";

const ROWS: Dataset = {
  inputs: Float32Array.of(1, 0.5, NaN, -3, 2, NaN, 5, 0.25, NaN),
  inputShape: [3],
  inputScale: 0.5,
  labels: Uint32Array.of(0, 1, 0),
  outFeatures: 2,
  source: "rows",
};

Deno.test("inputRangesOf() returns the ranges of each input's finite values, which are not scaled", () => {
  assertEquals(inputRangesOf(ROWS), {
    least: [-3, 0.25, 0],
    most: [5, 2, 0],
    mean: [1, 0.9166667, 0],
    whole: [true, false, true],
  });
});

Deno.test("inputRangesOf() returns those of some rows", () => {
  const { least, most, mean } = inputRangesOf(ROWS, Uint32Array.of(0, 2))!;
  assertEquals([least, most, mean], [[1, 0.25, 0], [5, 0.5, 0], [3, 0.375, 0]]);
});

Deno.test("inputRangesOf() returns none for images, unless they are columns of a table", () => {
  const image = { white: 1, placement: "resize" } as const,
    columns = ["a", "b", "c"].map((name) => ({ name }));
  assertEquals(inputRangesOf({ ...ROWS, image }), undefined);
  assertEquals(inputRangesOf({ ...ROWS, inputScale: 1 / 255 }), undefined);
  assertEquals(inputRangesOf({ ...ROWS, inputScale: 1 / 255, columns })?.least, [-3, 0.25, 0]);
});
