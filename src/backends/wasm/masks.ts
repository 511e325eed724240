/** The masks of dropout in the kernels' memory. @module */
import type { DropoutMask } from "../../plan/plan.ts";
import { dropoutThreshold } from "../../random.ts";
import type { Arena } from "../../workers/arena.ts";
import { bytesOf, type Fields, MASK, writeRecord } from "./records.ts";

/** Masks that have their place. */
export interface PlacedMasks {
  /** Finds a place for a mask and returns its address, 0 for none. */
  place(mask: DropoutMask | undefined): number;
  /** Writes the records of all masks. */
  write(memory: WebAssembly.Memory): void;
}

/** Finds places for masks. */
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
