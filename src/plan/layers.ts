/** The layers of a network, and the operations of each in a plan. @module */
import { LAYERS } from "./layer_kind.ts";
import { checkArgument, checkOptions, foundText, TEXT } from "../arguments.ts";
import { type ActivationName, ACTIVATIONS, needsZ } from "./activations.ts";
export type { LayerSpec } from "./plan.ts";
import type {
  DropoutMask,
  DropoutOp,
  LayerSpec,
  LinearBackwardInputOp,
  LinearBackwardWeightOp,
  LinearOp,
} from "./plan.ts";

/**
 * Returns a fully connected layer of `outFeatures` outputs.
 *
 * @param options `dropout` is the share of outputs that become 0 in a training step, from 0 to below 1
 * @throws {RangeError} if `outFeatures` is not a whole number from 1, or `dropout` is out of range
 * @throws {TypeError} if the activation is unknown
 */
export function dense(
  outFeatures: number,
  activation: ActivationName = "linear",
  options: { readonly dropout?: number } = {},
): LayerSpec {
  checkOptions(options, { dropout: (value) => void checkDropout(value as number) });
  const { dropout = 0 } = options;
  if (!Number.isSafeInteger(outFeatures) || outFeatures < 1) {
    throw new RangeError(`A layer needs a whole number of outputs from 1, found ${foundText(outFeatures)}`);
  }
  if (!ACTIVATIONS.includes(activation)) {
    throw new TypeError(
      `Unknown activation ${foundText(activation)}, needs one of ${ACTIVATIONS.join(", ")}`,
    );
  }
  return { outFeatures, activation, ...dropout > 0 && { dropout } };
}

/**
 * Checks the dropout of a layer.
 *
 * @throws {RangeError} if it is not a number from 0 to below 1
 */
export function checkDropout(dropout: number): void {
  if (typeof dropout === "number" && dropout >= 0 && dropout < 1) return;
  throw new RangeError(
    `The dropout of a layer needs a number from 0 to below 1, found ${foundText(dropout)}`,
  );
}

/**
 * Parses layers from text such as `128:relu:dropout=0.3,64:relu,10:softmax`. A layer without an activation is linear.
 *
 * @throws {TypeError} if the text is not a list of layers
 * @throws {RangeError} if a number is out of range
 */
export function parseLayers(text: string): LayerSpec[] {
  checkArgument("text", text, TEXT);
  const form = /^\s*(\d+)\s*(?::\s*([\w-]+)\s*)?(?::\s*dropout\s*=\s*([\d.eE+-]+)\s*)?$/;
  return text.split(",").map((part) => {
    const [, width, activation = "linear", dropout = "0"] = form.exec(part) ?? [];
    if (width === undefined) {
      const needed = `"128:relu" or "128:relu:dropout=0.3"`;
      throw new TypeError(`Cannot read layer "${part}" of "${text}", needs a form such as ${needed}`);
    }
    return dense(Number(width), activation as ActivationName, { dropout: Number(dropout) });
  });
}

/** Formats layers as the text that {@linkcode parseLayers} parses. */
export function formatLayers(layers: readonly LayerSpec[]): string {
  checkArgument("layers", layers, LAYERS);
  return layers.map(({ outFeatures, activation, dropout = 0 }) =>
    `${outFeatures}:${activation}${dropout > 0 ? `:dropout=${dropout}` : ""}`
  ).join(",");
}

/** A buffer of a layer. */
type LayerBuffer = "weights" | "bias" | "z" | "y" | "dropped" | "dZ" | "dWeights" | "dBias";

/** Returns the name of a buffer of layer `index`, from 0: `layer_1.weights` for layer 0's weights. */
export function layerBuffer(index: number, buffer: LayerBuffer): string {
  return `layer_${index + 1}.${buffer}`;
}

/** Returns the name of the buffer that layer `index` reads: the gathered rows or the previous layer's output, after dropout. */
function inputOf(index: number, mask: DropoutMask | undefined): string {
  if (index === 0) return mask ? "x.dropped" : "x";
  return layerBuffer(index - 1, mask ? "dropped" : "y");
}

/** Returns the dropout of the inputs of layer `index`. */
export function dropoutOp(index: number, mask: DropoutMask): DropoutOp {
  return { op: "dropout", x: inputOf(index, undefined), y: inputOf(index, mask), mask };
}

/**
 * Returns the forward operation of layer `index`.
 *
 * @param activation the activation in this plan; `linear` for the last layer if the loss takes logits
 * @param options `keepsZ` is true if a backward pass follows; `mask` is the dropout of the layer's inputs
 */
export function forwardOp(
  index: number,
  activation: ActivationName,
  { keepsZ, mask }: { readonly keepsZ: boolean; readonly mask?: DropoutMask },
): LinearOp {
  return {
    op: "linear",
    x: inputOf(index, mask),
    weights: layerBuffer(index, "weights"),
    bias: layerBuffer(index, "bias"),
    y: layerBuffer(index, "y"),
    ...keepsZ && needsZ(activation) && { z: layerBuffer(index, "z") },
    activation,
  };
}

/**
 * Returns the operation that computes the `dZ` of the layer before layer `index`.
 *
 * @param activation the activation of the previous layer
 * @param mask the dropout of the previous layer's outputs
 */
export function backwardInputOp(
  index: number,
  activation: ActivationName,
  mask?: DropoutMask,
): LinearBackwardInputOp {
  return {
    op: "linearBackwardInput",
    dZ: layerBuffer(index, "dZ"),
    weights: layerBuffer(index, "weights"),
    x: layerBuffer(index - 1, "y"),
    ...needsZ(activation) && { z: layerBuffer(index - 1, "z") },
    dX: layerBuffer(index - 1, "dZ"),
    activation,
    ...mask && { mask },
  };
}

/** Returns the operation that computes the gradients of layer `index`'s parameters; `mask` is the dropout of its inputs. */
export function backwardWeightOp(index: number, mask?: DropoutMask): LinearBackwardWeightOp {
  return {
    op: "linearBackwardWeight",
    x: inputOf(index, mask),
    dZ: layerBuffer(index, "dZ"),
    dWeights: layerBuffer(index, "dWeights"),
    dBias: layerBuffer(index, "dBias"),
  };
}
