/**
 * Seeded random numbers. The numbers of each use (a stream, an epoch, an image) depend only on the seed and that use, so that
 * a run is resumed without the state of a generator.
 * @module
 */

import { checkArgument, SEED, whole } from "./arguments.ts";

/** The numbers from which `below()` can draw. */
const COUNT = whole(1, 0x100000000);

/** A stream of random numbers; equal seeds and streams give equal numbers on every machine. */
export interface Random {
  /** Returns a whole number from 0 to 2³² - 1. */
  uint32(): number;
  /** Returns a number from 0 to below 1, in steps of 2⁻³². */
  next(): number;
  /** Returns a whole number from 0 to below `count` (at most 2³²), each equally likely. */
  below(count: number): number;
  /** Returns a number of the normal distribution with mean 0 and standard deviation 1 (Box and Muller 1958). */
  normal(): number;
}

/**
 * Creates the stream `stream` of `seed`, both from 0 to 2³² - 1. The generator is xoshiro128** (Blackman and Vigna 2018,
 * https://prng.di.unimi.it); a 32-bit mixing function computes its first state from both numbers.
 *
 * ```ts
 * import { createRandom } from "@mlpcuda/mlpcuda";
 *
 * const random = createRandom(1);
 * console.log(random.next(), random.below(6) + 1);
 * ```
 */
export function createRandom(seed: number, stream = 0): Random {
  checkArgument("seed", seed, SEED);
  checkArgument("stream", stream, SEED);
  let mixed = mix32(mix32(seed >>> 0) ^ (stream >>> 0));
  const fill = () => mix32(mixed = (mixed + 0x9e3779b9) | 0); // 2³² / golden ratio: no two fills share an input
  let a = fill(), b = fill(), c = fill(), d = fill() | 1; // a state of four zeros would stay there
  let spare: number | undefined;

  const uint32 = () => {
    const b5 = Math.imul(b, 5);
    const result = Math.imul((b5 << 7) | (b5 >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  const next = () => uint32() / 0x100000000;
  const below = (count: number) => {
    if (!(Number.isInteger(count) && count >= 1 && count <= 0x100000000)) {
      checkArgument("count", count, COUNT);
    }
    const mask = count > 0x80000000 ? 0xffffffff : 0xffffffff >>> Math.clz32(count - 1 | 1);
    for (;;) {
      const drawn = (uint32() & mask) >>> 0;
      if (drawn < count) return drawn;
    }
  };
  const normal = () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - next())), angle = 2 * Math.PI * next();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  return { uint32, next, below, normal };
}

/** Returns the order of `count` rows in epoch `epoch`, from 1: Fisher and Yates' shuffle of `0 … count - 1`. */
export function permutation(seed: number, epoch: number, count: number): Uint32Array<ArrayBuffer> {
  checkArgument("epoch", epoch, SEED);
  checkArgument("count", count, whole(0, 0xffffffff));
  const random = createRandom(seed, epoch);
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i; // a tenth of the time of Uint32Array.from({ length }, …)
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const moved = order[i];
    order[i] = order[j];
    order[j] = moved;
  }
  return order;
}

/**
 * Returns the key of a row for dropout, from which {@linkcode isKept} decides for each value whether it is kept. The key
 * depends on the seed, the step (from 1), the layer (0 for the inputs) and the row of the batch. Backends compute both
 * functions with 32-bit integers only, so that all of them drop the same values.
 */
export function dropoutKey(
  { seed, layer }: { readonly seed: number; readonly layer: number },
  step: number,
  row: number,
): number {
  return mix32(mix32(mix32(mix32(seed) ^ step) ^ layer) ^ row);
}

/** Returns the threshold of a dropout rate for {@linkcode isKept}: `⌊rate 2³²⌋`. */
export function dropoutThreshold(rate: number): number {
  return Math.floor(rate * 0x100000000);
}

/** Returns whether dropout keeps the value in this column of the row with this key. */
export function isKept(key: number, column: number, threshold: number): boolean {
  return mix32(key + Math.imul(column, 0x9e3779b9)) >>> 0 >= threshold;
}

/** Mixes 32 bits so that neighboring inputs give unrelated outputs (the finalizer of MurmurHash3, a bijection). */
function mix32(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
