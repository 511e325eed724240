/** The model of the CUDA paths: its counts of machine code, its predictions, and the estimate that it was made for. */
import { assert, assertAlmostEquals, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  buildModel,
  cyclesOfWork,
  parseWidths,
  predict,
  type Predicted,
  textOf,
} from "../../bench/gpu/model.ts";
import { functionsOf, parseCode } from "../../bench/gpu/sass/code.ts";
import {
  digestIn,
  digestOfKernels,
  formatHeader,
  formatTable,
  HEADER,
  RENEWAL,
  rowsOf,
  withoutComments,
  withTable,
} from "../../bench/gpu/sass/counts.ts";
import { findLoop, parseRegisters } from "../../bench/gpu/sass/hot.ts";
import { countRound, loopsOf } from "../../bench/gpu/sass/loops.ts";
import reviewed from "../../bench/gpu/counts/032f92b.json" with { type: "json" };
import { isGranted } from "../support/permissions.ts";

const H100 = { multiprocessors: 132, sharedBytes: 232448, gigahertz: 1.98 };
const DEFAULT_JOB: Predicted = { ...H100, widths: [784, 128, 64, 10], batchSize: 128, states: 2 };

/** Returns a line of a disassembly, whose control bits are given: [stall, barriers to wait for, barrier to set]. */
function codeLine(address: number, text: string, [stall, waits, sets]: readonly number[]): string {
  const control = BigInt(stall | (sets < 0 ? 7 : sets) << 5 | 7 << 8 | waits << 11) << 41n;
  const hex = (value: bigint) => `/* 0x${value.toString(16).padStart(16, "0")} */`;
  return `        /*${address.toString(16).padStart(4, "0")}*/   ${text} ;   ${hex(0n)}\n${" ".repeat(80)}${
    hex(control)
  }`;
}

/** A loop that loads two numbers, waits for both, and multiplies them; a branch around the loads takes another way. */
const CODE = [
  '\t.section\t.text.some_kernel,"ax",@progbits',
  '\t//## File "./a.cuh", line 3 inlined at "./b.cu", line 9',
  '\t//## File "./b.cu", line 9',
  codeLine(0x00, "MOV R1, RZ", [1, 0, -1]),
  ".L_x_1:",
  codeLine(0x10, "@P1 BRA `(.L_x_2)", [5, 0, -1]),
  codeLine(0x20, "LDG.E.128 R4, desc[UR6][R10.64]", [1, 0, 0]),
  codeLine(0x30, "LDG.E R8, desc[UR6][R12.64]", [1, 0, 1]),
  codeLine(0x40, "FFMA R9, R4, R8, R9", [4, 3, -1]),
  ".L_x_2:",
  '\t//## File "./b.cu", line 10',
  codeLine(0x50, "IADD3 R10, R10, 0x10, RZ", [2, 0, -1]),
  codeLine(0x60, "@P0 BRA `(.L_x_1)", [5, 0, -1]),
  codeLine(0x70, "EXIT", [1, 0, -1]),
].join("\n");

Deno.test("parseCode() reads opcodes, targets, control bits and the functions of each instruction", () => {
  const [kernel] = parseCode(CODE, (file, line) => `${file}:${line}`);
  assertEquals([kernel.name, kernel.code.length], ["some_kernel", 8]);
  const [move, branch, wide] = kernel.code;
  assertEquals([move.opcode, move.functions, move.line], ["MOV", ["./a.cuh:3", "./b.cu:9"], "a.cuh:3"]);
  assertEquals([branch.target, branch.isGuarded, branch.stall], [0x50, true, 5]);
  assertEquals([wide.opcode, wide.sets, kernel.code[4].waits], ["LDG.E.128", 0, 3]);
  assertEquals(kernel.code[6].functions, ["./b.cu:10"]);
});

Deno.test("loopsOf() and countRound() follow the way with the most work, and time its waits", () => {
  const [{ code }] = parseCode(CODE, () => "");
  const [loop, ...others] = loopsOf(code);
  assertEquals([loop.start, loop.end, loop.isInner, others.length], [0x10, 0x60, true, 0]);
  const counts = countRound(loop.round);
  assertEquals([counts.instructions, counts.ffma, counts.globalLoads, counts.globalNumbers], [6, 1, 2, 5]);
  assertEquals([counts.loads, counts.globalInFlight], [{ "LDG.128": 1, "LDG.32": 1 }, 2]);
  // 5 cycles before the first load, 270 from it to the product, then 4 + 2 + 5; the second address never changes.
  assertEquals([counts.alone, counts.exposed], [5 + 270 + 11, 1]);
  assertEquals(loopsOf(code, undefined, "shortest")[0].round.length, 6);
  assertEquals(loopsOf(code, ({ opcode }) => /LDG|FFMA/.test(opcode))[0].round.length, 3);
});

Deno.test("functionsOf() names the function of each line", () => {
  const source =
    "int a;\n\ninline float one(int x) {\n  return two(x);\n}\n\n__device__ void two(float* y) {\n  y[0] = 1;\n}";
  assertEquals(functionsOf(source), ["", "", "one", "one", "one", "one", "two", "two", "two"]);
});

Deno.test("withoutComments() leaves out comments and white space, and keeps strings", () => {
  assertEquals(withoutComments('f( "// a" ); // b\n/* c\n*/ g();'), 'f("//a");g();');
});

Deno.test("findLoop() picks the loop of a function, and formatTable() shows it before and after a change", () => {
  const kernels = parseCode(CODE, (file) => file === "./a.cuh" ? "multiply" : "some_kernel");
  const hot = {
    name: "loop",
    file: "",
    kernel: /some_kernel/,
    inside: ["multiply"],
    pick: "most products",
  } as const;
  const registers = parseRegisters(
    "Compiling entry function 'some_kernel' for\nptxas info : Used 12 registers, used 1",
  );
  const found = findLoop(hot, kernels, registers)!;
  assertEquals([found.name, found.start, found.registers, found.ffma], ["loop", 0x10, 12, 1]);
  assertEquals(findLoop({ ...hot, inside: ["other"] }, kernels, registers), undefined);
  assertEquals(findLoop({ ...hot, kernel: /other/ }, kernels, registers), undefined);
  const rows = rowsOf([found]), table = formatTable([{ ...rows[0], registers: 9 }], rows).split("\n");
  assertEquals(table[2].split("|").map((cell) => cell.trim()).slice(1, -1), [
    ...["`loop`", "9 → 12", "6", "17 %", "1 LDG.128, 1 LDG", "2", "286"],
  ]);
  assertEquals(formatTable([], rows).split("\n")[2].includes("– → 12"), true);
  const header = formatHeader([found], "0123456789abcdef");
  assertEquals(digestIn(header), "0123456789abcdef");
  assertStringIncludes(header, "constexpr LoopCounts loop = {6, 1, 2, 5, 286, 1.0, 12};");
});

Deno.test("withTable() replaces what is between the marks", () => {
  const document = "a\n<!-- hot loops -->\nold\n<!-- end -->\nb\n";
  assertEquals(withTable(document, "new"), "a\n<!-- hot loops -->\n\nnew\n\n<!-- end -->\nb\n");
  assertThrows(
    () => withTable("a", "new"),
    RangeError,
    "no table between <!-- hot loops --> and <!-- end -->",
  );
});

Deno.test({
  name: "cuda/model_counts.hpp is of the kernels as they are (needs --allow-read)",
  ignore: !isGranted({ name: "read" }),
  async fn() {
    const header = await Deno.readTextFile(new URL(`../../${HEADER}`, import.meta.url));
    const now = await digestOfKernels();
    assert(digestIn(header) === now, `The kernels have changed: renew ${HEADER} with \`${RENEWAL}\``);
  },
});

Deno.test("parseWidths() reads a network, and refuses what is none", () => {
  assertEquals(parseWidths("784-128-10"), [784, 128, 10]);
  for (const text of ["784", "784-x", "784--10", "784-0-10"]) {
    assertThrows(
      () => parseWidths(text),
      Error,
      `--network needs widths such as 784-128-64-10, found "${text}"`,
    );
  }
});

/** Whether this machine can build and run the program of the model. */
const canBuild = isGranted({ name: "read" }, { name: "run" }) && await (async () => {
  try {
    return (await new Deno.Command("g++", { args: ["--version"], stdout: "null", stderr: "null" }).output())
      .success;
  } catch {
    return false;
  }
})();
const needs = { ignore: !canBuild }, NEEDS = "(needs g++, --allow-read and --allow-run)";

Deno.test({
  name: `the model gives the estimate of commit 032f92b, 49,000 cycles, within 20 % ${NEEDS}`,
  ...needs,
  async fn() {
    await buildModel();
    const loops = new Map(reviewed.loops.map((loop) => [loop.name, loop]));
    const lines = reviewed.work.map(({ phase, wait, loop, times }) => {
      if (wait !== undefined) return `${phase} wait ${wait} ${times}`;
      const { instructions, alone, exposed } = loops.get(loop!)!;
      return `${phase} loop ${times} 8 ${instructions} ${alone} ${exposed}`;
    });
    const phases = new Map<string, number>();
    for (const { name, cycles } of await cyclesOfWork(lines)) {
      phases.set(name, (phases.get(name) ?? 0) + cycles);
    }
    const estimate = {
      ...{ forward: 4100, hop_1: 1500, parts: 9600, tail: 8500, hop_2: 1500, gradient: 6500, weights: 11500 },
      small: 6000,
    };
    assertEquals([...phases.keys()], Object.keys(estimate));
    for (const [name, cycles] of Object.entries(estimate)) {
      assertAlmostEquals(Math.log2(phases.get(name)! / cycles), 0, 0.5, name);
    }
    assertAlmostEquals([...phases.values()].reduce((sum, cycles) => sum + cycles, 0), 49000, 0.2 * 49000);
  },
});

Deno.test({
  name: `predict() gives the default job at most 24,000 cycles a step on each path of an H100 ${NEEDS}`,
  ...needs,
  async fn() {
    await buildModel();
    const { graph, persistent } = await predict(DEFAULT_JOB);
    for (const prediction of [graph, persistent!]) {
      assert(prediction.cycles <= 24000, `${prediction.cycles} cycles`);
      const sum = prediction.phases.reduce((sum, { cycles }) => sum + cycles, 0);
      assertAlmostEquals(sum, prediction.cycles, prediction.phases.length);
      assertAlmostEquals(prediction.microseconds, prediction.cycles / 1980, 0.01);
    }
  },
});

Deno.test({
  name: `predict() says why the persistent kernel cannot run a network, and more work takes longer ${NEEDS}`,
  ...needs,
  async fn() {
    await buildModel();
    const large = await predict({ ...DEFAULT_JOB, widths: [784, 4096, 4096, 10], batchSize: 1024 });
    assertEquals(large.persistent, undefined);
    assert(large.obstacle!.includes("bytes of shared memory"), large.obstacle);
    assert(textOf(large)[0].startsWith("persistent kernel: not possible, because a block would need"));
    const job = await predict(DEFAULT_JOB), half = await predict({ ...DEFAULT_JOB, multiprocessors: 66 });
    assert(large.graph.cycles > 10 * job.graph.cycles);
    assert(half.graph.cycles > job.graph.cycles && half.persistent!.cycles > job.persistent!.cycles);
    const slow = await predict({ ...DEFAULT_JOB, gigahertz: 0.99 });
    assert(slow.graph.microseconds > job.graph.microseconds);
  },
});
