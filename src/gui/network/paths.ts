/**
 * The strongest paths through the units of a network, for one input and one class.
 *
 * A path goes through one unit `u[l]` of each hidden layer to the explained logit. Its contribution is
 *
 *     ink(u[1]) · link(u[1], u[2]) · … · link(u[L-1], class)
 *
 * where `ink(u)` is `Σ W[1][u, i] (x[i] - r[i])`, the part of the unit's sum that comes from the ink, and `link` is the derivative
 * of a sum with respect to a sum of the layer below: `W[l][v, u] · f'(z[u])`. (The outputs of a hidden softmax depend on all its
 * sums, and its links are `Σ over k of W[l][v, k] · ∂y[k]/∂z[u]`.) Therefore the contributions of all paths add up to
 * gradient × input.
 *
 * Cost: each unit keeps its `count` strongest paths from the first layer, found from those of the layer below. Therefore each
 * weight is visited once, and not each path: two layers of 512 and 256 units have 131,072 paths.
 * @module
 */
import type { FloatArray } from "../../backends/backend.ts";
import { activateBackward } from "../../backends/reference/activations.ts";
import { type PassedLayer, timesMatrix, timesVector } from "./forward_pass.ts";

/** A path through one unit of each hidden layer. */
export interface Path {
  /** The units, from 0, first hidden layer to last. */
  readonly units: readonly number[];
  /** Its part of gradient × input. */
  readonly contribution: number;
}

/** The strongest paths, and their share. */
export interface Paths {
  /** The paths with the largest absolute contributions, in order; none if there is no hidden layer. */
  readonly paths: readonly Path[];
  /** The number of all paths whose contribution is not 0. */
  readonly pathCount: number;
  /** The share of `paths` in the absolute contributions of all paths, 0 to 1. */
  readonly pathShare: number;
}

/** The part of a path from the first layer to a unit. */
interface Reached {
  readonly value: number;
  readonly unit: number;
  readonly before?: Reached;
}

/** The paths from the first layer to the units of a layer. */
interface Front {
  /** The strongest paths to each unit, in order. */
  readonly reached: readonly (readonly Reached[])[];
  /** The number of paths to each unit whose value is not 0. */
  readonly counts: Float64Array;
  /** The sum of their absolute values, for each unit. */
  readonly sums: Float64Array;
}

/** Returns the strongest paths, given the gradient of the logit in the last layer `[O]`, and the ink `[I]`. */
export function strongestPaths(
  layers: readonly PassedLayer[],
  { outputGradient, ink, count }: {
    readonly outputGradient: Float64Array;
    readonly ink: Float64Array;
    readonly count: number;
  },
): Paths {
  const last = layers.length - 1;
  if (last === 0) return { paths: [], pathCount: 0, pathShare: 0 };
  const first = timesVector(layers[0].weights, ink, layers[0].z.length);
  let front: Front = {
    reached: Array.from(first, (value, unit) => value === 0 ? [] : [{ value, unit }]),
    counts: first.map((value) => value === 0 ? 0 : 1),
    sums: first.map(Math.abs),
  };
  for (let at = 1; at <= last; at++) {
    const { weights, x, z } = layers[at], inFeatures = x.length;
    const rows = at < last
      ? Array.from(z, (_, v) => weights.subarray(v * inFeatures, (v + 1) * inFeatures))
      : [timesMatrix(outputGradient, weights, inFeatures)];
    front = advance(front, rows, { below: layers[at - 1], count });
  }
  const [ends] = front.reached;
  const shown = ends.reduce((sum, { value }) => sum + Math.abs(value), 0);
  return {
    paths: ends.map((end) => ({ units: unitsOf(end), contribution: end.value })),
    pathCount: front.counts[0],
    pathShare: front.sums[0] === 0 ? 0 : Math.min(1, shown / front.sums[0]),
  };
}

/** Continues the paths to the units of the next layer, each of which has a row of weights. */
function advance(
  { reached, counts, sums }: Front,
  rows: readonly FloatArray[],
  { below, count }: { readonly below: PassedLayer; readonly count: number },
): Front {
  const next = { counts: new Float64Array(rows.length), sums: new Float64Array(rows.length) };
  const linksOf = linkRule(below);
  const strongest = rows.map((row, v) => {
    const links = linksOf(row), best: Reached[] = [];
    for (let u = 0; u < links.length; u++) {
      if (links[u] === 0 || counts[u] === 0) continue;
      next.counts[v] += counts[u];
      next.sums[v] += Math.abs(links[u]) * sums[u];
      for (const before of reached[u]) {
        if (!insert(best, { value: links[u] * before.value, unit: v, before }, count)) break;
      }
    }
    return best;
  });
  return { ...next, reached: strongest };
}

/** Returns a function that turns a row of weights into the links from the sums of the layer below. */
function linkRule(below: PassedLayer): (row: FloatArray) => Float64Array {
  const backward = (row: Float64Array) => {
    activateBackward(row, below, below.activation);
    return row;
  };
  if (below.activation === "softmax") return (row) => backward(new Float64Array(row));
  const slopes = backward(new Float64Array(below.z.length).fill(1)), links = slopes.slice();
  return (row) => {
    for (let u = 0; u < links.length; u++) links[u] = row[u] * slopes[u];
    return links;
  };
}

/** Inserts a path into the `count` strongest if it is one of them, and returns whether it is. */
function insert(best: Reached[], path: Reached, count: number): boolean {
  const strength = Math.abs(path.value);
  if (best.length >= count && !(strength > Math.abs(best[best.length - 1].value))) return false;
  let at = best.length;
  while (at > 0 && Math.abs(best[at - 1].value) < strength) at--;
  best.splice(at, 0, path);
  if (best.length > count) best.pop();
  return true;
}

/** Returns the units of a path, without its end. */
function unitsOf(end: Reached): number[] {
  const units: number[] = [];
  for (let at = end.before; at; at = at.before) units.unshift(at.unit);
  return units;
}
