/** The order of a sweep's settings. */
import { assertEquals } from "@std/assert";
import { groupsOf } from "../../tasks/sweep/groups.ts";
import type { Row } from "../../tasks/sweep/rows.ts";

/** Returns the row of a network; without an accuracy, of one that diverged. */
function row(member: number, learningRate: number, validationAccuracy?: number): Row {
  const settings = { learningRate, seed: member }, rest = { epochsDone: 1, seconds: 1 };
  return validationAccuracy === undefined
    ? { member, settings, ended: "diverged", ...rest }
    : { member, settings, ended: "finished", validationAccuracy, validationLoss: 1, sha256: "0", ...rest };
}

/** Returns the rates in their order. */
function ratesOf(rows: readonly Row[]): unknown[] {
  return groupsOf(rows, ["learningRate", "seed"]).map(({ settings }) => settings.learningRate);
}

Deno.test("groupsOf() puts settings with a network that diverged behind all others", () => {
  const rows = [
    row(1, 0.9),
    row(2, 0.9, 0.99),
    row(3, 0.1, 0.5),
    row(4, 0.1, 0.6),
    row(5, 5),
    row(6, 0.2, 0.7),
  ];
  assertEquals(ratesOf(rows), [0.2, 0.1, 0.9, 5]);
});

Deno.test("groupsOf() puts equal settings in the order of the grid, whichever network was done first", () => {
  assertEquals(ratesOf([row(2, 0.2, 0.5), row(1, 0.1, 0.5)]), [0.1, 0.2]);
});
