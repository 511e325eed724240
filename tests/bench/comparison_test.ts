/** The comparison with peers: which competitors run, in which order, and the summary of their runs. */
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { readNames, readPeers } from "../../bench/entries.ts";
import { turnsOf } from "../../bench/rounds.ts";
import { outcomeOf, RunError } from "../../bench/run.ts";
import { columnsOf, median, quantile, type Run, summarize } from "../../bench/summary.ts";
import { UsageError } from "../../tasks/terminal/errors.ts";

Deno.test("readNames() reads names with optional numbers of threads", () => {
  assertEquals(readNames("--backend", "cpu:2, cpu:1,wasm"), [
    { name: "cpu", threads: 2 },
    { name: "cpu", threads: 1 },
    { name: "wasm" },
  ]);
  assertEquals(readNames("--backend", ""), []);
  for (const text of ["cpu:0", "cpu:", "a b", "cpu:1:2", "-x"]) {
    assertThrows(() => readNames("--backend", text), UsageError, "--backend needs names");
  }
});

Deno.test("readPeers() refuses a peer that it does not know", () => {
  assertEquals(readPeers("numpy:1,jax"), [{ name: "numpy", threads: 1 }, { name: "jax" }]);
  assertThrows(() => readPeers("numpy,caffe"), UsageError, "numpy, pytorch, pytorch_compile, jax");
});

Deno.test("turnsOf() lets every entry begin a round once, in the same cyclic order", () => {
  const entries = ["a", "b", "c"];
  assertEquals(turnsOf(entries, 1), ["a", "b", "c"]);
  assertEquals(turnsOf(entries, 2), ["b", "c", "a"]);
  assertEquals(turnsOf(entries, 3), ["c", "a", "b"]);
  assertEquals(turnsOf(entries, 4), ["a", "b", "c"]);
  assertEquals(turnsOf([], 1), []);
});

Deno.test("median() and quantile() of few values", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([4, 1, 2, 3]), 2.5);
  assertEquals(median([]), NaN);
  const thousand = Array.from({ length: 1000 }, (_, at) => 1000 - at);
  assertEquals([quantile(thousand, 0.99), quantile(thousand, 0.5), quantile(thousand, 1)], [990, 500, 1000]);
  assertEquals(quantile([7], 0.99), 7);
  assertEquals(quantile([], 0.99), NaN);
});

/** Returns a run with these epochs, of which the first is the warm-up. */
function runOf(name: string, threads: number, round: number, secondsPerEpoch: number[], more = {}): Run {
  return { name, threads, round, secondsPerEpoch, testAccuracy: 0.9 + round / 100, ...more };
}

Deno.test("summarize() takes the median of each run's median, without the warm-up", () => {
  const runs = [
    runOf("numpy", 1, 1, [9, 4, 4, 5], { version: "1.2", peakRssMB: 10 }),
    runOf("mlpcuda cpu", 2, 1, [9, 1, 3, 2]),
    runOf("mlpcuda cpu", 2, 2, [9, 1, 1, 9]),
    runOf("numpy", 1, 2, [9, 8, 8, 8], { version: "1.2", peakRssMB: 30 }),
    runOf("numpy", 1, 3, [9, 6, 6, 6], { version: "1.2" }),
    runOf("numpy", 2, 3, [9, 7, 7, 7]),
    runOf("mlpcuda cpu", 2, 3, [9, 5, 5, 5]),
  ];
  const lines = summarize(runs, ["mlpcuda cpu:2", "numpy:1"]);
  assertEquals(lines.map(({ name, threads }) => `${name}:${threads}`), [
    "mlpcuda cpu:2",
    "numpy:1",
    "numpy:2",
  ]);
  const [ours, one, two] = lines;
  assertEquals([ours.values, ours.median, ours.min, ours.max, ours.timesOurs], [[2, 1, 5], 2, 1, 5, 1]);
  assertEquals([one.values, one.median, one.timesOurs, one.peakRssMB, one.version], [
    [4, 8, 6],
    6,
    3,
    30,
    "1.2",
  ]);
  assertAlmostEquals(one.testAccuracy, 0.92);
  assertEquals([two.timesOurs, two.peakRssMB, two.version], [3.5, undefined, ""]);
  assertEquals(columnsOf(lines).map(({ cell }) => cell(one)), [
    ...["numpy", "1.2", "1", "6.00", "4.00", "8.00", "3.00", "92.00 %", "30"],
  ]);
});

Deno.test("outcomeOf() reads the line of a peer and the lines of deno task train", () => {
  const peer = JSON.stringify({ version: "1", threads: 2, secondsPerEpoch: [2, 1], testAccuracy: 0.5 });
  assertEquals(outcomeOf(`warning\n${peer}\n`, 7), {
    ...{ version: "1", threads: 2, secondsPerEpoch: [2, 1], testAccuracy: 0.5, peakRssMB: 7 },
  });
  const epochs = [{ epoch: 1, seconds: 3 }, { epoch: 2, seconds: 2 }];
  const lines = [...epochs, { testAccuracy: 0.75, threads: 1 }].map((line) => JSON.stringify(line));
  assertEquals(outcomeOf(lines.join("\n"), undefined), {
    ...{ threads: 1, secondsPerEpoch: [3, 2], testAccuracy: 0.75 },
  });
  for (const text of ["", "{}", JSON.stringify({ secondsPerEpoch: [], testAccuracy: 1 })]) {
    assertThrows(() => outcomeOf(text, undefined), RunError, "printed no result");
  }
});
