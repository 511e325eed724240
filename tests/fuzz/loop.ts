/** The loop over inputs of one reader, with measurements of time and memory. @module */
import { createDraw } from "./draw.ts";
import type { FuzzReader, Made } from "./kinds.ts";
import { readerNamed } from "./readers.ts";
import { judge, type Verdict } from "./verdict.ts";

/** Consecutive inputs for one reader. */
export interface Portion {
  readonly reader: string;
  readonly seed: number;
  readonly from: number;
  readonly count: number;
}

/** An input on which a reader failed. */
export interface Failure {
  readonly reader: string;
  readonly index: number;
  readonly fault: string;
}

/** The counts of inputs of one reader. */
export interface Tally {
  inputs: number;
  /** Bytes of all inputs. */
  bytes: number;
  /** Inputs that got past the container. */
  past: number;
  results: number;
  errors: number;
  /** Inputs without a fault. */
  faultless: number;
  milliseconds: number;
  slowest: { milliseconds: number; index: number };
  /** The maximum memory that one input took, in bytes. */
  largest: { bytes: number; index: number };
  failures: Failure[];
}

/** The longest time of an input, in milliseconds. */
export const LONGEST_MILLISECONDS = 1000;

/**
 * Returns the limit of the memory that a reader may take for an input of this size: `free` MiB and 100 times the size for what the
 * input expands to, and as much for one copy of that, such as the pixels that are made of the lines of a picture.
 */
export function memoryLimit(size: number, free = 16): number {
  return 2 * (free * 2 ** 20 + 100 * size);
}

/** The maximum number of inputs between two measurements of memory. */
const LARGEST_BATCH = 16;

/** An input that takes as long as this, in milliseconds, is timed again, because other programs may have used the processor. */
const TIMED_AGAIN = 50;

/** Returns empty counts. */
export function emptyTally(): Tally {
  return {
    ...{ inputs: 0, bytes: 0, past: 0, results: 0, errors: 0, faultless: 0, milliseconds: 0 },
    slowest: { milliseconds: 0, index: -1 },
    largest: { bytes: 0, index: -1 },
    failures: [],
  };
}

/** Adds counts to others. */
export function addTally(all: Tally, { slowest, largest, failures, ...counts }: Tally): void {
  for (const [name, count] of Object.entries(counts)) all[name as keyof typeof counts] += count;
  if (slowest.milliseconds > all.slowest.milliseconds) all.slowest = slowest;
  if (largest.bytes > all.largest.bytes) all.largest = largest;
  all.failures.push(...failures);
}

/** Makes an input again. */
export function makeInput(
  reader: FuzzReader,
  stream: number,
  seed: number,
  index: number,
): Made & { faults: number } {
  const draw = createDraw(seed, stream, index, reader.places), made = reader.make(draw);
  return { ...made, faults: draw.faults };
}

/**
 * Runs the inputs of a portion.
 *
 * @param begin called before each input, so that another thread can find one that does not end
 */
export async function runPortion(
  portion: Portion,
  begin: (index: number) => void = () => {},
): Promise<Tally> {
  const { seed, from, count } = portion,
    { reader, stream } = readerNamed(portion.reader),
    tally = emptyTally();
  const fail = (index: number, fault: string) => tally.failures.push({ reader: reader.name, index, fault });
  const inputOf = (index: number) => makeInput(reader, stream, seed, index), started = performance.now();
  let batch = LARGEST_BATCH;
  for (let first = from, end; first < from + count; first = end) {
    end = Math.min(first + batch, from + count);
    const before = memoryNow();
    for (let index = first; index < end; index++) {
      const input = inputOf(index);
      begin(index);
      const start = performance.now(), verdict = await judge(reader, input, input);
      await time(index, performance.now() - start, input);
      add(verdict, input);
      if (verdict.fault) fail(index, verdict.fault);
    }
    // A batch that takes less than one input may take has no input that takes too much.
    if (memoryNow() - before > memoryLimit(0)) {
      for (let index = first; index < end; index++) await weigh(index);
      batch = Math.max(1, batch >> 1);
    } else if (first === from) await weigh(first);
  }
  tally.milliseconds = performance.now() - started;
  return tally;

  function add({ kind, isPast }: Verdict, { bytes, faults }: { bytes: Uint8Array; faults: number }): void {
    tally.inputs++;
    tally.bytes += bytes.length;
    if (isPast) tally.past++;
    if (faults === 0) tally.faultless++;
    tally[kind === "result" ? "results" : "errors"]++;
  }
  async function time(index: number, milliseconds: number, input: Made & { faults: number }): Promise<void> {
    let least = milliseconds;
    for (let again = 0; again < 3 && least > TIMED_AGAIN; again++) {
      const start = performance.now();
      await judge(reader, input, input);
      least = Math.min(least, performance.now() - start);
    }
    if (least > tally.slowest.milliseconds) tally.slowest = { milliseconds: least, index };
    if (least > LONGEST_MILLISECONDS) {
      fail(index, `takes ${Math.round(least)} ms, may take ${LONGEST_MILLISECONDS}`);
    }
  }
  async function weigh(index: number): Promise<void> {
    const input = inputOf(index), limit = memoryLimit(input.bytes.length, reader.free);
    let least = Infinity;
    for (let again = 0; again < 3 && (again === 0 || least > limit / 2); again++) {
      if (again > 0) collect();
      const before = memoryNow();
      await judge(reader, input, input);
      least = Math.min(least, memoryNow() - before);
    }
    if (least > tally.largest.bytes) tally.largest = { bytes: least, index };
    if (least > limit) {
      fail(index, `takes ${least} bytes of memory for ${input.bytes.length}, may take ${limit}`);
    }
  }
}

/** Returns the memory of this thread's objects and buffers, in bytes, with those that are no longer used. */
function memoryNow(): number {
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

/** Frees memory that is no longer used, if V8 runs with --expose-gc. */
const collect = (globalThis as { gc?: () => void }).gc ?? (() => {});
