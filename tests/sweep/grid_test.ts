import { assert, assertEquals, assertThrows } from "@std/assert";
import { dense } from "../../src/plan/layers.ts";
import { gridMembers, valuesBetween } from "../../src/sweep/grid.ts";

const SMALL = [dense(3, "softmax")], LARGE = [dense(8, "relu"), dense(3, "softmax")];

Deno.test("gridMembers() returns all combinations, in which the seed changes slowest", () => {
  const members = gridMembers({ layers: [SMALL, LARGE], seed: [1, 2], batchSize: [16, 32] });
  assertEquals(members.map(({ layers, config }) => [config.seed, layers.length, config.batchSize]), [
    [1, 1, 16],
    [1, 1, 32],
    [1, 2, 16],
    [1, 2, 32],
    [2, 1, 16],
    [2, 1, 32],
    [2, 2, 16],
    [2, 2, 32],
  ]);
});

Deno.test("gridMembers() draws different members of the grid by a seed, also of a grid larger than memory", () => {
  const grid = { layers: [SMALL], seed: Array.from({ length: 12 }, (_, i) => i) };
  const drawn = (random: number, randomSeed?: number) =>
    gridMembers(grid, { random, randomSeed }).map(({ config }) => config.seed!);
  assertEquals(new Set(drawn(12)).size, 12);
  assertEquals(drawn(5), drawn(5, 1));
  assert(drawn(5).join() !== drawn(5, 2).join());
  const values = Array.from({ length: 1000 }, (_, i) => 1 + i);
  const huge = { layers: [SMALL], seed: values, batchSize: values, epochs: values, learningRate: values };
  const members = gridMembers(huge, { random: 50 });
  assertEquals(new Set(members.map((member) => JSON.stringify(member))).size, 50);
  assertThrows(() => gridMembers(huge), RangeError, "at most 100000 members, the grid has 1000000000000");
});

Deno.test("gridMembers() draws every member of a grid equally often", () => {
  const counts = new Uint32Array(5), seed = [0, 1, 2, 3, 4];
  for (let randomSeed = 0; randomSeed < 500; randomSeed++) {
    for (const { config } of gridMembers({ layers: [SMALL], seed }, { random: 2, randomSeed })) {
      counts[config.seed!]++;
    }
  }
  // 500 draws of 2 of 5: 200 each, with a standard deviation of 11.
  for (const count of counts) assert(Math.abs(count - 200) < 50, String(counts));
});

Deno.test("gridMembers() refuses a setting without values, and more members than the grid has", () => {
  assertThrows(() => gridMembers({ layers: [] }), RangeError, 'at least one value of "layers"');
  assertThrows(() => gridMembers({ layers: [SMALL] }, { random: 2 }), RangeError, "from 1 to 1 members");
});

Deno.test("valuesBetween() returns equal ratios or differences with exact ends, rounded to 4 digits", () => {
  assertEquals(valuesBetween(1e-4, 1e-2, { count: 3, spacing: "log" }), [1e-4, 1e-3, 1e-2]);
  assertEquals(valuesBetween(1, 3, { count: 3, spacing: "log" }), [1, 1.732, 3]);
  assertEquals(valuesBetween(0, 0.5, { count: 6 }), [0, 0.1, 0.2, 0.3, 0.4, 0.5]);
  assertThrows(() => valuesBetween(0, 1, { count: 3, spacing: "log" }), RangeError, "above 0, found 0");
  assertThrows(() => valuesBetween(0, 1, { count: 1 }), RangeError, "from 2 to 100000, found 1");
  assertThrows(() => valuesBetween(0, NaN, { count: 2 }), RangeError, "a finite number");
});
