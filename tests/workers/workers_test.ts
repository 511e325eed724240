/** Hosts on which workers cannot start: everything runs on the calling thread, with the same results. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { createAugmenter } from "../../src/augment/augmenter.ts";
import { openWasm } from "../../src/backends/wasm/backend.ts";
import { openBackend } from "../../src/backends/open.ts";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { train } from "../../src/training/train.ts";
import { startWorkers } from "../../src/workers/workers.ts";
import { isGranted } from "../support/permissions.ts";
import { UNWORKABLE, withoutWorkers } from "../support/unworkable.ts";
import { workersLeftBy } from "../support/workers.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };
const { train: DIGITS } = drawDigits({ count: 150, testCount: 0 });

/**
 * Returns the bytes of a network after an epoch on deformed digits, the device, and the images of an augmented epoch.
 */
async function trained(threads: number) {
  const backend = await openBackend("wasm", { threads });
  const mlp = Mlp.create([dense(16, "relu"), dense(10, "softmax")], DIGITS);
  for await (const _ of train(mlp, DIGITS, { epochs: 2, batchSize: 32, augment: true, backend, threads }));
  const { device } = backend;
  await backend.close();
  const augmenter = await createAugmenter(DIGITS, { seed: 3, threads });
  const images = (await augmenter.inputsOf(1)).slice();
  augmenter.close();
  return { device, model: mlp.format(), images };
}

for (const reason of UNWORKABLE) {
  Deno.test(
    `openWasm() and createAugmenter() use only the calling thread if ${reason}`,
    SANITIZED,
    async () => {
      const wanted = await trained(2);
      assertEquals(wanted.device.startsWith("CPU, 2 threads, WebAssembly"), true, wanted.device);
      const { result, running } = await withoutWorkers(reason, () => trained(2));
      const device = wanted.device.replace("2 threads", "1 thread (workers cannot start)");
      assertEquals(result, { ...wanted, device });
      assertEquals(running, 0);
    },
  );
}

/**
 * A program in which Deno's workers fail to load, as in an executable of `deno compile`, and which opens the backend.
 */
const MISSING_SOURCE = (backend: string) => `
const { Worker } = globalThis;
globalThis.Worker = class extends Worker {
  constructor() {
    super("blob:null/missing", { type: "module" });
  }
};
const { openWasm } = await import(${JSON.stringify(backend)});
const backend = await openWasm({ threads: 2, shared: true });
console.log(backend.device);
await backend.close();`;

Deno.test({
  name:
    "openWasm() uses only the calling thread if Deno finds no source of a worker (needs --allow-read --allow-run)",
  ignore: !isGranted({ name: "read" }, { name: "run" }),
  fn: async () => {
    const backend = new URL("../../src/backends/wasm/backend.ts", import.meta.url).href;
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--quiet", "--no-check", MISSING_SOURCE(backend)],
    }).output();
    const device = new TextDecoder().decode(stdout);
    assertEquals(code, 0);
    assertEquals(device.startsWith("CPU, 1 thread (workers cannot start), WebAssembly "), true, device);
  },
});

Deno.test("openWasm() starts no worker without shared memory, and reports it", SANITIZED, async () => {
  const { result, created } = await withoutWorkers("the constructor throws", async () => {
    const backend = await openWasm({ threads: 2, shared: false });
    await backend.close();
    return backend.device;
  });
  assertEquals([result.startsWith("CPU, 1 thread (no shared memory), "), created], [true, 0]);
});

Deno.test("startWorkers() waits until each worker has started", SANITIZED, async () => {
  const { started, running } = await workersLeftBy(async () => {
    const workers = await startWorkers("self.onmessage = ({ data }) => self.postMessage(data + 1);", 3) ?? [];
    const results = workers.map((worker, i) =>
      new Promise((resolve) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.postMessage(i);
      })
    );
    assertEquals(await Promise.all(results), [1, 2, 3]);
    for (const worker of workers) worker.terminate();
  });
  assertEquals([started, running], [3, 0]);
});

Deno.test("createAugmenter() leaves no worker running when it fails", SANITIZED, async () => {
  const { Memory } = WebAssembly;
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      if (descriptor.initial > 1) throw new RangeError("out of memory");
      super(descriptor);
    }
  };
  try {
    const { running } = await workersLeftBy(async () => {
      const create = () => createAugmenter(DIGITS, { seed: 1, threads: 2, shared: true });
      await assertRejects(
        create,
        RangeError,
        "Cannot augment: that takes 1 MiB, which the system does not give",
      );
    });
    assertEquals(running, 0);
  } finally {
    WebAssembly.Memory = Memory;
  }
});
