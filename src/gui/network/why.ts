/**
 * The reasons for a network's output: the contribution of each input to a class, by gradient × input (Shrikumar et al. 2016,
 * arXiv 1605.01713). Needs neither Deno nor a server.
 *
 * The network is `y[0] = inputScale · inputs`, `z[l] = W[l] y[l-1] + b[l]`, `y[l] = f[l](z[l])`. The explained number `s` is
 * the logit of a class: its sum in the last layer, before the softmax. With `r` the inputs of a blank sheet:
 *
 *     contribution[i] = ∂s/∂inputs[i] · (inputs[i] - r[i])
 *     s = Σ contribution + biases + curved
 *     biases = Σ over l of ∂s/∂z[l] · b[l], and Σ ∂s/∂inputs[i] · r[i]
 *     curved = Σ over hidden l of ∂s/∂y[l] · y[l] - ∂s/∂z[l] · z[l]
 *
 * This holds for every network. `curved` is 0 if the activations consist of straight lines, such as ReLU.
 * @module
 */
import { activateBackward } from "../../backends/reference/activations.ts";
import { layerBuffer } from "../../plan/layers.ts";
import { type ExplainedNetwork, forward, timesMatrix } from "./forward_pass.ts";
import { type Paths, strongestPaths } from "./paths.ts";

/** The class to explain. */
export interface Question {
  /**
   * The class, from 0. A network with one output has two classes; its logit is explained for class 1, and the negated logit for
   * class 0, also if another class is subtracted.
   */
  readonly label: number;
  /** Another class, whose logit is subtracted; absent for the logit of `label` alone. */
  readonly against?: number;
  /** The inputs `[I]` of a blank sheet or a usual row, to which contributions refer; zeros by default. */
  readonly blank?: ArrayLike<number>;
  /** The maximum number of paths; 8 by default. */
  readonly paths?: number;
}

/** The reasons for a class. */
export interface Why extends Paths {
  /** The contribution of each input, `[I]`. */
  readonly contributions: Float64Array;
  /** The logit, or the difference of two. */
  readonly logit: number;
  /** The sum of the contributions. */
  readonly total: number;
  /** The part of the biases, and of the inputs to which contributions refer. */
  readonly biases: number;
  /** The part of activations that are curves. */
  readonly curved: number;
}

/** Returns the reasons for a class, given one row of inputs `[I]`. All numbers are computed in float64. */
export function whyOf(
  network: ExplainedNetwork,
  inputs: ArrayLike<number>,
  { label, against, blank, paths = 8 }: Question,
): Why {
  const { layers, parameters, inputScale } = network, last = layers.length - 1;
  const passed = forward(network, inputs);
  const outputGradient = gradientOfLogit(passed[last].z.length, label, against);
  let dZ = outputGradient, biases = 0, curved = 0;
  for (let at = last; at > 0; at--) {
    biases += dot(dZ, parameters[layerBuffer(at, "bias")]);
    const below = passed[at - 1], dY = timesMatrix(dZ, passed[at].weights, passed[at].x.length);
    dZ = dY.slice();
    activateBackward(dZ, below, below.activation);
    for (let u = 0; u < dY.length; u++) curved += dY[u] * below.y[u] - dZ[u] * below.z[u];
  }
  biases += dot(dZ, parameters[layerBuffer(0, "bias")]);
  const { x, weights } = passed[0], gradient = timesMatrix(dZ, weights, x.length);
  const paper = x.map((_, i) => inputScale * (blank?.[i] ?? 0)), ink = x.map((value, i) => value - paper[i]);
  const contributions = gradient.map((slope, i) => slope * ink[i]);
  biases += dot(gradient, paper);
  return {
    contributions,
    logit: dot(outputGradient, passed[last].z),
    total: contributions.reduce((sum, value) => sum + value, 0),
    biases,
    curved,
    ...strongestPaths(passed, { outputGradient, ink, count: paths }),
  };
}

/** Returns ∂s/∂z of the last layer. */
function gradientOfLogit(outputs: number, label: number, against: number | undefined): Float64Array {
  if (outputs === 1) return Float64Array.of(label === 1 ? 1 : -1);
  return Float64Array.from({ length: outputs }, (_, o) => Number(o === label) - Number(o === against));
}

function dot(a: Float64Array, b: ArrayLike<number>): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}
