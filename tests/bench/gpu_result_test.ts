/** The tables that are made of a check of a GPU, from a result that nobody measured. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type GpuResult,
  hasPassed,
  markdownTable,
  type StageResult,
  textTable,
} from "../../bench/gpu/result.ts";

const READ: StageResult = {
  name: "steps",
  required: true,
  status: "passed",
  seconds: 1,
  readings: [
    { name: "784-128-64-10, batch 128, graph", value: 11111.4, unit: "µs a step", note: "CUDA graph" },
    { name: "predictions", value: 0.012345, unit: "images a second" },
    { name: "a peer", value: 22222.8, unit: "µs a step" },
  ],
};
const LATE: StageResult = {
  name: "late peer",
  required: false,
  status: "out of time",
  reason: "no time was left",
  seconds: 0,
  readings: [],
};
const MADE_UP: GpuResult = {
  date: "2001-02-03T04:05:06.000Z",
  version: "0.0.0",
  quick: false,
  data: "nothing",
  device: {
    name: "Made-up GPU that does not exist",
    description: "made up",
    emulated: false,
    driverCuda: "0.0",
    runtimeCuda: "0.0",
  },
  clocks: { start: "Made-up GPU that does not exist, 123.45, P0" },
  stages: [READ, LATE],
};

Deno.test("textTable() has a line for each reading and for each stage that did not pass", () => {
  assertEquals(textTable(MADE_UP), [
    "784-128-64-10, batch 128, graph  11,111 µs a step  (CUDA graph)",
    "predictions                      0.0123 images a second",
    "a peer                           22,223 µs a step, 2 times ours",
    "out of time: late peer: no time was left",
    "1 of 2 stages passed",
  ]);
});

Deno.test("markdownTable() says where the readings were taken, and lists them", () => {
  assertEquals(
    markdownTable(MADE_UP),
    [
      "Made-up GPU that does not exist, driver 123.45, CUDA 0.0, mlpcuda 0.0.0, 2001-02-03:",
      "",
      "|                                 |                                |",
      "| ------------------------------- | -----------------------------: |",
      "| 784-128-64-10, batch 128, graph |               11,111 µs a step |",
      "| predictions                     |         0.0123 images a second |",
      "| a peer                          | 22,223 µs a step, 2 times ours |",
    ].join("\n"),
  );
});

Deno.test("markdownTable() refuses what was not read off a GPU in full", () => {
  const device = { ...MADE_UP.device!, emulated: true };
  for (
    const result of [{ ...MADE_UP, quick: true }, { ...MADE_UP, device }, { ...MADE_UP, device: undefined }]
  ) {
    assertThrows(() => markdownTable(result), TypeError, "a full run on a GPU");
  }
});

Deno.test("hasPassed() is about what failed and had to pass, not about what was left out", () => {
  const failed = (required: boolean): StageResult => ({ ...READ, required, status: "failed" });
  assert(hasPassed(MADE_UP));
  assert(hasPassed({ ...MADE_UP, stages: [READ, failed(false)] }));
  assert(!hasPassed({ ...MADE_UP, stages: [failed(true), READ] }));
});
