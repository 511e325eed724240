/** The output of the programs of cuda/bench and their table, tested with made-up numbers. @module */
import { assertEquals, assertThrows } from "@std/assert";
import { BENCHES, foundIn, MODEL } from "../../bench/gpu/instrument_stages.ts";
import { parseInstrument, readingsOf } from "../../bench/gpu/instruments.ts";
import {
  graphSteps,
  modelArguments,
  NO_PREDICTIONS,
  type Predictions,
  valueOf,
  withPrinted,
} from "../../bench/gpu/predictions.ts";
import { isInstrument, markdownSides, textSides } from "../../bench/gpu/side_by_side.ts";
import { projectPath } from "../../tasks/terminal/paths.ts";
import { isGranted } from "../support/permissions.ts";

const DEVICE =
  `{"device":"Made-up GPU","multiprocessors":3,"sharedBytes":4096,"gigahertz":2,"emulated":false}`;
const NETWORK = "8-4-2, batch 2";
const KERNEL = `{"name":"${NETWORK}: tail","unit":"µs","median":4,"min":3.5,"max":9,"samples":21,"floor":1,` +
  `"floorBy":"a launch","network":"${NETWORK}","launch":"tail"}`;
const PHASE =
  `{"name":"persistent step, block 0, hop 1","unit":"cycles","median":2000,"min":1900,"max":2500,` +
  `"samples":9,"network":"${NETWORK}","phase":"hop 1","block":0,"ends":1.256}`;
const HOP = `{"name":"hop","unit":"µs","median":0.5,"min":0.4,"max":0.6,"samples":21,"constant":"hop"}`;
const SKIPPED = `{"skipped":"phases of ${NETWORK}","reason":"no cooperative launch"}`;

const STEP =
  `{"name":"persistent step","unit":"µs","median":8,"min":7,"max":9,"samples":9,"network":"${NETWORK}",` +
  `"phase":"step"}`;

/** What the model's program prints. */
const MODEL_PRINTS = JSON.stringify({
  tiles: "8 x 4",
  persistent: {
    phases: [{ name: "hop 1", cycles: 1500 }, { name: "small", cycles: 8500 }],
    cycles: 10000,
    microseconds: 5,
  },
  graph: {
    phases: [{ name: "linear", cycles: 7000 }, { name: "parts", cycles: 1000 }, {
      name: "tail",
      cycles: 4000,
    }],
    cycles: 12000,
    microseconds: 6,
  },
  constants: { hop: 0.75 },
});
const PREDICTIONS: Predictions = withPrinted(MODEL_PRINTS, NETWORK, NO_PREDICTIONS);

Deno.test("parseInstrument() returns the measurements and what was skipped", () => {
  const { emulated, measured, skipped } = parseInstrument([DEVICE, KERNEL, SKIPPED, PHASE, ""].join("\n"));
  assertEquals(emulated, false);
  assertEquals(measured.map(({ name }) => name), [
    `${NETWORK}: tail`,
    "persistent step, block 0, hop 1",
  ]);
  assertEquals(skipped, [`phases of ${NETWORK} not measured: no cooperative launch`]);
});

Deno.test("parseInstrument() refuses output that is not complete", () => {
  for (
    const lines of [
      [],
      [DEVICE],
      [KERNEL],
      [DEVICE, KERNEL.slice(0, -1)],
      [DEVICE, `"${NETWORK}"`],
      [DEVICE, "null"],
      [DEVICE, KERNEL.replace('"median":4', '"median":"4"')],
      [DEVICE, KERNEL.replace('"median":4', '"median":9.5')],
      [DEVICE, KERNEL.replace('"min":3.5', '"min":nan')],
      [DEVICE, KERNEL.replace('"floor":1', '"floor":null')],
      [DEVICE, `{"skipped":"phases"}`],
    ]
  ) {
    assertThrows(
      () => parseInstrument(lines.join("\n")),
      Error,
      "A line of JSON with a measurement is needed",
    );
  }
});

Deno.test("foundIn() leaves out the numbers of the emulated device", () => {
  const emulated = parseInstrument([DEVICE.replace("false", "true"), KERNEL, HOP].join("\n"));
  assertEquals(foundIn(emulated, NO_PREDICTIONS), {
    readings: [],
    reason: "2 measurements, whose times the emulation has made up",
  });
  const found = foundIn(parseInstrument([DEVICE, HOP, SKIPPED].join("\n")), undefined);
  assertEquals(found.readings, [{ name: "hop", value: 0.5, unit: "µs", range: [0.4, 0.6] }]);
  assertEquals(
    found.reason,
    `phases of ${NETWORK} not measured: no cooperative launch; no predictions: cuda/build/model was not built`,
  );
  assertEquals(foundIn(parseInstrument([DEVICE, HOP].join("\n")), PREDICTIONS), {
    readings: [{ name: "hop", value: 0.5, unit: "µs", range: [0.4, 0.6], model: 0.75 }],
  });
});

Deno.test("valueOf() finds constants and phases, and a step in the unit that is asked for", () => {
  assertEquals(valueOf({ unit: "µs", constant: "hop" }, PREDICTIONS), 0.75);
  assertEquals(valueOf({ unit: "µs", constant: "toString" }, PREDICTIONS), undefined);
  assertEquals(valueOf({ unit: "cycles", network: NETWORK, phase: "hop 1" }, PREDICTIONS), 1500);
  assertEquals(valueOf({ unit: "cycles", network: NETWORK, phase: "step" }, PREDICTIONS), 10000);
  assertEquals(valueOf({ unit: "µs", network: NETWORK, phase: "step" }, PREDICTIONS), 5);
  assertEquals(valueOf({ unit: "cycles", network: NETWORK, phase: "linear" }, PREDICTIONS), undefined);
  assertEquals(valueOf({ unit: "cycles", network: "another", phase: "hop 1" }, PREDICTIONS), undefined);
  assertEquals(valueOf({ unit: "µs", network: NETWORK, launch: "tail" }, PREDICTIONS), undefined);
});

Deno.test("graphSteps() adds the launches of each part, and the tail of the model includes the sums of the parts", () => {
  const launch = (name: string, launch: string, median: number) =>
    `{"name":"${name}","unit":"µs","median":${median},"min":${median},"max":${median},"network":"${NETWORK}",` +
    `"launch":"${launch}","floor":1,"floorBy":"a launch"}`;
  const lines = [DEVICE, launch("a", "linear", 2), launch("b", "linear", 3), launch("c", "tail", 4), HOP];
  const found = graphSteps(parseInstrument(lines.join("\n")).measured, PREDICTIONS);
  assertEquals(found.map(({ name, value, floor, model }) => [name, value, floor?.value, model]), [
    [`${NETWORK}: graph step, linear (2 launches alone)`, 5, 2, 3.5],
    [`${NETWORK}: graph step, tail (1 launch alone)`, 4, 1, 2.5],
    [`${NETWORK}: graph step, all (3 launches alone)`, 9, 3, 6],
  ]);
  const without = graphSteps(parseInstrument(lines.join("\n")).measured, NO_PREDICTIONS);
  assertEquals(without.map(({ model }) => model), [undefined, undefined, undefined]);
});

Deno.test("modelArguments() returns facts of the GPU, batch, numbers for each weight and widths", () => {
  const { gpu } = parseInstrument([DEVICE, HOP].join("\n"));
  assertEquals(modelArguments(gpu, NETWORK), ["3", "4096", "2", "2", "3", "8", "4", "2"]);
  assertThrows(() => modelArguments(gpu, "8-4-2"), TypeError, "A network with a batch is needed");
});

Deno.test("withPrinted() has no prediction for a path that is not possible", () => {
  const graph = { phases: [], cycles: 2, microseconds: 1 };
  const found = withPrinted(JSON.stringify({ obstacle: "too large", graph }), NETWORK, PREDICTIONS);
  assertEquals(found.constants, PREDICTIONS.constants);
  assertEquals(found.steps.slice(2), [{ ...graph, network: NETWORK, path: "graph" }]);
});

Deno.test("textSides() prints model, floor and measurement side by side", () => {
  const { measured } = parseInstrument([DEVICE, KERNEL, PHASE, STEP, HOP].join("\n"));
  assertEquals(textSides(readingsOf(measured, PREDICTIONS)), [
    "                                                   model  floor  measured      min to max  ends at µs  unit    share of the floor",
    "8-4-2, batch 2: graph step, tail (1 launch alone)    2.5      1         4        3.5 to 9              µs      25 %, of each",
    "8-4-2, batch 2: graph step, all (1 launch alone)       6      1         4        3.5 to 9              µs      25 %, of each",
    "8-4-2, batch 2: tail                                          1         4        3.5 to 9              µs      25 %, a launch",
    "persistent step, block 0, hop 1                    1,500            2,000  1,900 to 2,500        1.26  cycles",
    "persistent step                                        5                8          7 to 9              µs",
    "hop                                                 0.75              0.5      0.4 to 0.6              µs",
    "",
  ]);
});

Deno.test("markdownSides() leaves out the columns that have no value", () => {
  const readings = readingsOf(parseInstrument([DEVICE, HOP].join("\n")).measured, NO_PREDICTIONS);
  assertEquals(markdownSides([...readings, { name: "another", value: 1, unit: "s" }]), [
    "",
    "|     | measured | min to max | unit |",
    "| --- | -------- | ---------- | ---- |",
    "| hop |      0.5 | 0.4 to 0.6 | µs   |",
  ]);
  assertEquals([isInstrument(readings[0]), isInstrument({ name: "another", value: 1, unit: "s" })], [
    true,
    false,
  ]);
  assertEquals([textSides([]), markdownSides([])], [[], []]);
});

const PROGRAMS = BENCHES.map((name) => projectPath(`cuda/build/emulated/bench/${name}`));

Deno.test({
  name:
    "parseInstrument() reads what the programs print (needs `make -C cuda bench-emulated` and --allow-run)",
  ignore: !isGranted({ name: "read" }, { name: "run" }) || !PROGRAMS.every(isThere),
  async fn() {
    const [constants, phases, kernels] = await Promise.all(PROGRAMS.map(async (program) => {
      const { stdout } = await new Deno.Command(program, { args: ["--json"] }).output();
      return parseInstrument(new TextDecoder().decode(stdout));
    }));
    for (const { emulated, skipped } of [constants, phases, kernels]) {
      assertEquals([emulated, skipped], [true, []]);
    }
    const all = (from: typeof constants, what: "constant" | "phase" | "launch") =>
      new Set(from.measured.flatMap(({ [what]: name }) => name ?? []));
    assertEquals(all(constants, "constant"), new Set(["hop", "edge", "l2", "l1"]));
    const names = ["forward", "hop 1", "parts", "tail", "hop 2", "backward", "weights", "small", "step"];
    assertEquals(all(phases, "phase"), new Set(names));
    assertEquals(
      phases.measured.every(({ unit, ends }) => (unit === "cycles") === (ends !== undefined)),
      true,
    );
    assertEquals(kernels.measured.every(({ floor, floorBy }) => floor! > 0 && floorBy !== undefined), true);
    assertEquals(all(kernels, "launch").has("weights"), true);
  },
});

Deno.test({
  name: "withPrinted() reads what the model prints (needs `make -C cuda model` and --allow-run)",
  ignore: !isGranted({ name: "read" }, { name: "run" }) || !isThere(projectPath(MODEL)),
  async fn() {
    const gpu = { multiprocessors: 132, sharedBytes: 232448, gigahertz: 1.98 };
    const network = "784-128-64-10, batch 128";
    const { stdout } = await new Deno.Command(projectPath(MODEL), { args: modelArguments(gpu, network) })
      .output();
    const { constants, steps } = withPrinted(new TextDecoder().decode(stdout), network, NO_PREDICTIONS);
    assertEquals(Object.keys(constants).toSorted(), ["edge", "hop", "l1", "l2"]);
    const phases = (path: string) => steps.find((step) => step.path === path)!.phases.map(({ name }) => name);
    const names = ["forward", "hop 1", "parts", "tail", "hop 2", "backward", "weights", "small"];
    assertEquals(phases("persistent"), names);
    assertEquals(phases("graph"), ["linear", "parts", "tail", "inputs", "weights"]);
  },
});

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
