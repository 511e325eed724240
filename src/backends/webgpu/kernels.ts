/**
 * The kernels: which WGSL each is made of, and what it binds. A kernel's text is its step record, the functions of one
 * number, constants and functions that distinguish its variants, what it shares with others, and its own file. Sizes are
 * no constants: they come in a uniform buffer, so that one pipeline serves every network.
 * @module
 */
import type { ActivationName } from "../../plan/activations.ts";
import { MASK_MEMBERS } from "./dropout.ts";
import { stepSource } from "./steps.ts";
import { type Tile, tileSource } from "./tile.ts";
import type { Taker } from "./updates.ts";
import * as wgsl from "./wgsl.ts";

/** How a kernel uses a binding of group 1. */
export type Binding = "uniform" | "read" | "write";

/** A kernel. */
export interface Kernel {
  /** Its name, for a message. */
  readonly name: string;
  /** Its WGSL. */
  readonly code: string;
  /** The function to run. */
  readonly entry: string;
  /** The bindings of group 1. */
  readonly bindings: readonly Binding[];
}

/** An activation in a kernel, and whether its sums `z` are kept. */
export interface Activated {
  readonly activation: ActivationName;
  readonly z: boolean;
}

/** Columns from which on a row's numbers are shared out to 64 invocations. */
const WIDE_ROW = 33;

/** Invocations that work on a row of so many columns. */
export function lanesOf(columns: number): number {
  return columns < WIDE_ROW ? 1 : 64;
}

/** gather.wgsl for bytes or floats, in an order or in a row. */
export function gatherKernel(options: { readonly bytes: boolean; readonly ordered: boolean }): Kernel {
  const { bytes, ordered } = options;
  return make(`gather, ${bytes ? "bytes" : "floats"}${ordered ? ", ordered" : ""}`, {
    code: [`const BYTES = ${bytes};\nconst ORDERED = ${ordered};`, wgsl.gather],
    bindings: ["uniform", "read", "read", "read", "write", "write"],
  });
}

/** linear.wgsl, which keeps the sums if there is a `z`. */
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

/** linear_backward_input.wgsl, back through the dropout that the outputs of the layer before may have, and its activation. */
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

/** dropout.wgsl. */
export function dropoutKernel(): Kernel {
  const sizes = `struct Dropout { columns: u32, ${MASK_MEMBERS} }
@group(1) @binding(0) var<uniform> layer: Dropout;`;
  return make("dropout", {
    code: [sizes, wgsl.dropoutMask, wgsl.dropout],
    bindings: ["uniform", "read", "write"],
  });
}

/** linear_backward_weight.wgsl, whose gradients go to `taker`. */
export function linearBackwardWeightKernel(tile: Tile, taker: Taker): Kernel {
  const code = [wgsl.linearBackwardWeight, tileSource(tile, { rowSums: true })];
  return takenBy(taker, `linearBackwardWeight, ${tile.block}`, code);
}

/** update.wgsl. */
export function updateKernel(taker: Taker): Kernel {
  return takenBy(taker, "update", [wgsl.update]);
}

function takenBy({ name, code, targets, settings }: Taker, kernel: string, own: readonly string[]): Kernel {
  const first = 3; // binding
  return make(`${kernel}, ${name}`, {
    code: [...targets.map((target, at) => bufferSource(target, first + at, "read_write")), code, ...own],
    bindings: ["uniform", "read", "read", ...targets.map(() => "write" as const)],
    settings,
  });
}

/** average.wgsl. */
export function averageKernel(): Kernel {
  return make("average", { code: [wgsl.average], bindings: ["uniform", "read", "write"] });
}

/** clip_by_norm.wgsl, by its function. */
export function clipKernel(entry: "squares" | "factor_of"): Kernel {
  const code = [`const LANES = 64u;`, wgsl.lanes, wgsl.clipByNorm];
  return make(`clipByNorm, ${entry}`, { code, entry, bindings: ["uniform", "read", "write"] });
}

/** softmax.wgsl for rows of so many columns. */
export function softmaxKernel(columns: number): Kernel {
  return rowKernel(columns, "softmax", { code: [wgsl.softmax], bindings: ["write"] });
}

/** softmax_backward.wgsl for rows of so many columns. */
export function softmaxBackwardKernel(columns: number): Kernel {
  return rowKernel(columns, "softmaxBackward", { code: [wgsl.softmaxBackward], bindings: ["read", "write"] });
}

/** Returns a kernel over the rows of a batch: rows.wgsl and `code`, for rows of so many columns. */
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

/** sum_losses.wgsl. */
export function sumLossesKernel(): Kernel {
  return make("sumLosses", {
    code: [wgsl.rowLoss, wgsl.sumLosses],
    bindings: ["uniform", "read", "read", "write"],
  });
}

/** Writes `activate` and `activate_backward`, which do not compile if activations.wgsl lacks the activation. */
export function activationSource(activation: ActivationName): string {
  const name = activation.replaceAll("-", "_");
  return `${wgsl.activations}
fn activate(z: f32) -> f32 { return ${name}_of(z); }
fn activate_backward(y_or_z: f32, d: f32) -> f32 { return ${name}_back(y_or_z, d); }`;
}

/** Writes the declaration of a buffer of float32 numbers. */
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
