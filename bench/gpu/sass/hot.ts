/**
 * The hot loops of the CUDA kernels, by which the model of cuda/model.cpp predicts the time of a step.
 * @module
 */
import type { Instruction, MachineFunction } from "./code.ts";
import { countRound, type Loop, loopsOf, type RoundCounts, type Way } from "./loops.ts";

/** Which of several loops is meant. */
type Pick = "most products" | "most instructions" | "most loads" | "smallest" | "smallest with a store";

/** A hot loop. */
export interface HotLoop {
  /** Its name in the model. */
  readonly name: string;
  /** The file of its kernel, without the ending. */
  readonly file: string;
  /** Matches the encoded name of its kernel. */
  readonly kernel: RegExp;
  /** Functions of the source that the loop is part of, or that are part of it; `a|b` is one of two. */
  readonly inside: readonly string[];
  /** Functions that it is not part of. */
  readonly outside?: readonly string[];
  readonly pick: Pick;
  /** Which way its rounds take; by default that with the most work. */
  readonly way?: Way;
}

const PERSISTENT = { file: "persistent", kernel: /persistent_kernel(IL9InputKind0|E)/ };
const TAIL = { file: "tail", kernel: /tail_kernel/ };
const products = "most products";

// The kernels of a tile: with an edge of 128, 64 or 32 sums, for inputs that are bytes.
const tiles = [["large", 128], ["medium", 64], ["small", 32]] as const;
const tile = (edge: number) => `kernelI9TileShapeILi${edge}ELi${edge}ELi\\dEE`;
const linear = (edge: number) => ({
  file: "linear",
  kernel: new RegExp(`linear_${tile(edge)}(L9InputKind0E)?EEv6`),
});
const input = (edge: number) => ({
  file: "linear_backward_input",
  kernel: new RegExp(`linear_backward_input_${tile(edge)}(Lb1ELb0E|Lb0E)?EEv19`),
});
const weight = (edge: number) => ({
  file: "linear_backward_weight",
  kernel: new RegExp(`linear_backward_weight_${tile(edge)}(L9InputKind0E)?Lb1E`),
});
const OTHER_OPTIMIZERS = ["sgd", "rmsprop", "lion"], SOFTMAX = ["softmax_of_row", "softmax_backward_of_row"];

/** The hot loops, in the order of a step. */
export const HOT_LOOPS: readonly HotLoop[] = [
  { name: "inputs", ...PERSISTENT, inside: ["load_inputs"], pick: "most instructions" },
  { name: "add_inputs", ...PERSISTENT, inside: ["add_inputs"], pick: "most loads" },
  { name: "forward", ...PERSISTENT, inside: ["forward"], pick: products },
  {
    name: "forward_sums",
    ...PERSISTENT,
    inside: ["forward", "in_units"],
    pick: "smallest with a store",
    way: "shortest",
  },
  { name: "parts", ...PERSISTENT, inside: ["do_tail", "tail_inputs|load_exchanged"], pick: "most loads" },
  {
    name: "tail_forward",
    ...PERSISTENT,
    inside: ["tail_forward"],
    outside: SOFTMAX,
    pick: products,
  },
  {
    name: "tail_backward",
    ...PERSISTENT,
    inside: ["tail_backward"],
    outside: [...SOFTMAX, "activate_backward"],
    pick: products,
  },
  {
    name: "gradient",
    ...PERSISTENT,
    inside: ["load_gradient"],
    outside: ["activate_backward"],
    pick: "smallest with a store",
    way: "shortest",
  },
  { name: "backward", ...PERSISTENT, inside: ["backward_input"], pick: products },
  { name: "weights", ...PERSISTENT, inside: ["update_weights"], outside: ["adam"], pick: products },
  {
    name: "update",
    ...PERSISTENT,
    inside: ["update_weights", "in_units", "adam"],
    outside: OTHER_OPTIMIZERS,
    pick: "smallest with a store",
    way: "shortest",
  },
  { name: "patch_copy", ...PERSISTENT, inside: ["copy_rectangle", "update_patch"], pick: "most loads" },
  {
    name: "patch",
    ...PERSISTENT,
    inside: ["update_patch|update_tail"],
    outside: ["copy_rectangle"],
    pick: products,
  },
  { name: "graph_parts", ...TAIL, inside: ["tail_inputs"], pick: "most loads" },
  { name: "graph_tail_forward", ...TAIL, inside: ["tail_forward"], outside: SOFTMAX, pick: products },
  {
    name: "graph_tail_backward",
    ...TAIL,
    inside: ["tail_backward"],
    outside: [...SOFTMAX, "activate_backward"],
    pick: products,
  },
  ...tiles.flatMap(([size, edge]): HotLoop[] => [
    {
      name: `linear_${size}`,
      ...linear(edge),
      inside: ["matmul_tile"],
      outside: ["activate"],
      pick: products,
    },
    {
      name: `input_${size}`,
      ...input(edge),
      inside: ["matmul_tile"],
      outside: ["activate_backward"],
      pick: products,
    },
    { name: `weight_${size}`, ...weight(edge), inside: ["matmul_tile"], outside: ["adam"], pick: products },
  ]),
  // The update of a small tile is the same code without a loop, because each thread has four numbers.
  ...tiles.slice(0, 2).map(([size, edge]): HotLoop => ({
    name: `weight_update_${size}`,
    ...weight(edge),
    inside: ["matmul_tile", "adam"],
    outside: OTHER_OPTIMIZERS,
    pick: "smallest",
  })),
];

/** A hot loop as found in machine code. */
export interface FoundLoop extends RoundCounts {
  readonly name: string;
  /** The address of its first instruction. */
  readonly start: number;
  /** The registers of a thread of its kernel. */
  readonly registers: number;
}

/** Returns a hot loop of the functions of its file; `undefined` if they do not have it. */
export function findLoop(
  hot: HotLoop,
  functions: readonly MachineFunction[],
  registers: ReadonlyMap<string, number>,
): FoundLoop | undefined {
  const kernel = functions.find(({ name }) => hot.kernel.test(name));
  if (kernel === undefined) return undefined;
  const isOutside = ({ functions }: Instruction) =>
    hot.outside?.some((name) => functions.includes(name)) ?? false;
  const isSmallest = hot.pick.startsWith("smallest");
  const found = loopsOf(kernel.code, isOutside, hot.way)
    .filter((loop) => (loop.isInner || isSmallest) && isPartOf(hot, loop))
    .filter(({ round }) =>
      hot.pick !== "smallest with a store" || round.some(({ opcode }) => /^ST[GS]?(\.|$)/.test(opcode))
    )
    .map((loop) => ({ loop, counts: countRound(loop.round) }));
  const value = ({ loop, counts }: typeof found[number]): number => {
    switch (hot.pick) {
      case "most products":
        return counts.ffma - counts.globalLoads / 100;
      case "most instructions":
        return counts.instructions;
      case "most loads":
        return (counts.loads["LDG.128"] ?? 0) * 1000 + counts.globalLoads;
      case "smallest":
      case "smallest with a store":
        return loop.start - loop.end;
    }
  };
  const best = found.reduce<typeof found[number] | undefined>(
    (best, each) => best === undefined || value(each) > value(best) ? each : best,
    undefined,
  );
  return best &&
    { name: hot.name, start: best.loop.start, registers: registers.get(kernel.name) ?? 0, ...best.counts };
}

// A loop is part of a function if most of its products and loads are; the smallest loop, if some of them are.
function isPartOf({ inside, outside = [], pick }: HotLoop, { round }: Loop): boolean {
  const work = round.filter(({ opcode }) => /^(FFMA|LDG|LDS|LD)(\.|$)/.test(opcode));
  const own = work.filter(({ functions }) =>
    inside.every((names) => names.split("|").some((name) => functions.includes(name))) &&
    !outside.some((name) => functions.includes(name))
  );
  return own.length > (pick.startsWith("smallest") ? 0 : work.length / 2);
}

/** Returns the registers of each kernel in the output of `ptxas -v`. */
export function parseRegisters(log: string): Map<string, number> {
  const found = new Map<string, number>();
  let name = "";
  for (const line of log.split("\n")) {
    name = /Compiling entry function '(\S+)'/.exec(line)?.[1] ?? name;
    const used = /Used (\d+) registers/.exec(line);
    if (used !== null) found.set(name, Number(used[1]));
  }
  return found;
}
