import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type BackendName, BACKENDS, openBackend } from "../src/backends/open.ts";
import { openWasm } from "../src/backends/wasm/backend.ts";
import { BackendError } from "../src/errors.ts";
import { backendTest, CPU, CUDA, WEBGPU } from "./support/backends.ts";
import { gpuWith, withGpu } from "./support/gpu.ts";
import { UNDER_TEST } from "./support/webgpu.ts";
import { workersLeftBy } from "./support/workers.ts";

/** Options that prevent the use of native libraries of this machine. */
const WITHOUT_LIBRARY = { library: "missing/library.so" };

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };

Deno.test("openBackend() opens each backend by its name", SANITIZED, async () => {
  const left = await workersLeftBy(async () => {
    await using _backend = await openBackend("wasm", { threads: 3 });
  });
  assertEquals(left, { started: 3, running: 0 });
  for (const name of BACKENDS) {
    const rows = { cuda: CUDA, cpu: CPU }[name as string] ?? [];
    if (name === "webgpu" || rows[0]?.missing !== undefined) continue;
    await using backend = await openBackend(name);
    assertEquals([backend.name, backend.passedOver], [name, []]);
    assert(backend.device.length > 0);
  }
});

backendTest("openBackend() opens webgpu by its name", WEBGPU, async () => {
  await withGpu(gpuWith(UNDER_TEST.adapter), async () => {
    await using backend = await openBackend("webgpu");
    assertEquals([backend.name, backend.passedOver], ["webgpu", []]);
    assert(backend.device.length > 0);
  });
});

Deno.test(
  `openBackend("auto") opens the fastest available backend, never the reference`,
  SANITIZED,
  async () => {
    await withGpu(undefined, async () => {
      for (const name of ["auto", undefined] as const) {
        await using backend = await openBackend(name, WITHOUT_LIBRARY);
        assertEquals(backend.name, "wasm");
        assertEquals(backend.passedOver.map(({ name }) => name), ["cuda", "webgpu", "cpu"]);
      }
    });
  },
);

Deno.test("openBackend() passes on the number of threads", SANITIZED, async () => {
  await withGpu(undefined, async () => {
    for (const [threads, count] of [[1, "1 thread"], [3, "3 threads"]] as const) {
      await using backend = await openBackend("auto", { ...WITHOUT_LIBRARY, threads });
      assertEquals(backend.device, `CPU, ${count}, WebAssembly relaxed SIMD`);
    }
    // A wrong number is the caller's mistake, not a reason to try the next backend.
    await assertRejects(
      () => openBackend("auto", { ...WITHOUT_LIBRARY, threads: 0 }),
      RangeError,
      "from 1 to 256, found 0",
    );
  });
});

Deno.test("openBackend() refuses an unknown name", SANITIZED, async () => {
  for (const name of ["", "gpu", "WASM"]) {
    const open = () => openBackend(name as BackendName);
    await assertRejects(open, TypeError, `Unknown backend "${name}", needs auto, ${BACKENDS.join(", ")}`);
  }
});

Deno.test("openWasm() describes its device", SANITIZED, async () => {
  await using solo = await openWasm({ shared: false, build: "plain", threads: 4 });
  assertEquals(solo.device, "CPU, 1 thread (no shared memory), WebAssembly SIMD");
  await using pool = await openWasm();
  const count = navigator.hardwareConcurrency;
  assertMatch(pool.device, new RegExp(`^CPU, ${count} threads?, WebAssembly relaxed SIMD$`));
});

/** Runs `work` on a host whose WebAssembly.validate() refuses everything. */
async function withoutWasm(work: () => Promise<void>): Promise<void> {
  const { validate } = WebAssembly;
  WebAssembly.validate = () => false;
  try {
    await work();
  } finally {
    WebAssembly.validate = validate;
  }
}

Deno.test("openBackend() gives the reason why a backend cannot be opened", SANITIZED, async () => {
  await withoutWasm(async () => {
    const reason = `Cannot open backend "wasm": this host's WebAssembly lacks SIMD and threads`;
    const named = await assertRejects(() => openBackend("wasm"), BackendError, reason);
    assertEquals([named.backend, named.code], ["wasm", "unavailable"]);
    const open = () => withGpu(undefined, () => openBackend("auto", WITHOUT_LIBRARY));
    const auto = await assertRejects(open, BackendError, reason);
    assertMatch(
      auto.message,
      /^No backend can be opened: Cannot open backend "cuda": .*; Cannot open backend "webgpu": .*; Cannot open backend "cpu": .*; Cannot open backend "wasm": /,
    );
    assertEquals([auto.backend, auto.code], ["auto", "unavailable"]);
    const relaxed = "this host's WebAssembly lacks relaxed SIMD";
    await assertRejects(() => openWasm({ build: "relaxed" }), BackendError, relaxed);
  });
});

Deno.test("openWasm() uses one thread if the host does not share memory", SANITIZED, async () => {
  const { SharedArrayBuffer } = globalThis;
  Reflect.deleteProperty(globalThis, "SharedArrayBuffer");
  try {
    await using backend = await openBackend("wasm", { threads: 2 });
    assertEquals(backend.device, "CPU, 1 thread (no shared memory), WebAssembly relaxed SIMD");
  } finally {
    globalThis.SharedArrayBuffer = SharedArrayBuffer;
  }
});
