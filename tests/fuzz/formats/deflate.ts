/** Deflated data (RFC 1951) for archives, gzip files and PNG files: in blocks of every kind, with faults in their fields. @module */
import type { Draw } from "../draw.ts";

/** The shortest distances and lengths of each code, with the number of bits that are added. */
const LENGTHS = codesOf([3, 4, 5, 6, 7, 8, 9, 10], 4, 8, 259), DISTANCES = codesOf([1, 2, 3, 4], 2, 4, 32769);

/** The order in which a block has the lengths of the codes of lengths, as far as they are used here. */
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4];

/** The largest block that can be stored, in bytes. */
const MOST_STORED = 65535;
/** The largest block in which repetitions are searched, in bytes. */
const LARGEST = 4096;

function codesOf(first: readonly number[], group: number, from: number, end: number) {
  const codes = first.map((start) => ({ start, bits: 0 }));
  let start = first[first.length - 1] + 1;
  for (let bits = 1; codes.length < (from === 8 ? 28 : 30) && start < end; bits++) {
    for (let i = 0; i < group; i++, start += 2 ** bits) codes.push({ start, bits });
  }
  return codes;
}

/** Returns deflated bytes. */
export function deflated(bytes: Uint8Array, draw: Draw): Uint8Array {
  const out = createBits(), first = draw.chance(0.2) ? draw.below(bytes.length + 1) : bytes.length;
  const cuts = [0, first, ...first < bytes.length ? [bytes.length] : []], blocks: Uint8Array[] = [];
  for (let i = 1; i < cuts.length; i++) {
    for (let at = cuts[i - 1]; at < cuts[i] || at === 0; at += MOST_STORED) {
      blocks.push(bytes.subarray(at, Math.min(at + MOST_STORED, cuts[i])));
    }
  }
  blocks.forEach((block, index) => {
    out.add(draw.number(index === blocks.length - 1 ? 1 : 0), 1);
    const kind = block.length > LARGEST ? 0 : draw.below(3);
    out.add(draw.number(kind), 2);
    if (kind === 0) addStored(block, out, draw);
    else addCoded(block, kind === 1 ? FIXED : addTrees(out, draw), out, draw);
  });
  return out.done();
}

/** Returns data of zlib (RFC 1950), as PNG has it. */
export function zlibbed(bytes: Uint8Array, draw: Draw): Uint8Array {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  const data = deflated(bytes, draw),
    file = new Uint8Array(data.length + 6),
    view = new DataView(file.buffer);
  file.set([draw.number(0x78), draw.number(0x9C)]);
  file.set(data, 2);
  view.setUint32(data.length + 2, draw.number(b * 65536 + a));
  return file;
}

function addStored(block: Uint8Array, out: Bits, draw: Draw): void {
  out.align();
  out.add(draw.number(block.length), 16);
  out.add(draw.number(~block.length & 65535), 16);
  for (const byte of block) out.add(byte, 8);
}

/** Adds the codes of a block, with repetitions of three bytes and more. */
function addCoded(block: Uint8Array, { literals, distances }: Trees, out: Bits, draw: Draw): void {
  const seen = new Map<number, number>();
  const addValue = (value: number, codes: typeof LENGTHS, tree: readonly Code[], base: number) => {
    const index = codes.findLastIndex(({ start }) => start <= value), { start, bits } = codes[index];
    out.addCode(tree[base + index]);
    out.add(value - start, bits);
  };
  for (let at = 0; at < block.length;) {
    const key = block[at] | block[at + 1] << 8 | block[at + 2] << 16, before = seen.get(key);
    seen.set(key, at);
    let length = 0;
    while (
      before !== undefined && length < 257 && at + length < block.length &&
      block[before + length] === block[at + length]
    ) {
      length++;
    }
    if (length < 3) {
      out.addCode(literals[block[at++]]);
      continue;
    }
    addValue(length, LENGTHS, literals, 257);
    addValue(
      draw.chance(0.1) ? Math.min(Math.max(draw.number(at - before!), 1), 32768) : at - before!,
      DISTANCES,
      distances,
      0,
    );
    at += length;
  }
  out.addCode(literals[256]);
}

/** Adds the tables of a block of its own: 226 codes of 8 bits and 60 of 9, and 2 distances of 4 bits and 28 of 5. */
function addTrees(out: Bits, draw: Draw): Trees {
  out.add(draw.number(286 - 257), 5);
  out.add(draw.number(30 - 1), 5);
  out.add(draw.number(LENGTH_ORDER.length - 4), 4);
  for (const length of LENGTH_ORDER) out.add(draw.number([4, 5, 8, 9].includes(length) ? 2 : 0), 3);
  const lengths = [...OWN.literals, ...OWN.distances], codes = treeOf([0, 0, 0, 0, 2, 2, 0, 0, 2, 2]);
  const wrong = draw.isOdd() ? draw.below(lengths.length) : -1;
  lengths.forEach(({ bits }, index) => out.addCode(codes[index === wrong ? draw.pick([4, 5, 8, 9]) : bits]));
  return OWN;
}

/** A code: its bits, the first one the highest. */
interface Code {
  readonly code: number;
  readonly bits: number;
}

interface Trees {
  readonly literals: readonly Code[];
  readonly distances: readonly Code[];
}

/** Returns the codes of these lengths. */
function treeOf(lengths: readonly number[]): Code[] {
  const codes: Code[] = lengths.map((bits) => ({ code: 0, bits }));
  let next = 0;
  for (let bits = 1; bits <= 15; bits++) {
    lengths.forEach((length, symbol) => {
      if (length === bits) codes[symbol] = { code: next++, bits };
    });
    next *= 2;
  }
  return codes;
}

const repeated = (...runs: readonly (readonly [length: number, count: number])[]) =>
  treeOf(runs.flatMap(([length, count]) => Array<number>(count).fill(length)));
const FIXED: Trees = {
  literals: repeated([8, 144], [9, 112], [7, 24], [8, 8]),
  distances: repeated([5, 32]),
};
const OWN: Trees = { literals: repeated([8, 226], [9, 60]), distances: repeated([4, 2], [5, 28]) };

/** A growing row of bits, the lowest bit of a byte first. */
interface Bits {
  add(value: number, bits: number): void;
  addCode(code: Code): void;
  align(): void;
  done(): Uint8Array;
}

function createBits(): Bits {
  const bytes: number[] = [];
  let byte = 0, filled = 0;
  const addBit = (bit: number) => {
    byte |= bit << filled++;
    if (filled === 8) bytes.push(byte), byte = 0, filled = 0;
  };
  return {
    add(value, bits) {
      for (let i = 0; i < bits; i++) addBit(value >> i & 1);
    },
    addCode({ code, bits }) {
      for (let i = bits - 1; i >= 0; i--) addBit(code >> i & 1);
    },
    align() {
      while (filled > 0) addBit(0);
    },
    done() {
      return Uint8Array.from(filled > 0 ? [...bytes, byte] : bytes);
    },
  };
}
