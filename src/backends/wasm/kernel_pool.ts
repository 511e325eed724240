/**
 * Runs programs of the kernels on a worker pool, and reuses the memories of closed trainers and predictors. A memory that
 * is shared with workers is released only when the garbage collector of each worker has run. It does not run in a worker
 * that waits for work, and the engine does not count shared memory. Without reuse, twenty trainers of 40 MB each, closed
 * one after the other, took 850 MB.
 * @module
 */
import { BackendError } from "../../errors.ts";
import { createMemory, MAX_PAGES, PAGE, pagesOf } from "../../workers/arena.ts";
import { createPool, type PoolInstance, type WorkerPool } from "../../workers/pool.ts";
import { type Build, compileKernels, type Kernels } from "./module.ts";
import { fieldAt, PROGRAM } from "./records.ts";

/** The most idle memories kept: those of a training with a validation set and a test set, and of replaced inputs. */
const MOST_IDLE = 4;

/** The kernels on one memory. */
export interface KernelMemory {
  /** The kernels on the calling thread, for calls between runs. */
  readonly kernels: Kernels;
  /**
   * Runs the program at `address` to its end. After a trap the contents of the memory are undefined.
   *
   * @throws {BackendError} if a kernel traps or the pool is closed
   */
  run(address: number): Promise<void>;
  /** Releases the memory. */
  close(): void;
}

/** A worker pool with the kernels. */
export interface KernelPool extends Pick<WorkerPool, "threads" | "shared" | "alone" | "close"> {
  /** The build of the kernels that runs. */
  readonly build: Build;
  /**
   * Returns a memory that is not in use, with `bytes` bytes or more, of which the first `bytes` are zero.
   *
   * @throws {BackendError} if the host cannot allocate a memory of that size
   */
  createMemory(bytes: number): WebAssembly.Memory;
  /** Creates the kernels on a memory, for each thread. */
  open(memory: WebAssembly.Memory): Promise<KernelMemory>;
}

/**
 * Creates a pool of `threads` workers. If `shared` is false or the host starts no workers, it has only the calling thread.
 *
 * @throws {BackendError} if the host cannot run the kernels
 */
export async function createKernelPool(
  options: { readonly threads: number; readonly shared: boolean; readonly build?: Build },
): Promise<KernelPool> {
  let compiled = await compileKernels(options);
  const pool = await createPool({ ...options, fault }), { threads, shared, alone, close } = pool;
  if (shared !== options.shared) compiled = await compileKernels({ ...options, shared });
  const { build, module } = compiled;
  const idle = new Map<WebAssembly.Memory, PoolInstance>(); // the longest idle first
  const keep = (memory: WebAssembly.Memory, instance: PoolInstance) => {
    idle.set(memory, instance);
    if (idle.size <= MOST_IDLE) return;
    const [oldest, its] = idle.entries().next().value!;
    idle.delete(oldest);
    its.close();
  };
  return {
    ...{ threads, shared, alone, build, close },
    createMemory(bytes) {
      const pages = roundPages(pagesOf(bytes));
      const memory = [...idle.keys()].find(({ buffer }) => buffer.byteLength === pages * PAGE);
      if (!memory) return createMemory(bytes, { shared, pages, fault: outOfMemory });
      new Uint8Array(memory.buffer, PAGE, (pagesOf(bytes) - 1) * PAGE).fill(0);
      return memory;
    },
    async open(memory) {
      const instance = idle.get(memory) ?? await pool.open(module, memory);
      idle.delete(memory);
      let failed = false;
      return {
        kernels: instance.exports as unknown as Kernels,
        async run(address) {
          failed = true; // until the run succeeds: a memory is not reused after a kernel has failed
          await runProgram(instance, memory, address);
          failed = false;
        },
        close: () => failed ? instance.close() : keep(memory, instance),
      };
    },
  };
}

/**
 * Rounds a number of pages up, by less than a quarter, so that a memory can be reused for one of about the same size. Pages
 * that are never written to take address space only.
 */
function roundPages(pages: number): number {
  const unit = 2 ** Math.max(0, Math.floor(Math.log2(pages)) - 2);
  return Math.max(pages, Math.min(MAX_PAGES, Math.ceil(pages / unit) * unit));
}

async function runProgram(
  instance: PoolInstance,
  memory: WebAssembly.Memory,
  address: number,
): Promise<void> {
  const words = new Int32Array(memory.buffer);
  const at = (name: keyof typeof PROGRAM) => words[fieldAt(address, PROGRAM, name) / 4];
  const control = at("control") / 4; // read before the run: kernels that trap may overwrite it
  try {
    await instance.call({
      name: "run",
      args: (thread, limit) => [address, thread, limit],
      slice: 1, // step
      isDone: () => at("step") >= at("steps") || at("stop") !== 0 || at("diverged") !== 0,
    });
  } catch (error) {
    giveUp(words, control);
    throw error;
  }
}

/**
 * Makes every worker return from a run: workers that wait at the barrier for a worker that has trapped, and workers that
 * are computing when the pool is closed. `Worker.terminate()` cannot do this, because Deno ends a worker only when its code
 * returns.
 */
function giveUp(words: Int32Array, control: number): void {
  const generation = control + 16, givenUp = control + 17;
  if (!Number.isInteger(control) || control < 0 || givenUp >= words.length) return; // not the address of a barrier
  Atomics.store(words, givenUp, 1);
  Atomics.add(words, generation, 1);
  Atomics.notify(words, generation);
}

function fault(code: string, reason: string): BackendError {
  return new BackendError(`Backend "wasm" failed: ${reason}`, { backend: "wasm", code });
}

function outOfMemory(reason: string, cause?: unknown): BackendError {
  const message = `Cannot allocate memory for backend "wasm": needs ${reason}`;
  return new BackendError(message, { backend: "wasm", code: "out-of-memory", cause });
}
