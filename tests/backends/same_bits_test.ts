/** Tests that the wasm and the cpu backend compute the same bits, however the work is divided. @module */
import { BackendError } from "../../src/errors.ts";
import { openCpu } from "../../src/backends/native/cpu.ts";
import { openWasm, type WasmOptions } from "../../src/backends/wasm/backend.ts";
import { CPU_LIBRARY, cpuTest } from "../support/backends.ts";
import { assertSameBits, BITS_RUNS } from "../support/bits.ts";
import { isGranted } from "../support/permissions.ts";

/** The numbers of threads. Of five threads, some have no work; three divide 100 rows unevenly. */
const SHARINGS: readonly WasmOptions[] = [
  { threads: 1, shared: true },
  { threads: 2, shared: true },
  { threads: 3, shared: true },
  { threads: 5, shared: true },
  { shared: false },
];

// Without permissions, the test runs one build, to be short.
const BUILDS = isGranted({ name: "read" }) ? ["relaxed", "plain"] as const : ["relaxed"] as const;

for (const build of BUILDS) {
  for (const [name, run] of Object.entries(BITS_RUNS)) {
    Deno.test(`openWasm() computes the same bits for all numbers of threads: ${build} build, ${name}`, {
      sanitizeOps: true,
      sanitizeResources: true,
    }, async () => {
      const open = SHARINGS.map((sharing) =>
        [JSON.stringify(sharing), () => openWasm({ ...sharing, build })] as const
      );
      await assertSameBits(run, Object.fromEntries(open));
    });
  }
}

for (const [name, run] of Object.entries(BITS_RUNS)) {
  cpuTest(
    `openCpu() computes the same bits with every instruction set of this machine, number of threads and path: ${name}`,
    async () => {
      const open = (["auto", "avx512", "avx2", "neon"] as const).filter(isOfThisMachine).flatMap((set) =>
        ([1, 2, 3, 8] as const).flatMap((threads) =>
          (["graph", "ops"] as const).map((path) => {
            const options = { library: CPU_LIBRARY, instructionSet: set, threads, path };
            return [`${set}, ${threads} threads, ${path}`, () => openCpu(options)] as const;
          })
        )
      );
      await assertSameBits(run, Object.fromEntries(open));
    },
  );
}

/** Returns whether the cpu backend opens with an instruction set. */
function isOfThisMachine(instructionSet: "auto" | "avx512" | "avx2" | "neon"): boolean {
  try {
    openCpu({ library: CPU_LIBRARY, instructionSet }).close();
    return true;
  } catch (error) {
    if (error instanceof BackendError && error.code === "device-unsupported") return false;
    throw error;
  }
}
