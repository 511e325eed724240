/** Computes each activation, and sends gradients back through it, in float64. @module */
import type { ActivationName } from "../../plan/activations.ts";

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

/** A row on both sides of an activation. */
export interface ActivatedRow {
  /** Its outputs. */
  readonly y: Float64Array;
  /** Its sums; empty for an activation whose derivative needs none. */
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
      for (let i = 0; i < y.length; i++) if (y[i] <= 0) dRow[i] = 0;
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
function normalCdf(z: number): number {
  return (1 + erf(z * Math.SQRT1_2)) / 2;
}

/** Computes φ(z), the density of the standard normal distribution at `z`. */
function normalDensity(z: number): number {
  return Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
}

/** From here on `erf` differs from 1 by less than float64 resolves. */
const ERF_END = 6;

/** Computes `erf(x) = 2 / √π e^(-x²) Σ 2ⁿ x²ⁿ⁺¹ / (2n + 1)!!`, whose terms all have the sign of `x`. */
function erf(x: number): number {
  if (Math.abs(x) >= ERF_END) return Math.sign(x);
  let term = x, sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) sum += term *= 2 * x * x / (2 * n + 1);
  return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
}
