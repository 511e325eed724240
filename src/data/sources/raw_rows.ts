/** The rows of one set of a source, to predict or to evaluate on. @module */
import type { FormatError } from "../../errors.ts";
import type { RawSet, RawSource } from "./raw.ts";

/** A set of a source. */
export type SetName = "train" | "test" | "validation";

/** The rows of one set of a source, which needs no training set and no labels for this. */
export interface RawRows extends RawSource {
  /** The rows. They are in this field whichever set they are, and have labels only if the source has. */
  readonly train: RawSet;
  /** The set that they are. */
  readonly set: SetName;
}

/**
 * Returns the set whose rows are read if the caller chooses none: the test set if there is one, else the only set.
 *
 * @param sets the sets that the source has, at least one
 * @throws the error of `refuse` if there are several sets without a test set
 */
export function chooseSet(sets: readonly SetName[], refuse: (fault: string) => FormatError): SetName {
  if (sets.includes("test")) return "test";
  if (sets.length === 1) return sets[0];
  throw refuse(`it has no test rows, but those of the sets ${sets.join(" and ")}; choose one of them`);
}
