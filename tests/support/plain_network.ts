/** A training step of any network of ReLU layers with softmax, in plain loops that use nothing of the library. @module */

/** A network: weights `[O, I]` and bias `[O]` of each layer, as arrays of rows. */
export interface PlainNetwork {
  readonly weights: number[][][];
  readonly bias: number[][];
}

/** The numbers of a step on one row. */
export interface PlainStep {
  /** The outputs of each layer; the last ones are logits. */
  readonly y: number[][];
  readonly p: number[];
  readonly loss: number;
  /** The gradients of the sums, first layer first. */
  readonly dZ: number[][];
  readonly dW: number[][][];
}

/** Makes a network of arrays from parameters by name. */
export function plainNetwork(parameters: Readonly<Record<string, ArrayLike<number>>>): PlainNetwork {
  const weights: number[][][] = [], bias: number[][] = [];
  for (let layer = 1; parameters[`layer_${layer}.bias`]; layer++) {
    const b = Array.from(parameters[`layer_${layer}.bias`]),
      w = Array.from(parameters[`layer_${layer}.weights`]);
    const inputs = w.length / b.length;
    bias.push(b);
    weights.push(b.map((_, o) => w.slice(o * inputs, (o + 1) * inputs)));
  }
  return { weights, bias };
}

/** Computes the forward and the backward pass of a row. */
export function plainStep({ weights, bias }: PlainNetwork, x: readonly number[], label: number): PlainStep {
  const y: number[][] = [], last = weights.length - 1;
  for (let l = 0; l <= last; l++) {
    const inputs = l === 0 ? x : y[l - 1];
    y.push(weights[l].map((row, o) => {
      const z = row.reduce((sum, w, i) => sum + w * inputs[i], bias[l][o]);
      return l < last ? Math.max(0, z) : z;
    }));
  }
  const powers = y[last].map((z) => Math.exp(z)), sum = powers.reduce((a, b) => a + b);
  const p = powers.map((power) => power / sum), dZ: number[][] = [];
  dZ[last] = p.map((share, c) => share - (c === label ? 1 : 0));
  for (let l = last; l > 0; l--) {
    dZ[l - 1] = y[l - 1].map((output, i) =>
      output > 0 ? dZ[l].reduce((sum, d, o) => sum + d * weights[l][o][i], 0) : 0
    );
  }
  const dW = dZ.map((d, l) => d.map((value) => (l === 0 ? x : y[l - 1]).map((input) => value * input)));
  return { y, p, loss: -Math.log(p[label]), dZ, dW };
}

/** Changes a network by steps of SGD on one row. */
export function plainSgd(
  network: PlainNetwork,
  x: readonly number[],
  label: number,
  rate: number,
  steps: number,
): void {
  for (let step = 0; step < steps; step++) {
    const { dZ, dW } = plainStep(network, x, label);
    network.weights.forEach((layer, l) =>
      layer.forEach((row, o) => row.forEach((_, i) => row[i] -= rate * dW[l][o][i]))
    );
    network.bias.forEach((b, l) => b.forEach((_, o) => b[o] -= rate * dZ[l][o]));
  }
}
