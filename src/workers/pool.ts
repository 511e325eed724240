/**
 * A worker pool that calls functions of WebAssembly modules over shared memory, so that the calling thread stays
 * free. On a host without shared memory or workers, the calling thread makes the calls itself, one slice of the work
 * at a time.
 * @module
 */
import { startWorkers } from "./workers.ts";

/** The source code of a worker: it creates instances of modules, calls their functions, and drops the instances. */
const WORKER = `
const instances = new Map();
self.onmessage = ({ data: { job, instance, module, memory, name, args } }) => {
  if (job === undefined) return void instances.delete(instance);
  try {
    if (module) instances.set(instance, new WebAssembly.Instance(module, { env: { memory } }).exports);
    else instances.get(instance)[name](...args);
    self.postMessage({ job });
  } catch (error) {
    self.postMessage({ job, error: String(error) });
  }
};`;

/** Milliseconds that the calling thread works, in one call or in many, before it returns to the event loop. */
const TURN_MS = 20;

/** The limit of work for a call on a worker, which is practically unlimited. */
const NO_LIMIT = 0x7fffffff;

/** A function call that each thread makes, on its part of the work. */
export interface PoolCall {
  /** The exported function to call. */
  readonly name: string;
  /** Returns the arguments for a thread, counted from 0; `limit` is the maximum of work that the call may do. */
  args(thread: number, limit: number): readonly number[];
  /** The limit for a call on the calling thread, in the function's own unit. */
  readonly slice: number;
  /** Returns whether all work is done; called only if the calling thread does the work. */
  isDone(): boolean;
}

/** A module over a memory, on each thread of a pool. */
export interface PoolInstance {
  /** The module's functions on the calling thread. */
  readonly exports: WebAssembly.Exports;
  /**
   * Makes a call on every thread, and waits until all have returned.
   *
   * @throws {Error} made by `fault` if a function traps, a worker ends, or the pool is closed before or meanwhile
   */
  call(call: PoolCall): Promise<void>;
  /** Drops the instances, and with them the memory. */
  close(): void;
}

/** Threads that call functions of modules. */
export interface WorkerPool {
  /** The number of threads that share the work. */
  readonly threads: number;
  /** True if the memories of modules must be shared. */
  readonly shared: boolean;
  /** The reason that the calling thread does the work; absent if workers do it. */
  readonly alone?: "no shared memory" | "workers cannot start";
  /** Creates an instance of a module over a memory on each thread. */
  open(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<PoolInstance>;
  /** Ends the workers and rejects calls under way. A second call does nothing. */
  close(): void;
}

/** Options of {@linkcode createPool}. */
export interface PoolOptions {
  /** The number of workers to start. */
  readonly threads: number;
  /** True to share memory with workers; if false, the calling thread does the work. */
  readonly shared: boolean;
  /** Makes the error of a call: its function trapped, a worker ended, or the pool was closed. */
  fault(code: "kernel" | "worker" | "closed", reason: string): Error;
}

/** A message to every worker, and the promise that waits for their replies. */
interface Job {
  /** The number of workers that have not replied yet. */
  left: number;
  resolve(): void;
  reject(error: Error): void;
}

/** Starts a pool. If `shared` is false or this host cannot start workers, its only thread is the calling one. */
export async function createPool({ threads, shared, fault }: PoolOptions): Promise<WorkerPool> {
  const workers = shared ? await startWorkers(WORKER, threads) : undefined;
  const jobs = new Map<number, Job>();
  let lastJob = 0, lastInstance = 0, ended: Error | undefined;
  const end = (error: Error) => {
    ended ??= error;
    for (const { reject } of jobs.values()) reject(ended);
    jobs.clear();
    for (const worker of workers ?? []) worker.terminate();
  };
  for (const worker of workers ?? []) {
    worker.onmessage = ({ data: { job, error } }) => {
      const found = jobs.get(job);
      if (!found) return; // the job has already failed on another worker
      if (error === undefined && --found.left > 0) return;
      jobs.delete(job);
      if (error === undefined) found.resolve();
      else found.reject(fault("kernel", error));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      end(fault("worker", event.message || "a worker has ended"));
    };
  }

  const openOn = async (
    workers: readonly Worker[],
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
  ) => {
    const instance = ++lastInstance;
    const post = (messageOf: (thread: number) => Record<string, unknown>) =>
      new Promise<void>((resolve, reject) => {
        if (ended) return reject(ended);
        const job = ++lastJob;
        jobs.set(job, { left: workers.length, resolve, reject });
        workers.forEach((worker, thread) => worker.postMessage({ ...messageOf(thread), job, instance }));
      });
    const close = () => workers.forEach((worker) => worker.postMessage({ instance }));
    try {
      await post(() => ({ module, memory }));
    } catch (error) {
      close();
      throw error;
    }
    const call = ({ name, args }: PoolCall) => post((thread) => ({ name, args: args(thread, NO_LIMIT) }));
    return { call, close };
  };

  let busy = 0; // milliseconds of work since the last return to the event loop
  const callHere = async (exports: WebAssembly.Exports, { name, args, slice, isDone }: PoolCall) => {
    if (ended) throw ended;
    const run = exports[name] as (...args: number[]) => void;
    while (!isDone()) {
      const begun = performance.now();
      try {
        run(...args(0, slice));
      } catch (error) {
        throw fault("kernel", String(error));
      }
      busy += performance.now() - begun;
      if (busy < TURN_MS) continue;
      busy = 0;
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (ended) throw ended;
    }
  };

  return {
    threads: workers?.length ?? 1,
    shared: workers !== undefined,
    alone: workers ? undefined : shared ? "workers cannot start" : "no shared memory",
    async open(module, memory) {
      const { exports } = new WebAssembly.Instance(module, { env: { memory } });
      if (workers) return { exports, ...await openOn(workers, module, memory) };
      return { exports, call: (call) => callHere(exports, call), close() {} };
    },
    close: () => end(fault("closed", "it was closed while it worked")),
  };
}
