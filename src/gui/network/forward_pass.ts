/** The forward pass of one input in float64, which keeps the sums of every layer. @module */
import type { FloatArray, Tensors } from "../../backends/backend.ts";
import { activate } from "../../backends/reference/activations.ts";
import { layerBuffer, type LayerSpec } from "../../plan/layers.ts";

/** The parts of a network that are explained. */
export interface ExplainedNetwork {
  readonly layers: readonly LayerSpec[];
  readonly parameters: Tensors;
  readonly inputScale: number;
}

/** A layer after the forward pass of one input. */
export interface PassedLayer {
  readonly activation: LayerSpec["activation"];
  /** `[O, I]`, row by row. */
  readonly weights: FloatArray;
  /** The inputs `[I]`. */
  readonly x: Float64Array;
  /** The sums before the activation, `[O]`. */
  readonly z: Float64Array;
  /** The outputs `[O]`. */
  readonly y: Float64Array;
}

/** Returns the sums and outputs of every layer. */
export function forward(
  { layers, parameters, inputScale }: ExplainedNetwork,
  inputs: ArrayLike<number>,
): readonly PassedLayer[] {
  let x = Float64Array.from(inputs, (value) => value * inputScale);
  return layers.map(({ outFeatures, activation }, at) => {
    const weights = parameters[layerBuffer(at, "weights")], bias = parameters[layerBuffer(at, "bias")];
    const z = timesVector(weights, x, outFeatures);
    for (let o = 0; o < outFeatures; o++) z[o] += bias[o];
    const layer = { activation, weights, x, z, y: z.slice() };
    activate(layer.y, activation);
    x = layer.y;
    return layer;
  });
}

/** Returns `W x` `[O]` for `W` `[O, I]`. */
export function timesVector(
  weights: ArrayLike<number>,
  x: Float64Array,
  outFeatures: number,
): Float64Array<ArrayBuffer> {
  const inFeatures = x.length, sums = new Float64Array(outFeatures);
  for (let o = 0; o < outFeatures; o++) {
    let sum = 0;
    for (let i = 0; i < inFeatures; i++) sum += weights[o * inFeatures + i] * x[i];
    sums[o] = sum;
  }
  return sums;
}

/** Returns `v W` `[I]` for `W` `[O, I]`. */
export function timesMatrix(
  v: Float64Array,
  weights: ArrayLike<number>,
  inFeatures: number,
): Float64Array<ArrayBuffer> {
  const sums = new Float64Array(inFeatures);
  for (let o = 0; o < v.length; o++) {
    if (v[o] === 0) continue; // an infinite weight of a unit that has no effect
    for (let i = 0; i < inFeatures; i++) sums[i] += v[o] * weights[o * inFeatures + i];
  }
  return sums;
}
