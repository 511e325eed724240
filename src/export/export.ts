/** The formats in which a network can be exported. @module */
import { NETWORK_PARTS } from "../argument_kinds.ts";
import { checkArgument, checkOptions, foundText, oneOf, TEXT } from "../arguments.ts";
import { formatSafetensors } from "../formats/safetensors.ts";
import type { MlpParts } from "../mlp_parts.ts";
import { CONFIG_KEY } from "../model_config.ts";
import { formatJavaScript } from "./javascript.ts";
import { checkSize } from "./limits.ts";
import { formatOnnx, type OnnxOptions } from "./onnx.ts";
import { formatSequentialNpz, namedConfig, sequentialTensors } from "./sequential.ts";

/** The formats: the extension of each, and its content in words. */
export const EXPORT_FORMATS = {
  safetensors: "weights and biases under the names of PyTorch's nn.Sequential",
  onnx: "a graph for ONNX runtimes, from raw rows to probabilities",
  js: "a JavaScript module without dependencies",
  npz: "weights and biases under the names of PyTorch's nn.Sequential, for NumPy",
} as const;

/** The name of a format, which is also its extension. */
export type ExportFormat = keyof typeof EXPORT_FORMATS;

/** The options of {@linkcode exportNetwork}. */
export interface ExportOptions extends OnnxOptions {
  /** The name of the file with the types of `"js"`, beside the module; `exportTypes` returns its text. */
  readonly types?: string;
}

/**
 * Returns the bytes of a network in a format for other programs. Equal networks give equal bytes.
 *
 * - `"safetensors"` and `"npz"`: `0.weight` `[O, I]`, `0.bias` `[O]`, `2.weight`, …, float32, as PyTorch's `nn.Sequential` of
 *   linear layers and activations names them. A linear activation has no module, so that the index grows by 1 after it, and by 2
 *   after others. The meaning of inputs and outputs and the activations are JSON: the text `mlpcuda` in the metadata, or the
 *   array `config`. Inputs must be multiplied by `inputScale`.
 * - `"onnx"`: the graph, from `input` `[batch, ...inputShape]`, raw rows, to `probabilities` `[batch, C]`, or to `outputs`
 *   `[batch, O]` if the network has none.
 * - `"js"`: an ECMAScript module with `predict(row)`, from a raw row to probabilities or outputs.
 *
 * @throws {RangeError} if the network is larger than the format can hold
 *
 * @example
 * ```ts
 * import { dense, exportNetwork, Mlp } from "@mlpcuda/mlpcuda";
 * import { assertEquals } from "@std/assert";
 *
 * const mlp = Mlp.create([dense(8, "relu"), dense(3, "softmax")], { inputShape: [4] });
 * const module = new TextDecoder().decode(exportNetwork(mlp, "js"));
 * assertEquals(module.includes("export function predict(row)"), true);
 * ```
 */
export function exportNetwork(
  mlp: MlpParts,
  format: ExportFormat,
  options: ExportOptions = {},
): Uint8Array<ArrayBuffer> {
  checkArgument("mlp", mlp, NETWORK_PARTS);
  checkOptions(options, { types: TEXT, precision: oneOf(["float32", "float64"]) });
  switch (format) {
    case "safetensors":
      checkSize(mlp, { format, maxBytes: MAX_BYTES });
      return formatSafetensors(sequentialTensors(mlp), new Map([[CONFIG_KEY, namedConfig(mlp)]]));
    case "npz":
      checkSize(mlp, { format, maxBytes: MAX_BYTES });
      return formatSequentialNpz(mlp);
    case "onnx":
      return formatOnnx(mlp, options);
    case "js":
      return new TextEncoder().encode(formatJavaScript(mlp, options));
    default:
      format satisfies never;
      throw new TypeError(
        `Unknown format ${foundText(format)}, needs one of ${Object.keys(EXPORT_FORMATS).join(", ")}`,
      );
  }
}

/** The maximum size of the parameters in bytes, below that of a typed array and of a zip archive. */
const MAX_BYTES = 2 ** 32 - 2 ** 24;
