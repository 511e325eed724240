/**
 * Who deforms images: workers over shared memory, or, where the host has none, the calling thread, a slice at a time.
 * @module
 */

/** Those who work. */
export interface Hands {
  /**
   * Calls `deformImages` of the kernel on every thread, with these arguments and each thread's own place to work.
   *
   * @param isDone whether all images are taken
   */
  run(call: readonly number[], isDone: () => boolean): Promise<void>;
  /** Ends the workers; a run under way never ends. */
  close(): void;
}

/** What they work with. */
export interface HandsOptions {
  /** The kernel. */
  readonly module: WebAssembly.Module;
  /** Its memory. */
  readonly memory: WebAssembly.Memory;
  /** Each thread's place to work. */
  readonly works: readonly number[];
  /** Whether the memory is shared with workers; else there is one thread. */
  readonly shared: boolean;
}

type Deform = (...call: number[]) => void;

/** A worker knows no more than this. */
const WORKER = `
let deformImages;
self.onmessage = ({ data: { module, memory, call } }) => {
  try {
    deformImages ??= new WebAssembly.Instance(module, { env: { memory } }).exports.deformImages;
    deformImages(...call);
    self.postMessage({});
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};`;

/** Chunks of images that the calling thread does before it looks at the clock, and that a worker does at most. */
const SLICE = 4, ALL = 0x7fffffff;
/** How long the calling thread works before it lets the event loop turn, in milliseconds. */
const TURN_MS = 10;

/** Starts the workers, or prepares the calling thread. */
export function createHands({ module, memory, works, shared }: HandsOptions): Hands {
  return shared ? createWorkers(module, memory, works) : createSolo(module, memory, works[0]);
}

function createWorkers(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  works: readonly number[],
): Hands {
  const url = URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" }));
  const workers = works.map(() => new Worker(url, { type: "module" }));
  const runOn = (worker: Worker, call: readonly number[]) =>
    new Promise<void>((resolve, reject) => {
      worker.onmessage = ({ data: { error } }) => error === undefined ? resolve() : reject(failure(error));
      worker.onerror = (event) => {
        event.preventDefault();
        reject(failure(event.message));
      };
      worker.postMessage({ module, memory, call });
    });
  return {
    async run(call) {
      await Promise.all(workers.map((worker, thread) => runOn(worker, [...call, ALL, works[thread]])));
    },
    close() {
      for (const worker of workers) worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}

function createSolo(module: WebAssembly.Module, memory: WebAssembly.Memory, work: number): Hands {
  const deformImages = new WebAssembly.Instance(module, { env: { memory } }).exports.deformImages as Deform;
  let closed = false;
  return {
    async run(call, isDone) {
      for (let turned = -Infinity; !isDone();) {
        if (performance.now() - turned > TURN_MS) {
          await new Promise((resolve) => setTimeout(resolve, 0));
          if (closed) return await new Promise(() => {});
          turned = performance.now();
        }
        deformImages(...call, SLICE, work);
      }
    },
    close() {
      closed = true;
    },
  };
}

function failure(reason: string): Error {
  return new Error(`Cannot augment: ${reason}`);
}
