/** Writes the mask of a dropout for dropout_mask.wgsl, at the end of a uniform of sizes. @module */
import type { DropoutMask } from "../../plan/plan.ts";
import { dropoutThreshold } from "../../random.ts";

/** The WGSL struct members of a mask at the end of a uniform, in the order of {@linkcode withMask}. */
export const MASK_MEMBERS = "seed: u32, number: u32, threshold: u32, factor: f32";

/** Returns the numbers of a uniform: whole numbers, then a mask. */
export function withMask(
  whole: readonly number[],
  { rate, seed, layer }: DropoutMask,
): { readonly whole: number[]; readonly reals: number[] } {
  return { whole: [...whole, seed, layer, dropoutThreshold(rate)], reals: [1 / (1 - rate)] };
}
