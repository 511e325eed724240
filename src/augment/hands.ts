/**
 * Deforms images on workers over shared memory; on a host without them, on the calling thread, a slice at a time.
 * @module
 */
import { startWorkers } from "../workers/workers.ts";

/** Those who work. */
export interface Hands {
  /**
   * Calls `deformImages` of the kernel on every thread, with these arguments and each thread's own place to work.
   *
   * @param isDone whether all images are taken
   * @throws {Error} when the kernel traps, a worker ends or `close` is called; and at every later call
   */
  run(call: readonly number[], isDone: () => boolean): Promise<void>;
  /** Ends the workers; a run under way is rejected. */
  close(): void;
}

/** What they work with. */
export interface HandsOptions {
  /** The kernel. */
  readonly module: WebAssembly.Module;
  /** Its memory; shared if workers work on it. */
  readonly memory: WebAssembly.Memory;
  /** Each thread's place to work. */
  readonly works: readonly number[];
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

/** Starts workers that {@linkcode createHands} takes; `undefined` when this host starts none. */
export function startHands(threads: number): Promise<Worker[] | undefined> {
  return startWorkers(WORKER, threads);
}

/** Lets workers, one for each place to work, or without them the calling thread deform images. */
export function createHands(workers: readonly Worker[] | undefined, options: HandsOptions): Hands {
  return workers ? createCrew(workers, options) : createSolo(options);
}

function createCrew(workers: readonly Worker[], { module, memory, works }: HandsOptions): Hands {
  let ended: Error | undefined, tell = (_error: Error) => {};
  const end = (error: Error) => {
    ended ??= error;
    tell(ended);
  };
  for (const worker of workers) {
    worker.onerror = (event) => {
      event.preventDefault();
      end(failure(event.message || "a worker has ended"));
    };
  }
  const runOn = (worker: Worker, call: readonly number[]) =>
    new Promise<void>((resolve) => {
      worker.onmessage = ({ data: { error } }) => error === undefined ? resolve() : end(failure(error));
      worker.postMessage({ module, memory, call });
    });
  return {
    async run(call) {
      if (ended) throw ended;
      const ending = new Promise<never>((_, reject) => tell = reject);
      const parts = workers.map((worker, thread) => runOn(worker, [...call, ALL, works[thread]]));
      await Promise.race([ending, Promise.all(parts)]);
    },
    close() {
      end(failure("the augmenter is closed"));
      for (const worker of workers) worker.terminate();
    },
  };
}

function createSolo({ module, memory, works: [work] }: HandsOptions): Hands {
  const deformImages = new WebAssembly.Instance(module, { env: { memory } }).exports.deformImages as Deform;
  let ended: Error | undefined;
  return {
    async run(call, isDone) {
      for (let turned = -Infinity; !isDone();) {
        if (performance.now() - turned > TURN_MS) {
          await new Promise((resolve) => setTimeout(resolve, 0));
          turned = performance.now();
        }
        if (ended) throw ended;
        try {
          deformImages(...call, SLICE, work);
        } catch (error) {
          throw ended = failure(String(error));
        }
      }
      if (ended) throw ended;
    },
    close() {
      ended ??= failure("the augmenter is closed");
    },
  };
}

function failure(reason: string): Error {
  return new Error(`Cannot augment: ${reason}`);
}
