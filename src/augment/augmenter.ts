/**
 * Augmentation: in each epoch training sees every image deformed in another way, so that a network learns what a digit has
 * in common however it is drawn (after Simard, Steinkraus and Platt 2003, "Best practices for convolutional neural
 * networks applied to visual document analysis"). Image `i` of an epoch depends on the seed, the epoch, `i` and its pixels
 * alone, on every machine and for any number of threads, bit for bit.
 * @module
 */
import { countOf, type Dataset } from "../data/dataset.ts";
import { createRandom } from "../random.ts";
import { createArena, createMemory } from "../workers/arena.ts";
import { createPool, type WorkerPool } from "../workers/pool.ts";
import { canShareMemory, moduleBytes } from "../workers/shared_memory.ts";
import { packed } from "./binary/deform.ts";
import { processorCount } from "../host.ts";

/**
 * How far deformations go. Those that are drawn from a distribution around none have its standard deviation here. Lengths
 * are pixels of an image of 28×28, and grow with the image.
 */
export interface Strengths {
  /** The angle of rotation, in radians. */
  readonly rotation: number;
  /** The slant: the shift of x for each pixel of y. */
  readonly slant: number;
  /** The change of width at an unchanged height, as a share. */
  readonly stretch: number;
  /** The shift along each axis; apart from that the centre of mass stays. */
  readonly shift: number;
  /** The elastic displacement along each axis; what lies within 7 pixels moves together. */
  readonly bend: number;
  /** The share of images whose lines get another width. */
  readonly redrawn: number;
  /** The least width of these lines. */
  readonly thinnest: number;
  /** The greatest width of these lines; each one between is as likely. */
  readonly thickest: number;
  /** The greatest gain in contrast, which makes the edges of lines sharper; each one from none is as likely. */
  readonly contrast: number;
}

/** The order of the numbers in the kernel's record. */
const ORDER = [
  ...["rotation", "slant", "stretch", "shift", "bend"] as const,
  ...["redrawn", "thinnest", "thickest", "contrast"] as const,
] as const satisfies readonly (keyof Strengths)[];

/** Strengths chosen by how well networks that trained on MNIST read drawings and images set apart; see docs/tasks.md. */
export const STRENGTHS: Strengths = {
  ...{ rotation: 0.05, slant: 0.05, stretch: 0.05, shift: 0.3, bend: 0.5 },
  ...{ redrawn: 0.5, thinnest: 1, thickest: 6, contrast: 1 },
};

/** The first of the streams of a seed that epochs of deformations have to themselves. */
const FIRST_STREAM = 0x80000000;

const LEAST_SIDE = 8, GREATEST_SIDE = 256;
/** Chunks of images that the calling thread does before it looks at the clock. */
const SLICE = 4;

/** Deforms the images of a data set for one epoch after another. */
export interface Augmenter {
  /** Begins to make an epoch's inputs beside what else is done. Those of another epoch are then no longer there. */
  prepare(epoch: number): void;
  /**
   * That epoch's inputs `[N, I]`, once they are made; they stay until another epoch is prepared or asked for.
   *
   * @throws {Error} when a kernel has trapped, a worker has ended, or the augmenter is closed
   */
  inputsOf(epoch: number): Promise<Uint8Array>;
  /** Ends the workers. What is being made is given up, and its promise rejected. Closing twice is harmless. */
  close(): void;
}

/** What an augmenter can be told. */
export interface AugmenterOptions {
  /** The seed, from 0 to 2³² - 1. */
  readonly seed: number;
  /** Workers; by default one a processor, but at most 8. */
  readonly threads?: number;
  /**
   * Whether to share memory with workers; by default if the host allows it. Otherwise, and on a host that starts no workers,
   * the calling thread works in slices.
   */
  readonly shared?: boolean;
  /** How far deformations go. */
  readonly strengths?: Strengths;
}

/** More workers take more memory than they save time. */
const MOST_THREADS = 8;

/**
 * Creates an augmenter for a data set of square images, each a drawing of ink (up to 255) on blank ground (0).
 *
 * @throws {TypeError} where the inputs are no square images of bytes
 * @throws {RangeError} where there is no memory for two copies of them
 */
export async function createAugmenter(dataset: Dataset, options: AugmenterOptions): Promise<Augmenter> {
  const side = sideOf(dataset);
  const { threads = Math.min(MOST_THREADS, processorCount()), shared = canShareMemory() } = options;
  const pool = await createPool({
    threads,
    shared,
    fault: (code, reason) =>
      new Error(`Cannot augment: ${code === "closed" ? "the augmenter is closed" : reason}`),
  });
  try {
    return await layOut(pool, dataset, side, options);
  } catch (error) {
    pool.close();
    throw error;
  }
}

/** Copies the images and all that the kernel needs into a memory of the pool. */
async function layOut(
  pool: WorkerPool,
  dataset: Dataset,
  side: number,
  { seed, strengths = STRENGTHS }: AugmenterOptions,
): Promise<Augmenter> {
  const count = countOf(dataset), inputs = dataset.inputs as Uint8Array, { shared } = pool;
  const module = await WebAssembly.compile(await moduleBytes(packed, { shared }));

  const arena = createArena(), { reserve } = arena;
  const source = reserve(inputs.length), target = reserve(inputs.length);
  const numbers = reserve(ORDER.length * 8), next = reserve(4);
  const workBytes = workBytesOf(module, side, shared);
  const works = Array.from({ length: pool.threads }, () => reserve(workBytes));
  const memory = createMemory(arena.bytes, {
    shared,
    fault: (reason, cause) => new RangeError(`Cannot augment: that takes ${reason}`, { cause }),
  });
  new Uint8Array(memory.buffer, source, inputs.length).set(inputs);
  new Float64Array(memory.buffer, numbers, ORDER.length).set(ORDER.map((name) => strengths[name]));
  const made = new Uint8Array(memory.buffer, target, inputs.length);
  const nextImage = new Int32Array(memory.buffer, next, 1);
  const kernel = await pool.open(module, memory);

  let current: { readonly epoch: number; readonly done: Promise<void> } | undefined;
  const make = async (epoch: number, before: Promise<void> | undefined) => {
    await before;
    nextImage[0] = 0;
    const epochSeed = createRandom(seed, FIRST_STREAM + epoch).uint32() | 0;
    await kernel.call({
      name: "deformImages",
      args: (thread, limit) => [source, target, side, count, epochSeed, numbers, next, limit, works[thread]],
      slice: SLICE,
      isDone: () => nextImage[0] >= count,
    });
  };
  const prepare = (epoch: number) => {
    if (current?.epoch === epoch) return;
    current = { epoch, done: make(epoch, current?.done) };
    current.done.catch(() => {}); // whoever asks for the inputs is told
  };
  return {
    prepare,
    async inputsOf(epoch) {
      prepare(epoch);
      await current!.done;
      return made;
    },
    close() {
      Atomics.store(nextImage, 0, count); // Deno lets a worker end its call before it ends the worker
      pool.close();
    },
  };
}

/** The side of a set's square images. */
function sideOf({ inputs, inputShape, source }: Dataset): number {
  const sides = inputShape.filter((length) => length !== 1), [side] = sides;
  const fits = sides.length === 2 && side === sides[1] && side >= LEAST_SIDE && side <= GREATEST_SIDE;
  if (fits && inputs instanceof Uint8Array) return side;
  const kind = inputs instanceof Uint8Array ? "bytes" : "floats";
  throw new TypeError(
    `Cannot augment ${source}: its inputs are ${kind} of shape [${inputShape.join(", ")}], ` +
      `augmentation needs images of bytes, [S, S] with S from ${LEAST_SIDE} to ${GREATEST_SIDE}`,
  );
}

/** What the kernel needs beside the images, for each thread. */
function workBytesOf(module: WebAssembly.Module, side: number, shared: boolean): number {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return (exports.workBytes as (side: number) => number)(side);
}
