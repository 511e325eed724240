import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { speedrun } from "../../bench/speedrun.ts";
import {
  entriesText,
  readSpeedruns,
  renewedSpeedrun,
  scoreOf,
  type Speedrun,
  SPEEDRUN_DOCUMENT,
} from "../../bench/speedrun_table.ts";
import { drawDigits } from "../../mod.ts";
import { textOf } from "../docs/documents.ts";
import { isGranted } from "../support/permissions.ts";

const runs = (accuracy: readonly number[], seconds: number) =>
  accuracy.map((testAccuracy, at) => ({ seed: at + 1, testAccuracy, seconds: seconds + at }));

Deno.test("scoreOf() rounds nothing when it finds the level that a mean reaches", () => {
  assertEquals(scoreOf({ seeds: runs([0.9799, 0.98, 0.98], 1) }).level, undefined);
  assertEquals(scoreOf({ seeds: runs([0.9796, 0.98, 0.9805], 1) }).level, 0.98);
  assertEquals(scoreOf({ seeds: runs([0.995, 0.9951], 1) }).level, 0.995);
  assertEquals(scoreOf({ seeds: runs([0.5], 2) }).seconds, 2);
});

Deno.test("entriesText() sorts by level and time, and leaves out entries below every level", () => {
  const about = {
    date: "2026-01-02T03:04:05Z",
    machine: { cpu: "CPU", cores: 2, memoryGB: 8, os: "OS" },
    ...{ load: { before: [], after: [] }, deno: "2", version: "1", network: "n", device: "d" },
  };
  const entry = (name: string, accuracy: number, seconds: number): Speedrun => ({
    ...{ ...about, name, options: `--${name}`, backend: "cpu", seeds: runs([accuracy, accuracy], seconds) },
  });
  const entries = [
    entry("slow", 0.981, 3),
    entry("bad", 0.97, 1),
    entry("best", 0.9951, 90),
    entry("quick", 0.98, 1),
  ];
  const rows = entriesText(entries).split("\n").slice(2);
  assertEquals(rows.map((row) => /`--(\w+)`/.exec(row)?.[1]), ["best", "quick", "slow"]);
  assertMatch(rows[1], /^\| 98 % +\| 1\.50 s +\| 98\.000 % \(98\.00 to 98\.00\), 2 seeds \|/);
  assertEquals(entriesText([entries[1]]), "There is no entry yet.");
});

Deno.test("docs/speedrun.md has the entries of bench/results (needs --allow-read)", {
  ignore: !isGranted({ name: "read" }),
}, async () => {
  const text = textOf(SPEEDRUN_DOCUMENT);
  assertEquals(text, renewedSpeedrun(text, await readSpeedruns()), "run `deno task speed-tables`");
});

Deno.test("speedrun() trains with each seed, and evaluates once", async () => {
  const sets = drawDigits({ count: 40, testCount: 20 });
  const done: number[] = [];
  const { seeds, options, backend } = await speedrun({
    ...{ sets, layers: "4:relu,10:softmax", backend: "reference", seeds: 2 },
    config: { recipe: "fast", epochs: 1 },
    onSeed: ({ seed }) => done.push(seed),
  });
  assertEquals([seeds.map(({ seed }) => seed), done, backend], [[1, 2], [1, 2], "reference"]);
  assertStringIncludes(options, "--layers 4:relu,10:softmax --epochs 1 --lr 0.003 --schedule cosine");
  for (const { testAccuracy } of seeds) assertEquals(testAccuracy >= 0 && testAccuracy <= 1, true);
});
