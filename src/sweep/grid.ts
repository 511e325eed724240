/** The members of a sweep: all combinations of values, or some of them. @module */
import { checkArgument, checkOptions, FINITE, list, oneOf, SEED, whole } from "../arguments.ts";
import { LAYER } from "../plan/layer_kind.ts";
import type { LayerSpec } from "../plan/layers.ts";
import { optionKinds } from "../plan/option.ts";
import { createRandom } from "../random.ts";
import { TRAIN_OPTIONS, type TrainConfig } from "../training/config.ts";
import type { SweepMember } from "./member.ts";

/** The values of each setting, and the layers, of which a sweep trains the combinations. */
export type SweepGrid =
  & { readonly [K in keyof TrainConfig]?: readonly TrainConfig[K][] }
  & { readonly layers: readonly (readonly LayerSpec[])[] };

/** Options of {@linkcode gridMembers}. */
export interface GridOptions {
  /** The number of members to draw, without repetition; all members of the grid by default. */
  readonly random?: number;
  /** The seed of the draw, 1 by default. */
  readonly randomSeed?: number;
}

/** The maximum number of members. */
export const MAX_MEMBERS = 100_000;

/** The seed of a draw, if none is given. */
export const RANDOM_SEED = 1;

/** The random stream of a draw. */
const DRAW_STREAM = 0xfffe0000;

/**
 * Returns the members of a grid. The seed changes slowest, so that a sweep first tries every setting with the first seed; of the
 * other settings, in the order of the grid, the last changes fastest.
 *
 * ```ts
 * import { dense, gridMembers, valuesBetween } from "@mlpcuda/mlpcuda";
 *
 * const layers = [[dense(10, "softmax")], [dense(64, "relu"), dense(10, "softmax")]];
 * const learningRate = valuesBetween(1e-4, 1e-2, { count: 3, spacing: "log" }); // 0.0001, 0.001, 0.01
 * console.log(gridMembers({ layers, learningRate, seed: [1, 2] }).length); // 12
 * ```
 *
 * @throws {RangeError} if a setting has no value, if there are more than 100,000 members, or if more are to be drawn than the
 * grid has
 */
export function gridMembers(grid: SweepGrid, options: GridOptions = {}): SweepMember[] {
  const kinds = Object.entries(optionKinds(TRAIN_OPTIONS)).map(([name, kind]) => [name, list(kind)]);
  const layers = list(list(LAYER)), name = "grid", kind = "training option";
  checkOptions(grid, Object.fromEntries(kinds), { layers }, { name, kind });
  checkOptions(options, { random: whole(), randomSeed: SEED });
  const axes = axesOf(grid), size = axes.reduce((product, [, values]) => product * values.length, 1);
  const { random, randomSeed = RANDOM_SEED } = options;
  const indices = random === undefined ? undefined : draw(size, random, randomSeed);
  const count = indices?.length ?? size;
  if (count > MAX_MEMBERS) {
    throw new RangeError(`A sweep has at most ${MAX_MEMBERS} members, the grid has ${count}`);
  }
  return Array.from({ length: count }, (_, at) => memberAt(axes, indices ? indices[at] : at));
}

/** The values of an axis, by its name. */
type Axis = readonly [name: string, values: readonly unknown[]];

/** Returns the axes, the slowest first. */
function axesOf(grid: SweepGrid): Axis[] {
  const axes: Axis[] = Object.entries<readonly unknown[] | undefined>(grid).flatMap(([name, values]) =>
    values === undefined ? [] : [[name, values] as const]
  );
  for (const [name, values] of axes) {
    if (values.length === 0) {
      throw new RangeError(`A sweep needs at least one value of "${name}", found none`);
    }
  }
  return [...axes.filter(([name]) => name === "seed"), ...axes.filter(([name]) => name !== "seed")];
}

/** Returns a member by its number in the grid. */
function memberAt(axes: readonly Axis[], index: number): SweepMember {
  const chosen: [string, unknown][] = [];
  let rest = index;
  for (const [name, values] of axes.toReversed()) {
    chosen.unshift([name, values[rest % values.length]]);
    rest = Math.floor(rest / values.length);
  }
  const { layers, ...config } = Object.fromEntries(chosen);
  return { layers: layers as SweepMember["layers"], config };
}

/** Draws numbers from 0 to below `size` without repetition (Floyd's algorithm), and returns them in ascending order. */
function draw(size: number, count: number, seed: number): number[] {
  if (!Number.isSafeInteger(count) || count < 1 || count > size) {
    throw new RangeError(`A sweep draws from 1 to ${size} members of its grid, found ${count}`);
  }
  if (!Number.isSafeInteger(size)) {
    throw new RangeError(`A grid has at most ${2 ** 53} members, found ${size}`);
  }
  const random = createRandom(seed, DRAW_STREAM), chosen = new Set<number>();
  for (let last = size - count; last < size; last++) {
    const drawn = below(random, last + 1);
    chosen.add(chosen.has(drawn) ? last : drawn);
  }
  return [...chosen].sort((one, other) => one - other);
}

/** Returns a whole number from 0 to below `count`, which may be above 2³². */
function below(random: ReturnType<typeof createRandom>, count: number): number {
  if (count <= 2 ** 32) return random.below(count);
  return Math.floor((random.uint32() % 2 ** 21 + random.next()) / 2 ** 21 * count);
}

/**
 * Returns `count` values from `from` to `to`, both included, with equal differences or equal ratios. Those in between are rounded
 * to 4 digits.
 *
 * @throws {RangeError} if `count` is not a whole number from 2, or if equal ratios need numbers above 0
 */
export function valuesBetween(
  from: number,
  to: number,
  options: { readonly count: number; readonly spacing?: "linear" | "log" },
): number[] {
  checkArgument("from", from, FINITE);
  checkArgument("to", to, FINITE);
  checkOptions(options, { spacing: oneOf(["linear", "log"]) }, { count: whole(2, MAX_MEMBERS) });
  const { count, spacing = "linear" } = options;
  if (spacing === "log" && (from <= 0 || to <= 0)) {
    throw new RangeError(`A range with equal ratios needs numbers above 0, found ${Math.min(from, to)}`);
  }
  return Array.from({ length: count }, (_, at) => {
    const share = at / (count - 1);
    if (at === 0 || at === count - 1) return at === 0 ? from : to;
    const value = spacing === "log"
      ? Math.exp(Math.log(from) + share * (Math.log(to) - Math.log(from)))
      : from + share * (to - from);
    return Number(value.toPrecision(4));
  });
}
