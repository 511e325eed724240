/** The tables of a GPU check's result, tested with made-up numbers. @module */
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type GpuResult,
  markdownTable,
  notPassed,
  type StageResult,
  type Status,
  textTable,
} from "../../bench/gpu/result.ts";
import { checkCounts, conformanceCommand, sanitizerCommand, STAGES } from "../../bench/gpu/stages.ts";

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

Deno.test("textTable() returns a line for each reading and for each stage that did not pass", () => {
  assertEquals(textTable(MADE_UP), [
    "784-128-64-10, batch 128, graph  11,111 µs a step  (CUDA graph)",
    "predictions                      0.0123 images a second",
    "a peer                           22,223 µs a step, 2 times ours",
    "out of time: late peer: no time was left",
    "1 of 2 stages passed",
  ]);
});

Deno.test("markdownTable() names the GPU and the versions, and lists the readings", () => {
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

Deno.test("markdownTable() refuses results that are not of a full run on a GPU", () => {
  const device = { ...MADE_UP.device!, emulated: true };
  for (
    const result of [{ ...MADE_UP, quick: true }, { ...MADE_UP, device }, { ...MADE_UP, device: undefined }]
  ) {
    assertThrows(() => markdownTable(result), TypeError, "a full run on a GPU");
  }
});

Deno.test("notPassed() names the required stages that failed, were skipped or ran out of time", () => {
  const stage = (status: Status, required: boolean): StageResult => ({
    ...READ,
    name: status,
    required,
    status,
  });
  assertEquals(notPassed(MADE_UP), []);
  const statuses: Status[] = ["passed", "failed", "skipped", "out of time", "not needed"];
  const stages = (required: boolean) => statuses.map((status) => stage(status, required));
  assertEquals(notPassed({ ...MADE_UP, stages: stages(false) }), []);
  assertEquals(notPassed({ ...MADE_UP, stages: stages(true) }), ["failed", "skipped", "out of time"]);
});

Deno.test("conformanceCommand() runs the tests of one backend only", () => {
  const filterOf = (backend: "cuda" | "cuda-emulated") => {
    const command = conformanceCommand("a.so", backend, "tests/backends");
    return new RegExp(command[command.indexOf("--filter") + 1].slice(1, -1));
  };
  const names = [
    "x() is right (cuda, graph)",
    "x() is right (cuda: needs a GPU)",
    "x() is right (cuda emulated, graph)",
    "x() is right (cuda emulated)",
    "x() is right (webgpu)",
    "x() is right (wasm, 2 threads)",
    "openCuda() refuses it",
  ];
  assertEquals(names.filter((name) => filterOf("cuda").test(name)), [names[0]]);
  assertEquals(names.filter((name) => filterOf("cuda-emulated").test(name)), [names[2], names[3]]);
});

Deno.test("checkCounts() refuses suites that ran no test or ignored one", () => {
  checkCounts("...\nok | 12 passed (3 steps) | 0 failed | 40 filtered out (12s)\n");
  for (
    const stdout of [
      "",
      "ok | 0 passed | 0 failed | 40 filtered out (1s)\n",
      "ok | 12 passed | 0 failed | 1 ignored (1s)\n",
      "FAILED | 12 passed | 1 failed (1s)\n",
    ]
  ) assertThrows(() => checkCounts(stdout), Error, "need at least one test");
});

Deno.test("sanitizerCommand() ignores the driver errors that the tests provoke on purpose", () => {
  for (const tool of ["memcheck", "racecheck", "synccheck", "initcheck"]) {
    const command = sanitizerCommand(tool);
    assertEquals(command[command.indexOf("--tool") + 1], tool);
    assertEquals(command[command.indexOf("--report-api-errors") + 1], "no");
    assertEquals(command[command.indexOf("--error-exitcode") + 1], "1");
  }
});

Deno.test("STAGES begins with the build, the device and the instruments", () => {
  assertEquals(STAGES.slice(0, 6).map(({ name }) => name), [
    "build",
    "device",
    "constants",
    "phases",
    "kernels alone",
    "kernels",
  ]);
});

Deno.test("STAGES has the slowest required stage last, so that it takes the time of none of the others", () => {
  const last = STAGES.findLast(({ required }) => required)!;
  assertEquals(last.name, "compute-sanitizer racecheck");
  assert(last.limit >= 120);
});

Deno.test("textTable() shows what a stage that passed could not measure", () => {
  assertEquals(
    textTable({ ...MADE_UP, stages: [{ ...READ, readings: [], reason: "no cooperative launch" }] }),
    [
      "passed: steps: no cooperative launch",
      "1 of 1 stages passed",
    ],
  );
});

Deno.test("STAGES lists the required stages before the optional ones, except three peers of at most three minutes", () => {
  const lastRequired = STAGES.findLastIndex(({ required }) => required);
  const before = STAGES.slice(0, lastRequired).filter(({ required }) => !required);
  assertEquals(before.map(({ name }) => name.split(",")[0]), ["PyTorch", "JAX", "CuPy"]);
  assert(before.reduce((sum, { limit }) => sum + limit, 0) <= 180);
});
