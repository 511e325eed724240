/** Checks of the members of a sweep. @module */
import { resolveConfig, type TrainConfig } from "../training/config.ts";
import { checkRun } from "../training/run_check.ts";
import type { SweepMember, SweepSets } from "./member.ts";

/** The settings of which it depends on the data set if they are possible. */
const OF_DATA = [
  "augment",
  "outliers",
  "classWeights",
  "noClassWeight",
  "inputScaling",
  "standardizeTargets",
  "validationSplit",
] as const satisfies readonly (keyof TrainConfig)[];

/**
 * Checks that settings, networks and sets fit each other, before any member is trained. Of members that differ only in settings
 * on which this does not depend, such as the seed, the first one is checked.
 *
 * @throws {RangeError} or {TypeError}, with the number of the member, from 0, at the start of the message
 */
export function checkMembers(members: readonly SweepMember[], sets: SweepSets): void {
  const checked = new Set<string>();
  for (const [index, { layers, config }] of members.entries()) {
    try {
      const resolved = resolveConfig(config);
      const key = JSON.stringify([layers, resolved.loss, ...OF_DATA.map((name) => resolved[name])]);
      if (resolved.patience > 0 && resolved.validationSplit === 0 && !sets.validation) {
        throw new RangeError(`Option "patience" needs a validation set or "validationSplit" above 0`);
      }
      if (checked.has(key)) continue;
      checkRun(layers, sets.train, resolved, { hasValidation: sets.validation !== undefined });
      checked.add(key);
    } catch (error) {
      throw ofMember(index, error);
    }
  }
}

/** Returns an error about a setting or a set with the number of the member at the start of its message; others unchanged. */
export function ofMember(index: number, error: unknown): unknown {
  if (!(error instanceof RangeError || error instanceof TypeError)) return error;
  const kind = error instanceof RangeError ? RangeError : TypeError;
  return new kind(`Member ${index}: ${error.message}`, { cause: error });
}
