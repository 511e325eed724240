/** What each activation computes, and how a gradient goes back through it, in float64. @module */
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
      for (let i = 0; i < row.length; i++) row[i] = 1 / (1 + Math.exp(-row[i]));
      return;
    case "tanh":
      for (let i = 0; i < row.length; i++) row[i] = Math.tanh(row[i]);
      return;
    case "softmax": {
      const largest = row.reduce((a, b) => Math.max(a, b)); // e^(z - max) cannot overflow
      let sum = 0;
      for (let i = 0; i < row.length; i++) sum += row[i] = Math.exp(row[i] - largest);
      for (let i = 0; i < row.length; i++) row[i] /= sum;
    }
  }
}

/** Turns `dRow`, the gradient of the activation's output `row`, into the gradient of its input, in place. */
export function activateBackward(row: Float64Array, dRow: Float64Array, activation: ActivationName): void {
  switch (activation) {
    case "linear":
      return;
    case "relu":
      for (let i = 0; i < row.length; i++) if (row[i] <= 0) dRow[i] = 0;
      return;
    case "sigmoid":
      for (let i = 0; i < row.length; i++) dRow[i] *= row[i] * (1 - row[i]);
      return;
    case "tanh":
      for (let i = 0; i < row.length; i++) dRow[i] *= 1 - row[i] * row[i];
      return;
    case "softmax": {
      let dot = 0;
      for (let i = 0; i < row.length; i++) dot += row[i] * dRow[i];
      for (let i = 0; i < row.length; i++) dRow[i] = row[i] * (dRow[i] - dot);
    }
  }
}
