/** Joining of data sets with the same inputs and classes. @module */
import { DATASETS } from "../../argument_kinds.ts";
import { checkArgument, list } from "../../arguments.ts";
import type { Dataset, DatasetPair, DatasetSets } from "../dataset.ts";

/**
 * Joins data sets that {@linkcode loadDataset} made: the second and further ones with `like`, the training set of the first.
 * Training rows follow each other in order, and so do test rows and validation rows.
 *
 * @throws {TypeError} if the sets have other inputs, or another kind of labels or targets, than the first
 */
export function joinDatasets(pairs: readonly DatasetPair[]): DatasetPair {
  checkArgument("pairs", pairs, list(DATASETS));
  const { train, ...others } = joinSets(pairs);
  if (!train) throw new TypeError("Cannot join data sets: none is given");
  return { train, ...others };
}

/** Joins data sets as {@linkcode joinDatasets} does, also without training sets. */
export function joinSets(pairs: readonly DatasetSets[]): DatasetSets {
  const join = (name: "train" | "test" | "validation") => {
    const sets = pairs.map((pair) => pair[name]).filter((set) => set !== undefined);
    return sets.length > 1 ? joined(sets) : sets[0];
  };
  const train = join("train"), test = join("test"), validation = join("validation");
  const notes = pairs.flatMap((pair) => pair.notes ?? []);
  return {
    ...train && { train },
    ...test && { test },
    ...validation && { validation },
    ...notes.length > 0 && { notes },
  };
}

/** The properties that two sets share if both have them. */
const MEANINGS = ["classNames", "image", "columns"] as const;

function areAlike(one: unknown, other: unknown): boolean {
  return one === undefined || other === undefined || JSON.stringify(one) === JSON.stringify(other);
}

function joined(sets: readonly Dataset[]): Dataset {
  const [first, ...others] = sets;
  for (const other of others) {
    const isSame = `${other.inputShape}` === `${first.inputShape}` && other.inputScale === first.inputScale &&
      other.outFeatures === first.outFeatures &&
      (other.labels === undefined) === (first.labels === undefined) &&
      MEANINGS.every((name) => areAlike(other[name], first[name]));
    if (isSame) continue;
    throw new TypeError(
      `Cannot join ${other.source} to ${first.source}: their inputs, classes or targets differ`,
    );
  }
  const { labels, targets, weights } = first;
  const areBytes = sets.every(({ inputs }) => inputs instanceof Uint8Array);
  const inputs = areBytes
    ? concatenated(Uint8Array, sets.map((set) => set.inputs))
    : concatenated(Float32Array, sets.map((set) => set.inputs));
  const isWeighted = weights !== undefined || others.some((other) => other.weights !== undefined);
  return {
    ...first,
    inputs,
    ...labels && { labels: concatenated(Uint32Array, sets.map((set) => set.labels!)) },
    ...targets && { targets: concatenated(Float32Array, sets.map((set) => set.targets!)) },
    ...isWeighted && { weights: concatenated(Float32Array, sets.map(weightsOf)) },
    source: sets.map((set) => set.source).join(" and "),
  };
}

/** Returns the weights of the rows of a set; 1 for each if it has none. */
function weightsOf({ weights, labels, targets, outFeatures }: Dataset): Float32Array {
  return weights ?? new Float32Array(labels?.length ?? targets!.length / outFeatures).fill(1);
}

function concatenated<T extends Uint8Array | Uint32Array | Float32Array>(
  type: new (length: number) => T,
  arrays: readonly ArrayLike<number>[],
): T {
  const all = new type(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const values of arrays) {
    all.set(values, at);
    at += values.length;
  }
  return all;
}
