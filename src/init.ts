/** Initial parameters: random weights, and biases of 0. @module */
import type { FloatArray } from "./backends/backend.ts";
import type { LayerSpec } from "./plan/layers.ts";
import { createRandom } from "./random.ts";

/**
 * The distribution of the initial weights: `he` is normal with variance 2/I (He et al. 2015, arXiv 1502.01852),
 * `glorot` is uniform within ±√(6/(I+O)) (Glorot and Bengio 2010), `uniform` is uniform within ±1/√I (PyTorch's
 * default for linear layers), and `zeros` is all 0.
 */
export type InitName = "he" | "glorot" | "uniform" | "zeros";

/** The maximum number of weights of a layer: float32 numbers in 4 GiB, which is all that WebAssembly can address. */
const MAX_WEIGHTS = 2 ** 30;

/** The weights that {@linkcode initialParameters} drew. */
const INITIAL = new WeakSet<FloatArray>();

/**
 * Returns whether these are weights that {@linkcode initialParameters} drew: new random weights, and not those of a trained
 * network. It is about the array itself, not its values.
 */
export function isInitial(weights: FloatArray): boolean {
  return INITIAL.has(weights);
}

/** The first random stream for weights. The streams from 1 on are used by the epochs. */
const WEIGHTS_STREAM = 0xffff0000;

/**
 * Returns weights `[O, I]` and bias `[O]` of each layer, named `layer_1.weights`, `layer_1.bias`, … Each layer has a
 * separate random stream, so that its weights do not depend on the widths of other layers.
 *
 * @throws {RangeError} if a layer has more than 2³⁰ weights
 */
export function initialParameters(
  inFeatures: number,
  layers: readonly LayerSpec[],
  options: { readonly init: InitName; readonly seed: number },
): Record<string, Float32Array<ArrayBuffer>> {
  const parameters: Record<string, Float32Array<ArrayBuffer>> = {};
  let fanIn = inFeatures;
  for (const [index, { outFeatures }] of layers.entries()) {
    const size = outFeatures * fanIn;
    if (size > MAX_WEIGHTS) {
      throw new RangeError(
        `Layer ${index + 1} needs ${size} weights, at most ${MAX_WEIGHTS} fit into an array`,
      );
    }
    const random = createRandom(options.seed, WEIGHTS_STREAM + index);
    const draw = drawFrom(options.init, fanIn, outFeatures, random);
    const weights = new Float32Array(size);
    for (let i = 0; i < size; i++) weights[i] = draw();
    INITIAL.add(weights);
    parameters[`layer_${index + 1}.weights`] = weights;
    parameters[`layer_${index + 1}.bias`] = new Float32Array(outFeatures);
    fanIn = outFeatures;
  }
  return parameters;
}

function drawFrom(init: InitName, fanIn: number, fanOut: number, random: ReturnType<typeof createRandom>) {
  const within = (bound: number) => () => (2 * random.next() - 1) * bound;
  switch (init) {
    case "he":
      return () => random.normal() * Math.sqrt(2 / fanIn);
    case "glorot":
      return within(Math.sqrt(6 / (fanIn + fanOut)));
    case "uniform":
      return within(1 / Math.sqrt(fanIn));
    case "zeros":
      return () => 0;
  }
}
