import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { wilsonInterval } from "../src/wilson.ts";

Deno.test("wilsonInterval() gives the published intervals", () => {
  // Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
  for (
    const [successes, rows, low, high] of [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ]
  ) {
    const found = wilsonInterval(successes, rows);
    assertAlmostEquals(found.low, low, 5e-5);
    assertAlmostEquals(found.high, high, 5e-5);
  }
});

Deno.test("wilsonInterval() has ends at which the share is 1.96 standard errors away, and is symmetric", () => {
  for (const [successes, rows] of [[1, 3], [9794, 10_000], [7, 8]]) {
    const { low, high } = wilsonInterval(successes, rows), p = successes / rows;
    for (const end of [low, high]) {
      assertAlmostEquals(Math.abs(p - end) / Math.sqrt(end * (1 - end) / rows), 1.959963984540054, 1e-9);
    }
    assertAlmostEquals(wilsonInterval(rows - successes, rows).low, 1 - high, 1e-12);
  }
  assertEquals([wilsonInterval(0, 5).low, wilsonInterval(5, 5).high], [0, 1]);
});

Deno.test("wilsonInterval() refuses counts that are no share", () => {
  assertThrows(() => wilsonInterval(3, 2), RangeError, "at most 2 successes of 2 rows, found 3");
  assertThrows(() => wilsonInterval(0, 0), RangeError);
  assertThrows(() => wilsonInterval(0.5, 2), RangeError);
});
