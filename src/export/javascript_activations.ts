/** The JavaScript code of the activations, which take a row of sums and return a new row. @module */
import type { ActivationName } from "../plan/activations.ts";

/** Returns the code of a function with this name that computes an activation of a row. */
export function activationCode(activation: ActivationName, name: string): string {
  return `const ${name} = ${CODE[activation]};`;
}

const SIGMOID = "1 / (1 + Math.exp(-z))";

const CODE: Readonly<Record<ActivationName, string>> = {
  linear: "(row) => row",
  relu: "(row) => row.map((z) => z < 0 ? 0 : z)",
  sigmoid: `(row) => row.map((z) => ${SIGMOID})`,
  tanh: "(row) => row.map(Math.tanh)",
  softmax: `(row) => {
  const largest = row.reduce((a, b) => Math.max(a, b));
  const powers = row.map((z) => Math.exp(z - largest));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}`,
  silu: `(row) => row.map((z) => z / (1 + Math.exp(-z)))`,
  mish: "(row) => row.map((z) => z * Math.tanh(Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)))))",
  "leaky-relu": "(row) => row.map((z) => z < 0 ? 0.01 * z : z)",
  elu: "(row) => row.map((z) => z < 0 ? Math.expm1(z) : z)",
  // The share of the normal distribution above |z|: its series near 0, else an integral by the trapezoidal rule.
  gelu: `(row) => row.map((z) => z * (z < 0 ? upperTail(-z) : 1 - upperTail(z)));

function upperTail(z) {
  if (z > 40) return 0;
  if (z < 1) {
    let term = z, sum = z;
    for (let n = 1; term > 1e-17 * sum; n++) sum += term *= z * z / (2 * n + 1);
    return 0.5 - Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI) * sum;
  }
  const x = z * Math.SQRT1_2, step = 0.5;
  let sum = 1 / (x * x);
  for (let n = 1; n < 13; n++) sum += 2 * Math.exp(-((n * step) ** 2)) / ((n * step) ** 2 + x * x);
  const pole = x < Math.PI / step ? 1 / Math.expm1(2 * Math.PI * x / step) : 0;
  return Math.exp(-x * x) * x * step * sum / (2 * Math.PI) - pole;
}`,
};
