/** Deformed images that the WebAssembly kernel computes, on a worker pool or on the calling thread. @module */
import { createArena, createMemory } from "../workers/arena.ts";
import { createPool, type WorkerPool } from "../workers/pool.ts";
import { moduleBytes } from "../workers/shared_memory.ts";
import type { DeformedImages, ImageSettings } from "./deformed_images.ts";
import * as packedKernel from "./binary/deform.ts";

/** Chunks of images that the calling thread deforms before it checks the time. */
const SLICE = 4;

/**
 * Copies the images and the kernel's arguments into a memory, opens the kernel on a pool, and returns the deformations.
 *
 * @throws {RangeError} if two copies of the images do not fit into memory
 */
export async function openWasmImages(
  inputs: Uint8Array,
  settings: ImageSettings & { readonly shared: boolean },
): Promise<DeformedImages> {
  const { threads, shared } = settings;
  const pool = await createPool({
    threads,
    shared,
    fault: (code, reason) =>
      new Error(`Cannot augment: ${code === "closed" ? "the augmenter is closed" : reason}`),
  });
  try {
    return await openKernel(pool, inputs, settings);
  } catch (error) {
    pool.close();
    throw error;
  }
}

async function openKernel(
  pool: WorkerPool,
  inputs: Uint8Array,
  { side, strengths }: ImageSettings,
): Promise<DeformedImages> {
  const { shared } = pool, count = inputs.length / side ** 2;
  const module = await WebAssembly.compile(await moduleBytes(packedKernel, "deform", { shared }));

  const arena = createArena(), { reserve } = arena;
  const source = reserve(inputs.length), target = reserve(inputs.length);
  const numbers = reserve(strengths.length * 8), next = reserve(4);
  const workBytes = workBytesOf(module, side, shared);
  const works = Array.from({ length: pool.threads }, () => reserve(workBytes));
  const memory = createMemory(arena.bytes, {
    shared,
    fault: (reason, cause) => new RangeError(`Cannot augment: that takes ${reason}`, { cause }),
  });
  new Uint8Array(memory.buffer, source, inputs.length).set(inputs);
  new Float64Array(memory.buffer, numbers, strengths.length).set(strengths);
  const nextImage = new Int32Array(memory.buffer, next, 1);
  const kernel = await pool.open(module, memory);
  return {
    images: new Uint8Array(memory.buffer, target, inputs.length),
    async deform(seed) {
      nextImage[0] = 0;
      await kernel.call({
        name: "deformImages",
        args: (thread, limit) => [source, target, side, count, seed | 0, numbers, next, limit, works[thread]],
        slice: SLICE,
        isDone: () => nextImage[0] >= count,
      });
    },
    close() {
      Atomics.store(nextImage, 0, count); // Deno lets a worker end its call before it ends the worker
      pool.close();
    },
  };
}

/** Returns the bytes of working memory that the kernel needs for each thread. */
function workBytesOf(module: WebAssembly.Module, side: number, shared: boolean): number {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return (exports.workBytes as (side: number) => number)(side);
}
