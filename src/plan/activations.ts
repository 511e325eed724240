/**
 * The table of activations: the number of each in the kernels, its formula, and the numbers that its derivative is computed
 * from. `backends/reference/activations.ts` defines the computation. `docs/extending.md` explains how to add one.
 * @module
 */

/** An activation. */
export interface ActivationDefinition {
  /** Its number in every kernel and in the C interface. */
  readonly number: number;
  /** Its output `y` as a function of a sum `z`. */
  readonly formula: string;
  /** Its derivative, or for an activation over whole rows the gradient with respect to `z`. */
  readonly derivative: string;
  /** `"y"` if the derivative is computed from the output; `"z"` if it needs the sum, which a training plan then keeps. */
  readonly from: "y" | "z";
  /** Its publication; absent if it is common knowledge. */
  readonly source?: string;
}

/** The activations by name. */
export const ACTIVATION_TABLE = {
  relu: {
    number: 1,
    formula: "max(0, z)",
    derivative: "y > 0 ? 1 : 0",
    from: "y",
    source: "Nair and Hinton 2010",
  },
  sigmoid: { number: 2, formula: "1 / (1 + e⁻ᶻ)", derivative: "y (1 - y)", from: "y" },
  tanh: { number: 3, formula: "tanh(z)", derivative: "1 - y²", from: "y" },
  softmax: { number: 4, formula: "eᶻ / Σ eᶻ over the row", derivative: "y (d - Σ y d)", from: "y" },
  linear: { number: 0, formula: "z", derivative: "1", from: "y" },
  silu: {
    number: 5,
    formula: "z σ(z), with σ the sigmoid",
    derivative: "σ(z) (1 + z (1 - σ(z)))",
    from: "z",
    source: "Elfwing et al. 2017, arXiv 1702.03118",
  },
  mish: {
    number: 6,
    formula: "z tanh(log(1 + eᶻ))",
    derivative: "t + z σ(z) (1 - t²), with t = tanh(log(1 + eᶻ))",
    from: "z",
    source: "Misra 2019, arXiv 1908.08681",
  },
  "leaky-relu": {
    number: 7,
    formula: "z > 0 ? z : 0.01 z",
    derivative: "y > 0 ? 1 : 0.01",
    from: "y",
    source: "Maas et al. 2013",
  },
  elu: {
    number: 8,
    formula: "z > 0 ? z : eᶻ - 1",
    derivative: "y > 0 ? 1 : y + 1",
    from: "y",
    source: "Clevert et al. 2015, arXiv 1511.07289",
  },
  gelu: {
    number: 9,
    formula: "z Φ(z), with Φ(z) = (1 + erf(z / √2)) / 2",
    derivative: "Φ(z) + z φ(z), with φ(z) = e^(-z² / 2) / √(2π)",
    from: "z",
    source: "Hendrycks and Gimpel 2016, arXiv 1606.08415",
  },
} as const satisfies Record<string, ActivationDefinition>;

/** The name of an activation. */
export type ActivationName = keyof typeof ACTIVATION_TABLE;

/** The names of the activations: `relu` max(0, z), `sigmoid` 1/(1+e⁻ᶻ), `tanh`, `softmax` over the row, `linear` z itself … */
export const ACTIVATIONS: readonly ActivationName[] = Object.keys(ACTIVATION_TABLE) as ActivationName[];

/** Returns whether the backward pass through an activation needs the sums `z`, so that a training plan keeps them. */
export function needsZ(activation: ActivationName): boolean {
  return ACTIVATION_TABLE[activation].from === "z";
}
