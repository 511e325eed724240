/**
 * Composes the WGSL and the bindings of each kernel. The text of a kernel consists of the step record, numbers.wgsl, the
 * constants and functions of its variant, code that it shares with other kernels, and its own file. Sizes are not constants
 * but in a uniform buffer, so that one pipeline serves every network.
 * @module
 */
import type { ActivationName } from "../../plan/activations.ts";
import { MASK_MEMBERS } from "./dropout.ts";
import { stepSource } from "./steps.ts";
import { type Tile, tileSource } from "./tile.ts";
import type { GradientConsumer } from "./updates.ts";
import * as wgsl from "./wgsl.ts";

/** The use of a binding of group 1. */
export type Binding = "uniform" | "read" | "write";

/** A kernel. */
export interface Kernel {
  /** Its name, for an error message. */
  readonly name: string;
  /** Its WGSL. */
  readonly code: string;
  /** The function to run. */
  readonly entry: string;
  /** The bindings of group 1. */
  readonly bindings: readonly Binding[];
}

/** An activation in a kernel; `z` is true if its sums are kept. */
export interface Activated {
  readonly activation: ActivationName;
  readonly z: boolean;
}

/** The number of columns from which on 64 invocations share a row. */
const WIDE_ROW = 33;

/** Returns the number of invocations that work on a row of `columns` columns. */
export function lanesOf(columns: number): number {
  return columns < WIDE_ROW ? 1 : 64;
}

/** Returns the kernel of gather.wgsl for bytes or floats; without `ordered`, rows follow each other. */
export function gatherKernel(options: { readonly bytes: boolean; readonly ordered: boolean }): Kernel {
  const { bytes, ordered } = options;
  return make(`gather, ${bytes ? "bytes" : "floats"}${ordered ? ", ordered" : ""}`, {
    code: [`const BYTES = ${bytes};\nconst ORDERED = ${ordered};`, wgsl.gather],
    bindings: ["uniform", "read", "read", "read", "write", "write"],
  });
}

/** Returns the kernel of linear.wgsl, which keeps the sums if `z` is true. */
export function linearKernel(tile: Tile, { activation, z }: Activated): Kernel {
  const keepZ = (body: string) => `fn keep_z(at: u32, sum: f32) { ${body} }`;
  return make(`linear, ${tile.block}`, {
    code: [
      activationSource(activation),
      z ? bufferSource("z", 4, "read_write") + keepZ("z[at] = sum;") : keepZ(""),
      wgsl.linear,
      tileSource(tile, { rowSums: false }),
    ],
    bindings: ["uniform", "read", "read", "write", ...(z ? ["write" as const] : [])],
  });
}

/** Returns the kernel of linear_backward_input.wgsl; if `dropped`, the outputs of the previous layer have dropout. */
export function linearBackwardInputKernel(
  tile: Tile,
  { activation, dropped }: { readonly activation: ActivationName; readonly dropped: boolean },
): Kernel {
  return make(`linearBackwardInput, ${tile.block}${dropped ? ", dropped" : ""}`, {
    code: [
      activationSource(activation),
      dropped ? wgsl.dropoutMask : "fn drop(d: f32, row: u32, column: u32) -> f32 { return d; }",
      wgsl.linearBackwardInput,
      tileSource(tile, { rowSums: false, ...dropped && { members: MASK_MEMBERS } }),
    ],
    bindings: ["uniform", "read", "read", "read", "write"],
  });
}

/** Returns the kernel of dropout.wgsl. */
export function dropoutKernel(): Kernel {
  const sizes = `struct Dropout { columns: u32, ${MASK_MEMBERS} }
@group(1) @binding(0) var<uniform> layer: Dropout;`;
  return make("dropout", {
    code: [sizes, wgsl.dropoutMask, wgsl.dropout],
    bindings: ["uniform", "read", "write"],
  });
}

/** Returns the kernel of linear_backward_weight.wgsl, which passes the gradients to `consumer`. */
export function linearBackwardWeightKernel(tile: Tile, consumer: GradientConsumer): Kernel {
  const code = [wgsl.linearBackwardWeight, tileSource(tile, { rowSums: true })];
  return consumerKernel(consumer, `linearBackwardWeight, ${tile.block}`, code);
}

/** Returns the kernel of update.wgsl, which passes clipped gradients to `consumer`. */
export function updateKernel(consumer: GradientConsumer): Kernel {
  return consumerKernel(consumer, "update", [wgsl.update]);
}

function consumerKernel(
  { name, code, results, settings }: GradientConsumer,
  kernel: string,
  own: readonly string[],
): Kernel {
  const first = 3; // the first binding of `results`
  return make(`${kernel}, ${name}`, {
    code: [...results.map((result, at) => bufferSource(result, first + at, "read_write")), code, ...own],
    bindings: ["uniform", "read", "read", ...results.map(() => "write" as const)],
    settings,
  });
}

/** Returns the kernel of average.wgsl. */
export function averageKernel(): Kernel {
  return make("average", { code: [wgsl.average], bindings: ["uniform", "read", "write"] });
}

/** Returns the kernel of a function of clip_by_norm.wgsl. */
export function clipKernel(entry: "squares" | "factor_of"): Kernel {
  const code = [`const LANES = 64u;`, wgsl.lanes, wgsl.clipByNorm];
  return make(`clipByNorm, ${entry}`, { code, entry, bindings: ["uniform", "read", "write"] });
}

/** Returns the kernel of softmax.wgsl for rows of `columns` columns. */
export function softmaxKernel(columns: number): Kernel {
  return rowKernel(columns, "softmax", { code: [wgsl.softmax], bindings: ["write"] });
}

/** Returns the kernel of softmax_backward.wgsl for rows of `columns` columns. */
export function softmaxBackwardKernel(columns: number): Kernel {
  return rowKernel(columns, "softmaxBackward", { code: [wgsl.softmaxBackward], bindings: ["read", "write"] });
}

/** Returns the kernel of rows.wgsl and `code`, for rows of `columns` columns. */
export function rowKernel(columns: number, name: string, { code, bindings }: {
  readonly code: readonly string[];
  readonly bindings: readonly Binding[];
}): Kernel {
  const count = lanesOf(columns);
  return make(`${name}, ${count}`, {
    code: [`const LANES = ${count}u;`, wgsl.lanes, wgsl.rows, ...code],
    bindings: ["uniform", ...bindings],
  });
}

/** Returns the kernel of sum_losses.wgsl. */
export function sumLossesKernel(): Kernel {
  return make("sumLosses", {
    code: [wgsl.rowLoss, wgsl.sumLosses],
    bindings: ["uniform", "read", "read", "write"],
  });
}

/** Returns the WGSL of `activate` and `activate_backward`. It compiles only if activations.wgsl has the activation. */
export function activationSource(activation: ActivationName): string {
  const name = activation.replaceAll("-", "_");
  return `${wgsl.activations}
fn activate(z: f32) -> f32 { return ${name}_of(z); }
fn activate_backward(y_or_z: f32, d: f32) -> f32 { return ${name}_back(y_or_z, d); }`;
}

/** Returns the WGSL declaration of a buffer of float32 numbers. */
export function bufferSource(name: string, binding: number, access: "read" | "read_write"): string {
  return `@group(1) @binding(${binding}) var<storage, ${access}> ${name}: array<f32>;\n`;
}

function make(
  name: string,
  { code, entry = "main", bindings, settings = [] }: {
    readonly code: readonly string[];
    readonly entry?: string;
    readonly bindings: readonly Binding[];
    readonly settings?: readonly string[];
  },
): Kernel {
  return { name, code: [stepSource(settings), wgsl.numbers, ...code].join("\n"), entry, bindings };
}
