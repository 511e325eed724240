/** The activations a layer can have: names only; what each computes stands in `backends/reference/`. @module */

/** The activations: `relu` max(0, z), `sigmoid` 1/(1+e⁻ᶻ), `tanh`, `softmax` over the row, `linear` z itself. */
export const ACTIVATIONS = ["relu", "sigmoid", "tanh", "softmax", "linear"] as const;

/** The name of an activation. */
export type ActivationName = (typeof ACTIVATIONS)[number];
