import { assertEquals } from "@std/assert";
import { type TargetKind, targetKindOf } from "../../../src/data/meaning/target_kind.ts";

const CASES: readonly [name: string, targets: readonly number[], outFeatures: number, kind: TargetKind][] = [
  ["rows with any number of ones", [1, 1, 0, 0, 0, 1], 3, "labels"],
  ["rows without a one", [0, 0, 0, 0], 2, "labels"],
  ["one value a row", [0, 1, 1, 0], 1, "labels"],
  ["one value a row that is always 1", [1, 1, 1], 1, "labels"],
  ["exactly one 1 a row", [0, 1, 0, 1, 0, 0], 3, "one-hot"],
  ["one row that is not one-hot", [0, 1, 1, 0, 1, 1], 2, "labels"],
  ["a fraction", [0, 1, 1, 0.5], 2, "values"],
  ["another whole number", [0, 1, 2, 0], 2, "values"],
  ["a negative number", [0, 1, -1, 0], 1, "values"],
  ["NaN", [0, NaN], 1, "values"],
];

for (const [name, targets, outFeatures, kind] of CASES) {
  Deno.test(`targetKindOf() takes ${name} for ${kind}`, () => {
    assertEquals(targetKindOf(Float32Array.from(targets), outFeatures), kind);
    if (targets.every(Number.isInteger)) {
      assertEquals(targetKindOf(BigInt64Array.from(targets, BigInt), outFeatures), kind);
    }
  });
}
