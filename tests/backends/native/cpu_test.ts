/** Tests the CPU backend's trainers and predictors. */
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { type CpuBackend, openCpu } from "../../../src/backends/native/cpu.ts";
import { INSTRUCTION_SETS, type InstructionSet } from "../../../src/backends/native/ffi.ts";
import { openBackend } from "../../../src/backends/open.ts";
import { BackendError } from "../../../src/errors.ts";
import { dense } from "../../../src/plan/layers.ts";
import { CPU_LIBRARY, cpuTest } from "../../support/backends.ts";
import { drawParameters } from "../../support/cases.ts";
import { withGpu } from "../../support/gpu.ts";
import { createTrainer, PLAN, SET } from "../../support/runs.ts";
import { drawSet } from "../../support/sets.ts";

function test(sentence: string, work: (backend: CpuBackend) => void | Promise<void>): void {
  cpuTest(sentence, async () => {
    await using backend = openCpu({ library: CPU_LIBRARY, threads: 2 });
    await work(backend);
  });
}

Deno.test("openCpu() refuses a wrong number of threads before it searches for the library", () => {
  for (const threads of [0, -1, 0.5, NaN, 257]) {
    const message = `Backend "cpu" needs a whole number of threads from 1 to 256, found ${threads}`;
    assertThrows(() => openCpu({ threads, library: "missing/libmlpcpu.so" }), RangeError, message);
  }
});

Deno.test("openCpu() refuses an unknown instruction set before it searches for the library", () => {
  for (const instructionSet of ["sse", "toString"] as string[] as InstructionSet[]) {
    const message =
      `Backend "cpu" has no instruction set "${instructionSet}", needs one of auto, avx2, avx512, neon`;
    assertThrows(() => openCpu({ instructionSet, library: "missing/libmlpcpu.so" }), TypeError, message);
  }
});

test("openCpu() names the processor, its instructions and the threads", async (backend) => {
  assertEquals([backend.name, backend.library], ["cpu", CPU_LIBRARY]);
  assertMatch(backend.device, /^.+, (AVX-512|AVX2|NEON), 2 threads$/);
  assert(backend.facts.multiprocessors >= 1);
  assert(backend.describePlan(PLAN, SET).length > 0);
  await using one = openCpu({ library: CPU_LIBRARY, threads: 1 });
  assertMatch(one.device, /, 1 thread$/);
  await using all = openCpu({ library: CPU_LIBRARY });
  const count = all.facts.multiprocessors;
  assert(
    all.device.endsWith(`, ${count === 1 ? "1 thread" : `${Math.min(count, 256)} threads`}`),
    all.device,
  );
});

test("openCpu() refuses instructions of another processor", () => {
  const other = Deno.build.arch === "x86_64" ? "neon" : "avx2";
  const open = () => openCpu({ library: CPU_LIBRARY, instructionSet: other });
  assertEquals(assertThrows(open, BackendError).code, "device-unsupported");
  assertEquals(INSTRUCTION_SETS[other] > 0, true);
});

test(`openBackend("auto") opens the cpu backend rather than wasm`, async () => {
  const open = () => openBackend("auto", { library: CPU_LIBRARY, threads: 2 });
  await using backend = await withGpu(undefined, open);
  assertEquals([backend.name, backend.passedOver.map(({ name }) => name)], ["cpu", ["cuda", "webgpu"]]);
  // A library of the cpu backend is not one of the cuda backend.
  assertEquals(
    backend.passedOver[0].reason,
    `Cannot open backend "cuda": library "${CPU_LIBRARY}" is that of backend "cpu"`,
  );
});

test("run() computes the same bits for few rows, on the calling thread, as for many, on another", async (backend) => {
  const layers = [dense(128, "relu"), dense(10, "softmax")], inFeatures = 784, rows = 200;
  const { inputs } = drawSet({ rows, inFeatures, outFeatures: 10, zeros: 0.5 });
  const parameters = drawParameters(inFeatures, layers, 1);
  await using predictor = await backend.createPredictor({ inFeatures, layers, inputScale: 1 }, parameters);
  const all = await predictor.run(inputs);
  for (const [from, to] of [[0, 1], [1, 3], [3, 10], [10, 40]]) {
    const some = await predictor.run(inputs.slice(from * inFeatures, to * inFeatures));
    assertEquals(some, all.slice(from * 10, to * 10), `rows ${from} to ${to}`);
  }
});

test("runEpoch() refuses a call that overlaps another, and both trainers of a backend compute at once", async (backend) => {
  await using first = await createTrainer(backend);
  await using second = await createTrainer(backend);
  const order = new Uint32Array(10).map((_, row) => row), rates = new Float64Array(3).fill(0.01);
  const running = first.runEpoch(order, rates);
  assertEquals((await assertRejects(() => first.runEpoch(order, rates), BackendError)).code, "busy");
  assertEquals(await second.runEpoch(order, rates), await running);
  assertEquals(await second.readState(), await first.readState());
});
