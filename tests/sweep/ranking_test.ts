import { assertAlmostEquals, assertEquals } from "@std/assert";
import { compareScores, meanInterval, studentQuantile } from "../../src/sweep/ranking.ts";

Deno.test("studentQuantile() returns the 97.5 % quantiles of the tables", () => {
  // Abramowitz and Stegun, table 26.10.
  const table = { 1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 9: 2.262, 30: 2.042, 120: 1.980 };
  for (const [degrees, quantile] of Object.entries(table)) {
    assertAlmostEquals(studentQuantile(Number(degrees)), quantile, 5e-4, degrees);
  }
});

Deno.test("meanInterval() returns the mean and half of its 95 % interval; none of the latter for one value", () => {
  const { count, mean, margin } = meanInterval([0.9, 0.92, 0.94])!;
  assertEquals(count, 3);
  assertAlmostEquals(mean, 0.92, 1e-12);
  assertAlmostEquals(margin!, 4.302653 * 0.02 / Math.sqrt(3), 1e-6);
  assertEquals(meanInterval([0.5]), { count: 1, mean: 0.5 });
  assertEquals(meanInterval([]), undefined);
});

Deno.test("compareScores() ranks by accuracy or R², then by the loss, and members without finite scores last", () => {
  const scores = [
    undefined,
    { loss: NaN, accuracy: NaN },
    { loss: 0.5, accuracy: 0.9 },
    { loss: 0.4, accuracy: 0.9 },
    { loss: 0.1, accuracy: 0.8 },
  ];
  assertEquals(scores.toSorted(compareScores).slice(0, 3), [scores[3], scores[2], scores[4]]);
  assertEquals([{ loss: 1, r2: -2 }, { loss: 3, r2: 0.5 }].toSorted(compareScores)[0].r2, 0.5);
  assertEquals([{ loss: 2 }, { loss: 1 }].toSorted(compareScores)[0].loss, 1);
  assertEquals(compareScores(undefined, undefined), 0);
});
