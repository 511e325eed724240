/**
 * The random choices of one input: valid values, and faults in some of them.
 *
 * A maker of a format passes every field of a file through a function of {@linkcode Draw}. Most calls return the field as it is;
 * some return another value, which counts as a fault. Checksums and sizes are computed afterwards, so that the fault gets past
 * the container. An input without faults has a known result.
 * @module
 */
import { createRandom, type Random } from "../../src/random.ts";

/** The choices of one input. */
export interface Draw extends Random {
  /** Returns a whole number from 0 to below `count`; 0 if there is none, as in an empty list. */
  below(count: number): number;
  /** The number of faults so far. */
  readonly faults: number;
  /** Returns one item of a list. */
  pick<T>(items: readonly T[]): T;
  /** Returns true with this probability. */
  chance(probability: number): boolean;
  /** Returns a whole number from `least` to `most`. */
  between(least: number, most: number): number;
  /** Returns whether this place has a fault; counts it. */
  isOdd(): boolean;
  /** Returns a number of a file, or a wrong one. */
  number(value: number): number;
  /** Returns a number for JSON or a Python literal as text, or something else. */
  literal(value: number): string;
  /** Returns a text of a file, or a wrong one. */
  text(value: string): string;
  /** Returns bytes of a file, or wrong ones. */
  bytes(value: Uint8Array): Uint8Array;
  /** Returns the parts of a file, or wrong ones: one left out, one twice, or two in another order. */
  parts<T>(items: readonly T[]): readonly T[];
}

/** Numbers at which sizes, signs and floating-point numbers change their form. */
const EDGES = [
  ...[0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 1000, 4096, 32767, 32768, 65535],
  ...[65536, 2 ** 20, 2 ** 24, 2 ** 28, 2 ** 29, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1],
  ...[
    2 ** 32,
    2 ** 32 + 1,
    2 ** 40,
    2 ** 52,
    2 ** 53 - 1,
    2 ** 53,
    2 ** 62,
    2 ** 63,
    2 ** 64 - 2048,
    2 ** 64,
  ],
  ...[-1, -2, -128, -32768, -(2 ** 31), -(2 ** 63)],
];

/** Literals that are not whole numbers, or not in the usual form. */
const LITERALS = [
  ...[
    "-0",
    "00",
    "01",
    "1.0",
    "1e3",
    "1e400",
    "0x10",
    "NaN",
    "Infinity",
    "null",
    "true",
    "[]",
    "{}",
    '"1"',
    "''",
  ],
  ...[
    "",
    "1L",
    "+1",
    "1_000",
    "9".repeat(40),
    `1${"0".repeat(330)}`,
    "(1,)",
    "False",
    "None",
    " 1 ",
    "\u0661",
  ],
];

/** Texts with meanings for programs: names of objects, paths, control characters, characters of several units. */
const TEXTS = [
  ...[
    "",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "../x",
    "/x",
    "C:\\x",
    "a\0b",
    "\x1b[31m",
    "\u202e",
  ],
  ...[
    "a/../b",
    "..",
    ".",
    "config",
    "layer_1.weights",
    "x_train",
    "\ud800",
    "\u{1f600}",
    "e\u0301",
    "'",
    '"',
    "\\",
    "\n",
  ],
  ...[
    "a".repeat(300),
    "\u00e4".repeat(40),
    "-1",
    "nan",
    "1e999",
    "{",
    "[",
    "data.pkl",
    "checkpoint",
    " ",
    "\u2028",
  ],
];

/** The longest input that is made by repeating a part, in bytes. */
const LONGEST = 2 ** 16;

/**
 * Creates the choices of the input `index` of a stream; equal numbers give equal choices.
 *
 * @param places the usual number of places of an input that can have a fault
 */
export function createDraw(seed: number, stream: number, index: number, places: number): Draw {
  const random = createRandom((seed ^ Math.imul(stream + 1, 0x9e3779b1)) >>> 0, index);
  const below = (count: number) => count > 0 ? random.below(count) : 0;
  // An eighth of the inputs has no fault, the others one to four on average.
  const rate = below(8) === 0 ? 0 : 4 ** random.next() / places;
  let faults = 0;
  const isOdd = () => {
    if (rate === 0 || random.next() >= rate) return false;
    faults++;
    return true;
  };
  const pick = <T>(items: readonly T[]): T => items[below(items.length)];
  const between = (least: number, most: number) => least + below(most - least + 1);
  return {
    ...random,
    below,
    get faults() {
      return faults;
    },
    pick,
    between,
    isOdd,
    chance: (probability) => random.next() < probability,
    number(value) {
      if (!isOdd()) return value;
      const found = otherNumber(value);
      if (Object.is(found, value)) faults--;
      return found;
    },
    literal(value) {
      if (!isOdd()) return String(value);
      return below(3) === 0 ? pick(LITERALS) : String(otherNumber(value));
    },
    text(value) {
      if (!isOdd()) return value;
      const found = otherText(value);
      if (found === value) faults--;
      return found;
    },
    bytes: (value) => isOdd() ? otherBytes(value, random) : value,
    parts(items) {
      if (items.length === 0 || !isOdd()) return items;
      const at = below(items.length), to = below(items.length), found = [...items];
      if (below(3) === 0) found.splice(at, 1);
      else if (below(2) === 0) found.splice(to, 0, items[at]);
      else [found[at], found[to]] = [found[to], found[at]];
      return found;
    },
  };

  function otherNumber(value: number): number {
    switch (below(6)) {
      case 0:
        return value + 1;
      case 1:
        return value - 1;
      case 2:
        return value * pick([2, 0.5, -1, 256, 65536]);
      case 3:
        return Math.abs(value) < 2 ** 31 ? value ^ 1 << below(31) : value / 2;
      case 4:
        return below(256);
      default:
        return pick(EDGES);
    }
  }

  function otherText(value: string): string {
    const at = below(value.length + 1);
    switch (below(5)) {
      case 0:
        return pick(TEXTS);
      case 1:
        return value.slice(0, at) + pick(TEXTS) + value.slice(at);
      case 2:
        return value.slice(0, at);
      case 3:
        return value.slice(0, at) + String.fromCharCode(below(256)) + value.slice(at + 1);
      default:
        return value + value;
    }
  }
}

/** Returns other bytes: with flipped bits, with parts removed, repeated or moved, or cut off. */
export function otherBytes(value: Uint8Array, { below, next }: Random): Uint8Array {
  const length = value.length;
  if (length === 0) return Uint8Array.from({ length: 1 + below(8) }, () => below(256));
  const at = below(length), size = 1 + below(Math.min(length - at, 1 << below(8)));
  const joined = (...parts: Uint8Array[]) => {
    const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let end = 0;
    for (const part of parts) result.set(part, (end += part.length) - part.length);
    return result;
  };
  switch (below(8)) {
    case 0:
    case 1: {
      const copy = value.slice();
      copy[at] ^= 1 << below(8);
      return copy;
    }
    case 2: {
      const copy = value.slice();
      copy[at] = [0, 255, 127, 128, 10, 34, 44, below(256)][below(8)];
      return copy;
    }
    case 3: {
      const copy = value.slice();
      for (let i = at; i < at + size; i++) copy[i] = below(256);
      return copy;
    }
    case 4:
      return joined(value.subarray(0, at), value.subarray(at + size));
    case 5: {
      const part = value.subarray(at, at + size);
      // Rarely, a part is repeated many times, which shows a loop of quadratic time.
      const times = next() < 0.004 ? Math.floor(LONGEST / size) : 1 + below(3);
      return joined(value.subarray(0, at), ...Array.from({ length: times }, () => part), value.subarray(at));
    }
    case 6:
      return joined(value.subarray(0, at), value.subarray(below(length)));
    default:
      return value.slice(0, at);
  }
}
