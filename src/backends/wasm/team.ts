/**
 * Who runs the kernels: a team of workers over shared memory, so that the calling thread stays free, or, where the host
 * has no shared memory or no workers, the calling thread itself, a slice at a time.
 * @module
 */
import { BackendError } from "../../errors.ts";
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
  /** Runs the program at `address` until it has ended. */
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
  /** Which build of the kernels runs. */
  readonly build: Build;
  /** Puts a memory before the team. */
  open(memory: WebAssembly.Memory): Promise<Desk>;
  /** Ends the workers; runs under way are rejected. */
  close(): void;
}

/** Starts a team of `threads` workers, or where `shared` is false makes the calling thread a team of one. */
export async function createTeam(
  options: { readonly threads: number; readonly shared: boolean; readonly build?: Build },
): Promise<Team> {
  const kernels = await compileKernels(options);
  return options.shared ? createWorkers(options.threads, kernels) : createSolo(kernels);
}

function createWorkers(threads: number, { build, module }: KernelModule): Team {
  const url = URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" }));
  const workers = Array.from({ length: threads }, () => new Worker(url, { type: "module" }));
  const waiting = new Map<number, { left: number; resolve(): void; reject(error: Error): void }>();
  let jobs = 0, memories = 0, closed = false;
  const close = () => {
    closed = true;
    for (const worker of workers) worker.terminate();
    URL.revokeObjectURL(url);
    for (const { reject } of waiting.values()) reject(failure("closed", "it was closed while it worked"));
    waiting.clear();
  };
  for (const worker of workers) {
    worker.onmessage = ({ data: { job, error } }) => {
      const found = waiting.get(job);
      if (!found) return;
      if (error === undefined && --found.left > 0) return;
      waiting.delete(job);
      if (error === undefined) return found.resolve();
      found.reject(failure("kernel", error));
      close(); // the others of the team wait at a barrier that this one will not reach
    };
    worker.onerror = (event) => {
      event.preventDefault();
      for (const { reject } of waiting.values()) reject(failure("worker", event.message));
      waiting.clear();
      close();
    };
  }
  const post = (message: Record<string, unknown>) =>
    new Promise<void>((resolve, reject) => {
      if (closed) return reject(failure("closed", "its workers have ended"));
      const job = ++jobs;
      waiting.set(job, { left: threads, resolve, reject });
      for (const [thread, worker] of workers.entries()) worker.postMessage({ ...message, job, thread });
    });
  return {
    threads,
    shared: true,
    build,
    async open(memory) {
      const memoryId = ++memories;
      await post({ memoryId, module, memory });
      return {
        kernels: instantiateKernels(module, memory),
        run: (address) => post({ memoryId, address, limit: 0x7fffffff }),
        close: () => workers.forEach((worker) => worker.postMessage({ memoryId, forget: true })),
      };
    },
    close,
  };
}

function createSolo({ build, module }: KernelModule): Team {
  let closed = false;
  return {
    threads: 1,
    shared: false,
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
      return Promise.resolve({ kernels, run, close: () => {} });
    },
    close: () => {
      closed = true;
    },
  };
}

function failure(code: string, reason: string): BackendError {
  return new BackendError(`Backend "wasm" failed: ${reason}`, { backend: "wasm", code });
}
