/** The switch of the reference's mistakes. @module */
import type { MutantName } from "./mutants.ts";

/** The mistake that the made files in `broken/` now have; `undefined` for none. */
export const broken: { by: MutantName | undefined } = { by: undefined };
