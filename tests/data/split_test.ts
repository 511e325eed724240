import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { splitRows, takeRows } from "../../src/data/split.ts";

Deno.test("splitRows() puts each row into one part, in rising order", () => {
  for (
    const [count, share, held] of [[10, 0.2, 2], [11, 0.5, 6], [1000, 0.1, 100], [3, 0.01, 1], [2, 0.5, 1]]
  ) {
    const { train, validation } = splitRows(count, share, 1);
    assertEquals(validation.length, held, `${share} of ${count}`);
    assertEquals([...train], [...train].sort((a, b) => a - b));
    assertEquals([...validation], [...validation].sort((a, b) => a - b));
    assertEquals(new Set([...train, ...validation]), new Set(Array.from({ length: count }, (_, row) => row)));
    assertEquals(train.length + validation.length, count);
  }
});

Deno.test("splitRows() depends only on the seed", () => {
  assertEquals(splitRows(100, 0.3, 5), splitRows(100, 0.3, 5));
  assertNotEquals(splitRows(100, 0.3, 5).validation, splitRows(100, 0.3, 6).validation);
});

Deno.test("splitRows() refuses a split without training rows", () => {
  const message = "Cannot set 10 of 10 rows apart for validation: none is left";
  assertThrows(() => splitRows(10, 0.99, 1), RangeError, message);
  assertThrows(() => splitRows(1, 0.1, 1), RangeError, "Cannot set 1 of 1 rows apart");
});

const SET = {
  inputs: Uint8Array.of(0, 1, 10, 11, 20, 21),
  inputShape: [1, 2],
  inputScale: 1 / 255,
  labels: Uint32Array.of(2, 0, 1),
  outFeatures: 3,
  classNames: ["a", "b", "c"],
  source: "three rows",
};

Deno.test("takeRows() copies rows in the given order, and the other fields of the set", () => {
  assertEquals(takeRows(SET, Uint32Array.of(2, 0, 2)), {
    ...SET,
    inputs: Uint8Array.of(20, 21, 0, 1, 20, 21),
    labels: Uint32Array.of(1, 2, 1),
    source: "3 of the 3 rows of three rows",
  });
  const { labels: _, ...unlabelled } = SET;
  const inputs = Float32Array.from(SET.inputs), targets = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
  const taken = takeRows({ ...unlabelled, inputs, targets }, Uint32Array.of(1));
  assertEquals([taken.inputs, taken.targets], [Float32Array.of(10, 11), Float32Array.of(4, 5, 6)]);
  assertEquals("labels" in taken, false);
});

Deno.test("takeRows() does not change the set", () => {
  const taken = takeRows(SET, Uint32Array.of(0));
  taken.inputs[0] = 99;
  assertEquals(SET.inputs[0], 0);
});
