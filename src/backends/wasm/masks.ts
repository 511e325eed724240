/** Places the masks of dropout in the kernels' memory. @module */
import type { DropoutMask } from "../../plan/plan.ts";
import { dropoutThreshold } from "../../random.ts";
import type { Arena } from "../../workers/arena.ts";
import { bytesOf, type Fields, MASK, writeRecord } from "./records.ts";

/** Masks for which memory is reserved. */
export interface PlacedMasks {
  /** Reserves memory for a mask and returns its address; returns 0 without a mask. */
  place(mask: DropoutMask | undefined): number;
  /** Writes the records of all masks. */
  write(memory: WebAssembly.Memory): void;
}

/** Creates an empty set of masks. */
export function placeMasks(arena: Arena): PlacedMasks {
  const placed: { readonly address: number; readonly fields: Fields<typeof MASK> }[] = [];
  return {
    place(mask) {
      if (mask === undefined) return 0;
      const { rate, seed, layer } = mask, address = arena.reserve(bytesOf(MASK));
      const fields = { seed, layer, threshold: dropoutThreshold(rate), factor: 1 / (1 - rate) };
      placed.push({ address, fields });
      return address;
    },
    write(memory) {
      for (const { address, fields } of placed) writeRecord(memory, address, MASK, fields);
    },
  };
}
