/** The tables of README.md and docs/speed.md that are made from results, tested with made-up numbers. */
import { assertEquals, assertThrows } from "@std/assert";
import type { Line } from "../../bench/summary.ts";
import { type Comparison, figure, renewed, type Results } from "../../bench/tables.ts";

const ABOUT = {
  name: "made-up",
  date: "2001-02-03T04:05:06.000Z",
  machine: { cpu: "abacus (family 1, model 2)", cores: 2, memoryGB: 1, os: "MadeUp 1, kernel 5.5, z80" },
  load: { before: [0], after: [0] },
  deno: "0.0.0",
  version: "0.0.0 (abc)",
  rounds: 5,
};
const SOURCE =
  "2 processors of an abacus (family 1, model 2), MadeUp 1, z80, Deno 0.0.0, mlpcuda 0.0.0 (abc), 2001-02-03;\n" +
  "medians of 5 alternating runs:";

function lineOf(name: string, version: string, threads: number, median: number): Line {
  const values = [median], spread = { min: median, max: median, timesOurs: NaN };
  return { name, version, threads, values, median, ...spread, testAccuracy: 0.5, peakRssMB: undefined };
}

const MNIST: Comparison = {
  ...ABOUT,
  summary: [
    lineOf("mlpcuda cpu", "0.0.0", 2, 0.1),
    lineOf("mlpcuda wasm", "0.0.0", 2, 0.2),
    lineOf("numpy", "1.2.3, OpenBLAS 0.3.31.188.0 (SkylakeX)", 1, 0.25),
    lineOf("numpy", "1.2.3, OpenBLAS 0.3.31.188.0 (SkylakeX)", 2, 0.5),
    lineOf("jax", "0.1.2 on cpu", 2, 0.123456),
  ],
};
const WIDE: Comparison = {
  ...ABOUT,
  summary: [lineOf("mlpcuda cpu", "0.0.0", 2, 1), lineOf("pytorch", "2.0.0+cpu", 1, 1500)],
};
const USE: Results["use"] = {
  ...ABOUT,
  epochs: 100,
  summary: [{
    name: "mlpcuda cpu",
    threads: 1,
    device: "abacus",
    runSeconds: [12.3456],
    testAccuracy: [0.9],
    peakRssMB: [99.7, undefined, 250.2],
    setMilliseconds: [9.8765],
    imageMicroseconds: [43.21],
    imageP99Microseconds: [1234.5],
    median: {
      runSeconds: 12.3456,
      setMilliseconds: 9.8765,
      imageMicroseconds: 43.21,
      imageP99Microseconds: 1234.5,
    },
  }],
};
const RANKS: Results["ranks"] = {
  ...ABOUT,
  hidden: [8, 4],
  rows: 2560,
  summary: [
    { ranks: 1, threads: 2, values: [1], median: 1, testAccuracy: 0.5 },
    { ranks: 2, threads: 1, values: [1.25], median: 1.25, testAccuracy: 0.5 },
  ],
  efficiency: 0.8,
};

/** Returns the lines of one generated part. */
function partOf(name: string, results: Results): string[] {
  const begin = `<!-- speed ${name} -->\n`, end = "\n\n<!-- end -->";
  const text = renewed(`${begin}old\n<!-- end -->`, results);
  return text.slice(begin.length + 1, -end.length).split("\n");
}

Deno.test("renewed() writes a row for each competitor and number of threads, and a column for each job", () => {
  assertEquals(partOf("epochs", { "epochs-mnist": MNIST, "epochs-wide": WIDE }), [
    ...SOURCE.split("\n"),
    "",
    "| seconds an epoch                        | threads | 784-128-64-10  | 784-512-512-10  |",
    "| --------------------------------------- | ------- | -------------- | --------------- |",
    "| mlpcuda, `cpu`                          | 2       | 0.1            | 1               |",
    "| mlpcuda, `wasm`                         | 2       | 0.2 (× 2)      | not run         |",
    "| NumPy 1.2.3, OpenBLAS 0.3.31 (SkylakeX) | 1       | 0.25 (× 2.5)   | not run         |",
    "| NumPy 1.2.3, OpenBLAS 0.3.31 (SkylakeX) | 2       | 0.5 (× 5)      | not run         |",
    "| JAX 0.1.2                               | 2       | 0.123 (× 1.23) | not run         |",
    "| PyTorch 2.0.0                           | 1       | not run        | 1,500 (× 1,500) |",
  ]);
});

Deno.test("renewed() shows each competitor with its better number of threads", () => {
  const rows = partOf("best", { "epochs-mnist": MNIST }).filter((line) => line.includes("NumPy"));
  assertEquals(rows, ["| NumPy 1.2.3, OpenBLAS 0.3.31 (SkylakeX) | 1       | 0.25 (× 2.5)   |"]);
});

Deno.test("renewed() writes the figures of whole runs, predictions and ranks", () => {
  assertEquals(partOf("use", { use: USE }).slice(3), [
    "| 784-128-64-10                                            | `cpu`, 1 thread |",
    "| -------------------------------------------------------- | --------------- |",
    "| 100 epochs with evaluation, process start to saved model | 12.3 s          |",
    "| peak memory of that process                              | 250 MB          |",
    "| 10,000 images predicted                                  | 9.88 ms         |",
    "| one image predicted, median                              | 43.2 µs         |",
    "| one image predicted, 99th percentile                     | 1,235 µs        |",
  ]);
  assertEquals(partOf("ranks", { ranks: RANKS }).slice(3), [
    "| 784-8-4-10, 2,560 rows | seconds an epoch |",
    "| ---------------------- | ---------------- |",
    "| 1 rank × 2 threads     | 1                |",
    "| 2 ranks × 1 thread     | 1.25             |",
    "| efficiency             | 0.80             |",
  ]);
});

Deno.test("renewed() leaves other text alone, and parts whose results are missing", () => {
  const text = "# A\n\n<!-- speed ranks -->\n\nold\n\n<!-- end -->\n\n<!-- speed use -->\n<!-- end -->\nB\n";
  assertEquals(renewed(text, {}), text);
  assertEquals(renewed(text, { ranks: RANKS }).split("old").length, 1);
  const once = renewed(text, { ranks: RANKS, use: USE });
  assertEquals(renewed(once, { ranks: RANKS, use: USE }), once);
  assertEquals([once.startsWith("# A\n\n<!-- speed ranks -->\n\n2 proc"), once.endsWith("-->\nB\n")], [
    true,
    true,
  ]);
});

Deno.test("renewed() refuses a part that it does not know or that has no end", () => {
  assertThrows(() => renewed("<!-- speed toString -->\n<!-- end -->", {}), RangeError, '"toString"');
  assertThrows(() => renewed("<!-- speed use -->\ntext", {}), RangeError, "no end");
});

Deno.test("figure() shows three significant digits, and whole numbers from 1,000", () => {
  assertEquals([0.08571, 1, 0.3204, 12.345, 999.4, 1234.56].map(figure), [
    ...["0.0857", "1", "0.32", "12.3", "999", "1,235"],
  ]);
});
