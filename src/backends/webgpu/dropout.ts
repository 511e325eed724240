/** The mask of a dropout in a uniform of sizes, where dropout_mask.wgsl reads it. @module */
import type { DropoutMask } from "../../plan/plan.ts";
import { dropoutThreshold } from "../../random.ts";

/** Members of the WGSL struct of a uniform that ends with a mask, in the order of {@linkcode withMask}. */
export const MASK_MEMBERS = "seed: u32, number: u32, threshold: u32, factor: f32";

/** Returns the numbers of a uniform: these whole ones, then those of a mask. */
export function withMask(
  whole: readonly number[],
  { rate, seed, layer }: DropoutMask,
): { readonly whole: number[]; readonly reals: number[] } {
  return { whole: [...whole, seed, layer, dropoutThreshold(rate)], reals: [1 / (1 - rate)] };
}
