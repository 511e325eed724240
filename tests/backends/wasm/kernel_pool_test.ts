/** Tests the memories that a pool reuses, and workers that fail. @module */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createKernelPool } from "../../../src/backends/wasm/kernel_pool.ts";
import { BackendError } from "../../../src/errors.ts";
import { PAGE } from "../../../src/workers/arena.ts";
import { within } from "../../support/deadline.ts";

for (const shared of [true, false]) {
  const memory = shared ? "shared memory" : "memory that is not shared";
  Deno.test(`KernelPool.createMemory() reuses a closed memory of the same size, filled with zeros: ${memory}`, async () => {
    const pool = await createKernelPool({ threads: 1, shared });
    try {
      const first = pool.createMemory(9 * PAGE), other = pool.createMemory(9 * PAGE);
      new Uint8Array(first.buffer).fill(1);
      (await pool.open(first)).close();
      assertEquals(other === first, false);
      assertEquals(pool.createMemory(11 * PAGE) === first, false);
      assertEquals(pool.createMemory(8.5 * PAGE) === first, true);
      assertEquals(new Uint8Array(first.buffer, PAGE, 8 * PAGE).every((byte) => byte === 0), true);
    } finally {
      pool.close();
    }
  });

  Deno.test(`KernelPool.createMemory() refuses more memory than WebAssembly can address: ${memory}`, async () => {
    const pool = await createKernelPool({ threads: 1, shared });
    try {
      const error = assertThrows(
        () => pool.createMemory(2 ** 32 + 1),
        BackendError,
        `Cannot allocate memory for backend "wasm": needs 4097 MiB, WebAssembly addresses 4096 MiB`,
      );
      assertEquals(error.code, "out-of-memory");
    } finally {
      pool.close();
    }
  });
}

Deno.test("KernelPool.open() rejects after a worker has failed, and every worker is ended", async () => {
  const { Worker } = globalThis, workers: globalThis.Worker[] = [];
  globalThis.Worker = class extends Worker {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      super(...given);
      workers.push(this);
    }
  };
  try {
    const pool = await createKernelPool({ threads: 2, shared: true });
    const opening = [pool.open(pool.createMemory(PAGE)), pool.open(pool.createMemory(PAGE))];
    workers[1].onerror!(new ErrorEvent("error", { message: "out of memory", cancelable: true }));
    for (const open of [...opening, pool.open(pool.createMemory(PAGE))]) {
      const error = await assertRejects(() => within(10, open), BackendError);
      assertEquals([error.code, error.message], ["worker", `Backend "wasm" failed: out of memory`]);
    }
  } finally {
    globalThis.Worker = Worker;
  }
});
