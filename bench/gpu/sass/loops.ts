/**
 * The loops of machine code, and what a round of each costs.
 * @module
 */
import type { Instruction } from "./code.ts";

/** The latencies of an H100 in cycles, by which a round is timed. */
export const LATENCIES = {
  global: 270,
  near: 35,
  shared: 30,
  constant: 30,
  special: 24,
  barrier: 30,
} as const;

/** A loop: a backward branch. */
export interface Loop {
  /** The addresses of the first instruction and of the backward branch. */
  readonly start: number;
  readonly end: number;
  /** True if no other loop is inside. */
  readonly isInner: boolean;
  /** The instructions of a round on its way, without those of loops inside. */
  readonly round: readonly Instruction[];
}

const isBranch = (code: Instruction) => /^(BRA|BRX|JMP)/.test(code.opcode);
const isWide = (code: Instruction) => /^(LDG|LDS|LD|STG|STS|ST)\..*128/.test(code.opcode);
const isLoad = (code: Instruction) => /^(LDG|LDS|LD|LDL)(\.|$)/.test(code.opcode);

/** Which way through a round is meant: that with the most 16-byte accesses and products, or the shortest one to a store. */
export type Way = "most work" | "shortest";

/**
 * Returns the loops of a function, in the order of their backward branches. The accesses and products for which `isAvoided`
 * returns true do not count when the way of a round is chosen.
 */
export function loopsOf(
  code: readonly Instruction[],
  isAvoided = (_: Instruction) => false,
  way: Way = "most work",
): Loop[] {
  const back = code.filter((each) =>
    isBranch(each) && each.target !== undefined && each.target <= each.address
  );
  // Of several backward branches to one address, the last one ends the loop. A branch to itself follows the last instruction.
  const ends = new Map<number, number>();
  for (const { address, target } of back) if (target !== address) ends.set(target!, address);
  const spans = [...ends].sort((a, b) => a[1] - b[1]);
  return spans.map(([start, end]) => {
    const inside = code.filter(({ address }) => address >= start && address <= end);
    const loops = spans.filter(([s, e]) => s >= start && e <= end && (s !== start || e !== end));
    const round = roundOf(inside, (each) => isAvoided(each) ? -30 : VALUES[way](each))
      .filter(({ address }) => !loops.some(([s, e]) => address >= s && address <= e));
    return { start, end, isInner: loops.length === 0, round };
  });
}

const VALUES: Readonly<Record<Way, (code: Instruction) => number>> = {
  "most work": (code) =>
    (isWide(code) ? 1000 : 0) + (/^FFMA/.test(code.opcode) ? 10 : 0) + (isLoad(code) ? 1 : 0),
  shortest: (code) =>
    /^(STG|STS|ST)(\.|$)/.test(code.opcode)
      ? 1000
      : /^LDG/.test(code.opcode)
      ? (isWide(code) ? 200 : 20)
      : -1,
};

// The longest way through a round, by value; jumps back within it are not followed.
function roundOf(inside: readonly Instruction[], valueOf: (code: Instruction) => number): Instruction[] {
  const indices = new Map(inside.map(({ address }, index) => [address, index]));
  const last = inside.length - 1, best = new Array<number>(inside.length).fill(-Infinity);
  const next = new Array<number>(inside.length).fill(-1);
  for (let index = last; index >= 0; index--) {
    const code = inside[index];
    const value = valueOf(code);
    if (index === last) {
      best[index] = value;
      continue;
    }
    const ways: number[] = [];
    const jumps = isBranch(code) && code.target !== undefined;
    const leaves = /^(EXIT|RET)/.test(code.opcode) || isBranch(code);
    if (!leaves || code.isGuarded || /^(?:!?U?P\d)/.test(code.operands)) ways.push(index + 1);
    const to = jumps ? indices.get(code.target!) : undefined;
    if (to !== undefined && to > index) ways.push(to);
    for (const way of ways) {
      if (best[way] + value > best[index]) [best[index], next[index]] = [best[way] + value, way];
    }
  }
  const round: Instruction[] = [];
  for (let index = 0; index >= 0; index = next[index]) round.push(inside[index]);
  return round;
}

/** The instructions of a round of a loop, and its time. */
export interface RoundCounts {
  readonly instructions: number;
  /** Multiply-adds of float32. */
  readonly ffma: number;
  /** Loads, by opcode and bits, such as `LDG.128`. */
  readonly loads: Readonly<Record<string, number>>;
  /** Loads from device memory. */
  readonly globalLoads: number;
  /** Numbers of 32 bits that they load. */
  readonly globalNumbers: number;
  /** The most loads from device memory that are in flight when an instruction waits for one of them. */
  readonly globalInFlight: number;
  /** The same for shared memory. */
  readonly sharedInFlight: number;
  /** Times that a round waits for loads from device memory. */
  readonly globalWaits: number;
  /** Barriers of the block. */
  readonly barriers: number;
  /** Divisions of integers, which are reciprocals of converted integers. */
  readonly divisions: number;
  /** Accesses to local memory. */
  readonly local: number;
  /** Loads and stores whose memory is known only at run time. */
  readonly generic: number;
  /** The cycles of a round if the multiprocessor has one warp, with the latencies of {@linkcode LATENCIES}. */
  readonly alone: number;
  /** How many times the latency of device memory is part of these cycles. */
  readonly exposed: number;
}

const memoryOf = ({ opcode }: Instruction) =>
  /^(LDG|LD)(\.|$)/.test(opcode) ? "global" : /^LDS/.test(opcode) ? "shared" : undefined;

/** Returns the counts of a round. */
export function countRound(round: readonly Instruction[]): RoundCounts {
  const loads: Record<string, number> = {};
  const { alone, ...flights } = timeRound(round, LATENCIES.global),
    near = timeRound(round, LATENCIES.near).alone;
  const count = (pattern: RegExp) => round.filter(({ opcode }) => pattern.test(opcode)).length;
  for (const code of round) {
    if (!isLoad(code)) continue;
    const name = `${code.opcode.split(".")[0]}.${/\.(U8|S8|U16|64|128)/.exec(code.opcode)?.[1] ?? "32"}`;
    loads[name] = (loads[name] ?? 0) + 1;
  }
  return {
    instructions: round.length,
    ffma: count(/^FFMA/),
    loads,
    barriers: count(/^BAR\.SYNC/),
    divisions: count(/^I2F\..*RP/),
    local: count(/^(LDL|STL)/),
    generic: count(/^(LD|ST)(\.|$)/),
    globalNumbers: round.filter((code) => isLoad(code) && memoryOf(code) === "global")
      .reduce((sum, { opcode }) => sum + (/\.128/.test(opcode) ? 4 : /\.64/.test(opcode) ? 2 : 1), 0),
    globalLoads: round.filter((code) => isLoad(code) && memoryOf(code) === "global").length,
    ...flights,
    alone,
    exposed: Math.round((alone - near) / (LATENCIES.global - LATENCIES.near) * 10) / 10,
  };
}

// Issues three rounds of one warp in order, as the control bits of each instruction say; returns the cycles of the last. A load
// from an address that does not change in the loop is near: in the L1.
function timeRound(round: readonly Instruction[], global: number) {
  const written = new Set(round.flatMap(writtenBy));
  const isConstant = (code: Instruction) => addressesOf(code).every((register) => !written.has(register));
  const ready = [0, 0, 0, 0, 0, 0],
    flights: { memory: "global" | "shared"; barrier: number; done: number }[] = [];
  let now = 0, before = 0, globalInFlight = 0, sharedInFlight = 0, globalWaits = 0;
  for (let turn = 0; turn < 3; turn++) {
    before = now;
    [globalInFlight, sharedInFlight, globalWaits] = [0, 0, 0];
    for (const code of round) {
      let until = now;
      for (let barrier = 0; barrier < 6; barrier++) {
        if ((code.waits >> barrier & 1) === 0) continue;
        until = Math.max(until, ready[barrier]);
        const of = flights.find((flight) => flight.barrier === barrier && flight.done > now);
        if (of === undefined) continue;
        const count = flights.filter(({ memory, done }) => memory === of.memory && done > now).length;
        if (of.memory === "global") {
          [globalInFlight, globalWaits] = [Math.max(globalInFlight, count), globalWaits + 1];
        } else sharedInFlight = Math.max(sharedInFlight, count);
      }
      now = until;
      for (let index = flights.length - 1; index >= 0; index--) {
        if (flights[index].done <= now) flights.splice(index, 1);
      }
      if (code.sets >= 0) {
        const done = now + latencyOf(code, isConstant(code) ? LATENCIES.near : global),
          memory = memoryOf(code);
        ready[code.sets] = Math.max(ready[code.sets], done);
        if (memory !== undefined) flights.push({ memory, barrier: code.sets, done });
      }
      now += Math.max(code.stall, 1) + (/^BAR\.SYNC/.test(code.opcode) ? LATENCIES.barrier : 0);
    }
  }
  return { globalInFlight, sharedInFlight, globalWaits, alone: now - before };
}

// The first register that an instruction writes, and the one after it for numbers of 64 bits and more.
function writtenBy({ opcode, operands }: Instruction): string[] {
  const found = /^(R|UR)(\d+)/.exec(operands);
  if (found === null || /^(ST|RED|BAR|MEMBAR)/.test(opcode)) return [];
  const [, kind, number] = found, count = /\.128/.test(opcode) ? 4 : /WIDE|\.64/.test(opcode) ? 2 : 1;
  return Array.from({ length: count }, (_, index) => `${kind}${Number(number) + index}`);
}

// The registers of the address of a load.
function addressesOf({ operands }: Instruction): string[] {
  const address = /\[(U?R\d+[^\]]*)\]\s*$/.exec(operands.replace(/desc\[[^\]]*\]/, ""))?.[1] ?? "";
  return [...address.matchAll(/U?R\d+/g)].map(([register]) => register);
}

function latencyOf(code: Instruction, global: number): number {
  const memory = memoryOf(code);
  if (memory === "global") return global;
  if (memory === "shared") return LATENCIES.shared;
  if (/^(LDC|ULDC|LDL)/.test(code.opcode)) return LATENCIES.constant;
  return LATENCIES.special;
}
