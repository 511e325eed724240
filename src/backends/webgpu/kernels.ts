/**
 * The kernels: which WGSL each is made of, and what it binds. A kernel's text is the constants that distinguish its
 * variants, step.wgsl, what it shares with others, and its own file. Sizes are no constants: they come in a uniform
 * buffer, so that one pipeline serves every network.
 * @module
 */
import adam from "./adam.wgsl" with { type: "text" };
import clipByNorm from "./clip_by_norm.wgsl" with { type: "text" };
import gather from "./gather.wgsl" with { type: "text" };
import gradient from "./gradient.wgsl" with { type: "text" };
import linear from "./linear.wgsl" with { type: "text" };
import linearBackwardInput from "./linear_backward_input.wgsl" with { type: "text" };
import linearBackwardWeight from "./linear_backward_weight.wgsl" with { type: "text" };
import meanSquaredError from "./mean_squared_error.wgsl" with { type: "text" };
import rowLoss from "./row_loss.wgsl" with { type: "text" };
import rows from "./rows.wgsl" with { type: "text" };
import sgd from "./sgd.wgsl" with { type: "text" };
import softmax from "./softmax.wgsl" with { type: "text" };
import softmaxBackward from "./softmax_backward.wgsl" with { type: "text" };
import softmaxCrossEntropy from "./softmax_cross_entropy.wgsl" with { type: "text" };
import step from "./step.wgsl" with { type: "text" };
import sumLosses from "./sum_losses.wgsl" with { type: "text" };
import update from "./update.wgsl" with { type: "text" };
import { type Tile, tileSource } from "./tile.ts";

/** How a kernel uses a binding of group 1. */
export type Binding = "uniform" | "read" | "write";

/** A kernel. */
export interface Kernel {
  /** Its name, with what distinguishes the variant. */
  readonly name: string;
  /** Its WGSL. */
  readonly code: string;
  /** The function to run. */
  readonly entry: string;
  /** The bindings of group 1. */
  readonly bindings: readonly Binding[];
}

/** The functions that take gradients: two optimizers, and what keeps the gradients for clipping. */
export type Taker = "sgd" | "adam" | "gradient";

const TAKERS: Record<Taker, { code: string; bindings: readonly Binding[] }> = {
  sgd: { code: sgd, bindings: ["write", "write"] },
  adam: { code: adam, bindings: ["write", "write", "write"] },
  gradient: { code: gradient, bindings: ["write"] },
};

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
    code: [`const BYTES = ${bytes};\nconst ORDERED = ${ordered};`, gather],
    bindings: ["uniform", "read", "read", "read", "write", "write"],
  });
}

/** linear.wgsl. */
export function linearKernel(tile: Tile): Kernel {
  const code = [linear, tileSource(tile, { rowSums: false })];
  return make(`linear, ${tile.block}`, { code, bindings: ["uniform", "read", "read", "write"] });
}

/** linear_backward_input.wgsl. */
export function linearBackwardInputKernel(tile: Tile): Kernel {
  const code = [linearBackwardInput, tileSource(tile, { rowSums: false })];
  return make(`linearBackwardInput, ${tile.block}`, {
    code,
    bindings: ["uniform", "read", "read", "read", "write"],
  });
}

/** linear_backward_weight.wgsl, whose gradients go to `taker`. */
export function linearBackwardWeightKernel(tile: Tile, taker: Taker): Kernel {
  return make(`linearBackwardWeight, ${tile.block}, ${taker}`, {
    code: [linearBackwardWeight, TAKERS[taker].code, tileSource(tile, { rowSums: true })],
    bindings: ["uniform", "read", "read", ...TAKERS[taker].bindings],
  });
}

/** update.wgsl. */
export function updateKernel(taker: "sgd" | "adam"): Kernel {
  return make(`update, ${taker}`, {
    code: [update, TAKERS[taker].code],
    bindings: ["uniform", "read", "read", ...TAKERS[taker].bindings],
  });
}

/** clip_by_norm.wgsl, by its function. */
export function clipKernel(entry: "squares" | "factor_of"): Kernel {
  return make(`clipByNorm, ${entry}`, { code: [clipByNorm], entry, bindings: ["uniform", "read", "write"] });
}

/** A kernel over rows of so many columns. */
export function rowsKernel(name: keyof typeof ROW_KERNELS, columns: number): Kernel {
  const lanes = lanesOf(columns), { code, bindings } = ROW_KERNELS[name];
  return make(`${name}, ${lanes}`, { code: [`const LANES = ${lanes}u;`, rows, ...code], bindings });
}

const ROW_KERNELS = {
  softmax: { code: [softmax], bindings: ["uniform", "write"] },
  softmaxBackward: { code: [softmaxBackward], bindings: ["uniform", "read", "write"] },
  softmaxCrossEntropy: {
    code: [rowLoss, softmaxCrossEntropy],
    bindings: ["uniform", "read", "read", "write", "write"],
  },
  meanSquaredError: {
    code: [rowLoss, meanSquaredError],
    bindings: ["uniform", "read", "read", "write", "write"],
  },
} as const satisfies Record<string, { code: readonly string[]; bindings: readonly Binding[] }>;

/** sum_losses.wgsl. */
export function sumLossesKernel(): Kernel {
  return make("sumLosses", { code: [rowLoss, sumLosses], bindings: ["uniform", "read", "read", "write"] });
}

function make(
  name: string,
  { code, entry = "main", bindings }: {
    readonly code: readonly string[];
    readonly entry?: string;
    readonly bindings: readonly Binding[];
  },
): Kernel {
  return { name, code: [step, ...code].join("\n"), entry, bindings };
}
