/** The operations of a step in each language, for docs/backprop.md. @module */
import { sourceOf } from "./source.ts";

/** The languages, in the order of the columns. */
export const LANGUAGES = ["reference", "WebAssembly", "WGSL", "C++", "CUDA"] as const;

const REFERENCE = "src/backends/reference", WASM = "src/backends/wasm/kernels", WGSL = "src/backends/webgpu";

/** For each operation and language, the file and a function or type in it. */
export const PLACES: Readonly<Record<string, readonly (readonly [path: string, name: string])[]>> = {
  gather: [
    [`${REFERENCE}/ops.ts`, "gather"],
    [`${WASM}/rows.ts`, "gatherFloats"],
    [`${WGSL}/gather.wgsl`, "main"],
    ["cpu/gather.cpp", "gather"],
    ["cuda/gather.cu", "gather_kernel"],
  ],
  linear: [
    [`${REFERENCE}/ops.ts`, "linear"],
    [`${WASM}/matmul.ts`, "rowsTimes"],
    [`${WGSL}/linear.wgsl`, "finish"],
    ["cpu/linear.cpp", "linear"],
    ["cuda/linear.cu", "linear_kernel"],
  ],
  softmaxCrossEntropy: [
    [`${REFERENCE}/losses.ts`, "softmaxCrossEntropy"],
    [`${WASM}/losses.ts`, "softmaxCrossEntropy"],
    [`${WGSL}/softmax_cross_entropy.wgsl`, "loss_of"],
    ["cpu/losses.cpp", "loss"],
    ["cuda/losses.cuh", "cross_entropy_of_row"],
  ],
  linearBackwardInput: [
    [`${REFERENCE}/ops.ts`, "linearBackwardInput"],
    [`${WASM}/rows.ts`, "backwardInput"],
    [`${WGSL}/linear_backward_input.wgsl`, "finish"],
    ["cpu/linear_backward_input.cpp", "linear_backward_input"],
    ["cuda/linear_backward_input.cu", "linear_backward_input_kernel"],
  ],
  linearBackwardWeight: [
    [`${REFERENCE}/ops.ts`, "linearBackwardWeight"],
    [`${WASM}/matmul.ts`, "columnsTimes"],
    [`${WGSL}/linear_backward_weight.wgsl`, "finish"],
    ["cpu/linear_backward_weight.cpp", "linear_backward_weight"],
    ["cuda/linear_backward_weight.cu", "linear_backward_weight_kernel"],
  ],
  relu: [
    [`${REFERENCE}/activations.ts`, "activate"],
    [`${WASM}/activations.ts`, "activate"],
    [`${WGSL}/activations.wgsl`, "relu_of"],
    ["cpu/activations.hpp", "Relu"],
    ["cuda/activations.cuh", "activate"],
  ],
  sgd: [
    [`${REFERENCE}/updates.ts`, "sgd"],
    [`${WASM}/updates.ts`, "sgd"],
    [`${WGSL}/sgd.wgsl`, "update"],
    ["cpu/updates.hpp", "Sgd"],
    ["cuda/updates.cuh", "sgd"],
  ],
  adam: [
    [`${REFERENCE}/updates.ts`, "adam"],
    [`${WASM}/updates.ts`, "adam"],
    [`${WGSL}/adam.wgsl`, "update"],
    ["cpu/updates.hpp", "Adam"],
    ["cuda/updates.cuh", "adam"],
  ],
};

/**
 * Returns the rows of the table, the heading first.
 *
 * @throws {RangeError} if a file does not have its function or type
 */
export function languageRows(): string[][] {
  const cell = ([path, name]: readonly [string, string]) => {
    if (!new RegExp(`\\s${name}(\\(| \\{)`).test(sourceOf(path))) {
      throw new RangeError(`${path} has no "${name}"`);
    }
    return `[\`${name}\` in ${path.slice(path.lastIndexOf("/") + 1)}](../${path})`;
  };
  return [
    ["operation", ...LANGUAGES],
    ...Object.entries(PLACES).map(([op, places]) => [op, ...places.map(cell)]),
  ];
}
