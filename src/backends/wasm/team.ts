/**
 * Runs the kernels on a team of workers over shared memory, so that the calling thread stays free; on a host without
 * shared memory or workers, on the calling thread itself, a slice at a time.
 * @module
 */
import { BackendError } from "../../errors.ts";
import { startWorkers } from "../../workers/workers.ts";
import { laterError } from "../lifecycle.ts";
import { type Build, compileKernels, instantiateKernels, type KernelModule, type Kernels } from "./module.ts";
import { bytesOf, fieldAt, PROGRAM } from "./records.ts";

/** A worker knows no more than this: memories by number, and to run a program over one of them. */
const WORKER = `
const kernels = new Map();
self.onmessage = ({ data: { job, memoryId, forget, module, memory, address, thread, limit } }) => {
  if (forget) return void kernels.delete(memoryId);
  try {
    if (memory) kernels.set(memoryId, new WebAssembly.Instance(module, { env: { memory } }).exports);
    if (address) kernels.get(memoryId).run(address, thread, limit);
    self.postMessage({ job });
  } catch (error) {
    self.postMessage({ job, error: String(error) });
  }
};`;

/** How long the calling thread works before it lets the event loop turn, in milliseconds. */
const TURN_MS = 20;

/** A memory that the team works on. */
export interface Desk {
  /** The kernels over that memory on the calling thread, for what is done between runs. */
  readonly kernels: Kernels;
  /** The error of every call after a kernel has trapped, since the memory may then hold anything; absent before. */
  readonly failure?: BackendError;
  /**
   * Runs the program at `address` until it has ended.
   *
   * @throws {BackendError} when a kernel traps, at every later call, and when the team is closed
   */
  run(address: number): Promise<void>;
  /** Lets the memory go. */
  close(): void;
}

/** Those who run programs. */
export interface Team {
  /** How many threads share a program's work. */
  readonly threads: number;
  /** Whether memories must be shared. */
  readonly shared: boolean;
  /** The reason for which the calling thread is the team; absent when workers are. */
  readonly alone?: "no shared memory" | "workers cannot start";
  /** Which build of the kernels runs. */
  readonly build: Build;
  /** Puts a memory before the team. */
  open(memory: WebAssembly.Memory): Promise<Desk>;
  /** Ends the workers; runs under way are rejected. */
  close(): void;
}

/**
 * Starts a team of `threads` workers. The calling thread becomes a team of one when `shared` is false, or when this host
 * starts no workers.
 */
export async function createTeam(
  options: { readonly threads: number; readonly shared: boolean; readonly build?: Build },
): Promise<Team> {
  if (!options.shared) return createSolo(await compileKernels(options), "no shared memory");
  const kernels = await compileKernels(options);
  const workers = await startWorkers(WORKER, options.threads);
  if (workers) return createWorkers(workers, kernels);
  return createSolo(await compileKernels({ ...options, shared: false }), "workers cannot start");
}

/** Work that every worker does its part of. */
interface Job {
  /** Workers that have not answered yet. */
  left: number;
  resolve(): void;
  reject(error: BackendError): void;
}

function createWorkers(workers: readonly Worker[], { build, module }: KernelModule): Team {
  const waiting = new Map<number, Job>();
  let jobs = 0, memories = 0, closed = false;
  const close = (error = failure("closed", "it was closed while it worked")) => {
    closed = true;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
    for (const worker of workers) worker.terminate();
  };
  for (const worker of workers) {
    worker.onmessage = ({ data: { job, error } }) => {
      const found = waiting.get(job);
      if (!found) return;
      if (error === undefined && --found.left > 0) return;
      waiting.delete(job);
      if (error === undefined) found.resolve();
      else found.reject(failure("kernel", error));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      close(failure("worker", event.message || "a worker has ended"));
    };
  }
  const post = (message: Record<string, unknown>) =>
    new Promise<void>((resolve, reject) => {
      if (closed) return reject(failure("closed", "its workers have ended"));
      const job = ++jobs;
      waiting.set(job, { left: workers.length, resolve, reject });
      for (const [thread, worker] of workers.entries()) worker.postMessage({ ...message, job, thread });
    });
  return {
    threads: workers.length,
    shared: true,
    build,
    async open(memory) {
      const memoryId = ++memories;
      const forget = () => workers.forEach((worker) => worker.postMessage({ memoryId, forget: true }));
      const kernels = instantiateKernels(module, memory);
      try {
        await post({ memoryId, module, memory });
      } catch (error) {
        forget();
        throw error;
      }
      const run = async (address: number) => {
        const giveUp = givingUp(memory, address);
        try {
          await post({ memoryId, address, limit: 0x7fffffff });
        } catch (error) {
          giveUp();
          throw error;
        }
      };
      return createDesk({ kernels, run, close: forget });
    },
    close: () => close(),
  };
}

/**
 * Returns a function that makes every worker leave the run of the program at `address`: workers that wait at a barrier for
 * one that has trapped, and workers that compute when the team is closed. `Worker.terminate()` cannot do this in Deno, which
 * ends a worker only when its code returns. The address of the barrier is read before the run: kernels that trap may have
 * overwritten it.
 */
function givingUp(memory: WebAssembly.Memory, address: number): () => void {
  const words = new Int32Array(memory.buffer);
  const control = words[fieldAt(address, PROGRAM, "control") / 4] / 4;
  const generation = control + 16, givenUp = control + 17;
  return () => {
    if (!Number.isInteger(control) || control < 0 || givenUp >= words.length) return; // no barrier that anyone waits at
    Atomics.store(words, givenUp, 1);
    Atomics.add(words, generation, 1);
    Atomics.notify(words, generation);
  };
}

/** Makes a desk that refuses to run after a kernel has trapped, since its memory may then hold anything. */
function createDesk(parts: Pick<Desk, "kernels" | "run" | "close">): Desk {
  let failure: BackendError | undefined;
  return {
    ...parts,
    get failure() {
      return failure;
    },
    async run(address) {
      if (failure) throw failure;
      try {
        await parts.run(address);
      } catch (error) {
        if (error instanceof BackendError && error.code === "kernel") failure = laterError(error);
        throw error;
      }
    },
  };
}

function createSolo({ build, module }: KernelModule, alone: Team["alone"]): Team {
  let closed = false;
  return {
    threads: 1,
    shared: false,
    alone,
    build,
    open(memory) {
      const kernels = instantiateKernels(module, memory);
      const run = async (address: number) => {
        const fields = new Int32Array(memory.buffer, address, bytesOf(PROGRAM) / 4);
        const at = (name: keyof typeof PROGRAM) => fields[fieldAt(0, PROGRAM, name) / 4];
        for (let turned = performance.now(); at("step") < at("steps") && !at("stop") && !at("diverged");) {
          try {
            kernels.run(address, 0, 1);
          } catch (error) {
            throw failure("kernel", String(error));
          }
          if (performance.now() - turned < TURN_MS) continue;
          await new Promise((resolve) => setTimeout(resolve, 0));
          if (closed) throw failure("closed", "it was closed while it worked");
          turned = performance.now();
        }
      };
      return Promise.resolve(createDesk({ kernels, run, close: () => {} }));
    },
    close: () => {
      closed = true;
    },
  };
}

function failure(code: string, reason: string): BackendError {
  return new BackendError(`Backend "wasm" failed: ${reason}`, { backend: "wasm", code });
}
