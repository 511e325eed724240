/** The layers of a network, and the operations of each in a plan. @module */
import { type ActivationName, ACTIVATIONS, needsZ } from "./activations.ts";
export type { LayerSpec } from "./plan.ts";
import type { LayerSpec, LinearBackwardInputOp, LinearBackwardWeightOp, LinearOp } from "./plan.ts";

/**
 * A fully connected layer of `outFeatures` outputs.
 *
 * @throws {RangeError} where `outFeatures` is not a whole number from 1
 * @throws {TypeError} where the activation is unknown
 */
export function dense(outFeatures: number, activation: ActivationName = "linear"): LayerSpec {
  if (!Number.isSafeInteger(outFeatures) || outFeatures < 1) {
    throw new RangeError(`A layer needs a whole number of outputs from 1, found ${outFeatures}`);
  }
  if (!ACTIVATIONS.includes(activation)) {
    throw new TypeError(`Unknown activation "${activation}", needs one of ${ACTIVATIONS.join(", ")}`);
  }
  return { outFeatures, activation };
}

/**
 * Reads layers as the command line writes them, `128:relu,64:relu,10:softmax`; without an activation a layer is linear.
 *
 * @throws {TypeError} where the text is not a list of layers
 */
export function parseLayers(text: string): LayerSpec[] {
  return text.split(",").map((part) => {
    const [, width, activation = "linear"] = /^\s*(\d+)\s*(?::\s*([\w-]+)\s*)?$/.exec(part) ?? [];
    if (width === undefined) {
      throw new TypeError(`Cannot read layer "${part}" of "${text}", needs a form such as "128:relu"`);
    }
    return dense(Number(width), activation as ActivationName);
  });
}

/** Layers as `parseLayers` reads them. */
export function formatLayers(layers: readonly LayerSpec[]): string {
  return layers.map(({ outFeatures, activation }) => `${outFeatures}:${activation}`).join(",");
}

/** The name of the buffer of layer `index` (from 0) that holds `what`: `layer_1.weights` for layer 0's weights. */
export function layerBuffer(
  index: number,
  what: "weights" | "bias" | "z" | "y" | "dZ" | "dWeights" | "dBias",
): string {
  return `layer_${index + 1}.${what}`;
}

/** The input of layer `index`: the gathered rows, or the previous layer's output. */
function inputOf(index: number): string {
  return index === 0 ? "x" : layerBuffer(index - 1, "y");
}

/**
 * Returns layer `index` forward. `activation` may differ from the layer's own if the loss takes logits; `keepsZ` is set if
 * a way back follows.
 */
export function forwardOp(
  index: number,
  activation: ActivationName,
  { keepsZ }: { readonly keepsZ: boolean },
): LinearOp {
  return {
    op: "linear",
    x: inputOf(index),
    weights: layerBuffer(index, "weights"),
    bias: layerBuffer(index, "bias"),
    y: layerBuffer(index, "y"),
    ...keepsZ && needsZ(activation) && { z: layerBuffer(index, "z") },
    activation,
  };
}

/** From layer `index`'s `dZ` to the `dZ` of the layer before it, whose activation is `activation`. */
export function backwardInputOp(index: number, activation: ActivationName): LinearBackwardInputOp {
  return {
    op: "linearBackwardInput",
    dZ: layerBuffer(index, "dZ"),
    weights: layerBuffer(index, "weights"),
    x: inputOf(index),
    ...needsZ(activation) && { z: layerBuffer(index - 1, "z") },
    dX: layerBuffer(index - 1, "dZ"),
    activation,
  };
}

/** From layer `index`'s `dZ` to the gradients of its parameters. */
export function backwardWeightOp(index: number): LinearBackwardWeightOp {
  return {
    op: "linearBackwardWeight",
    x: inputOf(index),
    dZ: layerBuffer(index, "dZ"),
    dWeights: layerBuffer(index, "dWeights"),
    dBias: layerBuffer(index, "dBias"),
  };
}
