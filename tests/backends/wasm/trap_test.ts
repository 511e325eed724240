/** Tests that a kernel that traps rejects its run, and affects nothing else. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import type { Backend } from "../../../src/backends/backend.ts";
import { openWasm } from "../../../src/backends/wasm/backend.ts";
import { createKernelPool, type KernelPool } from "../../../src/backends/wasm/kernel_pool.ts";
import { PROGRAM, writeRecord } from "../../../src/backends/wasm/records.ts";
import { buildPlan } from "../../../src/plan/build.ts";
import { resolveConfig } from "../../../src/training/config.ts";
import { BackendError } from "../../../src/errors.ts";
import { dense } from "../../../src/plan/layers.ts";
import { drawParameters } from "../../support/cases.ts";
import { within } from "../../support/deadline.ts";
import { isGranted } from "../../support/permissions.ts";
import { drawBlobs } from "../../support/sets.ts";
import { inOrder, startState } from "../../support/states.ts";
import { withTraps } from "../../support/traps.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };
const LAYERS = [dense(5, "relu"), dense(3, "softmax")];
const ROWS = 128;
const SET = drawBlobs({ rows: ROWS, inFeatures: 4, classes: 3 });
const NETWORK = { inFeatures: 4, layers: LAYERS, inputScale: 1 };
const PARAMETERS = drawParameters(4, LAYERS, 1);
const LATER = /RuntimeError: .*, in an earlier call; create a new trainer or predictor$/;

/** Returns a plan with `batchSize` rows in each step. With 8 rows one thread has work, with 64 each has. */
const planOf = (batchSize: number) =>
  buildPlan(LAYERS, resolveConfig({ batchSize }), {
    inFeatures: 4,
    inputScale: 1,
    labels: true,
    outFeatures: 3,
  });

const createTrainer = (backend: Backend, batchSize: number) =>
  backend.createTrainer(planOf(batchSize), SET, startState(planOf(batchSize), PARAMETERS));

const count = (threads: number) => threads === 1 ? "1 thread" : `${threads} threads`;

/** Asserts that a call soon rejects with the kernel's failure. */
async function assertTraps(call: () => Promise<unknown>, message: RegExp | string): Promise<void> {
  const error = await assertRejects(() => within(10, call()), BackendError);
  assertEquals(error.code, "kernel");
  if (typeof message === "string") assertEquals(error.message.startsWith(message), true, error.message);
  else assertEquals(message.test(error.message), true, error.message);
}

for (const threads of [1, 2, 3]) {
  for (const batchSize of [8, 64]) {
    const rates = new Float64Array(ROWS / batchSize).fill(0.01);
    Deno.test(
      `Trainer.runEpoch() rejects after a trap, and other trainers keep working: ${
        count(threads)
      }, batches of ${batchSize}`,
      SANITIZED,
      () =>
        withTraps(async (traps) => {
          await using backend = await openWasm({ threads, shared: true });
          const run = (trainer: Awaited<ReturnType<typeof createTrainer>>) =>
            trainer.runEpoch(inOrder(ROWS), rates);
          const healthy = await createTrainer(backend, batchSize),
            trapped = await createTrainer(backend, batchSize),
            predictor = await backend.createPredictor(NETWORK, PARAMETERS);
          const outputs = await predictor.run(SET.inputs);
          traps.next();
          await assertTraps(() => run(trapped), `Backend "wasm" failed: RuntimeError: `);
          await assertTraps(async () => await run(trapped), LATER);
          await assertTraps(async () => await trapped.readState(), LATER);
          await assertTraps(
            async () => await trapped.writeState(startState(planOf(batchSize), PARAMETERS)),
            LATER,
          );
          await assertTraps(async () => await trapped.writeInputs(SET.inputs), LATER);
          await trapped.close();

          const results = [await within(10, run(healthy)), await healthy.readState()];
          await using fresh = await createTrainer(backend, batchSize);
          assertEquals([await within(10, run(fresh)), await fresh.readState()], results);
          assertEquals(await within(10, predictor.run()), outputs);
        }),
    );
  }

  Deno.test(
    `Predictor.run() rejects after a trap, until new inputs are placed: ${count(threads)}`,
    SANITIZED,
    () =>
      withTraps(async (traps) => {
        await using backend = await openWasm({ threads, shared: true });
        await using predictor = await backend.createPredictor(NETWORK, PARAMETERS);
        const outputs = await predictor.run(SET.inputs);
        traps.next();
        await assertTraps(() => predictor.run(), `Backend "wasm" failed: RuntimeError: `);
        await assertTraps(() => predictor.run(), LATER);
        assertEquals(await within(10, predictor.run(SET.inputs)), outputs);
      }),
  );
}

/** Creates a memory with a program of `rowOpCount` operations at `PROGRAM_AT`, with addresses beyond the memory. */
function createProgram({ shared, threads }: KernelPool, rowOpCount: number): WebAssembly.Memory {
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared });
  writeRecord(memory, PROGRAM_AT, PROGRAM, {
    ...{ threads, batch: 8, stride: 8, chunk: 8, count: 8, steps: 1 },
    ...{ rowOps: 0x7fff_0000, rowOpCount, control: 2 * PROGRAM_AT },
  });
  return memory;
}

const PROGRAM_AT = 65536;

for (
  const [name, options] of Object.entries({
    "1 thread": { threads: 1, shared: true },
    "2 threads": { threads: 2, shared: true },
    "3 threads": { threads: 3, shared: true },
    "no shared memory": { threads: 1, shared: false },
  })
) {
  Deno.test(
    `KernelMemory.run() rejects after a trap, and works on other memories of the pool: ${name}`,
    SANITIZED,
    async () => {
      const pool = await createKernelPool(options);
      const healthy = await pool.open(createProgram(pool, 0));
      for (const address of options.shared ? [PROGRAM_AT, 0x7fff_ff00, 3 * PROGRAM_AT + 4] : [PROGRAM_AT]) {
        const damaged = await within(10, pool.open(createProgram(pool, 1)));
        await assertTraps(() => damaged.run(address), `Backend "wasm" failed: `);
        damaged.close();
        await within(10, healthy.run(PROGRAM_AT));
      }
      pool.close();
      const error = await assertRejects(() => within(10, healthy.run(PROGRAM_AT)), BackendError);
      assertEquals(error.code, "closed");
    },
  );
}

const canRun = isGranted({ name: "read" }, { name: "run" });

/** Runs `trap_process.ts` and returns its output. Throws if it has not ended after 20 seconds. */
async function processOf(...args: string[]): Promise<unknown> {
  const script = fromFileUrl(new URL("trap_process.ts", import.meta.url));
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--no-check", script, ...args],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  try {
    const { code, stdout } = await within(20, process.output());
    assertEquals(code, 0);
    return JSON.parse(new TextDecoder().decode(stdout));
  } catch (error) {
    try {
      process.kill("SIGKILL");
      await process.status;
    } catch {
      // The process has ended already.
    }
    throw error;
  }
}

for (const threads of ["2", "3"]) {
  for (
    const [failing, printed] of [
      ["trainer", `backend "wasm"`],
      ["predictor", `backend "wasm"`],
      ["augmenter", "cannot augment"],
      ["closed", `backend "wasm"`],
    ] as const
  ) {
    const after = failing === "closed"
      ? "a long epoch is cut off by close()"
      : `a kernel of its ${failing} has trapped`;
    Deno.test({
      name: `A process ends after ${after}: ${threads} threads (needs --allow-read --allow-run)`,
      ignore: !canRun,
      fn: async () => assertEquals(await processOf(failing, threads), printed),
    });
  }
}
