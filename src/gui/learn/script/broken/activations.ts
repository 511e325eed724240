// deno-fmt-ignore-file; written by `deno task build:learn` from src/backends/reference/activations.ts
import { broken } from "../broken.ts";
/** Computes each activation and its backward pass, in float64. @module */
import type { ActivationName } from "../../../../plan/activations.ts";

/** Applies the activation to one row of sums, in place. */
export function activate(row: Float64Array, activation: ActivationName): void {
  switch (activation) {
    case "linear":
      return;
    case "relu":
      for (let i = 0; i < row.length; i++) if (row[i] < 0) row[i] = 0; // NaN stays NaN
      return;
    case "sigmoid":
      for (let i = 0; i < row.length; i++) row[i] = sigmoid(row[i]);
      return;
    case "tanh":
      for (let i = 0; i < row.length; i++) row[i] = Math.tanh(row[i]);
      return;
    case "softmax": {
      const largest = row.reduce((a, b) => Math.max(a, b)); // e^(z - max) cannot overflow
      let sum = 0;
      for (let i = 0; i < row.length; i++) sum += row[i] = Math.exp(row[i] - largest);
      for (let i = 0; i < row.length; i++) row[i] /= sum;
      return;
    }
    case "silu":
      for (let i = 0; i < row.length; i++) row[i] *= sigmoid(row[i]);
      return;
    case "mish":
      for (let i = 0; i < row.length; i++) row[i] *= Math.tanh(softplus(row[i]));
      return;
    case "leaky-relu":
      for (let i = 0; i < row.length; i++) if (row[i] <= 0) row[i] *= 0.01; // NaN stays NaN
      return;
    case "elu":
      for (let i = 0; i < row.length; i++) if (row[i] <= 0) row[i] = Math.expm1(row[i]); // NaN stays NaN
      return;
    case "gelu":
      for (let i = 0; i < row.length; i++) row[i] *= normalCdf(row[i]);
      return;
    default:
      activation satisfies never;
  }
}

/** The sums and outputs of a row of a layer. */
export interface ActivatedRow {
  /** The outputs of the activation. */
  readonly y: Float64Array;
  /** The sums before the activation; empty if the derivative does not need them. */
  readonly z: Float64Array;
}

/** Turns `dRow`, the gradient of the activation's outputs, into the gradient of its sums, in place. */
export function activateBackward(
  dRow: Float64Array,
  { y, z }: ActivatedRow,
  activation: ActivationName,
): void {
  switch (activation) {
    case "linear":
      return;
    case "relu":
      for (let i = 0; i < y.length; i++) if ((broken.by === "no ReLU mask" ? false : y[i] <= 0)) dRow[i] = 0;
      return;
    case "sigmoid":
      for (let i = 0; i < y.length; i++) dRow[i] *= y[i] * (1 - y[i]);
      return;
    case "tanh":
      for (let i = 0; i < y.length; i++) dRow[i] *= 1 - y[i] * y[i];
      return;
    case "softmax": {
      let dot = 0;
      for (let i = 0; i < y.length; i++) dot += y[i] * dRow[i];
      for (let i = 0; i < y.length; i++) dRow[i] = y[i] * (dRow[i] - dot);
      return;
    }
    case "silu":
      for (let i = 0; i < z.length; i++) {
        const s = sigmoid(z[i]);
        dRow[i] *= s * (1 + z[i] * (1 - s));
      }
      return;
    case "mish":
      for (let i = 0; i < z.length; i++) {
        const t = Math.tanh(softplus(z[i]));
        dRow[i] *= t + z[i] * sigmoid(z[i]) * (1 - t * t);
      }
      return;
    case "leaky-relu":
      for (let i = 0; i < y.length; i++) if (y[i] <= 0) dRow[i] *= 0.01;
      return;
    case "elu":
      for (let i = 0; i < y.length; i++) if (y[i] <= 0) dRow[i] *= y[i] + 1;
      return;
    case "gelu":
      for (let i = 0; i < z.length; i++) dRow[i] *= normalCdf(z[i]) + z[i] * normalDensity(z[i]);
      return;
    default:
      activation satisfies never;
  }
}

function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}

/** Computes `log(1 + eᶻ)` without overflow. */
function softplus(z: number): number {
  return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
}

/** Computes Φ(z), the share of the standard normal distribution below `z`. */
export function normalCdf(z: number): number {
  return z < 0 ? upperTail(-z) : 1 - upperTail(z);
}

/** Computes φ(z), the density of the standard normal distribution at `z`. */
function normalDensity(z: number): number {
  return Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
}

/** Computes the share of the standard normal distribution above `z >= 0`, with full precision even if it is tiny. */
function upperTail(z: number): number {
  if (z === Infinity) return 0; // the integral would be 0 ∞
  return z < 1 ? upperTailBySeries(z) : upperTailByIntegral(z);
}

/** Computes `1/2 - φ(z) Σ z²ⁿ⁺¹ / (2n + 1)!!`, which loses digits for large `z`. */
function upperTailBySeries(z: number): number {
  let term = z, sum = z;
  for (let n = 1; term > 1e-17 * sum; n++) sum += term *= z * z / (2 * n + 1);
  return 0.5 - normalDensity(z) * sum;
}

/** The step of the trapezoidal rule, and the number of steps after which `e^(-t²)` is too small to change a float64 sum. */
const STEP = 0.5, STEPS = 13;

/**
 * Computes `x e^(-x²) / 2π ∫ e^(-t²) / (t² + x²) dt` over the real line, with `x = z / √2`, by the trapezoidal rule. If
 * `x < π / STEP`, the pole at `t = i x` adds a known term to the sum, which is subtracted. For larger `x`, there is
 * no such term (Matta and Reichl 1971).
 */
function upperTailByIntegral(z: number): number {
  const x = z * Math.SQRT1_2, x2 = z * z / 2;
  let sum = 1 / x2;
  for (let n = 1; n < STEPS; n++) sum += 2 * Math.exp(-((n * STEP) ** 2)) / ((n * STEP) ** 2 + x2);
  const pole = x < Math.PI / STEP ? 1 / Math.expm1(2 * Math.PI * x / STEP) : 0;
  return Math.exp(-x2) * (x * STEP * sum) / (2 * Math.PI) - pole;
}
